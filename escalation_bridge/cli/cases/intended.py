"""The writes of a decision, line by line, for admins. They name the authors of people's texts, never the texts."""

from collections.abc import Iterator
from dataclasses import dataclass

from escalation_bridge.domain.case.cases import CaseView
from escalation_bridge.domain.case.write import Line, Write
from escalation_bridge.domain.tickets.tickets import Ticket, TicketRef
from escalation_bridge.messages.catalogue import word

_LANGUAGE = "en"


def into(view: CaseView, intent: Write) -> str:
    """Where a write goes: a ticket's key, or a connection's name."""
    ticket = intent.written_to
    return _key(view, ticket) if ticket is not None else intent.connection


def described(view: CaseView, intent: Write) -> Iterator[Line]:
    """What a write changes: each field with its known present value and its new value."""
    return intent.described(_Known(view))


@dataclass(frozen=True, slots=True)
class _Known:
    """What a case knows, for those who describe its writes."""

    view: CaseView

    def ticket(self, ref: TicketRef) -> Ticket | None:
        return self.view.tickets.get(ref)

    def author(self, ticket: TicketRef, comment: str) -> str:
        found = next((each for each in self.view.comments_of(ticket) if each.id == comment), None)
        key = _key(self.view, ticket)
        return f"{found.author.name} in {key}" if found else key

    def word(self, code: str) -> str:
        return word(code, _LANGUAGE)


def _key(view: CaseView, ref: TicketRef) -> str:
    return view.tickets[ref].key if ref in view.tickets else str(ref)
