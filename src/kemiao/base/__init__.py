"""Money, rates, dates, ids, refusals, canonical JSON, hashing."""
