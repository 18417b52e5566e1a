"""Contracts as the ACTUS standard defines them, and the plan of a loan: compiled kernels over columns of contracts."""
