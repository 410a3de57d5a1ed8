"""A stateful stand-in for Freshdesk: API v2, automation rules with webhooks, and what customers do."""

from escalation_bridge_sandbox.freshdesk.vendor import FreshdeskSandbox

__all__ = ["FreshdeskSandbox"]
