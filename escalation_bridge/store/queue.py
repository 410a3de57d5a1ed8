"""The queue: which case is decided next, and by which worker. The wake is queue, timer and retry in one index."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from escalation_bridge.domain.case.cases import CaseState
from escalation_bridge.domain.tickets.echo import ChangeEvidence
from escalation_bridge.domain.tickets.tickets import TicketRef
from escalation_bridge.errors import BridgeError
from escalation_bridge.store.codec import encode
from escalation_bridge.store.database import insert_new
from escalation_bridge.store.deliveries import IS_ANY_WAITING
from escalation_bridge.store.schema import case_tickets, cases

PLANNED = "planned"
"""The reason of a planned wake; any other is news."""


class LeaseLost(BridgeError):
    """Another worker has the lease; this one's write is discarded."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A case that a worker owns until the lease ends.

    Attributes:
        wake_count: The wake count at the claim, so that a wake during the claim is not lost (no race).
    """

    case_id: int
    owner: str
    reason: str
    wake_count: int
    until: datetime


def wake(connection: sa.Connection, case_id: int, at: datetime, reason: str) -> None:
    """Wake a case at `at` or earlier. Repeated wakes are merged."""
    wake_all(connection, {case_id: reason}, at)


def wake_all(connection: sa.Connection, reasons: Mapping[int, str], at: datetime) -> None:
    """Wake cases at `at` or earlier, each with its reason."""
    rows = [
        {"of_case": case, "new_wake": at, "new_reason": reason} for case, reason in sorted(reasons.items())
    ]
    if rows:
        connection.execute(_WAKE, rows)


def wake_count(connection: sa.Connection, case_id: int) -> int:
    """The wake count of a case: it shows whether there was news meanwhile."""
    count: int = connection.execute(sa.select(cases.c.wake_count).where(cases.c.id == case_id)).scalar_one()
    return count


# Cached: building a statement costs more than executing it, and every webhook needs these.
_IS_TICKET = sa.and_(
    case_tickets.c.connection == sa.bindparam("of_connection"),
    case_tickets.c.ticket_id == sa.bindparam("of_ticket"),
)
_CASES_OF = sa.select(case_tickets.c.connection, case_tickets.c.ticket_id, case_tickets.c.case_id).where(
    case_tickets.c.connection == sa.bindparam("of_connection"),
    case_tickets.c.ticket_id.in_(sa.bindparam("of_tickets", expanding=True)),
)
_MARK_STALE = case_tickets.update().where(_IS_TICKET).values(stale=True, evidence=None)
_MOST_EVIDENCE = 4000
"""Maximum characters; a ticket with more evidence is read."""
_NEW_EVIDENCE = sa.bindparam("new_evidence", type_=case_tickets.c.evidence.type)
_IS_READ_ANYWAY = sa.and_(case_tickets.c.stale, case_tickets.c.evidence.is_(None))
_ADD_EVIDENCE = (
    case_tickets.update()
    .where(_IS_TICKET)
    .values(
        stale=True,
        evidence=sa.case(
            (_IS_READ_ANYWAY, None),
            (sa.not_(case_tickets.c.stale), _NEW_EVIDENCE),
            (sa.func.length(case_tickets.c.evidence) > _MOST_EVIDENCE, None),
            else_=case_tickets.c.evidence + "\n" + _NEW_EVIDENCE,
        ),
    )
)
_NEW_WAKE = sa.bindparam("new_wake", type_=cases.c.wake_at.type)
_IS_SOONER = sa.or_(cases.c.wake_at.is_(None), cases.c.wake_at > _NEW_WAKE)
_WAKE = (
    cases.update()
    .where(cases.c.id == sa.bindparam("of_case"))
    .values(
        wake_count=cases.c.wake_count + 1,
        wake_at=sa.case((_IS_SOONER, _NEW_WAKE), else_=cases.c.wake_at),
        wake_reason=sa.case(
            (_IS_SOONER, sa.bindparam("new_reason", type_=cases.c.wake_reason.type)),
            else_=cases.c.wake_reason,
        ),
    )
)


def cases_of(connection: sa.Connection, ticket: TicketRef) -> list[int]:
    """The cases that a ticket belongs to."""
    return cases_of_tickets(connection, [ticket])[ticket]


def cases_of_tickets(connection: sa.Connection, tickets: Iterable[TicketRef]) -> dict[TicketRef, list[int]]:
    """The cases that tickets belong to."""
    found: dict[TicketRef, list[int]] = {ticket: [] for ticket in tickets}
    for name in {ticket.connection for ticket in found}:
        ids = [ticket.id for ticket in found if ticket.connection == name]
        for row in connection.execute(_CASES_OF, {"of_connection": name, "of_tickets": ids}):
            found[TicketRef(row.connection, row.ticket_id)].append(row.case_id)
    return found


def open_case(connection: sa.Connection, origin: TicketRef, now: datetime) -> int:
    """The case of an origin ticket; created if there is none. For the lock order see `open_cases`."""
    return open_cases(connection, [origin], now)[origin]


def open_cases(
    connection: sa.Connection, origins: Iterable[TicketRef], now: datetime
) -> dict[TicketRef, int]:
    """The cases of origin tickets; missing ones are created.

    Lock order, to avoid a deadlock: a transaction opens cases before it locks any, all in one call. On PostgreSQL an insert waits for
    another transaction that inserts the same case: all transactions insert in the same order, and hold no other lock while
    inserting.
    """
    in_order = sorted(set(origins), key=lambda ref: (ref.connection, ref.id))
    if not in_order:
        return {}
    rows = [
        {
            "connection": ref.connection,
            "ticket_id": ref.id,
            "state": CaseState.OPEN,
            "opened_at": now,
            "clocks": "[]",
            "wake_count": 0,
        }
        for ref in in_order
    ]
    connection.execute(_OPEN[connection.dialect.name], rows)
    opened: dict[TicketRef, int] = {}
    for name in dict.fromkeys(ref.connection for ref in in_order):
        ids = [ref.id for ref in in_order if ref.connection == name]
        for row in connection.execute(_CASES_ABOUT, {"of_connection": name, "of_tickets": ids}):
            opened[TicketRef(name, row.ticket_id)] = row.id
    connection.execute(_ADD[connection.dialect.name], [_ticket_row(opened[ref], ref) for ref in in_order])
    return opened


_CASES_ABOUT = sa.select(cases.c.id, cases.c.ticket_id).where(
    cases.c.connection == sa.bindparam("of_connection"),
    cases.c.ticket_id.in_(sa.bindparam("of_tickets", expanding=True)),
)
_OPEN, _ADD = (
    {dialect: insert_new(dialect, table) for dialect in ("sqlite", "postgresql")}
    for table in (cases, case_tickets)
)


def add_ticket(connection: sa.Connection, case_id: int, ticket: TicketRef, *, stale: bool = True) -> None:
    """Add a ticket to a case; it is read next, unless it was just created."""
    connection.execute(_ADD[connection.dialect.name], _ticket_row(case_id, ticket, stale=stale))


def _ticket_row(case_id: int, ticket: TicketRef, *, stale: bool = True) -> dict[str, object]:
    return {
        "case_id": case_id,
        "connection": ticket.connection,
        "ticket_id": ticket.id,
        "stale": stale,
        "failures": 0,
    }


def mark_stale(connection: sa.Connection, *tickets: TicketRef) -> None:
    """Mark the snapshots of tickets as stale. Their cases are locked before, or in this call."""
    rows = [{"of_connection": ref.connection, "of_ticket": ref.id} for ref in tickets]
    if rows:
        connection.execute(_MARK_STALE, rows)


def add_evidence(connection: sa.Connection, told: Iterable[tuple[TicketRef, ChangeEvidence | None]]) -> None:
    """Mark tickets as stale after webhooks, unless all their evidence turns out to be an echo.

    A webhook without evidence always causes a read. Cases are locked before, or in this call.
    """
    told = list(told)
    mark_stale(connection, *dict.fromkeys(ref for ref, evidence in told if evidence is None))
    rows = [
        {
            "of_connection": ref.connection,
            "of_ticket": ref.id,
            "new_evidence": encode(evidence, ChangeEvidence),
        }
        for ref, evidence in told
        if evidence is not None
    ]
    if rows:
        connection.execute(_ADD_EVIDENCE, rows)


_NOW = sa.bindparam("now", type_=cases.c.wake_at.type)
_AT_MOST = sa.bindparam("at_most", type_=sa.Integer)
_IS_DUE = sa.and_(
    cases.c.wake_at.is_not(None),
    cases.c.wake_at <= _NOW,
    sa.or_(cases.c.lease_until.is_(None), cases.c.lease_until < _NOW),
)
_SOME_DUE = sa.select(cases.c.id).where(_IS_DUE).limit(_AT_MOST).subquery()
_WORK = sa.select(
    IS_ANY_WAITING.label("deliveries"),
    sa.select(sa.func.count()).select_from(_SOME_DUE).scalar_subquery().label("cases"),
)


@dataclass(frozen=True, slots=True)
class Work:
    """The due work.

    Attributes:
        deliveries: Whether a delivery is due for routing.
        cases: How many cases can be claimed, up to the requested number.
    """

    deliveries: bool
    cases: int

    def __bool__(self) -> bool:
        return self.deliveries or self.cases > 0


def work_now(connection: sa.Connection, now: datetime, at_most: int = 1) -> Work:
    """Poll for due work: one statement and no write.

    Args:
        connection: The transaction.
        now: The instant.
        at_most: The maximum number of cases to count.
    """
    row = connection.execute(_WORK, {"now": now, "at_most": at_most}).one()
    return Work(bool(row.deliveries), row.cases)


def work_is_due(connection: sa.Connection, now: datetime) -> bool:
    """Whether a delivery is due for routing or a case can be claimed."""
    return bool(work_now(connection, now))


def claim_case(connection: sa.Connection, owner: str, now: datetime, lease: timedelta) -> Claim | None:
    """Claim the case that is due the longest, or None. An expired lease counts as free."""
    return next(iter(claim_cases(connection, owner, now, lease, at_most=1)), None)


def claim_cases(
    connection: sa.Connection, owner: str, now: datetime, lease: timedelta, *, at_most: int
) -> list[Claim]:
    """Claim the cases that are due the longest. An expired lease counts as free.

    Planned wakes, such as ladder steps, have priority over news, so that a backlog does not delay them.
    """
    in_turn: list[int] = []
    for due in (_DUE_BY_TIME, _DUE_BY_NEWS):
        if len(in_turn) < at_most:
            wanted = {"now": now, "at_most": at_most - len(in_turn)}
            in_turn += connection.execute(due, wanted).scalars()
    if not in_turn:
        return []
    taken = connection.execute(_CLAIM, {"case_ids": in_turn, "new_owner": owner, "new_until": now + lease})
    claims = {
        row.id: Claim(row.id, owner, row.wake_reason or "", row.wake_count, now + lease) for row in taken
    }
    return [claims[case_id] for case_id in in_turn]


_CASE_IDS: sa.BindParameter[int] = sa.bindparam("case_ids", expanding=True)
_NEW_UNTIL = sa.bindparam("new_until", type_=cases.c.lease_until.type)
_DUE_BY_TIME, _DUE_BY_NEWS = (
    sa.select(cases.c.id)
    .where(_IS_DUE, which)
    .order_by(cases.c.wake_at)
    .limit(_AT_MOST)
    .with_for_update(skip_locked=True)
    for which in (cases.c.wake_reason == PLANNED, cases.c.wake_reason.is_distinct_from(PLANNED))
)
_CLAIM = (
    cases.update()
    .where(cases.c.id.in_(_CASE_IDS))
    .values(lease_owner=sa.bindparam("new_owner"), lease_until=_NEW_UNTIL)
    .returning(cases.c.id, cases.c.wake_count, cases.c.wake_reason)
)


def renew_leases(connection: sa.Connection, claims: Sequence[Claim], until: datetime) -> None:
    """Renew the leases that are still the claimers'. A case that is being written renews its lease itself."""
    own = (
        sa.select(cases.c.id)
        .where(
            cases.c.id.in_([claim.case_id for claim in claims]),
            cases.c.lease_owner.in_({claim.owner for claim in claims}),
        )
        .with_for_update(skip_locked=True)
    )
    connection.execute(cases.update().where(cases.c.id.in_(own)).values(lease_until=until))


def hold_lease(connection: sa.Connection, claim: Claim, now: datetime, lease: timedelta) -> int:
    """Check that this worker still has the lease, and renew it. Part of every write about a case.

    Returns:
        How often the case has been woken so far.

    Raises:
        LeaseLost: It is not; the transaction must not go on.
    """
    held = held_of(connection, [claim], now, lease)
    if not held:
        raise LeaseLost(f"case {claim.case_id} is being worked on by another worker")
    return held[claim.case_id]


def held_of(
    connection: sa.Connection, claims: Sequence[Claim], now: datetime, lease: timedelta
) -> dict[int, int]:
    """Renew the leases of cases that were claimed together, and return those that this worker still has.

    Returns:
        How often each of them has been woken so far.
    """
    ids = [claim.case_id for claim in claims]
    if len(ids) > 1:
        lock_in_order(connection, ids)
    held = connection.execute(_HOLD, {"case_ids": ids, "of_owner": claims[0].owner, "new_until": now + lease})
    return {row.id: row.wake_count for row in held}


_HOLD = (
    cases.update()
    .where(cases.c.id.in_(_CASE_IDS), cases.c.lease_owner == sa.bindparam("of_owner"))
    .values(lease_until=_NEW_UNTIL)
    .returning(cases.c.id, cases.c.wake_count)
)
_LOCK = sa.select(cases.c.id).where(cases.c.id.in_(_CASE_IDS)).order_by(cases.c.id).with_for_update()


def lock_in_order(connection: sa.Connection, case_ids: Sequence[int]) -> None:
    """Lock cases in id order before several of them are written, to avoid a deadlock on PostgreSQL."""
    if case_ids and connection.dialect.name == "postgresql":
        connection.execute(_LOCK, {"case_ids": list(case_ids)}).all()


@dataclass(frozen=True, slots=True)
class Release:
    """The release of a case.

    Attributes:
        wake_at: Its next wake; None: at the next news.
        reason: The reason of the wake.
    """

    claim: Claim
    wake_at: datetime | None
    reason: str


_WAS_WOKEN = cases.c.wake_count != sa.bindparam("known_count")
# One statement, so that no wake is lost in a race with the release.
_RELEASE = (
    cases.update()
    .where(cases.c.id == sa.bindparam("of_case"), cases.c.lease_owner == sa.bindparam("of_owner"))
    .values(
        lease_owner=None,
        lease_until=None,
        wake_at=sa.case(
            (_WAS_WOKEN, cases.c.wake_at), else_=sa.bindparam("new_wake", type_=cases.c.wake_at.type)
        ),
        wake_reason=sa.case(
            (_WAS_WOKEN, sa.case((cases.c.wake_at.is_not(None), "woken meanwhile"), else_=None)),
            else_=sa.bindparam("new_reason", type_=cases.c.wake_reason.type),
        ),
    )
)


def release_cases(connection: sa.Connection, releases: Sequence[Release]) -> None:
    """Release cases, each with its next wake, or at once if it was woken meanwhile."""
    rows = [
        {
            "of_case": one.claim.case_id,
            "of_owner": one.claim.owner,
            "known_count": one.claim.wake_count,
            "new_wake": one.wake_at,
            "new_reason": one.reason if one.wake_at else None,
        }
        for one in sorted(releases, key=lambda one: one.claim.case_id)
    ]
    if rows:
        connection.execute(_RELEASE, rows)


def release_case(connection: sa.Connection, claim: Claim, wake_at: datetime | None, reason: str) -> None:
    """Release a case until `wake_at`, or at once if it was woken meanwhile."""
    release_cases(connection, [Release(claim, wake_at, reason)])


def drop_leases(connection: sa.Connection) -> int:
    """Release all cases: with a single worker process, the leases at its start belong to a dead one."""
    return connection.execute(
        cases.update().where(cases.c.lease_owner.is_not(None)).values(lease_owner=None, lease_until=None)
    ).rowcount
