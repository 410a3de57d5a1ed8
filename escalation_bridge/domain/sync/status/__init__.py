"""Statuses, by their edges."""
