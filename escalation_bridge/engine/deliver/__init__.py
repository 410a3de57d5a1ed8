"""Carrying out decided writes."""
