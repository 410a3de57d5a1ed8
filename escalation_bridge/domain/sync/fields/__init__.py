"""Priority, severity, assignee, tags and custom fields."""
