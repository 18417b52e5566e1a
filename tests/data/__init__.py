"""Tests of the way in: readers, maps, quarantine, imports."""
