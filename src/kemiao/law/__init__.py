"""Dated rule tables and the functions that read them. No I/O, no clock."""
