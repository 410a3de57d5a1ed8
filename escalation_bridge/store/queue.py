"""Which case is looked at next, and by whom: the wake is the queue, the timer and the retry in one index."""

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
"""The reason of a wake that time brings; any other is news."""


class LeaseLost(BridgeError):
    """Another worker has the case now; what this one was about to write is not written."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A case that a worker may work on until the lease ends.

    Attributes:
        wake_count: How often the case had been woken when it was claimed: a wake that comes meanwhile is not lost.
    """

    case_id: int
    owner: str
    reason: str
    wake_count: int
    until: datetime


def wake(connection: sa.Connection, case_id: int, at: datetime, reason: str) -> None:
    """Have a case looked at, not later than `at`. Fifty wakes are one."""
    wake_all(connection, {case_id: reason}, at)


def wake_all(connection: sa.Connection, reasons: Mapping[int, str], at: datetime) -> None:
    """Have cases looked at, not later than `at`, each for its reason."""
    rows = [
        {"of_case": case, "new_wake": at, "new_reason": reason} for case, reason in sorted(reasons.items())
    ]
    if rows:
        connection.execute(_WAKE, rows)


def wake_count(connection: sa.Connection, case_id: int) -> int:
    """How often a case has been woken so far: it tells whether there was news meanwhile."""
    count: int = connection.execute(sa.select(cases.c.wake_count).where(cases.c.id == case_id)).scalar_one()
    return count


# Built once: putting a statement together costs more than carrying it out, and every webhook needs these.
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
"""Characters; a ticket of which more was told is read."""
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
    """The case of an origin ticket; made if there is none. The order is that of `open_cases`."""
    return open_cases(connection, [origin], now)[origin]


def open_cases(
    connection: sa.Connection, origins: Iterable[TicketRef], now: datetime
) -> dict[TicketRef, int]:
    """The cases of origin tickets; those that are not there are made.

    A transaction opens cases before it locks any, and all that it opens in one call. On PostgreSQL an insert waits for
    another transaction that inserts the same case: everybody inserts in one order, and holds no lock that others wait for while
    inserting, so that nobody waits in a circle.
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
    """Make a ticket part of a case; it is read at the next look, unless it was just created and nobody was there before."""
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
    """Something happened to tickets: their snapshots are to be read anew. Their cases are locked before, or on the way."""
    rows = [{"of_connection": ref.connection, "of_ticket": ref.id} for ref in tickets]
    if rows:
        connection.execute(_MARK_STALE, rows)


def add_evidence(connection: sa.Connection, told: Iterable[tuple[TicketRef, ChangeEvidence | None]]) -> None:
    """Webhooks told of changes: the tickets are to be read anew, unless all that was told turns out to be an echo.

    One without evidence has its ticket read whatever the others tell. Cases are locked before, or on the way.
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
    """What is to be done now.

    Attributes:
        deliveries: Whether a delivery is to be routed.
        cases: How many cases can be claimed; beyond the number that was asked for nobody counts.
    """

    deliveries: bool
    cases: int

    def __bool__(self) -> bool:
        return self.deliveries or self.cases > 0


def work_now(connection: sa.Connection, now: datetime, at_most: int = 1) -> Work:
    """What is to be done now: a look that costs one statement and no write.

    Args:
        connection: The transaction.
        now: The instant.
        at_most: How many cases to count.
    """
    row = connection.execute(_WORK, {"now": now, "at_most": at_most}).one()
    return Work(bool(row.deliveries), row.cases)


def work_is_due(connection: sa.Connection, now: datetime) -> bool:
    """Whether there is a delivery to be routed or a case to be claimed."""
    return bool(work_now(connection, now))


def claim_case(connection: sa.Connection, owner: str, now: datetime, lease: timedelta) -> Claim | None:
    """Take the case whose wake is longest due, or None. A lease that ran out counts as free."""
    return next(iter(claim_cases(connection, owner, now, lease, at_most=1)), None)


def claim_cases(
    connection: sa.Connection, owner: str, now: datetime, lease: timedelta, *, at_most: int
) -> list[Claim]:
    """Take the cases whose wakes are longest due. A lease that ran out counts as free.

    What time itself brings, such as a step of a ladder, goes first: it is not late for all the news that came in before.
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
    """Keep those of the cases that are still the claimers' until then. Who is writing about one just now renews it himself."""
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
    """Prove that the case is still this worker's, and keep it for another while. Part of every write about a case.

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
    """Those of the cases, all claimed together, that are still this worker's: they are kept for another while.

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
    """Lock cases before several of them are written: everybody in the same order, or PostgreSQL finds them in a deadlock."""
    if case_ids and connection.dialect.name == "postgresql":
        connection.execute(_LOCK, {"case_ids": list(case_ids)}).all()


@dataclass(frozen=True, slots=True)
class Release:
    """A case to be given back.

    Attributes:
        wake_at: When to look at it again; None: when something happens.
        reason: Why then.
    """

    claim: Claim
    wake_at: datetime | None
    reason: str


_WAS_WOKEN = cases.c.wake_count != sa.bindparam("known_count")
# One statement, so that no wake comes in between looking for one and going to sleep.
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
    """Give cases back, each to be looked at again at its time, or at once if it was woken meanwhile."""
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
    """Give a case back, to be looked at again at `wake_at`, or at once if it was woken meanwhile."""
    release_cases(connection, [Release(claim, wake_at, reason)])


def drop_leases(connection: sa.Connection) -> int:
    """Free all cases: on a database that only one worker process uses, the leases found at its start are a dead one's."""
    return connection.execute(
        cases.update().where(cases.c.lease_owner.is_not(None)).values(lease_owner=None, lease_until=None)
    ).rowcount
