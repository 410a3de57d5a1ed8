"""What a request asks for: read, checked, and refused as Freshdesk refuses it."""
