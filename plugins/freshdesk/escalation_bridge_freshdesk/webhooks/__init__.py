"""Webhooks: verification, parsing, automation rules."""
