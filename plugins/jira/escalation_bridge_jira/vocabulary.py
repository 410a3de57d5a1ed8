"""Jira's terms and the bridge's: status categories, priorities, account types, and the places of the bridge's key."""

import re
from collections.abc import Mapping

from escalation_bridge.plugin import (
    Channel,
    Priority,
    Role,
    StatusKind,
)

PROPERTY = "escalation-bridge"
"""The entity property of issues and comments with the key of the write that created them."""
FILES_PROPERTY = "escalation-bridge-files"
"""The entity property of issues that maps keys to attached files."""
SERVICE_PROJECT = "service_desk"
"""The project type of Jira Service Management, the only one with customers and internal comments."""
INTERNAL_PROPERTY = "sd.public.comment"
"""The comment property with which Jira Service Management marks internal comments; not in the API description, widely used."""

KIND_BY_CATEGORY: Mapping[str, StatusKind] = {
    "new": StatusKind.NEW,
    "indeterminate": StatusKind.OPEN,
    "done": StatusKind.SOLVED,
}
"""By the category's key: names are localised and can be renamed."""

CHANNEL_PROPERTY = "request.channel.type"
"""The entity property in which Jira Service Management stores the channel of a request: `{"value": "portal"}`; not documented."""
CHANNELS: Mapping[str, Channel] = {
    "portal": Channel.PORTAL,
    "anonymousportal": Channel.PORTAL,
    "helpcenter": Channel.PORTAL,
    "email": Channel.EMAIL,
    "api": Channel.API,
    "jira": Channel.OTHER,  # an agent's own form
    "widget": Channel.WEB,
    "embeddable": Channel.WEB,
    "chat": Channel.CHAT,
    "slack": Channel.CHAT,
    "msteams": Channel.CHAT,
    "conversational_ticketing": Channel.CHAT,
    "virtual_agent": Channel.CHAT,
    "phone": Channel.PHONE,
}

ROLE_BY_ACCOUNT_TYPE: Mapping[str, Role] = {
    "atlassian": Role.AGENT,
    "customer": Role.CUSTOMER,
    "app": Role.BOT,
}

DEFAULT_PRIORITIES: Mapping[Priority, str] = {
    Priority.LOW: "Low",
    Priority.NORMAL: "Medium",
    Priority.HIGH: "High",
    Priority.URGENT: "Highest",
}
PRIORITY_BY_NAME: Mapping[str, Priority] = {
    "lowest": Priority.LOW,
    "low": Priority.LOW,
    "trivial": Priority.LOW,
    "minor": Priority.LOW,
    "medium": Priority.NORMAL,
    "normal": Priority.NORMAL,
    "major": Priority.HIGH,
    "high": Priority.HIGH,
    "highest": Priority.URGENT,
    "critical": Priority.URGENT,
    "blocker": Priority.URGENT,
}
"""The names of Jira's two generations of default priorities."""
PRIORITY_BY_ID: Mapping[str, Priority] = {
    "1": Priority.URGENT,
    "2": Priority.HIGH,
    "3": Priority.NORMAL,
    "4": Priority.LOW,
    "5": Priority.LOW,
}
"""The ids of both generations, which do not depend on the language."""


def reference(name_or_id: str) -> dict[str, str]:
    """A project type, priority and the like in the API's form: `{"id": "3"}` or `{"name": "Bug"}`."""
    return {"id": name_or_id} if re.fullmatch(r"\d+", name_or_id) else {"name": name_or_id}
