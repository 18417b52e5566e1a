"""Sources, intake, cleaning, the lake and the vault."""
