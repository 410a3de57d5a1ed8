"""What tests at a running stand-in Jira share."""

from datetime import UTC, datetime
from typing import Any

from escalation_bridge_sandbox.jira import seed

Site = Any
KEY = "eb-0123456789abcdef0123"


def now() -> datetime:
    return datetime.now(UTC)


def field_id(site: Site, part_of_name: str) -> str:
    fields = site.call(seed.BRIDGE, "GET", "/rest/api/2/field")
    return next((str(each["id"]) for each in fields if part_of_name in each["name"]), "customfield_0")
