"""What agents ask the bridge for in private notes."""
