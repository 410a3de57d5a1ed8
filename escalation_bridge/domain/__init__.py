"""The pure part: values and decisions. No input or output, no wall clock, no randomness."""
