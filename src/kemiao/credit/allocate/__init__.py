"""Whom to lend to, how much, at which rate: the plan of greatest expected profit under a budget, with a proven gap.

candidates  who may be lent to         elasticity  who leaves at which rate      terms   what was asked, what policy says
offers      every offer in columns     prices      a bound by Lagrangian prices  repair  whole fen that fit
exact       the hard core by HiGHS     solve       the three in a row            report  what the plan says for itself
shock       a table of factors by industry. Decision record: docs/decisions/006-allocation.md
"""
