"""Reports, letters and charts from values: values in, bytes out. What a figure rests on stands behind it as a number."""
