"""What is true of a whole site: people, screens, search."""
