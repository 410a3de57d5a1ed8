"""Stand-in Zendesk, Jira and Freshdesk over real HTTP, for demos, tests and trying a configuration."""
