"""Speaking HTTP with a vendor: retries, rate limits, OAuth, downloads."""
