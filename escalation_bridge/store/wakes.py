"""Which case is looked at next, and by whom: the wake is the queue, the timer and the retry in one index."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from escalation_bridge.domain.cases import CaseState
from escalation_bridge.domain.tickets import TicketRef
from escalation_bridge.errors import BridgeError
from escalation_bridge.store.deliveries import DeliveryState, insert_if_new
from escalation_bridge.store.schema import case_tickets, cases, deliveries


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
    waiting = sa.exists().where(deliveries.c.state == DeliveryState.STORED)
    return bool(connection.execute(sa.select(sa.or_(waiting, sa.exists().where(_is_due(now))))).scalar())


def claim_case(connection: sa.Connection, owner: str, now: datetime, lease: timedelta) -> Claim | None:
    """Take the case whose wake is longest due, or None. A lease that ran out counts as free."""
    due = (
        sa.select(cases.c.id)
        .where(_is_due(now))
        .order_by(cases.c.wake_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    case_id = connection.execute(due).scalar()
    if case_id is None:
        return None
    row = connection.execute(
        cases.update()
        .where(cases.c.id == case_id)
        .values(lease_owner=owner, lease_until=now + lease)
        .returning(cases.c.wake_count, cases.c.wake_reason)
    ).one()
    return Claim(case_id, owner, row.wake_reason or "", row.wake_count, now + lease)


def hold_lease(connection: sa.Connection, claim: Claim, now: datetime, lease: timedelta) -> None:
    """Prove that the case is still this worker's, and keep it for another while. Part of every write about a case.

    Raises:
        LeaseLost: It is not; the transaction must not go on.
    """
    kept = connection.execute(
        cases.update()
        .where(cases.c.id == claim.case_id, cases.c.lease_owner == claim.owner)
        .values(lease_until=now + lease)
    )
    if kept.rowcount != 1:
        raise LeaseLost(f"case {claim.case_id} is being worked on by somebody else")


def release_case(connection: sa.Connection, claim: Claim, wake_at: datetime | None, reason: str) -> None:
    """Give a case back, to be looked at again at `wake_at`, or at once if it was woken meanwhile."""
    # Locked, so that no wake comes in between looking for one and going to sleep.
    row = connection.execute(
        sa.select(cases.c.wake_count, cases.c.wake_at)
        .where(cases.c.id == claim.case_id, cases.c.lease_owner == claim.owner)
        .with_for_update()
    ).one_or_none()
    if row is None:
        return
    woken = row.wake_count != claim.wake_count
    at, why = (row.wake_at, "woken meanwhile") if woken else (wake_at, reason)
    connection.execute(
        cases.update()
        .where(cases.c.id == claim.case_id)
        .values(lease_owner=None, lease_until=None, wake_at=at, wake_reason=why if at else None)
    )


def drop_leases(connection: sa.Connection) -> int:
    """Free all cases: on a database that only one worker process uses, the leases found at its start are a dead one's."""
    return connection.execute(
        cases.update().where(cases.c.lease_owner.is_not(None)).values(lease_owner=None, lease_until=None)
    ).rowcount
