"""Bringing a case's tickets up to date."""
