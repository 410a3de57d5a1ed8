"""A Jira plugin whose requests are answered at the wire."""

import json
from datetime import UTC, datetime
from typing import Any

import responses
from pydantic import SecretStr

from escalation_bridge.plugin.connection import Connection
from escalation_bridge_jira.plugin import JiraPlugin
from escalation_bridge_jira.settings import JiraSettings

KEY = "eb-0123456789abcdef0123"
CLOUD, DATA_CENTER = "https://acme.atlassian.net", "https://jira.acme.example/jira"
V3, V2 = f"{CLOUD}/rest/api/3", f"{DATA_CENTER}/rest/api/2"

Wire = responses.RequestsMock


def plugin_of(deployment: str, **changes: Any) -> JiraPlugin:
    sign_in: dict[str, Any] = (
        {"url": CLOUD, "email": "bridge@acme.example", "api_token": SecretStr("t0ken")}
        if deployment == "cloud"
        else {"url": DATA_CENTER, "personal_access_token": SecretStr("t0ken")}
    )
    settings = {"plugin": "jira", "deployment": deployment, "project": "ENG", **sign_in, **changes}
    plugin = JiraPlugin(
        Connection("jira-main", JiraSettings(**settings), lambda: datetime(2026, 7, 1, tzinfo=UTC))
    )
    object.__setattr__(plugin._transport, "sleep", lambda _: None)
    return plugin


def issue(**fields: Any) -> dict[str, Any]:
    status = {"id": "1", "name": "To Do", "statusCategory": {"key": "new"}}
    project = {"id": "10000", "key": "ENG", "projectTypeKey": "software"}
    return {
        "id": "10040",
        "key": "ENG-24",
        "fields": {
            "summary": "s",
            "status": status,
            "project": project,
            "labels": [],
            "created": "2026-07-01T09:10:11.000+0700",
            **fields,
        },
    }


def sent(wire: Wire, position: int = -1) -> Any:
    return json.loads(wire.calls[position].request.body or "null")
