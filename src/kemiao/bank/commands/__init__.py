"""One module a verb: read, decide, append."""
