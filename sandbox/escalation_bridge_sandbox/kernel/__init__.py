"""What the stand-ins share: a clock, faults, a journal, outgoing webhooks, control endpoints and a server."""
