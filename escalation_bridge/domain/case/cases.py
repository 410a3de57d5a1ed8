"""A case: the customer's ticket, its linked tickets, and everything known about them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from escalation_bridge.domain.case.closing import ClosingRule
from escalation_bridge.domain.case.escalations import Escalation
from escalation_bridge.domain.case.hold_reasons import HoldReason
from escalation_bridge.domain.case.incidents import CaseIncident, IncidentRules
from escalation_bridge.domain.case.other_customers import Sibling
from escalation_bridge.domain.case.review import ReviewRule
from escalation_bridge.domain.case.satisfaction import SatisfactionRule
from escalation_bridge.domain.case.stored_names import stored_as
from escalation_bridge.domain.case.write_records import IntentRecord, KeyedIntent
from escalation_bridge.domain.routes.routes import Route
from escalation_bridge.domain.routes.sides import Side
from escalation_bridge.domain.sla.calendar import Calendar
from escalation_bridge.domain.sla.clocks import Clock
from escalation_bridge.domain.sla.events import TicketEvent
from escalation_bridge.domain.sla.policy import Contract, Metric, Policy, choose_policy
from escalation_bridge.domain.sla.standstills import Span
from escalation_bridge.domain.teams.absence import Absence
from escalation_bridge.domain.teams.choosing import Workload
from escalation_bridge.domain.teams.directory import NOBODY, Directory
from escalation_bridge.domain.tickets.classification import Classification, Correction
from escalation_bridge.domain.tickets.tickets import Comment, Presence, Severity, Ticket, TicketRef


class CaseState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Hold:
    """Why a link is on hold until a person checks it.

    Attributes:
        facts: The facts of the explanation.
    """

    reason: HoldReason
    since: datetime
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FieldState:
    """The sync state of a field of a link.

    Attributes:
        values: By side, its value when both were last in sync.
        hold: Why the field is on hold; the rest of the link continues.
        chosen: The side that a person chose in a conflict.
        unknown: Names that a vendor does not know as people.
    """

    values: Mapping[Side, str] = field(default_factory=dict)
    hold: Hold | None = None
    chosen: Side | None = None
    unknown: tuple[str, ...] = ()


@stored_as(excluded="told", excluded_linked="told_linked")
@dataclass(frozen=True, slots=True)
class Link:
    """Two tickets that are kept in sync.

    Attributes:
        id: The key of the write that created the linked ticket, or a separate number for existing tickets.
        excluded: Ids of origin comments that are not copied, for example because the linked ticket's description contains them.
        statuses: By side, the status id when both were last in sync.
        done: By side, whether it was done when both were last in sync.
        reopened: When the bridge last reopened one of the two because of the other.
        calm_since: Earlier writes do not count towards the link's budget: a person has checked it.
        project: The linked ticket's last known project, if its vendor has projects.
        chosen: Whose status wins a conflict, as chosen by a person; cleared with that conflict.
        edges: How many changes of the link were recorded so far; part of the keys of its writes.
        shown: By side, the displayed state of the other ticket, as a `pointers.fingerprint`.
        excluded_linked: Like `excluded`, for the linked ticket's comments.
        drafted: Whether a reply was drafted for the finished linked ticket, or is not needed.
        waiting: By side, the status id that is not copied yet because other links of the ticket are not done.
        by_hand: Whether existing tickets were linked by hand.
        ended: When it was unlinked; such a link no longer belongs to the case.
        fields: The synced fields, by the keys of their rules.
    """

    id: str
    route: str
    origin: TicketRef
    linked: TicketRef
    since: datetime
    statuses: Mapping[Side, str]
    excluded: tuple[str, ...] = ()
    done: Mapping[Side, bool] = field(default_factory=dict)
    reopened: tuple[datetime, ...] = ()
    calm_since: datetime | None = None
    chosen: Side | None = None
    project: str | None = None
    edges: int = 0
    shown: Mapping[Side, str] = field(default_factory=dict)
    hold: Hold | None = None
    excluded_linked: tuple[str, ...] = ()
    drafted: bool = False
    waiting: Mapping[Side, str] = field(default_factory=dict)
    by_hand: bool = False
    ended: datetime | None = None
    fields: Mapping[str, FieldState] = field(default_factory=dict)

    def ticket(self, side: Side) -> TicketRef:
        """The ticket of a side."""
        return self.origin if side is Side.ORIGIN else self.linked


class StepOutcome(StrEnum):
    """The outcome of a step.

    FIRED was carried out, STALE found too late for that, REFUSED by its own condition.
    """

    FIRED = "fired"
    STALE = "stale"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class FiredStep:
    """A ladder step that was handled; there is at most one per metric, cycle and step.

    Attributes:
        started_at: When the clock's cycle began, as known then; it identifies the cycle. A number would not, because a
            late message shifts the numbers.
        step: The step's id; repetitions add their number ("remind#2"), a step that fires again after a retarget the
            target ("warn@7200").
        target_seconds: The target at that time.
        late_seconds: Its delay.
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
        code: The kind of event; also the name of the text in the message catalogue.
        facts: The facts of the text. No customer's text.
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
    """The answers of extensions about this case.

    Attributes:
        vetoes: Objections to escalations, by the escalation's key.
        routes: Another route than the ladder's, by the escalation's key.
        wishes: The wanted status of the other side of a link, by link id and the side that changed.
        owners: Whose status wins a conflict, by link id.
        teams: Another team than the one that would get an escalation, by that one's name.
    """

    vetoes: Mapping[str, tuple[Veto, ...]] = field(default_factory=dict)
    routes: Mapping[str, str] = field(default_factory=dict)
    wishes: Mapping[tuple[str, Side], str] = field(default_factory=dict)
    owners: Mapping[str, Side] = field(default_factory=dict)
    teams: Mapping[str, str] = field(default_factory=dict)


class Doubt(StrEnum):
    """What a single read showed of a comment, and needs a second read to be trusted.

    MISSING: it is not there. PUBLIC: it was private. UNSEEN: all of its kind are not there, which is hardly anybody's doing.
    """

    MISSING = "missing"
    PUBLIC = "public"
    UNSEEN = "unseen"


@dataclass(frozen=True, slots=True)
class Doubted:
    """A doubt, and the first read that raised it."""

    what: Doubt
    since: datetime


@dataclass(frozen=True, slots=True)
class Relay:
    """A comment that the bridge copied into a ticket, and that continues along a chain.

    Attributes:
        comment: As if its first author had written it there.
        heading: The side to which it continues: LINKED is away from the customer.
        facts: Where it was first written, for messages.
    """

    comment: Comment
    heading: Side
    facts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Beyond:
    """The copies of other cases in tickets at the ends of this case's links.

    Attributes:
        headings: By source and target, their direction.
        records: The writes.
    """

    headings: Mapping[tuple[TicketRef, TicketRef], Side] = field(default_factory=dict)
    records: tuple[IntentRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """A vendor refuses a connection's credentials: since when, and the error in full."""

    since: datetime
    error: str


@dataclass(frozen=True, slots=True)
class CaseView:
    """The input of a decision about a case.

    Attributes:
        tickets: The newest snapshots.
        comments: The comments of all its tickets, oldest first.
        events: The normalized history of the origin ticket.
        linked_events: The histories of the linked tickets.
        clocks: The clocks as they were last recorded.
        intents: All writes ever decided, by key.
        own_comments: The bridge's own comments, as found by `who_spoke`: ticket and comment id.
        taken_back: Deleted comments, and since when the deletion is known.
        doubts: What the last read showed of comments and needs a second read.
        vendors: The product behind each connection, by its official name.
        gone: Tickets that can no longer be read, with the reason.
        turn_at: When the storm cap lets the ladder continue; None: now.
        failed_reads: How many reads of a ticket failed in a row; without readable ones.
        unreadable: Tickets that have been unreadable for a while, with their last read.
        unread: Tickets that are unreadable now: nothing new is based on their snapshots.
        halfway: Tickets whose status is, or may be, an intermediate status of the bridge's own change.
        siblings: By link id, the other customers' tickets on the same linked ticket.
        beyond: The copies of other cases in tickets where a chain continues to this case.
        relays: Comments that continue from tickets in the middle of a chain, by ticket and comment id; found in the
            decision.
        refusals: The connections whose credentials are refused.
        rules_version: The version of the rules for the case; None: not determined yet.
        promised: The policy at the last decision; None: there was none.
        standstills: The downtimes of the bridge; None: unknown, any delay may be one.
        escalations: All escalations of the case, by number; at most one is open.
        incident: The incident that its ticket belongs to; None: it belongs to none.
        workload: What teams and people have over all cases; None: not loaded, because nothing was to be assigned.
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
    escalations: tuple[Escalation, ...] = ()
    incident: CaseIncident | None = None
    workload: Workload | None = None

    def absence(self, ref: TicketRef) -> str | None:
        """Why a ticket is unusable, as a word of the catalogue or the vendor's message; None: it is usable."""
        if ref in self.gone:
            return self.gone[ref]
        ticket = self.tickets.get(ref)
        lost = ticket is not None and ticket.presence in (Presence.DELETED, Presence.SPAM)
        return str(ticket.presence) if ticket is not None and lost else None

    def comments_of(self, ticket: TicketRef) -> tuple[Comment, ...]:
        """The comments of one ticket, oldest first."""
        return tuple(comment for comment in self.comments if comment.ticket == ticket)


@dataclass(frozen=True, slots=True)
class Rules:
    """The configuration that decisions need. Policies and contracts are tried in order; the first match counts.

    Attributes:
        severity_labels: The tags by which tickets show their severity.
        incidents: The configuration of incidents; None: waves are not looked for.
        customer_value: What is known of a customer's value, by the name or id of the organisation, or an e-mail address, in lower
            case: text by label.
        closing: How solved tickets are closed, by connection.
        satisfaction: How customers of escalated cases are asked, by connection.
        review: How reviews after emergencies and incidents are asked for; None: they are not.
    """

    policies: tuple[Policy, ...]
    routes: Mapping[str, Route]
    contracts: tuple[Contract, ...] = ()
    directory: Directory = NOBODY
    severity_labels: Mapping[Severity, str] = field(default_factory=dict)
    incidents: IncidentRules | None = None
    customer_value: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    closing: Mapping[str, ClosingRule] = field(default_factory=dict)
    satisfaction: Mapping[str, SatisfactionRule] = field(default_factory=dict)
    review: ReviewRule | None = None

    def opens_cases(self, connection: str) -> bool:
        """Whether tickets of a connection open cases: a route begins there, or a policy applies to them.

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

    def incident_route(self, connection: str) -> Route | None:
        """The route along which an incident of a connection's tickets is escalated; None: there is none."""
        names = self.incidents.routes if self.incidents is not None else ()
        routes = (self.routes[name] for name in names if name in self.routes)
        return next((route for route in routes if route.origin == connection), None)

    def policy_for(self, ticket: Ticket, classification: Classification) -> Policy | None:
        """The policy of a ticket, with its customer's contract applied; None: there is none."""
        return choose_policy(self.policies, self.contracts, ticket, classification)

    def calendar_called(self, name: str | None) -> Calendar | None:
        """The calendar of that name, if any policy or contract uses it."""
        users: tuple[Policy | Contract, ...] = (*self.policies, *self.contracts)
        return next((each.calendar for each in users if each.calendar_name == name and each.calendar), None)


@dataclass(frozen=True, slots=True)
class Decision:
    """The result of deciding: what should be. The engine carries it out.

    Attributes:
        intents: Writes that are new; none of them is in `CaseView.intents`.
        clocks: All clocks of the case, as of now.
        links: The links that change.
        withdrawn: Keys of unsent or failed writes that are no longer wanted.
        retried: Keys of failed writes that are retried.
        next_wake: When to decide again without news; None: only with news.
        happened: New events of the ticket's history.
        promised: The current policy; None: unknown.
        revised: Writes of waiting steps, with new texts and times.
        frozen: Keys of writes of steps that must wait.
        rests_on: The tickets that must be fresh before it is recorded, because something in it cannot be undone.
        escalations: The escalations that change.
        absences: Who is away, or back.
        assigns: Whether it chooses somebody, so that it has to know what everybody has.
        corrections: Severities that people determined; the last one counts.
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
    escalations: tuple[Escalation, ...] = ()
    absences: tuple[Absence, ...] = ()
    assigns: bool = False
    corrections: tuple[Correction, ...] = ()
