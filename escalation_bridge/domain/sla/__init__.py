"""Working time, policies and clocks."""
