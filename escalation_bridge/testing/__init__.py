"""For tests, of the bridge and of plugins for it."""
