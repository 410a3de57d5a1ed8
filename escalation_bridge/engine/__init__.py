"""The loop: route, claim, gather, decide, record, deliver."""
