"""Stand-in Zendesk Support: REST API v2, webhooks, triggers, and what customers do."""

from escalation_bridge_sandbox.zendesk.state.settings import Limits, ZendeskSettings
from escalation_bridge_sandbox.zendesk.vendor import ZendeskSandbox

__all__ = ["Limits", "ZendeskSandbox", "ZendeskSettings"]
