"""The plugin passes the conformance kit, against the stand-in Jira over HTTP: Cloud and Data Center.

In a service project, where public and internal comments differ.
"""

import hashlib
import hmac
import json
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, ClassVar

import pytest
from pydantic import SecretStr

from escalation_bridge.domain.tickets.tickets import Priority, Visibility
from escalation_bridge.testing.conformance import (
    Delivered,
    HelpdeskConformance,
    StoredComment,
    StoredTicket,
    Trouble,
)
from escalation_bridge.testing.conformance.bench import Bench
from escalation_bridge.testing.conformance.creating import CreatingPromises
from escalation_bridge_jira.plugin import JiraPlugin
from escalation_bridge_sandbox.jira import seed
from escalation_bridge_sandbox.kernel.faults import Fault, FaultKind

EVERYWHERE = {
    Trouble.RATE_LIMITED: FaultKind.RATE_LIMIT,
    Trouble.SERVER_ERROR: FaultKind.SERVER_ERROR,
    Trouble.UNAUTHORIZED: FaultKind.UNAUTHORIZED,
    Trouble.FORBIDDEN: FaultKind.FORBIDDEN,
    Trouble.LOGIN_PAGE: FaultKind.HTML_LOGIN_PAGE,
    Trouble.EMPTY: FaultKind.EMPTY_200,
}
WRITES = {
    "create_ticket": ("POST", r"/(issue|request)$"),
    "update_ticket": ("PUT", r"/issue/\w+$"),
    "add_comment": ("POST", r"/comment$"),
    "add_attachment": ("POST", r"/(attachments|attachment)$"),
}
PRIORITIES = {
    "Low": Priority.LOW,
    "Medium": Priority.NORMAL,
    "High": Priority.HIGH,
    "Highest": Priority.URGENT,
}
NAMES = {priority: name for name, priority in PRIORITIES.items()}


class AtTheStandIn(Bench):
    """How to reach the plugin, and how people act at the stand-in."""

    statuses = ("Work in progress", "Waiting for customer")
    unimportant_headers = frozenset({"content-type", "x-atlassian-webhook-identifier"})
    page = 105
    settling = 120
    cannot_arrange: ClassVar = {
        "test_a_closed_ticket_takes_nothing": "an issue takes changes in every status, unless its workflow says otherwise"
    }
    public_url = "http://127.0.0.1:9"

    @pytest.fixture
    def description(self, request: pytest.FixtureRequest, description: Any) -> Any:
        """Requests are held to the API description, but for ids that nobody means."""
        return None if "not_there" in request.node.name else description

    @pytest.fixture(autouse=True)
    def at_the_stand_in(self, site: Any) -> None:
        self.site = site

    def make_plugin(self, webhook_secrets: tuple[str, ...]) -> JiraPlugin:
        plugin: JiraPlugin = self.site.plugin(
            project="HELP",
            issue_type="Service Request",
            webhook_secrets=tuple(SecretStr(secret) for secret in webhook_secrets),
        )
        return plugin

    def customer_writes(self, subject: str, text: str) -> str:
        body = {
            "serviceDeskId": "1",
            "requestTypeId": "10",
            "requestFieldValues": {"summary": subject, "description": text},
        }
        made = self.site.call(seed.CUSTOMER, "POST", "/rest/servicedeskapi/request", body)
        return str(made["issueId"])

    def agent_comments(self, ticket_id: str, text: str, visibility: Visibility) -> None:
        body = {"body": text, "public": visibility is Visibility.PUBLIC}
        self.site.call(seed.DEVELOPER, "POST", f"/rest/servicedeskapi/request/{ticket_id}/comment", body)
        self.site.sandbox.clock.advance(2)  # not so fast that Cloud's limit of writes per issue is reached

    def agent_sets(self, ticket_id: str, priority: Priority | None = None, tag: str | None = None) -> None:
        fields = {"priority": {"name": NAMES[priority]}} if priority else {}
        labels = [{"add": tag}] if tag else []
        body = {"fields": fields, "update": {"labels": labels}}
        self.site.call(seed.DEVELOPER, "PUT", f"/rest/api/2/issue/{ticket_id}", body)

    def agent_sets_status(self, ticket_id: str, status: str) -> None:
        path = f"/rest/api/2/issue/{ticket_id}/transitions"
        ways = self.site.call(seed.DEVELOPER, "GET", path + "?expand=transitions.fields")["transitions"]
        way = next(each for each in ways if each["to"]["name"] == status)
        needed = {"resolution": {"name": "Done"}} if "resolution" in way.get("fields", {}) else {}
        self.site.call(seed.DEVELOPER, "POST", path, {"transition": {"id": way["id"]}, "fields": needed})

    def look(self, ticket_id: str) -> StoredTicket:
        fields = self.site.call(seed.ADMIN, "GET", f"/rest/api/2/issue/{ticket_id}")["fields"]
        said = self.site.call(seed.ADMIN, "GET", f"/rest/servicedeskapi/request/{ticket_id}/comment")[
            "values"
        ]
        return StoredTicket(
            fields["summary"],
            fields["description"] or "",
            fields["status"]["name"],
            PRIORITIES.get(fields["priority"]["name"]),
            frozenset(fields["labels"]),
            tuple(StoredComment(one["body"], one["public"]) for one in said),
        )

    def count_tickets(self, subject: str) -> int:
        return sum(issue["fields"]["summary"] == subject for issue in self.site.issues())

    def count_writes(self) -> int:
        return sum("search" not in entry.path for entry in self.site.writes())

    def webhook(self, ticket_id: str, secret: str, sent_at: datetime) -> Delivered:
        body = json.dumps(
            {
                "timestamp": int(sent_at.timestamp() * 1000),
                "webhookEvent": "jira:issue_updated",
                "issue_event_type_name": "issue_generic",
                "issue": {"id": ticket_id, "key": "HELP-1"},
            }
        ).encode()
        proof = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": "application/json; charset=UTF-8",
            "X-Hub-Signature": f"sha256={proof}",
            "X-Atlassian-Webhook-Identifier": str(uuid.uuid4()),
        }
        return Delivered(body, headers)

    def arrange(self, trouble: Trouble, hook: str, retry_after: str | None = None) -> None:
        if trouble in EVERYWHERE:
            self.site.fault(EVERYWHERE[trouble], path="^/rest/", times=-1, retry_after=retry_after)
        elif trouble is Trouble.ANSWER_LOST:
            method, path = WRITES[hook]
            self.site.fault(FaultKind.DROP_CONNECTION, method=method, path=path)
        elif trouble is Trouble.IGNORED:
            method, path = WRITES[hook]
            self.site.fault(FaultKind.EMPTY_200, method=method, path=path, times=-1)
        elif trouble is Trouble.MADE_PUBLIC:
            # A service desk that stores what it was not asked to.
            self.patched.setattr(
                "escalation_bridge_sandbox.jira.servicedesk.requests.INTERNAL_COMMENT", "not.heeded"
            )
        elif trouble is Trouble.SEARCH_LAGS:
            self.site.call(seed.ADMIN, "PUT", "/_sandbox/search", {"lag": 30})

    @pytest.fixture(autouse=True)
    def may_be_patched(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.patched = monkeypatch

    def empty_once(self, before: int) -> Callable[[], bool]:
        faults = self.site.sandbox.faults
        number = faults.add(Fault(FaultKind.EMPTY_200, path="^/rest/", skip=before))
        return lambda: number not in faults.armed()

    def calm(self) -> None:
        self.site.sandbox.faults.clear()

    def wait(self, seconds: float) -> None:
        self.site.sandbox.clock.advance(seconds)

    def delete(self, ticket_id: str) -> None:
        self.site.call(seed.ADMIN, "DELETE", f"/rest/api/2/issue/{ticket_id}")


class TestJira(AtTheStandIn, HelpdeskConformance):
    """All promises, at requests of customers and at issues that the bridge creates in the service project."""


class TestJiraServiceRequests(AtTheStandIn, CreatingPromises):
    """The promises about creating, where the bridge raises requests instead."""

    route_fields: ClassVar[Mapping[str, object]] = {"request_type": "Get help"}
