"""Keep customers informed: what there is to report, when, and in which words. Off, drafted for agents, or sent."""
