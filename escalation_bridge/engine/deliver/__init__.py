"""Delivery: send the writes that were decided."""
