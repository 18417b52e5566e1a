"""Reports and charts from values."""
