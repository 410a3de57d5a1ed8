"""Sync of statuses, by edges."""
