"""Commands about connections, their webhooks and the configuration."""
