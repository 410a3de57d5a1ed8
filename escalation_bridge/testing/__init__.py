"""Helpers for tests of the bridge and of plugins."""
