"""Tests of the chain: entries, the state machine's rules, nodes, proofs."""
