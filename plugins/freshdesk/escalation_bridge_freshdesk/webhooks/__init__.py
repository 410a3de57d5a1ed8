"""Webhooks: proof, reading, automation rules."""
