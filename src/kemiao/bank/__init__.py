"""Commands, the event log, views, policy and the World. Only commands append."""
