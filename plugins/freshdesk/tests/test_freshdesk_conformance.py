"""The plugin passes the conformance kit, against the stand-in Freshdesk over HTTP."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar

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
from escalation_bridge_freshdesk.plugin import FreshdeskPlugin
from escalation_bridge_sandbox.freshdesk.state import seed
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
    "create_ticket": ("POST", r"/tickets$"),
    "update_ticket": ("PUT", r"/tickets/\d+$"),
    "add_comment": ("POST", r"/(reply|notes)$"),
    "add_attachment": ("POST", r"/(reply|notes)$"),
}
PRIORITIES = {1: Priority.LOW, 2: Priority.NORMAL, 3: Priority.HIGH, 4: Priority.URGENT}
CODES = {priority: code for code, priority in PRIORITIES.items()}


class TestFreshdesk(HelpdeskConformance):
    statuses = ("Pending", "Waiting on Third Party", "Open")
    signs_body = False
    signs_time = False
    page = 35
    cannot_arrange: ClassVar = {
        "test_a_closed_ticket_takes_nothing": "Freshdesk's closed tickets take changes"
    }

    @pytest.fixture(autouse=True)
    def at_the_stand_in(self, desk: Any) -> None:
        self.stand_in = desk
        desk.promote()  # for the automation rules

    def make_plugin(self, webhook_secrets: tuple[str, ...]) -> FreshdeskPlugin:
        # An administrator, who alone may make rules.
        plugin: FreshdeskPlugin = self.stand_in.open_plugin(
            api_key=Resolved(seed.ADMIN.api_key),
            webhook_secrets=[Resolved(secret) for secret in webhook_secrets],
        )
        return plugin

    def customer_writes(self, subject: str, text: str) -> str:
        return str(self.stand_in.customer_writes(subject=subject, body=text))

    def agent_comments(self, ticket_id: str, text: str, visibility: Visibility) -> None:
        body = text.replace("&", "&amp;").replace("<", "&lt;")
        if visibility is Visibility.PUBLIC:
            self.stand_in.agent("POST", f"/tickets/{ticket_id}/reply", {"body": body})
        else:
            self.stand_in.agent("POST", f"/tickets/{ticket_id}/notes", {"body": body, "private": True})

    def agent_sets(self, ticket_id: str, priority: Priority | None = None, tag: str | None = None) -> None:
        if priority:
            self.stand_in.agent("PUT", f"/tickets/{ticket_id}", {"priority": CODES[priority]})
        if tag:
            tags = self.stand_in.agent("GET", f"/tickets/{ticket_id}")["tags"]
            self.stand_in.agent("PUT", f"/tickets/{ticket_id}", {"tags": [*tags, tag]})

    def agent_sets_status(self, ticket_id: str, status: str) -> None:
        fields = self.stand_in.agent("GET", "/ticket_fields")
        names = next(one["choices"] for one in fields if one["name"] == "status")
        code = next(code for code, labels in names.items() if labels[0] == status)
        cause = {"custom_fields": {"cf_root_cause": "Configuration"}}  # required for closing
        self.stand_in.agent("PUT", f"/tickets/{ticket_id}", {"status": int(code), **cause})

    def look(self, ticket_id: str) -> StoredTicket:
        raw = self.stand_in.agent("GET", f"/tickets/{ticket_id}")
        fields = self.stand_in.agent("GET", "/ticket_fields")
        names: Mapping[str, list[str]] = next(one["choices"] for one in fields if one["name"] == "status")
        return StoredTicket(
            raw["subject"],
            raw["description_text"],
            names[str(raw["status"])][0],
            PRIORITIES[raw["priority"]],
            frozenset(raw["tags"]),
            tuple(
                StoredComment(said["body_text"], not said["private"])
                for said in self.stand_in.conversations(ticket_id)
            ),
        )

    def count_tickets(self, subject: str) -> int:
        return sum(ticket["subject"] == subject for ticket in self.stand_in.agent("GET", "/tickets"))

    def count_writes(self) -> int:
        return len(self.stand_in.sandbox.journal.entries(writes=True, user=seed.ADMIN.email))

    def webhook(self, ticket_id: str, secret: str, sent_at: datetime) -> Delivered:
        del sent_at  # the admin's rule sends no time
        event = "{status:{from:2,to:3}}"
        body = {"freshdesk_webhook": {"ticket_id": int(ticket_id), "triggered_event": event}}
        headers = {"Content-Type": "application/json", "X-Escalation-Bridge-Secret": secret}
        return Delivered(json.dumps(body).encode(), headers)

    def arrange(self, trouble: Trouble, hook: str, retry_after: str | None = None) -> None:
        faults = self.stand_in.sandbox.faults
        if trouble in EVERYWHERE:
            faults.add(Fault(EVERYWHERE[trouble], path="^/api/", times=-1, retry_after=retry_after))
        elif trouble is Trouble.ANSWER_LOST:
            faults.add(Fault(FaultKind.DROP_CONNECTION, *WRITES[hook]))
        elif trouble is Trouble.IGNORED:
            faults.add(Fault(FaultKind.EMPTY_200, *WRITES[hook], times=-1))
        elif trouble is not Trouble.SEARCH_LAGS:  # which it always does
            self.__publish_what_the_bridge_writes()

    def __publish_what_the_bridge_writes(self) -> None:
        """As a rule of the account might; the next test begins with another desk."""
        helpdesk = self.stand_in.sandbox.helpdesk
        add = helpdesk.add_conversation
        helpdesk.add_conversation = lambda ticket, new, actor: add(ticket, replace(new, private=False), actor)

    def empty_once(self, before: int) -> Callable[[], bool]:
        faults = self.stand_in.sandbox.faults
        number = faults.add(Fault(FaultKind.EMPTY_200, path="^/api/", skip=before))
        return lambda: number not in faults.armed()

    def calm(self) -> None:
        self.stand_in.sandbox.faults.clear()

    def wait(self, seconds: float) -> None:
        self.stand_in.sandbox.clock.advance(seconds)

    def delete(self, ticket_id: str) -> None:
        answer = requests.delete(
            f"{self.stand_in.url}/api/v2/tickets/{ticket_id}", auth=(seed.ADMIN.api_key, "X"), timeout=5
        )
        assert answer.ok, answer.text
