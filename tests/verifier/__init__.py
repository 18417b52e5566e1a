"""Tests of the distribution kemiao-verify: alone, and against kemiao's own checker."""
