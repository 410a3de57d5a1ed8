"""Which case is looked at next, and by whom: the wake is the queue, the timer and the retry in one index."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from escalation_bridge.domain.cases import CaseState
from escalation_bridge.domain.tickets import TicketRef
from escalation_bridge.errors import BridgeError
from escalation_bridge.store.deliveries import insert_if_new, is_any_waiting
from escalation_bridge.store.schema import case_tickets, cases


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
    sooner = sa.or_(cases.c.wake_at.is_(None), cases.c.wake_at > at)
    connection.execute(
        cases.update()
        .where(cases.c.id == case_id)
        .values(
            wake_count=cases.c.wake_count + 1,
            wake_at=sa.case((sooner, _instant(at)), else_=cases.c.wake_at),
            wake_reason=sa.case((sooner, reason), else_=cases.c.wake_reason),
        )
    )


def wake_count(connection: sa.Connection, case_id: int) -> int:
    """How often a case has been woken so far: it tells whether there was news meanwhile."""
    count: int = connection.execute(sa.select(cases.c.wake_count).where(cases.c.id == case_id)).scalar_one()
    return count


def _instant(at: datetime) -> sa.BindParameter[datetime]:
    return sa.bindparam(None, at, type_=cases.c.wake_at.type)


# Built once: putting a statement together costs more than carrying it out, and every webhook needs these.
_IS_TICKET = sa.and_(
    case_tickets.c.connection == sa.bindparam("of_connection"),
    case_tickets.c.ticket_id == sa.bindparam("of_ticket"),
)
_CASES_OF = sa.select(case_tickets.c.case_id).where(_IS_TICKET)
_MARK_STALE = case_tickets.update().where(_IS_TICKET).values(stale=True)


def cases_of(connection: sa.Connection, ticket: TicketRef) -> list[int]:
    """The cases that a ticket belongs to."""
    wanted = {"of_connection": ticket.connection, "of_ticket": ticket.id}
    return list(connection.execute(_CASES_OF, wanted).scalars())


def open_case(connection: sa.Connection, origin: TicketRef, now: datetime) -> int:
    """The case of an origin ticket; made if there is none."""
    insert_if_new(
        connection,
        cases,
        {
            "connection": origin.connection,
            "ticket_id": origin.id,
            "state": CaseState.OPEN,
            "opened_at": now,
            "clocks": "[]",
            "wake_count": 0,
        },
    )
    case_id: int = connection.execute(
        sa.select(cases.c.id).where(cases.c.connection == origin.connection, cases.c.ticket_id == origin.id)
    ).scalar_one()
    add_ticket(connection, case_id, origin)
    return case_id


def add_ticket(connection: sa.Connection, case_id: int, ticket: TicketRef) -> None:
    """Make a ticket part of a case; it is read at the next look."""
    row = {
        "case_id": case_id,
        "connection": ticket.connection,
        "ticket_id": ticket.id,
        "stale": True,
        "failures": 0,
    }
    insert_if_new(connection, case_tickets, row)


def mark_stale(connection: sa.Connection, ticket: TicketRef) -> None:
    """Something happened to a ticket: its snapshots are to be read anew."""
    connection.execute(_MARK_STALE, {"of_connection": ticket.connection, "of_ticket": ticket.id})


def _is_due(now: datetime) -> sa.ColumnElement[bool]:
    return sa.and_(
        cases.c.wake_at.is_not(None),
        cases.c.wake_at <= _instant(now),
        sa.or_(cases.c.lease_until.is_(None), cases.c.lease_until < _instant(now)),
    )


def work_is_due(connection: sa.Connection, now: datetime) -> bool:
    """Whether there is a delivery to be routed or a case to be claimed; a look that costs no write."""
    due = sa.or_(is_any_waiting(now), sa.exists().where(_is_due(now)))
    return bool(connection.execute(sa.select(due)).scalar())


def due_count(connection: sa.Connection, now: datetime, at_most: int) -> int:
    """How many cases could be claimed now; beyond `at_most` nobody counts."""
    some = sa.select(cases.c.id).where(_is_due(now)).limit(at_most).subquery()
    return connection.execute(sa.select(sa.func.count()).select_from(some)).scalar_one()


def claim_case(connection: sa.Connection, owner: str, now: datetime, lease: timedelta) -> Claim | None:
    """Take the case whose wake is longest due, or None. A lease that ran out counts as free."""
    return next(iter(claim_cases(connection, owner, now, lease, at_most=1)), None)


def claim_cases(
    connection: sa.Connection, owner: str, now: datetime, lease: timedelta, *, at_most: int
) -> list[Claim]:
    """Take the cases whose wakes are longest due, the first of them first. A lease that ran out counts as free."""
    due = (
        sa.select(cases.c.id)
        .where(_is_due(now))
        .order_by(cases.c.wake_at)
        .limit(at_most)
        .with_for_update(skip_locked=True)
    )
    in_turn = list(connection.execute(due).scalars())
    if not in_turn:
        return []
    taken = connection.execute(
        cases.update()
        .where(cases.c.id.in_(in_turn))
        .values(lease_owner=owner, lease_until=now + lease)
        .returning(cases.c.id, cases.c.wake_count, cases.c.wake_reason)
    )
    claims = {
        row.id: Claim(row.id, owner, row.wake_reason or "", row.wake_count, now + lease) for row in taken
    }
    return [claims[case_id] for case_id in in_turn]


def hold_lease(connection: sa.Connection, claim: Claim, now: datetime, lease: timedelta) -> None:
    """Prove that the case is still this worker's, and keep it for another while. Part of every write about a case.

    Raises:
        LeaseLost: It is not; the transaction must not go on.
    """
    if not held_of(connection, [claim], now, lease):
        raise LeaseLost(f"case {claim.case_id} is being worked on by somebody else")


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
    held = connection.execute(
        cases.update()
        .where(cases.c.id.in_(ids), cases.c.lease_owner == claims[0].owner)
        .values(lease_until=now + lease)
        .returning(cases.c.id, cases.c.wake_count)
    )
    return {row.id: row.wake_count for row in held}


def lock_in_order(connection: sa.Connection, case_ids: Sequence[int]) -> None:
    """Lock cases before several of them are written: everybody in the same order, or PostgreSQL finds them in a deadlock."""
    if case_ids and connection.dialect.name == "postgresql":
        wanted = sa.select(cases.c.id).where(cases.c.id.in_(case_ids)).order_by(cases.c.id)
        connection.execute(wanted.with_for_update()).all()


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
