"""Convert Zendesk's JSON to the bridge's values, and back. Pure."""
