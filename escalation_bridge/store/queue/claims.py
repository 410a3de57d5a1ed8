"""Claims: which worker decides a case, and for how long. Planned wakes have priority over news."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from escalation_bridge.errors import BridgeError
from escalation_bridge.store.database.schema import cases
from escalation_bridge.store.queue.wakes import PLANNED
from escalation_bridge.store.webhooks.deliveries import IS_ANY_WAITING


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
    owned = {"of_owner": claims[0].owner, "new_until": now + lease}
    if len(ids) == 1:
        held = connection.execute(_HOLD_ONE, {"of_case": ids[0], **owned})
    else:
        lock_in_order(connection, ids)
        held = connection.execute(_HOLD, {"case_ids": ids, **owned})
    return {row.id: row.wake_count for row in held}


_HOLD_ONE, _HOLD = (
    cases.update()
    .where(which, cases.c.lease_owner == sa.bindparam("of_owner"))
    .values(lease_until=_NEW_UNTIL)
    .returning(cases.c.id, cases.c.wake_count)
    # A list of ids is rendered into the statement each time, which takes longer than the statement itself.
    for which in (cases.c.id == sa.bindparam("of_case"), cases.c.id.in_(_CASE_IDS))
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
