"""Checks of an account for a configuration."""
