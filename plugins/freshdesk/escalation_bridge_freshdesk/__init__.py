"""Escalation Bridge's plugin for Freshdesk."""
