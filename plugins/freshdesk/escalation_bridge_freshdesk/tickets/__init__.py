"""Tickets: read, created, changed, listed."""
