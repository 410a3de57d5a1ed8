"""Escalations of a case: what caused each, who has it, and every change with its time and author."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum


class Cause(StrEnum):
    """Why a case was escalated."""

    SLA = "sla"
    EMERGENCY = "emergency"
    BY_HAND = "by_hand"
    RULE = "rule"
    WAVE = "wave"
    AGE = "age"
    EXTERNAL = "external"


class EscalationKind(StrEnum):
    """FUNCTIONAL: to another team or department. HIERARCHICAL: to a higher level."""

    FUNCTIONAL = "functional"
    HIERARCHICAL = "hierarchical"


class Outcome(StrEnum):
    """How an escalation ended.

    SOLVED: the customer's ticket was solved. RETURNED: the team of the linked ticket is done. DEESCALATED: a person gave it back.
    UNLINKED: the link to its linked ticket was removed. WITHDRAWN: the target was met before anything of it was carried out. GONE:
    the customer's ticket is gone.
    """

    SOLVED = "solved"
    RETURNED = "returned"
    DEESCALATED = "deescalated"
    UNLINKED = "link_removed"
    WITHDRAWN = "withdrawn"
    GONE = "origin_gone"


class ChangeKind(StrEnum):
    """What happened to an escalation."""

    OPENED = "opened"
    JOINED = "joined"
    HANDED_ON = "handed_on"
    TAKEN = "taken"
    UNASSIGNED = "unassigned"
    ACKNOWLEDGED = "acknowledged"
    RAISED = "raised"
    CLOSED = "closed"
    INFORMED = "informed"
    RATED = "rated"


@dataclass(frozen=True, slots=True)
class Owner:
    """Who has an escalation: one team, and one person where one is known.

    Attributes:
        team: The name of a team, or of the connection behind a route that belongs to no team.
        person: The person's e-mail address; None: the team has it in its queue.
    """

    team: str
    person: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One change of an escalation.

    Attributes:
        by: Who did it, as people know them; empty: the bridge.
        owner: Who has it from then on.
        cause: Why.
        facts: What explains it to people.
    """

    at: datetime
    what: ChangeKind
    owner: Owner
    by: str = ""
    cause: Cause = Cause.BY_HAND
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Escalation:
    """One escalation of a case. A case has at most one open one; a further cause joins it.

    Attributes:
        number: Counts the escalations of the case from 1 on.
        from_team: The team that had the ticket before; None: no team that is known.
        from_level: Its level.
        to_team: The team to which it first went.
        to_level: Its level.
        category: What kind of matter it is; empty if unknown.
        summary: What a person wrote about it.
        customer: Whose ticket it is, to find who knows the customer; empty if unknown.
        route: The route of its linked ticket; None: it stays in the customer's helpdesk.
        weight: How much it counts towards capacities.
        changes: All changes, oldest first; the first one opened it.
        outcome: How it ended; None: it is open.
    """

    number: int
    cause: Cause
    kind: EscalationKind
    from_team: str | None
    from_level: str | None
    to_team: str
    to_level: str | None
    changes: tuple[Change, ...]
    category: str = ""
    summary: str = ""
    customer: str = ""
    route: str | None = None
    weight: int = 1
    outcome: Outcome | None = None

    @property
    def owner(self) -> Owner:
        """Who has it, or had it last."""
        return self.changes[-1].owner

    @property
    def is_open(self) -> bool:
        """Whether it has not ended."""
        return self.outcome is None

    @property
    def opened_at(self) -> datetime:
        """When it began."""
        return self.changes[0].at

    @property
    def owned_since(self) -> datetime:
        """Since when the present owner has it."""
        since = self.changes[-1].at
        for change in reversed(self.changes):
            if change.owner != self.owner:
                break
            since = change.at
        return since

    @property
    def acknowledged_at(self) -> datetime | None:
        """When the present owner acknowledged it; None: not yet."""
        at = None
        for change in self.changes:
            if change.what is ChangeKind.ACKNOWLEDGED:
                at = change.at
            elif change.what is ChangeKind.HANDED_ON:
                at = None
        return at

    @property
    def handed_on_at(self) -> datetime | None:
        """When it was last handed on; None: never."""
        return next((c.at for c in reversed(self.changes) if c.what is ChangeKind.HANDED_ON), None)

    @property
    def closed_at(self) -> datetime | None:
        """When it ended; None: it is open."""
        ends = [change.at for change in self.changes if change.what is ChangeKind.CLOSED]
        return None if self.is_open else ends[-1]

    @property
    def transfers(self) -> int:
        """How often it was handed on."""
        return sum(change.what is ChangeKind.HANDED_ON for change in self.changes)

    @property
    def is_unattended(self) -> bool:
        """Whether nobody was there when it was handed to its team, and nobody has taken it since."""
        if not self.is_open or self.owner.person is not None or self.acknowledged_at is not None:
            return False
        given = (ChangeKind.OPENED, ChangeKind.HANDED_ON)
        last = next((change for change in reversed(self.changes) if change.what in given), None)
        return last is not None and last.facts.get("nobody") == "yes"

    @property
    def teams(self) -> tuple[str, ...]:
        """The teams that had it, in order; a team that had it again is there again."""
        found: list[str] = []
        for change in self.changes:
            if not found or found[-1] != change.owner.team:
                found.append(change.owner.team)
        return tuple(found)

    def changed(self, change: Change, **values: object) -> "Escalation":
        """The same after one more change; `values` replaces attributes."""
        return replace(self, changes=(*self.changes, change), **values)  # type: ignore[arg-type]


def open_one(escalations: Iterable[Escalation]) -> Escalation | None:
    """The open escalation of a case, if it has one."""
    return next((each for each in escalations if each.is_open), None)


def merged(known: Iterable[Escalation], changed: Iterable[Escalation]) -> tuple[Escalation, ...]:
    """Escalations with changed and new ones, by number."""
    by_number = {each.number: each for each in (*known, *changed)}
    return tuple(by_number[number] for number in sorted(by_number))
