"""Quality of the book: who is impaired, what is expected to be lost, which class, what capital; as of any day, in one pass."""
