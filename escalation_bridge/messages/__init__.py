"""What people read: every text in English and Indonesian."""
