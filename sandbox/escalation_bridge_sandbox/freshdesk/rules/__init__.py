"""Automation rules: what they match, what they do, their webhooks, and the API that edits them."""
