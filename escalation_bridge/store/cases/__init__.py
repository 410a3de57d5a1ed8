"""The stored parts of a case."""
