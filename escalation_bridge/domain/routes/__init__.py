"""How a case goes from one connection to another, and which fields are kept in sync."""
