"""The market in a home: postings, bids, calls, and what became of them. Views and pure parts; only bank.commands append."""
