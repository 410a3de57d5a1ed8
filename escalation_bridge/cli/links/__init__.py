"""Commands that link tickets and take links back."""
