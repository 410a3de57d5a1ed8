"""Conversations and files."""
