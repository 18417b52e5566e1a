"""Kemiao 科苗: technology finance for small companies, seen by what they do."""

__version__ = "0.1.0"
