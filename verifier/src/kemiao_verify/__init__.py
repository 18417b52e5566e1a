"""Checks proof files of a Kemiao chain. Standard library and PyNaCl; shares no code with kemiao."""

from kemiao_verify.outcome import NotProved, SuiteMissing
from kemiao_verify.verifying import verify

__all__ = ["NotProved", "SuiteMissing", "verify"]
