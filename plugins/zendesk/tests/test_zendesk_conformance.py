"""The plugin passes the conformance kit, against the stand-in Zendesk over HTTP."""

import base64
import hashlib
import hmac
import json
import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
import requests

from escalation_bridge.domain.tickets.tickets import Priority, Visibility
from escalation_bridge.plugin.settings import Resolved
from escalation_bridge.testing.conformance import (
    Delivered,
    HelpdeskConformance,
    StoredComment,
    StoredTicket,
    Trouble,
)
from escalation_bridge_sandbox.kernel.faults import Fault, FaultKind
from escalation_bridge_sandbox.kernel.server import RunningVendor
from escalation_bridge_sandbox.zendesk import ZendeskSandbox
from escalation_bridge_sandbox.zendesk.state import seed
from escalation_bridge_zendesk.plugin import ZendeskPlugin

Act = Callable[..., Any]

EVERYWHERE = {
    Trouble.RATE_LIMITED: FaultKind.RATE_LIMIT,
    Trouble.SERVER_ERROR: FaultKind.SERVER_ERROR,
    Trouble.UNAUTHORIZED: FaultKind.UNAUTHORIZED,
    Trouble.FORBIDDEN: FaultKind.FORBIDDEN,
    Trouble.LOGIN_PAGE: FaultKind.HTML_LOGIN_PAGE,
    Trouble.EMPTY: FaultKind.EMPTY_200,
}
WRITES = {
    "create_ticket": ("POST", r"/tickets$"),
    "update_ticket": ("PUT", r"/tickets/\d+$"),
    "add_comment": ("PUT", r"/tickets/\d+$"),
    "add_attachment": ("PUT", r"/tickets/\d+$"),
}
PRIORITIES = {
    "low": Priority.LOW,
    "normal": Priority.NORMAL,
    "high": Priority.HIGH,
    "urgent": Priority.URGENT,
}
WORDS = {priority: word for word, priority in PRIORITIES.items()}


class TestZendesk(HelpdeskConformance):
    statuses = ("Pending", "On-hold", "Open")
    unimportant_headers = frozenset(
        {"content-type", "x-zendesk-webhook-invocation-id", "x-zendesk-account-id", "x-zendesk-webhook-id"}
    )
    page = 105
    settling = 120

    @pytest.fixture(autouse=True)
    def at_the_stand_in(
        self, connect: Act, running: RunningVendor, sandbox: ZendeskSandbox, act: Act, writes: Act
    ) -> None:
        self.connect, self.running, self.sandbox, self.act, self.writes = (
            connect,
            running,
            sandbox,
            act,
            writes,
        )

    def make_plugin(self, webhook_secrets: tuple[str, ...]) -> ZendeskPlugin:
        plugin: ZendeskPlugin = self.connect(
            webhook_secrets=[Resolved(secret) for secret in webhook_secrets] or [],
            search_lag_seconds=5,
        )
        return plugin

    def customer_writes(self, subject: str, text: str) -> str:
        return str(self.writes(subject=subject, body=text))

    def agent_comments(self, ticket_id: str, text: str, visibility: Visibility) -> None:
        comment = {"body": text, "public": visibility is Visibility.PUBLIC}
        self.act("PUT", f"/tickets/{ticket_id}", ticket={"comment": comment})
        self.sandbox.clock.advance(30)  # not so fast that Zendesk's limit of updates per ticket is reached

    def agent_sets(self, ticket_id: str, priority: Priority | None = None, tag: str | None = None) -> None:
        if priority:
            self.act("PUT", f"/tickets/{ticket_id}", ticket={"priority": WORDS[priority]})
        if tag:
            self.act("PUT", f"/tickets/{ticket_id}/tags", tags=[tag])

    def agent_sets_status(self, ticket_id: str, status: str) -> None:
        found = self.act("GET", "/custom_statuses")["custom_statuses"]
        custom = next(one for one in found if one["agent_label"] == status)
        assignee = {"assignee_id": seed.AGENT_SARI.id}
        self.act("PUT", f"/tickets/{ticket_id}", ticket={"custom_status_id": custom["id"], **assignee})

    def look(self, ticket_id: str) -> StoredTicket:
        raw = self.act("GET", f"/tickets/{ticket_id}")["ticket"]
        named = {
            one["id"]: one["agent_label"] for one in self.act("GET", "/custom_statuses")["custom_statuses"]
        }
        first, *comments = self.act("GET", f"/tickets/{ticket_id}/comments")["comments"]
        return StoredTicket(
            raw["subject"],
            first["plain_body"],
            named[raw["custom_status_id"]],
            PRIORITIES.get(raw["priority"]),
            frozenset(raw["tags"]),
            tuple(StoredComment(said["plain_body"], said["public"]) for said in comments),
        )

    def count_tickets(self, subject: str) -> int:
        return sum(ticket["subject"] == subject for ticket in self.act("GET", "/tickets")["tickets"])

    def count_writes(self) -> int:
        return len(self.sandbox.journal.entries(writes=True, user=seed.BRIDGE.email))

    def webhook(self, ticket_id: str, secret: str, sent_at: datetime) -> Delivered:
        sent = sent_at.strftime("%Y-%m-%dT%H:%M:%SZ")
        body = json.dumps(
            {
                "type": "zen:event-type:ticket.status_changed",
                "id": str(uuid.uuid4()),
                "time": sent,
                "subject": f"zen:ticket:{ticket_id}",
                "detail": {"id": ticket_id, "status": "PENDING"},
                "event": {"current": "PENDING", "previous": "OPEN"},
                "zendesk_event_version": "2022-11-06",
            }
        ).encode()
        proof = base64.b64encode(hmac.new(secret.encode(), sent.encode() + body, hashlib.sha256).digest())
        headers = {
            "Content-Type": "application/json",
            "X-Zendesk-Webhook-Signature": proof.decode(),
            "X-Zendesk-Webhook-Signature-Timestamp": sent,
            "X-Zendesk-Webhook-Invocation-Id": str(uuid.uuid4()),
        }
        return Delivered(body, headers)

    def arrange(self, trouble: Trouble, hook: str, retry_after: str | None = None) -> None:
        faults = self.sandbox.faults
        if trouble in EVERYWHERE:
            faults.add(Fault(EVERYWHERE[trouble], path="^/api/", times=-1, retry_after=retry_after))
        elif trouble is Trouble.ANSWER_LOST:
            faults.add(Fault(FaultKind.DROP_CONNECTION, *WRITES[hook]))
        elif trouble is Trouble.IGNORED:
            faults.add(Fault(FaultKind.EMPTY_200, *WRITES[hook], times=-1))
        elif trouble is Trouble.SEARCH_LAGS:
            lag = {"search_lag_seconds": 60}
            assert requests.put(f"{self.running.url}/_sandbox/settings", json=lag, timeout=5).ok
        else:
            self.__publish_what_the_bridge_writes()

    def __publish_what_the_bridge_writes(self) -> None:
        """As a trigger or an account's setting might; the next test begins with another desk."""
        desk, update = self.sandbox.desk, self.sandbox.desk.update

        def publishing(ticket: Any, values: Any, deed: Any) -> Any:
            if deed.actor.id == seed.BRIDGE.id and "comment" in values:
                values = {**values, "comment": {**values["comment"], "public": True}}
            return update(ticket, values, deed)

        desk.update = publishing  # type: ignore[method-assign]

    def empty_once(self, before: int) -> Callable[[], bool]:
        faults = self.sandbox.faults
        number = faults.add(Fault(FaultKind.EMPTY_200, path="^/api/", skip=before))
        return lambda: number not in faults.armed()

    def calm(self) -> None:
        self.sandbox.faults.clear()

    def wait(self, seconds: float) -> None:
        self.sandbox.clock.advance(seconds)

    def now(self) -> datetime:
        return self.sandbox.clock.now()

    def delete(self, ticket_id: str) -> None:
        self.act("DELETE", f"/tickets/{ticket_id}", as_user=seed.ADMIN.email)

    def close(self, ticket_id: str) -> None:
        self.act(
            "PUT", f"/tickets/{ticket_id}", ticket={"assignee_id": seed.AGENT_SARI.id, "status": "solved"}
        )
        closing = {"ticket_id": int(ticket_id)}
        assert requests.post(f"{self.running.url}/_sandbox/close", json=closing, timeout=5).ok
