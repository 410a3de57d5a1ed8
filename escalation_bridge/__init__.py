"""Escalation Bridge: SLA clocks, linked tickets and two-way sync between helpdesks."""

__version__ = "0.1.0"
