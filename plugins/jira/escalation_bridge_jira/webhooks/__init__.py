"""Webhooks: proof, reading, registration."""
