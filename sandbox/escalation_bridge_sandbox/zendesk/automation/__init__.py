"""Triggers and webhooks: what follows from a change."""
