"""What is stored about each connection."""
