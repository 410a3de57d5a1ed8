"""A case: the customer's ticket, the tickets linked to it, and everything that is known of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from escalation_bridge.domain.case.hold_reasons import HoldReason
from escalation_bridge.domain.case.other_customers import Sibling
from escalation_bridge.domain.case.write_records import IntentRecord, KeyedIntent
from escalation_bridge.domain.routes.routes import Route
from escalation_bridge.domain.routes.sides import Side
from escalation_bridge.domain.sla.calendar import Calendar
from escalation_bridge.domain.sla.clocks import Clock
from escalation_bridge.domain.sla.events import TicketEvent
from escalation_bridge.domain.sla.policy import Contract, Metric, Policy, choose_policy
from escalation_bridge.domain.sla.standstills import Span
from escalation_bridge.domain.tickets.classification import Classification
from escalation_bridge.domain.tickets.tickets import Comment, Presence, Ticket, TicketRef


class CaseState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Hold:
    """Why a link is not written to until somebody looks.

    Attributes:
        facts: What the explanation mentions.
    """

    reason: HoldReason
    since: datetime
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FieldState:
    """How a field of a link stands.

    Attributes:
        values: By side, what it showed when both were last in step.
        hold: Why the field is not written until somebody looks; the rest of the link goes on.
        chosen: The side that a person chose where both had changed.
        unknown: Words for people of whom a vendor said that nobody is called so.
    """

    values: Mapping[Side, str] = field(default_factory=dict)
    hold: Hold | None = None
    chosen: Side | None = None
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Link:
    """Two tickets that are kept in step.

    Attributes:
        id: The key of the intent that created the linked ticket; or a number of its own, where both were there already.
        told: Ids of origin comments that the linked ticket's description already carries, or that are not to be carried.
        statuses: By side, the status id at which both were last in step.
        done: By side, whether it was done when both were last in step.
        reopened: When the bridge reopened one of the two because the other was, the last few times.
        calm_since: Writes before it do not count into the link's budget any more: somebody has looked.
        project: In which project the linked ticket was last known to lie, where its vendor has projects.
        chosen: Whose status wins where both changed, as a person chose; forgotten with that conflict.
        edges: How many changes of the link were recorded so far; part of the keys of its intents.
        shown: By side, what the pointer there says of the other ticket, in the form of `pointers.fingerprint`.
        told_linked: As `told`, of the linked ticket's comments.
        drafted: Whether a reply was drafted for the linked ticket's being done, or need not be.
        waiting: By side, the status id that is not carried over yet because others on the same ticket are not as far.
        by_hand: Whether both tickets were there already when somebody linked them.
        ended: When it was taken back; such a link is none of the case's any more.
        fields: The fields that are kept in step, by the keys of their rules.
    """

    id: str
    route: str
    origin: TicketRef
    linked: TicketRef
    since: datetime
    statuses: Mapping[Side, str]
    told: tuple[str, ...] = ()
    done: Mapping[Side, bool] = field(default_factory=dict)
    reopened: tuple[datetime, ...] = ()
    calm_since: datetime | None = None
    chosen: Side | None = None
    project: str | None = None
    edges: int = 0
    shown: Mapping[Side, str] = field(default_factory=dict)
    hold: Hold | None = None
    told_linked: tuple[str, ...] = ()
    drafted: bool = False
    waiting: Mapping[Side, str] = field(default_factory=dict)
    by_hand: bool = False
    ended: datetime | None = None
    fields: Mapping[str, FieldState] = field(default_factory=dict)

    def ticket(self, side: Side) -> TicketRef:
        """The ticket at one end."""
        return self.origin if side is Side.ORIGIN else self.linked


class StepOutcome(StrEnum):
    """What became of a step.

    FIRED was carried out, STALE found too late for that, REFUSED by its own condition.
    """

    FIRED = "fired"
    STALE = "stale"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class FiredStep:
    """A ladder step that has been dealt with; there is at most one per metric, cycle and step.

    Attributes:
        started_at: When the clock's cycle began, as it was known then: what the cycle is recognised by. Its number is not
            fit for that, since a message that becomes known late shifts the numbers.
        step: The step's id; repetitions add their number ("remind#2"), a step that fires again after a retarget the
            target ("warn@7200").
        target_seconds: The target that counted then.
        late_seconds: How long after its time it was found.
    """

    metric: Metric
    started_at: datetime
    step: str
    at: datetime
    outcome: StepOutcome = StepOutcome.FIRED
    target_seconds: int = 0
    policy: str = ""
    late_seconds: int = 0


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One line of a case's history.

    Attributes:
        code: What happened; also the name of the text in the message catalogue.
        facts: What the text mentions. No customer's text.
    """

    at: datetime
    code: str
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Veto:
    """An extension's objection to an escalation."""

    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Advice:
    """What extensions answered when they were asked about this case.

    Attributes:
        vetoes: Objections to escalations, by the escalation's intent key.
        routes: Another route than the ladder names, by the escalation's intent key.
        wishes: What the other side of a link should show, by link id and the side that changed.
        owners: Whose status wins where both sides changed, by link id.
    """

    vetoes: Mapping[str, tuple[Veto, ...]] = field(default_factory=dict)
    routes: Mapping[str, str] = field(default_factory=dict)
    wishes: Mapping[tuple[str, Side], str] = field(default_factory=dict)
    owners: Mapping[str, Side] = field(default_factory=dict)


class Doubt(StrEnum):
    """What a single reading showed of a comment, and is not believed yet.

    MISSING: it is not there. PUBLIC: it was private. UNSEEN: all of its kind are not there, which is hardly anybody's doing.
    """

    MISSING = "missing"
    PUBLIC = "public"
    UNSEEN = "unseen"


@dataclass(frozen=True, slots=True)
class Doubted:
    """A doubt, and the first reading that brought it up."""

    what: Doubt
    since: datetime


@dataclass(frozen=True, slots=True)
class Relay:
    """Somebody's words that the bridge brought into a ticket, from which they go on.

    Attributes:
        comment: As if they had been said there by their first author.
        heading: Over which side of a link they go on: LINKED is away from the customer.
        facts: Where they were said first, as a message tells it.
    """

    comment: Comment
    heading: Side
    facts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Beyond:
    """What other cases carried into tickets from which, or to which, a link of this case leads.

    Attributes:
        headings: By source and target, in which direction that was.
        records: The writes.
    """

    headings: Mapping[tuple[TicketRef, TicketRef], Side] = field(default_factory=dict)
    records: tuple[IntentRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """That a vendor refuses a connection's credentials: since when, and the error in full."""

    since: datetime
    error: str


@dataclass(frozen=True, slots=True)
class CaseView:
    """All that a decision about a case is made from.

    Attributes:
        tickets: The newest snapshots.
        comments: What was said in any of its tickets, oldest first.
        events: The normalised history of the origin ticket.
        linked_events: That of the linked tickets.
        clocks: The clocks as they were last recorded.
        intents: All writes ever decided, by natural key.
        own_comments: Which comments the bridge wrote, as `who_spoke` found: ticket and comment id.
        taken_back: Which comments are not there any more, and since when that is known.
        doubts: What the last reading showed of comments and has to be seen once more.
        vendors: The product behind each connection, as people write it.
        gone: Tickets that can no longer be read, with the reason.
        turn_at: When the case's ladder has its turn, where it has to wait for others; None: now.
        failed_reads: How often in a row tickets could not be read; those that could are left out.
        unreadable: Tickets that could not be read for a while, with when they were read last.
        unread: Tickets that just now cannot be read: nothing new is begun on what was last known of them.
        halfway: Tickets whose status is where a change of the bridge's own stopped on its way, or may be.
        siblings: By link id, the other customers' tickets on the same linked ticket.
        beyond: What other cases carried into tickets where a chain goes on from them to this case.
        relays: What goes on from tickets in the middle of a chain, by ticket and comment id; found when the case is decided.
        refusals: The connections whose credentials are refused just now.
        rules_version: Under which version of the rules the case was opened; None where that is not known yet.
        promised: What was promised when the case was last looked at; None: it never was.
        standstills: When the bridge stood still; None: that is not known, and may be whenever it was late.
    """

    id: int
    origin: TicketRef
    opened_at: datetime
    state: CaseState
    tickets: Mapping[TicketRef, Ticket]
    comments: tuple[Comment, ...]
    events: tuple[TicketEvent, ...]
    clocks: tuple[Clock, ...]
    links: tuple[Link, ...]
    fired: tuple[FiredStep, ...]
    intents: Mapping[str, IntentRecord]
    classification: Classification
    linked_events: Mapping[TicketRef, tuple[TicketEvent, ...]] = field(default_factory=dict)
    own_comments: frozenset[tuple[TicketRef, str]] = frozenset()
    taken_back: Mapping[tuple[TicketRef, str], datetime] = field(default_factory=dict)
    doubts: Mapping[tuple[TicketRef, str], Doubted] = field(default_factory=dict)
    vendors: Mapping[str, str] = field(default_factory=dict)
    gone: Mapping[TicketRef, str] = field(default_factory=dict)
    failed_reads: Mapping[TicketRef, int] = field(default_factory=dict)
    unreadable: Mapping[TicketRef, datetime | None] = field(default_factory=dict)
    turn_at: datetime | None = None
    unread: frozenset[TicketRef] = frozenset()
    halfway: frozenset[TicketRef] = frozenset()
    siblings: Mapping[str, tuple[Sibling, ...]] = field(default_factory=dict)
    beyond: Beyond = Beyond()
    relays: Mapping[tuple[TicketRef, str], Relay] = field(default_factory=dict)
    refusals: Mapping[str, Refusal] = field(default_factory=dict)
    rules_version: int | None = None
    promised: frozenset[Metric] | None = None
    standstills: tuple[Span, ...] | None = None
    advice: Advice = Advice()

    def absence(self, ref: TicketRef) -> str | None:
        """Why a ticket cannot be worked with, as a word of the catalogue or the vendor's words; None: it can."""
        if ref in self.gone:
            return self.gone[ref]
        ticket = self.tickets.get(ref)
        lost = ticket is not None and ticket.presence in (Presence.DELETED, Presence.SPAM)
        return str(ticket.presence) if ticket is not None and lost else None

    def comments_of(self, ticket: TicketRef) -> tuple[Comment, ...]:
        """What was said in one ticket, oldest first."""
        return tuple(comment for comment in self.comments if comment.ticket == ticket)


@dataclass(frozen=True, slots=True)
class Rules:
    """The configuration, as far as decisions need it. Policies and contracts are tried in order; the first match counts."""

    policies: tuple[Policy, ...]
    routes: Mapping[str, Route]
    contracts: tuple[Contract, ...] = ()

    def opens_cases(self, connection: str) -> bool:
        """Whether tickets of a connection open cases: a route begins there, or a policy promises something about them.

        Where routes end and none begins, tickets are work that was handed on, and others that are no customers' at all:
        there a policy counts only if it names connections.
        """
        if any(route.origin == connection for route in self.routes.values()):
            return True
        receives = any(route.linked == connection for route in self.routes.values())
        return any(
            policy.match.may_hold_at(connection) and (policy.match.names_connections or not receives)
            for policy in self.policies
        )

    def policy_for(self, ticket: Ticket, classification: Classification) -> Policy | None:
        """What a ticket is promised, its customer's contract worked in; None: nothing."""
        return choose_policy(self.policies, self.contracts, ticket, classification)

    def calendar_called(self, name: str | None) -> Calendar | None:
        """The calendar of that name, if any policy or contract uses it."""
        users: tuple[Policy | Contract, ...] = (*self.policies, *self.contracts)
        return next((each.calendar for each in users if each.calendar_name == name and each.calendar), None)


@dataclass(frozen=True, slots=True)
class Decision:
    """What should be. Carrying it out is somebody else's work.

    Attributes:
        intents: Writes that are new; none of them is in `CaseView.intents`.
        clocks: All clocks of the case, as they stand now.
        links: The links that change.
        withdrawn: Keys of writes that have not been sent, or have failed, and are no longer wanted.
        retried: Keys of failed writes that get another chance.
        next_wake: When to look again if nothing happens; None: only when something happens.
        happened: What this look adds to the ticket's history.
        promised: What is promised now; None: it is not known.
        revised: Writes of steps that waited, with what they say now and when they may go.
        frozen: Keys of writes of steps that must not go now, and may later.
        rests_on: The tickets that have to be fresh before it is recorded: something in it cannot be taken back.
    """

    state: CaseState
    intents: tuple[KeyedIntent, ...]
    clocks: tuple[Clock, ...]
    links: tuple[Link, ...]
    fired: tuple[FiredStep, ...]
    timeline: tuple[TimelineEntry, ...]
    withdrawn: tuple[str, ...]
    next_wake: datetime | None
    retried: tuple[str, ...] = ()
    happened: tuple[TicketEvent, ...] = ()
    promised: frozenset[Metric] | None = None
    revised: tuple[KeyedIntent, ...] = ()
    frozen: frozenset[str] = frozenset()
    rests_on: frozenset[TicketRef] = frozenset()
