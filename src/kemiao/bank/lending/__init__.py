"""Lending: the bank's records of loans, what happens to them, its books and its people."""
