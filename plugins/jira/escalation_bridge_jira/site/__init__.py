"""Facts about a whole site: people, screens, search."""
