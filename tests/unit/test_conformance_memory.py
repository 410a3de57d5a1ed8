"""The helpdesk in memory passes the conformance kit."""

import hashlib
import hmac
import json
import secrets
from datetime import datetime
from typing import Any, ClassVar

from escalation_bridge import errors
from escalation_bridge.domain.tickets.tickets import Priority, Role, Visibility
from escalation_bridge.plugin.connection import Connection, HelpdeskPlugin, utc_now
from escalation_bridge.plugin.settings import Resolved
from escalation_bridge.testing.conformance import (
    Delivered,
    HelpdeskConformance,
    StoredComment,
    StoredTicket,
    Trouble,
)
from escalation_bridge.testing.memory import STATUSES, MemoryHelpdesk, MemorySettings

RAISED = {
    Trouble.RATE_LIMITED: (errors.RateLimited, 429),
    Trouble.SERVER_ERROR: (errors.Unavailable, 500),
    Trouble.UNAUTHORIZED: (errors.AuthenticationFailed, 401),
    Trouble.FORBIDDEN: (errors.PermissionDenied, 403),
    Trouble.LOGIN_PAGE: (errors.UnreadableAnswer, 200),
    Trouble.EMPTY: (errors.UnreadableAnswer, 200),
}


class TestMemory(HelpdeskConformance):
    statuses = ("Waiting Third Party", "Open", "Solved")
    unimportant_headers = frozenset({"x-delivery"})
    cannot_arrange: ClassVar = {
        "test_one_empty_answer_among_others_does_no_harm": "no request is made, so that none is answered with nothing",
        "test_nothing_found_is_not_believed_too_early": "nothing lags in memory",
    }

    plugin_class: type[MemoryHelpdesk] = MemoryHelpdesk
    memory: MemoryHelpdesk

    def make_plugin(self, webhook_secrets: tuple[str, ...]) -> HelpdeskPlugin[Any]:
        settings = MemorySettings(
            plugin="memory", webhook_secrets=tuple(Resolved(one) for one in webhook_secrets)
        )
        self.memory = self.plugin_class(Connection("desk", settings, utc_now))
        return self.memory

    def customer_writes(self, subject: str, text: str) -> str:
        return self.memory.customer_writes(subject, text)

    def agent_comments(self, ticket_id: str, text: str, visibility: Visibility) -> None:
        self.memory.says(ticket_id, text, Role.AGENT, visibility)

    def agent_sets(self, ticket_id: str, priority: Priority | None = None, tag: str | None = None) -> None:
        if priority:
            self.memory.set_priority(ticket_id, priority)
        if tag:
            self.memory.add_tag(ticket_id, tag)

    def look(self, ticket_id: str) -> StoredTicket:
        ticket = self.memory.tickets[ticket_id]
        return StoredTicket(
            ticket.subject,
            ticket.description.text,
            ticket.status.name,
            ticket.priority,
            frozenset(ticket.tags),
            tuple(
                StoredComment(said.body.text, said.visibility is Visibility.PUBLIC)
                for said in self.memory.comments.get(ticket_id, [])
            ),
        )

    def count_tickets(self, subject: str) -> int:
        return sum(ticket.subject == subject for ticket in self.memory.tickets.values())

    def count_writes(self) -> int:
        return len(self.memory.writes)

    def webhook(self, ticket_id: str, secret: str, sent_at: datetime) -> Delivered:
        body, sent = json.dumps({"ticket": ticket_id}).encode(), sent_at.isoformat()
        proof = hmac.new(secret.encode(), f"{sent}\n".encode() + body, hashlib.sha256).hexdigest()
        headers = {"X-Sent": sent, "X-Proof": proof, "X-Delivery": secrets.token_hex(4)}
        return Delivered(body, headers)

    def arrange(self, trouble: Trouble, hook: str, retry_after: str | None = None) -> None:
        if trouble is Trouble.ANSWER_LOST:
            lost = errors.OutcomeUnknown("no answer came", errors.Circumstances("desk", hook))
            self.memory.faults[f"after_{hook}"] = [lost]
        elif trouble is Trouble.IGNORED:
            self.memory.deaf.add(hook)
        elif trouble is Trouble.MADE_PUBLIC:
            self.memory.leaky = True
        elif trouble in RAISED:
            error, status = RAISED[trouble]
            seconds = float(retry_after) if retry_after and retry_after.isdigit() else None
            at = errors.Circumstances("desk", hook, status, retry_after=seconds)
            self.memory.faults[hook] = [error("arranged", at)]
        else:
            self.cannot("nothing lags in memory")

    def agent_sets_status(self, ticket_id: str, status: str) -> None:
        self.memory.set_status(ticket_id, next(one.kind for one in STATUSES.values() if one.name == status))

    def calm(self) -> None:
        self.memory.faults.clear()

    def wait(self, seconds: float) -> None:
        pass

    def delete(self, ticket_id: str) -> None:
        del self.memory.tickets[ticket_id]

    def close(self, ticket_id: str) -> None:
        self.memory.frozen.add(ticket_id)
