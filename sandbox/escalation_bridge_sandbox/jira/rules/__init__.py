"""What may be done to issues, and what follows from it."""
