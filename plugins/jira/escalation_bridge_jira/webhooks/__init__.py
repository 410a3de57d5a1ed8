"""Webhooks: verification, parsing, registration."""
