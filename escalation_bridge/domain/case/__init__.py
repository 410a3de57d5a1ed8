"""A case: its tickets, its writes and its history."""
