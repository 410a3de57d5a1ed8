"""Tickets: read, create, change, list."""
