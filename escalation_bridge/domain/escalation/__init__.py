"""The ladder and escalation."""
