"""Links between tickets: shown, shared, moved, on hold."""
