"""From state to the JSON that Jira answers with."""
