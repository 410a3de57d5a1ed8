"""The story of `make demo`: a customer waits too long, and the bridge does its job, over real HTTP."""
