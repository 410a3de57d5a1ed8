"""Commands that link tickets and remove links."""
