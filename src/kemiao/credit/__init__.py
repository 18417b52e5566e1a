"""Profile, rating, pricing, decision and allocation: columns in, columns out. No I/O, no clock."""
