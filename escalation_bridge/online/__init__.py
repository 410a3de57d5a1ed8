"""Checks of a configuration against its accounts, and the registration of webhooks."""
