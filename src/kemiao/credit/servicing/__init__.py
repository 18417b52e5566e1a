"""Servicing: what a loan owes and has paid, day by day, from its contract and what happened to it. Pure; columns of loans."""
