"""The chapters of a credit investigation report: each from content to blocks."""
