"""Commands that run the bridge or have it read tickets."""
