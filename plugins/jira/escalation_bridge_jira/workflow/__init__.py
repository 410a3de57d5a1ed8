"""Transitions, and the way through a workflow."""
