"""Pages behind signed links: what a person does from a message without signing in."""
