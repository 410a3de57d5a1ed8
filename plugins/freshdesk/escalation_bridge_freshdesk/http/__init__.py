"""Freshdesk's REST API: sign-in, limits, errors, JSON."""
