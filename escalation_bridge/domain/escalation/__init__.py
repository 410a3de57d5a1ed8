"""The ladder, and handing a case on."""
