"""Facts about a whole account."""
