"""Plainlist for Escalation Bridge: a vendor plugin, and an extension with rules of a house."""
