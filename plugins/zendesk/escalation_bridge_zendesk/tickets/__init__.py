"""Tickets: read, created, changed, exported."""
