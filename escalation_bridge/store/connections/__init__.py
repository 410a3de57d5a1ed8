"""The stored state of each connection."""
