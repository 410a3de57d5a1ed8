"""What a Jira site consists of. State only: no HTTP, no rules."""
