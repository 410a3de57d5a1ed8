"""Escalation Bridge's plugin for Jira."""
