"""The plugin keeps every promise of the contract: the bridge's conformance kit, against a Plainlist in memory.

`Account` answers as Plainlist's API documentation says; `responses` stands where the network would be. `TestPlainlist` tells
the kit how to reach the plugin, and how people act at the vendor. That is all: the tests come with the bridge.
"""

import hashlib
import hmac
import itertools
import json
import re
import secrets
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, ClassVar
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
import requests
import responses

from escalation_bridge.plugin import (
    Connection,
    Priority,
    Resolved,
    Visibility,
)
from escalation_bridge.testing.conformance import (
    Delivered,
    HelpdeskConformance,
    StoredComment,
    StoredTicket,
    Trouble,
)
from escalation_bridge_plainlist.plugin import PlainlistPlugin
from escalation_bridge_plainlist.settings import PlainlistSettings

URL = "https://acme.plainlist.example"
CUSTOMER = {"id": "c-1", "name": "Sari", "email": "sari@example.com"}
AGENT = {"id": "u-2", "name": "Rina", "staff": True}
BRIDGE = {"id": "u-1", "name": "Bridge", "staff": True}
STATES = {"todo": "To do", "doing": "Doing", "asked": "Asked", "done": "Done"}
PRIORITIES = {
    "minor": Priority.LOW,
    "normal": Priority.NORMAL,
    "major": Priority.HIGH,
    "critical": Priority.URGENT,
}
WORDS = {priority: word for word, priority in PRIORITIES.items()}
REFUSALS = {
    Trouble.RATE_LIMITED: 429,
    Trouble.SERVER_ERROR: 500,
    Trouble.UNAUTHORIZED: 401,
    Trouble.FORBIDDEN: 403,
    Trouble.LOGIN_PAGE: 200,
    Trouble.EMPTY: 200,
}
Json = dict[str, Any]
Answer = tuple[int, dict[str, str], str]


class Account:
    """A Plainlist account: what it stores, and what its API answers."""

    def __init__(self) -> None:
        self.tickets: dict[int, Json] = {}
        self.comments: dict[int, list[Json]] = {}
        self.writes = 0
        self.trouble: tuple[Trouble, str | None] | None = None
        self.empty_after: int | None = None
        self._ids = itertools.count(1)

    def open(self, author: Json, **fields: object) -> Json:
        number = next(self._ids)
        now = datetime.now(UTC).isoformat()
        self.tickets[number] = {
            "id": number,
            "url": f"{URL}/t/{number}",
            "author": author,
            "revision": 1,
            "created": now,
            "changed": now,
            "priority": "normal",
            "tags": [],
            "key": None,
            "state": "todo",
            **fields,
        }
        self.comments[number] = []
        return self.tickets[number]

    def say(self, number: int, author: Json, **fields: object) -> Json:
        now = datetime.now(UTC).isoformat()
        self.comments[number].append({"id": next(self._ids), "author": author, "created": now, **fields})
        return self.comments[number][-1]

    def change(self, number: int, **fields: object) -> None:
        revision = self.tickets[number]["revision"] + 1
        self.tickets[number].update(fields, revision=revision)

    def answer(self, request: requests.PreparedRequest) -> Answer:
        """What the API answers, with the trouble that was arranged."""
        writing = request.method != "GET"
        if self.empty_after is not None:
            self.empty_after = self.empty_after - 1 if self.empty_after else None
            if self.empty_after is None:
                return 200, {}, "{}"
        trouble, retry_after = self.trouble or (None, None)
        if trouble in REFUSALS:
            waiting = {"Retry-After": retry_after} if retry_after else {}
            pages = {Trouble.LOGIN_PAGE: "<html>Please log in", Trouble.EMPTY: "{}"}
            page = pages.get(trouble, '{"error": "arranged"}')
            return REFUSALS[trouble], waiting, page
        self.writes += writing
        if writing and trouble is Trouble.IGNORED:
            return self._ignored(request)
        status, body = self._carry_out(request)
        if writing and trouble is Trouble.MADE_PUBLIC and request.method == "POST":
            body["internal"] = False
        if writing and trouble is Trouble.ANSWER_LOST:
            self.trouble = None
            raise requests.exceptions.ReadTimeout
        return status, {}, json.dumps(body)

    def _ignored(self, request: requests.PreparedRequest) -> Answer:
        """A yes, with the ticket as it was."""
        number = int(re.findall(r"\d+", request.path_url)[0])
        return 200, {}, json.dumps(self._shown(self.tickets[number]))

    def _carry_out(self, request: requests.PreparedRequest) -> tuple[int, Json]:
        address = urlsplit(request.path_url)
        steps = [unquote(step) for step in address.path.removeprefix("/api/").split("/")]
        body: Json = json.loads(request.body) if request.body else {}
        match [request.method, *steps]:
            case ["GET", "me"]:
                return 200, {**BRIDGE, "may_write": True}
            case ["GET", "states"]:
                return 200, {"states": [{"id": one, "name": name} for one, name in STATES.items()]}
            case ["GET", "tickets"]:
                key = parse_qs(address.query)["key"][0]
                found = [ticket for ticket in self.tickets.values() if ticket["key"] == key]
                return 200, {"tickets": [self._shown(ticket) for ticket in found]}
            case ["POST", "tickets"]:
                return 201, self._shown(self.open(BRIDGE, **body))
        number = int(steps[1]) if steps[1].isdigit() else 0
        if number not in self.tickets:
            return 404, {"error": "there is no such ticket"}
        ticket = self.tickets[number]
        if request.method != "GET" and ticket["state"] == "archived":
            return 423, {"error": "the ticket is archived"}
        match [request.method, *steps[2:]]:
            case ["GET"]:
                return 200, self._shown(ticket)
            case ["PATCH"]:
                if request.headers["If-Match"] != str(ticket["revision"]):
                    return 412, {"error": "revision: somebody was faster"}
                self.change(number, **body)
                return 200, self._shown(ticket)
            case ["GET", "comments"]:
                return 200, {"comments": self.comments[number]}
            case ["POST", "comments"]:
                return 201, self.say(number, BRIDGE, **body)
            case ["DELETE", "comments", comment_id]:
                self.comments[number] = [one for one in self.comments[number] if str(one["id"]) != comment_id]
                return 204, {}
            case ["PUT", "links", _]:
                return 200, {}
        return 404, {"error": "there is no such address"}

    def _shown(self, ticket: Json) -> Json:
        state = ticket["state"]
        return {**ticket, "state": {"id": state, "name": STATES.get(state, state.title())}}


class TestPlainlist(HelpdeskConformance):
    statuses = ("Doing", "Asked", "Done")
    unimportant_headers = frozenset({"plainlist-delivery"})
    cannot_arrange: ClassVar = {
        "test_nothing_found_is_not_believed_too_early": "Plainlist finds a ticket as soon as it is there"
    }

    @pytest.fixture(autouse=True)
    def at_an_account(self) -> Iterator[None]:
        self.account = Account()
        with responses.RequestsMock(assert_all_requests_are_fired=False) as wire:
            for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
                wire.add_callback(method, re.compile(f"{URL}/.*"), callback=self.account.answer)
            yield

    def make_plugin(self, webhook_secrets: tuple[str, ...]) -> PlainlistPlugin:
        settings = PlainlistSettings.model_validate(
            {
                "plugin": "plainlist",
                "url": URL,
                "token": Resolved("the-token"),
                "webhook_secrets": [Resolved(secret) for secret in webhook_secrets],
            }
        )
        return PlainlistPlugin(Connection("tasks", settings))

    def customer_writes(self, subject: str, text: str) -> str:
        return str(self.account.open(CUSTOMER, title=subject, text=text)["id"])

    def agent_comments(self, ticket_id: str, text: str, visibility: Visibility) -> None:
        self.account.say(int(ticket_id), AGENT, text=text, internal=visibility is Visibility.PRIVATE)

    def agent_sets(self, ticket_id: str, priority: Priority | None = None, tag: str | None = None) -> None:
        ticket = self.account.tickets[int(ticket_id)]
        if priority:
            self.account.change(int(ticket_id), priority=WORDS[priority])
        if tag:
            self.account.change(int(ticket_id), tags=[*ticket["tags"], tag])

    def look(self, ticket_id: str) -> StoredTicket:
        ticket = self.account.tickets[int(ticket_id)]
        comments = self.account.comments[int(ticket_id)]
        return StoredTicket(
            subject=ticket["title"],
            text=ticket["text"],
            status=STATES[ticket["state"]],
            priority=PRIORITIES[ticket["priority"]],
            tags=frozenset(ticket["tags"]),
            comments=tuple(StoredComment(one["text"], not one["internal"]) for one in comments),
        )

    def count_tickets(self, subject: str) -> int:
        return sum(ticket["title"] == subject for ticket in self.account.tickets.values())

    def count_writes(self) -> int:
        return self.account.writes

    def webhook(self, ticket_id: str, secret: str, sent_at: datetime) -> Delivered:
        body = json.dumps({"event": "ticket.changed", "ticket": int(ticket_id)}).encode()
        sent = int(sent_at.timestamp())
        # As Plainlist's documentation describes it, not by the plugin's own function.
        proof = hmac.new(secret.encode(), f"{sent}.".encode() + body, hashlib.sha256).hexdigest()
        headers = {
            "Plainlist-Signature": f"t={sent},v1={proof}",
            "Plainlist-Delivery": secrets.token_hex(4),
        }
        return Delivered(body, headers)

    def arrange(self, trouble: Trouble, hook: str, retry_after: str | None = None) -> None:
        del hook
        if trouble is Trouble.SEARCH_LAGS:
            self.cannot("Plainlist finds a ticket as soon as it is there")
        self.account.trouble = trouble, retry_after

    def empty_once(self, before: int) -> Callable[[], bool]:
        self.account.empty_after = before
        return lambda: self.account.empty_after is None

    def calm(self) -> None:
        self.account.trouble = self.account.empty_after = None

    def delete(self, ticket_id: str) -> None:
        del self.account.tickets[int(ticket_id)]

    def close(self, ticket_id: str) -> None:
        self.account.change(int(ticket_id), state="archived")
