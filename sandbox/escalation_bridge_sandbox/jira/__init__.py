"""A stand-in for Jira: Cloud and Data Center, with the basics of Jira Service Management."""

from escalation_bridge_sandbox.jira.sandbox import JiraSandbox

__all__ = ["JiraSandbox"]
