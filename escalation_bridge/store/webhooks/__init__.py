"""Webhooks as they are stored: arrived, routed, set aside."""
