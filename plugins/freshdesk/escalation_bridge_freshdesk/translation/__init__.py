"""Freshdesk's JSON as the bridge's values, and back. Pure."""
