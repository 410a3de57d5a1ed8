"""Which case is decided next, and by which worker."""
