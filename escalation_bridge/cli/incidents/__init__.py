"""Commands about incidents: many similar tickets in a short time."""
