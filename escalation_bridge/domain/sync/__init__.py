"""Keeping the two tickets of a link in sync."""
