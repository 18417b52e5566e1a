"""The virtual copy."""
