"""Commands of agents in private notes."""
