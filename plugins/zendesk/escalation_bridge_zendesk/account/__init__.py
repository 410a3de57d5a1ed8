"""What is true of a whole account."""
