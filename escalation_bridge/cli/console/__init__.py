"""Output: tables, JSON, progress, logs, and text from outside that must not control the terminal."""
