"""A case: its tickets, its writes and what is known of both."""
