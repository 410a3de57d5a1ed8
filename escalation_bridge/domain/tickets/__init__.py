"""Tickets, comments, events and messages: the words of all vendors in one vocabulary."""
