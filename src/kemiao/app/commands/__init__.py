"""One module a noun or verb; each has `register(cli)`. Heavy imports stay inside the functions."""
