"""The normalized history of a ticket: the input of clocks, whatever the order in which events arrive."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from escalation_bridge.domain.sla.calendar_spec import CalendarSpec
from escalation_bridge.domain.tickets.satisfaction import Satisfaction
from escalation_bridge.domain.tickets.tickets import Comment, Role, StatusKind, Ticket, TicketRef, Visibility
from escalation_bridge.domain.tickets.who_asks import who_opened


class EventKind(StrEnum):
    OPENED = "opened"
    COMMENTED = "said"
    STATUS = "status"
    DUE_SET = "due_set"
    ACKNOWLEDGED = "acknowledged"
    RETRIED = "retried"
    CHOSEN = "chosen"
    CALENDAR = "calendar"
    COMMANDED = "commanded"
    BUTTON = "button"
    SNOOZED = "snoozed"
    REPRODUCED = "reproduced"
    RATED = "rated"
    REVIEWED = "reviewed"
    ACTION_DONE = "action_done"


@dataclass(frozen=True, slots=True)
class CalendarSwap:
    """Another calendar counts.

    Attributes:
        name: The one that counted until then.
        spec: Its content, as far as it matters to this ticket.
        then: The name of the one that counts from then on.
    """

    name: str
    spec: CalendarSpec
    then: str


class TimeSource(StrEnum):
    """Where the time of a status change comes from.

    VENDOR: the vendor's own record of it. LAST_CHANGE: the ticket's last change of any kind before it was read; the status may
    have changed earlier. SEEN: the vendor reports no time, so it is the time at which the bridge noticed.
    """

    VENDOR = "vendor"
    LAST_CHANGE = "last_change"
    SEEN = "seen"


@dataclass(frozen=True, slots=True)
class TicketEvent:
    """Something that happened to the origin ticket.

    Attributes:
        key: What makes it the same event when it is seen again.
        by: Who did it, as far as that matters for clocks.
        public: Whether the customer could see it.
        status: The status from then on, for OPENED and STATUS.
        metric: Whose due a person set, for DUE_SET.
        due: What it was set to; None: the computed one counts again. For SNOOZED: until when.
        choice: What a person chose, for CHOSEN: the side, and the field if it is about one only. For COMMANDED: the words, and
            who; for ACKNOWLEDGED: who; for BUTTON: its name, and `on` or `off`; for REPRODUCED: `yes` or `no`;
            for RATED: the escalation's number, the verdict, the score, the comment and whose survey it was.
        ticket: The linked ticket that it happened to; None: the customer's.
        source: Where the time of a STATUS comes from; None where that was not kept.
        swap: Which calendar counted until then, for CALENDAR.
    """

    key: str
    at: datetime
    kind: EventKind
    by: Role = Role.UNKNOWN
    public: bool = False
    status: StatusKind | None = None
    metric: str | None = None
    due: datetime | None = None
    choice: tuple[str, ...] = ()
    ticket: TicketRef | None = None
    source: TimeSource | None = None
    swap: CalendarSwap | None = None


def of_linked(event: TicketEvent, ticket: TicketRef) -> TicketEvent:
    """An event of a linked ticket: it shows which team owns the work, and moves no clock of the customer's."""
    return replace(event, key=f"{ticket}:{event.key}", ticket=ticket)


def order(events: Iterable[TicketEvent]) -> tuple[TicketEvent, ...]:
    """Sort events by time; a comment comes before its consequences."""
    rank = {kind: position for position, kind in enumerate(EventKind)}
    return tuple(sorted(events, key=lambda event: (event.at, rank[event.kind], event.key)))


def due_set(metric: str, due: datetime | None, at: datetime) -> TicketEvent:
    """A person set the due of the running clock of a metric, or took that back."""
    return TicketEvent(f"due:{metric}:{at.isoformat()}", at, EventKind.DUE_SET, metric=metric, due=due)


def acknowledged(by: str, at: datetime) -> TicketEvent:
    """A person has taken the case on: ladders that have begun stop, clocks do not."""
    return TicketEvent(f"acknowledged:{at.isoformat()}:{by}", at, EventKind.ACKNOWLEDGED, choice=(by,))


def retried(at: datetime) -> TicketEvent:
    """A person requested a retry: links on hold for their budget start again."""
    return TicketEvent(f"retried:{at.isoformat()}", at, EventKind.RETRIED)


def chosen(side: str, field: str | None, at: datetime) -> TicketEvent:
    """A person chose whose value counts where both tickets of a link had changed."""
    choice = (side, field) if field is not None else (side,)
    return TicketEvent(f"chosen:{at.isoformat()}", at, EventKind.CHOSEN, choice=choice)


def commanded(words: str, by: str, at: datetime, member: str = "") -> TicketEvent:
    """Somebody asked for what `/bridge` does in a ticket: on the command line, or as the `member` to whom a signed link was sent."""
    choice = (words, by, member) if member else (words, by)
    return TicketEvent(f"commanded:{at.isoformat()}", at, EventKind.COMMANDED, choice=choice)


def button(name: str, *, pressed: bool, earlier: int, at: datetime) -> TicketEvent:
    """A button of the helpdesk was pressed, or its tag or field is back as it was; `earlier` counts its events before."""
    state = "on" if pressed else "off"
    return TicketEvent(f"button:{name}:{earlier:06}", at, EventKind.BUTTON, choice=(name, state))


def snoozed(until: datetime, by: str, at: datetime) -> TicketEvent:
    """A person put the ladder off; an end in the past takes that back."""
    return TicketEvent(f"snoozed:{at.isoformat()}:{by}", at, EventKind.SNOOZED, due=until)


def reproduced(answer: str, at: datetime) -> TicketEvent:
    """A person's answer whether the problem could be reproduced: `yes` or `no`."""
    return TicketEvent(f"reproduced:{at.isoformat()}", at, EventKind.REPRODUCED, choice=(answer,))


def rated(escalation: int, answer: Satisfaction, survey: str, at: datetime) -> TicketEvent:
    """A customer judged an escalation; only the first answer counts."""
    choice = (str(escalation), str(answer.verdict), answer.score, answer.comment, survey)
    return TicketEvent(f"rated:{escalation}", answer.at or at, EventKind.RATED, choice=choice)


def reviewed(review: tuple[str, ...], at: datetime) -> TicketEvent:
    """Somebody wrote a review, `Review.choice`; only the first one about a subject counts."""
    return TicketEvent(f"reviewed:{review[0]}", at, EventKind.REVIEWED, choice=review)


def action_done(subject: str, position: int, by: str, at: datetime) -> TicketEvent:
    """An action of a review is done."""
    choice = (subject, str(position), by)
    return TicketEvent(f"action_done:{subject}:{position}", at, EventKind.ACTION_DONE, choice=choice)


def calendar_swapped(name: str, then: str, spec: CalendarSpec, at: datetime, earlier: int) -> TicketEvent:
    """Working time is counted by another calendar from `at` on; `earlier` counts the swaps before it."""
    swap = CalendarSwap(name, spec, then)
    return TicketEvent(f"calendar:{earlier:06}:{at.isoformat()}", at, EventKind.CALENDAR, swap=swap)


def opened(ticket: Ticket) -> TicketEvent:
    """The beginning of a ticket.

    One that an agent wrote down for a customer is known to the customer, who asked for it, whoever reads its description.
    """
    by = who_opened(ticket)
    for_a_customer = (
        by is Role.AGENT and ticket.requester is not None and ticket.requester.role is Role.CUSTOMER
    )
    return TicketEvent(
        key="opened",
        at=ticket.created_at,
        kind=EventKind.OPENED,
        by=by,
        public=ticket.description_visibility is Visibility.PUBLIC or for_a_customer,
        status=StatusKind.NEW,
    )


def commented(comment: Comment, by: Role) -> TicketEvent:
    """A comment, with its author's role as found by `who_spoke`."""
    return TicketEvent(
        key=f"said:{comment.id}",
        at=comment.created_at,
        kind=EventKind.COMMENTED,
        by=by,
        public=comment.visibility is Visibility.PUBLIC,
    )


def status_changed(
    before: Ticket | None, after: Ticket, seen_at: datetime, earlier: int = 0
) -> TicketEvent | None:
    """The status change between two snapshots, or None.

    `earlier` counts the changes seen before: it keeps those in order that lie in the same second of the vendor's clock.

    The vendor says since when the status stands; where it does not, the ticket's last change or the moment of the reading is the
    best that is known.
    """
    if before is not None and before.status.kind is after.status.kind:
        return None
    if before is None and after.status.kind is StatusKind.NEW:
        return None
    at, source = _since_when(before, after, seen_at)
    return TicketEvent(
        key=f"status:{earlier:06}:{at.isoformat()}:{after.status.kind}",
        at=at,
        kind=EventKind.STATUS,
        status=after.status.kind,
        source=source,
    )


def _since_when(before: Ticket | None, after: Ticket, seen_at: datetime) -> tuple[datetime, TimeSource]:
    if after.status_since is not None:
        return after.status_since, TimeSource.VENDOR
    if after.updated_at is not None:
        return after.updated_at, TimeSource.LAST_CHANGE
    return (seen_at if before is not None else after.created_at), TimeSource.SEEN
