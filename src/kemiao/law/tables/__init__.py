"""The rule tables, as TOML."""
