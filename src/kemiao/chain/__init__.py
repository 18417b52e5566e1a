"""The shared chain: signed entries, a pure state machine over them, nodes around it, proofs for those who are not here."""
