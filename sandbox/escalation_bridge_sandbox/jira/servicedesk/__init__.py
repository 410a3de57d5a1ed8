"""The service desk API of Jira Service Management: the basics."""
