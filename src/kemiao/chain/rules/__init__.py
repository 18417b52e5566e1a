"""The state machine: pure. No clock, no chance, no I/O, no floats; the same entries give the same state everywhere."""
