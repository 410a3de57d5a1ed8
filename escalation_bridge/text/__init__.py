"""Texts on their way between helpdesks: formatting, quotes of mails, pictures."""
