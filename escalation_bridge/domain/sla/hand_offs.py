"""Hand-offs: which team owned the work, and when.

The hand-offs of a case follow each other without a gap, so that the times of all parties add up to the whole. A hand-off may have a
target of its own, an operational-level agreement: a clock that runs only while that team owns the work.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import pairwise

from escalation_bridge.domain.sla.calendar import Calendar
from escalation_bridge.domain.sla.clocks import ClockState, Measured
from escalation_bridge.domain.sla.events import TicketEvent, order
from escalation_bridge.domain.tickets.tickets import StatusKind, TicketRef


@dataclass(frozen=True, slots=True)
class LateStep:
    """What happens when a hand-off is over its target.

    Attributes:
        after_seconds: Working time of the team's calendar after the due time.
        to: The team to which the case is escalated, or `next-level`.
    """

    after_seconds: int
    to: str


@dataclass(frozen=True, slots=True)
class HandOffTarget:
    """A team's target for its hand-off, in working time of its own calendar.

    Attributes:
        late: The ladder of a late hand-off.
    """

    seconds: int
    calendar_name: str
    calendar: Calendar
    late: tuple[LateStep, ...] = ()


class PartyKind(StrEnum):
    """SUPPORT is the team of the customer's ticket, LINKED that of a linked one; DONE: nobody, it is solved."""

    SUPPORT = "support"
    LINKED = "linked"
    CUSTOMER = "customer"
    THIRD_PARTY = "third_party"
    DONE = "done"


@dataclass(frozen=True, slots=True, order=True)
class Party:
    """The party that owns the work.

    Attributes:
        connection: The connection of the ticket, for SUPPORT and LINKED; otherwise empty.
    """

    kind: PartyKind
    connection: str = ""

    def __str__(self) -> str:
        return self.connection or str(self.kind)


@dataclass(frozen=True, slots=True)
class StatusSpan:
    """The kind of a ticket's status in `[start, end)`; `end` is None for the present status."""

    start: datetime
    end: datetime | None
    status: StatusKind


@dataclass(frozen=True, slots=True)
class LinkedTicket:
    """A ticket to which the case was handed off.

    Attributes:
        since: When it was linked; its earlier history does not belong to this case.
        statuses: Its history, in order. Where nothing is known, it is being worked on.
    """

    link: str
    ref: TicketRef
    since: datetime
    statuses: tuple[StatusSpan, ...] = ()

    def is_open(self, at: datetime) -> bool:
        """Whether it is linked and not done."""
        return self.since <= at and not _status(self.statuses, at).done


@dataclass(frozen=True, slots=True)
class HandOff:
    """One party owns the work in `[start, end)`.

    Attributes:
        link: Through which link, for LINKED; else empty.
    """

    start: datetime
    end: datetime
    party: Party
    link: str = ""


def status_spans(events: Iterable[TicketEvent]) -> tuple[StatusSpan, ...]:
    """The course of a ticket's status, from its events."""
    turns: list[tuple[datetime, StatusKind]] = []
    for event in order(events):
        if event.status is not None and (not turns or turns[-1][1] is not event.status):
            turns.append((event.at, event.status))
    ends = [at for at, _ in turns[1:]]
    return (
        *(StatusSpan(at, end, status) for (at, status), end in zip(turns, ends, strict=False)),
        *(StatusSpan(at, None, status) for at, status in turns[-1:]),
    )


def compute_hand_offs(
    origin: TicketRef,
    statuses: Sequence[StatusSpan],
    linked: Sequence[LinkedTicket],
    opened: datetime,
    until: datetime,
) -> tuple[HandOff, ...]:
    """Which party owned the work in `[opened, until)`: hand-offs in order, without gap or overlap, in whole seconds.

    - Done is done, and waiting for the customer is the customer's, whatever linked tickets do.
    - Else the linked ticket that was linked last and is worked on owns the work. One that waits for its requester gives it back to
      support: support is its requester.
    - A wait for a third party that went on while a ticket was linked was a wait for that one, and ends with it.

    Args:
        origin: The customer's ticket.
        statuses: Its course, in order; new where nothing is known.
        linked: The tickets it was handed on to.
        opened: When the customer's ticket was opened.
        until: Now, or when to stop looking; hand-offs end there.
    """
    opened, until = _whole(opened), _whole(until)
    statuses = _whole_spans(statuses)
    tickets = [
        LinkedTicket(t.link, t.ref, _whole(t.since), _whole_spans(t.statuses))
        for t in sorted(linked, key=lambda t: (t.since, t.link), reverse=True)
    ]
    turns = {opened, until, *(span.start for span in statuses)}
    for ticket in tickets:
        turns |= {ticket.since, *(span.start for span in ticket.statuses)}
    hand_offs: list[HandOff] = []
    ends = [span.end for course in (statuses, *(t.statuses for t in tickets)) for span in course]
    turns |= {end for end in ends if end is not None}
    for start, end in pairwise(sorted(at for at in turns if opened <= at <= until)):
        party, link = _holder(origin, statuses, tickets, start)
        if hand_offs and (hand_offs[-1].party, hand_offs[-1].link) == (party, link):
            start = hand_offs.pop().start  # noqa: PLW2901 - one hand-off, however many turns it saw
        hand_offs.append(HandOff(start, end, party, link))
    return tuple(hand_offs)


def _holder(
    origin: TicketRef, statuses: Sequence[StatusSpan], tickets: Sequence[LinkedTicket], at: datetime
) -> tuple[Party, str]:
    """Which party owns the work from this instant to the next turn; the newest linked ticket comes first."""
    status = _status(statuses, at)
    if status.done:
        return Party(PartyKind.DONE), ""
    if status is StatusKind.WAITING_CUSTOMER:
        return Party(PartyKind.CUSTOMER), ""
    courses = [(ticket, _status(ticket.statuses, at)) for ticket in tickets if ticket.is_open(at)]
    for ticket, course in courses:
        if course not in (StatusKind.WAITING_CUSTOMER, StatusKind.WAITING_THIRD_PARTY):
            return Party(PartyKind.LINKED, ticket.ref.connection), ticket.link
    if any(course is StatusKind.WAITING_THIRD_PARTY for _, course in courses):
        return Party(PartyKind.THIRD_PARTY), ""
    if not courses and status is StatusKind.WAITING_THIRD_PARTY and not _handed_on(statuses, tickets, at):
        return Party(PartyKind.THIRD_PARTY), ""
    return Party(PartyKind.SUPPORT, origin.connection), ""


def _handed_on(statuses: Sequence[StatusSpan], tickets: Sequence[LinkedTicket], at: datetime) -> bool:
    """Whether a linked ticket was open while the present status has lasted."""
    begun = max((span.start for span in statuses if span.start <= at), default=at)
    return any(
        ticket.is_open(turn)
        for ticket in tickets
        for turn in {begun, ticket.since, *(span.start for span in ticket.statuses)}
        if begun <= turn <= at
    )


def _status(statuses: Sequence[StatusSpan], at: datetime) -> StatusKind:
    for span in reversed(statuses):
        if span.start <= at and (span.end is None or at < span.end):
            return span.status
    return StatusKind.NEW


def _whole(at: datetime) -> datetime:
    return at.replace(microsecond=0)


def _whole_spans(spans: Iterable[StatusSpan]) -> tuple[StatusSpan, ...]:
    return tuple(StatusSpan(_whole(s.start), _whole(s.end) if s.end else None, s.status) for s in spans)


# --- what each took -------------------------------------------------------------------------------------------------


def working_seconds(hand_offs: Iterable[HandOff], calendar: Calendar) -> Mapping[Party, int]:
    """The working time of each party, in the order in which they first owned the work.

    The sum is the working time between the first hand-off's start and the last one's end.
    """
    taken: dict[Party, int] = {}
    for hand_off in hand_offs:
        taken[hand_off.party] = taken.get(hand_off.party, 0) + calendar.elapsed(hand_off.start, hand_off.end)
    return taken


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOffClock(Measured):
    """The clock of one linked ticket's hand-off. It runs while that ticket's team owns the work.

    Attributes:
        state: DONE once the linked ticket or the customer's is; PAUSED while another party owns the work.
        pauses: Half-open spans in which another party owned the work; the last one ends now while the clock is paused.
    """

    link: str
    party: Party


def compute_hand_off_clocks(
    hand_offs: Sequence[HandOff],
    linked: Sequence[LinkedTicket],
    targets: Mapping[str, HandOffTarget],
    policy: str = "",
) -> tuple[HandOffClock, ...]:
    """The clocks of those linked tickets whose team promised something.

    Args:
        hand_offs: As `compute_hand_offs` found them.
        linked: The tickets that the case was handed on to.
        targets: By link.
        policy: What the promise is called: the name of the route or the policy.
    """
    if not hand_offs:
        return ()
    return tuple(
        _hand_off_clock(hand_offs, ticket, targets[ticket.link], policy)
        for ticket in linked
        if ticket.link in targets and _whole(ticket.since) <= hand_offs[-1].end
    )


def _hand_off_clock(
    hand_offs: Sequence[HandOff], ticket: LinkedTicket, target: HandOffTarget, policy: str
) -> HandOffClock:
    now, since = hand_offs[-1].end, max(_whole(ticket.since), hand_offs[0].start)
    own = [hand_off for hand_off in hand_offs if hand_off.link == ticket.link]
    last = own[-1].end if own else since
    holds = bool(own) and last == now
    finished = hand_offs[-1].party.kind is PartyKind.DONE or not ticket.is_open(now)
    state = ClockState.DONE if finished else ClockState.RUNNING if holds else ClockState.PAUSED
    held = [(hand_off.start, hand_off.end) for hand_off in own]
    waits = [(a, b) for (_, a), (b, _) in pairwise([(since, since), *held]) if a < b]
    until = now if state is ClockState.PAUSED else last
    due = target.calendar.due(since, target.seconds, waits)
    pauses = (*waits, (last, now)) if state is ClockState.PAUSED and last < now else tuple(waits)
    return HandOffClock(
        link=ticket.link,
        party=Party(PartyKind.LINKED, ticket.ref.connection),
        state=state,
        policy=policy,
        calendar=target.calendar_name,
        target_seconds=target.seconds,
        started_at=since,
        pauses=pauses,
        due=None if state is ClockState.PAUSED else due,
        done_at=last if state is ClockState.DONE else None,
        used_seconds=target.calendar.elapsed(since, until, pauses),
        breached_at=due if due < last else None,
    )
