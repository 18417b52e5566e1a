"""Tracing: what became of a disbursement's money, payment by payment, through the accounts that the bank sees. Pure."""
