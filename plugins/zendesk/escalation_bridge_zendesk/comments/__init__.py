"""Comments, conversations and files."""
