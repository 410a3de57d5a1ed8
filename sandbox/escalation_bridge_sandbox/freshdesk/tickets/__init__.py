"""What may be done to a ticket, and how it is shown."""
