"""Notices to people outside of tickets: who gets one, by which channel, and when."""
