"""Jira's REST API: sign-in, limits, errors, JSON."""
