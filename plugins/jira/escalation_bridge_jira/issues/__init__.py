"""Issues and requests: read, created, changed."""
