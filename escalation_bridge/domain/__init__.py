"""The pure domain: values and decisions. No I/O, no wall clock, no randomness."""
