"""The rules under which cases were opened: versions and time zones."""
