"""Zendesk's HTTP API: sign-in, limits, errors, JSON."""
