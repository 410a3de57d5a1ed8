"""The ready-made rules of severity: words in English and Indonesian, and the rules that combine them. Data, to read and to edit."""
