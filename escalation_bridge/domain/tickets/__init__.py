"""Tickets, comments, events and messages: one vocabulary for all vendors."""
