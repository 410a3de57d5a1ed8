"""Jira Query Language: the part of it that integrations use, with Jira's own complaints about the rest."""
