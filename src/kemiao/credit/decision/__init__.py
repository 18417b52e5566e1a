"""Approve, refer or decline: the bank's rules over named columns, and the authority for what they propose."""
