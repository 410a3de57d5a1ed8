"""Comments and their visibility."""
