"""The interface of a kind of delivery: its input, and its result."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from escalation_bridge.bridge import Bridge
from escalation_bridge.domain.after_writing import Consequence
from escalation_bridge.domain.case.cases import CaseView, TimelineEntry
from escalation_bridge.domain.case.write import Write
from escalation_bridge.domain.case.write_records import IntentRecord, Receipt
from escalation_bridge.domain.links.languages import language_by_route, route_of
from escalation_bridge.domain.tickets.messages import MessageRequest, Quote
from escalation_bridge.domain.tickets.tickets import Comment, RichText, Ticket
from escalation_bridge.engine.deliver.failures import FailureVerdict
from escalation_bridge.engine.deliver.quoted_words import around
from escalation_bridge.messages.catalogue import LANGUAGES
from escalation_bridge.messages.own_texts import Occasion
from escalation_bridge.plugged.helpdesk import Helpdesk
from escalation_bridge.text.templates import TemplateFailure

W = TypeVar("W", bound=Write)
_ABOUT = ("escalation", "subject", "action")
"""The facts of a message that the link in it is about."""
_NO_CONSEQUENCE = Consequence()


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """An entry of the case's history: a code of the section `timeline`, and its facts besides the kind and the connection."""

    code: str
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Result:
    """The result of a delivery.

    Attributes:
        adopted: Whether the ticket existed before: people may have commented on it.
        entry: The history entry, if the consequence has none; None: the receipt's detail.
        reloads: Whether the case has to be loaded again, because more of it changed in the store.
        noted: What the history notes before that.
    """

    receipt: Receipt
    ticket: Ticket | None = None
    comment: Comment | None = None
    consequence: Consequence = _NO_CONSEQUENCE
    adopted: bool = False
    entry: HistoryEntry | None = None
    reloads: bool = False
    noted: tuple[TimelineEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class Work:
    """A write that is due, with what its delivery needs.

    Attributes:
        mark_sent: Called just before sending, with the plain text by which a new comment is recognized if its answer is lost.
        keep_lease: Called before an operation that may take long.
        noted: What the case's history notes beside the delivery: own texts that could not be used.
    """

    bridge: Bridge
    view: CaseView
    record: IntentRecord
    mark_sent: Callable[[str | None], None]
    keep_lease: Callable[[], None]
    noted: list[TimelineEntry] = field(default_factory=list)

    @property
    def helpdesk(self) -> Helpdesk:
        """The connection of the write. The caller has checked that there is one."""
        return self.bridge.helpdesks[self.record.intent.connection]

    @property
    def language(self) -> str:
        """The language of the people who read what is written."""
        intent = self.record.intent
        by_route = language_by_route(self.view, self.bridge.rules.routes, intent)
        return by_route or self.bridge.language_of(intent.connection)

    @property
    def timezone(self) -> str | None:
        """The time zone of the calendar of the case's clocks; None without a calendar."""
        found = (self.bridge.rules.calendar_called(clock.calendar) for clock in self.view.clocks)
        return next((calendar.spec.timezone for calendar in found if calendar is not None), None)

    def compose(self, request: MessageRequest) -> RichText:
        """Render a message in the language of its readers."""
        if request.proposes is not None:
            proposed = self.compose(request.proposes)
            request = replace(request, quotes=(Quote("", self.bridge.now(), proposed),), proposes=None)
        language = request.language if request.language in LANGUAGES else self.language
        request = self.with_link(self.in_local_time(request), language)
        return self.bridge.extensions.compose_message(
            request, language, around(self.view, request), self._occasion(request.template, language)
        ).body

    def _occasion(self, message: str, language: str) -> Occasion:
        """Where a message of this write belongs. An own text that cannot be used is noted in the history."""

        def note(failure: TemplateFailure) -> None:
            facts = {
                "message": message,
                "language": language,
                "why": failure.code,
                "detail": failure.detail,
            }
            if all(dict(entry.facts) != facts for entry in self.noted):
                self.noted.append(TimelineEntry(self.bridge.now(), "own_text_failed", facts))

        latest = self.view.escalations[-1] if self.view.escalations else None
        return Occasion(
            team=latest.owner.team if latest is not None else None,
            route=route_of(self.view, self.record.intent),
            failed=note,
        )

    def with_link(self, request: MessageRequest, language: str) -> MessageRequest:
        """The message, with the signed link to the page that it names; empty if the receiver's public address is unknown."""
        if "page" not in request.facts:
            return request
        named = {name: request.facts[name] for name in _ABOUT if name in request.facts}
        about = {"case": str(self.view.id), "language": language, **named}
        valid_for = timedelta(seconds=int(request.facts["valid_seconds"]))
        url = self.bridge.links.url(request.facts["page"], about, self.bridge.now(), valid_for)
        return replace(request, facts={**request.facts, "url": url or ""})

    def in_local_time(self, request: MessageRequest) -> MessageRequest:
        """The message, with times in the calendar's time zone, unless it has one of its own."""
        timezone = self.timezone
        return replace(request, facts={"timezone": timezone, **request.facts}) if timezone else request


@dataclass(frozen=True, slots=True)
class Kind(Generic[W]):
    """How a kind of write is delivered: a value in a file of the folder `kinds`.

    Attributes:
        deliver: Delivers it. `failures` judges the errors that it raises.
        refused: The history entry for a retry or a final failure, if it differs from the common one.
        waits: Whether one that goes last has to wait for another one.
    """

    of: type[W]
    deliver: Callable[[Work, W], Result]
    refused: Callable[[W, FailureVerdict, str, datetime], TimelineEntry] | None = None
    waits: Callable[[CaseView, IntentRecord, W], bool] | None = None
