"""Webhooks that an administrator registers: the registry, the bodies, the delivery."""
