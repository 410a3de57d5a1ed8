"""Which workers run, and when none did."""
