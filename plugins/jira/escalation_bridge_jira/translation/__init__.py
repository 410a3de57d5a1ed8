"""Convert Jira's JSON to the bridge's values, and back."""
