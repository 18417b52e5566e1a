"""Charts of a validation: curves with their bands, intervals as lines, noise levels as marks."""
