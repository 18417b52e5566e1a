"""The technology dimension: innovation points, technology flow, patents, and how they move a limit."""
