"""Escalation Bridge's plugin for Zendesk."""
