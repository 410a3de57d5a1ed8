"""Teams, levels and the rules of escalations in the configuration file."""
