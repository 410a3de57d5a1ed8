"""Commands that list, show and act on cases."""
