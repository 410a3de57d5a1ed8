"""Issues and requests: read, create, change."""
