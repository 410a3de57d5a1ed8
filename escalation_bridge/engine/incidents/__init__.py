"""Incidents at work: waves are found where a ticket arrives, and people correct what was found."""
