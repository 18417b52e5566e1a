"""The shared vocabulary: every table, its columns, units, keys, dates; Permit."""
