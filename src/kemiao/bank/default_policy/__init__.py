"""The policy that a new home starts with: the bank's own to change."""
