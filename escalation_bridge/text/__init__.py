"""Text on its way between helpdesks: formatting, quotes of mails, pictures."""
