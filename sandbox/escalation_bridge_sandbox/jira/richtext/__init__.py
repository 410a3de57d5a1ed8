"""Rich text: Atlassian Document Format, as v3 speaks it, and wiki markup, as v2 and the webhooks do."""
