"""A park of companies as the files that users have."""
