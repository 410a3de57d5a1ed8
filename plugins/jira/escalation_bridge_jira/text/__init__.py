"""Jira's two text formats."""
