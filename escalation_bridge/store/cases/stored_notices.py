"""Notices in the store: one row for each recipient, until it is sent, acknowledged or not needed any more."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from escalation_bridge.domain.notices.notice import About, Notice, NoticeState
from escalation_bridge.domain.notices.recipients import Recipient
from escalation_bridge.domain.tickets.messages import MessageRequest
from escalation_bridge.domain.tickets.tickets import Severity
from escalation_bridge.store.database.codec import decode, encode
from escalation_bridge.store.database.database import insert_if_new
from escalation_bridge.store.database.schema import cases, escalations, notices


@dataclass(frozen=True, slots=True)
class NewNotice:
    """A notice that does not exist yet; see `Notice`."""

    case_id: int
    token: str
    recipient: Recipient
    message: MessageRequest
    severity: Severity
    page: bool
    about: About
    due_at: datetime


def thing_of(case_id: int, about: About) -> str:
    """What a notice is about to a person: an incident is one thing, however many tickets it has."""
    return about.incident or f"case-{case_id}"


def add_notice(connection: sa.Connection, notice: NewNotice, now: datetime) -> bool:
    """Store a notice; return whether there was none yet from this write for this recipient."""
    return insert_if_new(
        connection,
        notices,
        {
            "case_id": notice.case_id,
            "token": notice.token,
            "recipient": str(notice.recipient),
            "thing": thing_of(notice.case_id, notice.about),
            "escalation": notice.about.escalation,
            "severity": notice.severity,
            "page": notice.page,
            "message": encode(notice.message, MessageRequest),
            "about": encode(notice.about, About),
            "state": NoticeState.WAITING,
            "created_at": now,
            "due_at": notice.due_at,
            "sent": 0,
            "failures": 0,
            "failed": "",
        },
    )


_NOW = sa.bindparam("now", type_=notices.c.due_at.type)
_IS_DUE = sa.and_(
    notices.c.due_at <= _NOW, sa.or_(notices.c.lease_until.is_(None), notices.c.lease_until < _NOW)
)
_ANY_DUE = sa.select(sa.exists().where(_IS_DUE))


def is_any_due(connection: sa.Connection, now: datetime) -> bool:
    """Whether a notice is to be sent, or looked at, now."""
    return bool(connection.execute(_ANY_DUE, {"now": now}).scalar())


def claim_notices(
    connection: sa.Connection,
    now: datetime,
    lease: timedelta,
    *,
    at_most: int,
    without: Collection[str] = (),
) -> list[Notice]:
    """Claim what is due, pages and emergencies first. A lease that ran out belongs to a process that died.

    Args:
        connection: The transaction.
        now: The instant.
        lease: How long nobody else gets them.
        at_most: The maximum number.
        without: Recipients who are being sent something.
    """
    first = sa.case((notices.c.page, 0), else_=1)
    due = (
        sa.select(notices.c.id)
        .where(_IS_DUE, notices.c.recipient.not_in(list(without)))
        .order_by(first, notices.c.due_at)
        .limit(at_most)
        .with_for_update(skip_locked=True)
    )
    ids = list(connection.execute(due, {"now": now}).scalars())
    if not ids:
        return []
    connection.execute(notices.update().where(notices.c.id.in_(ids)).values(lease_until=now + lease))
    rows = connection.execute(sa.select(notices).where(notices.c.id.in_(ids)).order_by(first, notices.c.id))
    return [_notice(row) for row in rows]


def last_sent(connection: sa.Connection, recipient: Recipient) -> datetime | None:
    """When a recipient last got a message; None: never."""
    newest = sa.select(sa.func.max(notices.c.sent_at)).where(notices.c.recipient == str(recipient))
    at: datetime | None = connection.execute(newest).scalar()
    return at


def is_known(connection: sa.Connection, notice: Notice, at_once: timedelta, of_incident: timedelta) -> bool:
    """Whether the recipient got another notice about the same thing.

    Args:
        connection: The transaction.
        notice: The notice.
        at_once: Notices about a case that come from the same moment, within this time, are one.
        of_incident: So are those about an incident within this time, whatever their cases.
    """
    if notice.about.incident:
        since, until = notice.created_at - of_incident, notice.created_at
    elif not notice.page:
        since, until = notice.created_at - at_once, notice.created_at + at_once
    else:
        return False
    other = sa.exists().where(
        notices.c.recipient == str(notice.recipient),
        notices.c.thing == thing_of(notice.case_id, notice.about),
        notices.c.id != notice.id,
        notices.c.sent > 0,
        notices.c.created_at.between(since, until),
    )
    return notice.sent == 0 and bool(connection.execute(sa.select(other)).scalar())


def paged(connection: sa.Connection, case_id: int, escalation: int | None) -> set[Recipient]:
    """Who was paged about an escalation."""
    found = connection.execute(
        sa.select(notices.c.recipient)
        .distinct()
        .where(notices.c.case_id == case_id, notices.c.escalation == escalation, notices.c.page)
    )
    return {Recipient.parse(text) for text in found.scalars()}


def save_sent(
    connection: sa.Connection, sent: Sequence[Notice], channel: str, now: datetime, again_at: datetime | None
) -> None:
    """Record that a message went out. `again_at`: when pages are repeated; None: they are not."""
    for notice in sent:
        again = again_at if notice.page else None
        _update(
            connection,
            notice,
            state=NoticeState.SENT if again is None else NoticeState.PAGING,
            due_at=again,
            channel=channel,
            sent_at=now,
            sent=notice.sent + 1,
            failures=0,
            failing_since=None,
            failed="",
            error=None,
        )


def save_failed(
    connection: sa.Connection,
    failed: Sequence[Notice],
    channels: Collection[str],
    error: str,
    now: datetime,
    next_try: datetime | None,
) -> None:
    """Record that a message could not be sent. `next_try`: None: it is given up."""
    for notice in failed:
        _update(
            connection,
            notice,
            due_at=next_try,
            failures=notice.failures + 1,
            failing_since=sa.func.coalesce(notices.c.failing_since, sa.literal(now, notices.c.due_at.type)),
            failed=" ".join(sorted(channels)),
            error=error,
            **({} if next_try is not None else {"state": NoticeState.FAILED}),
        )


def save_ended(connection: sa.Connection, notice: Notice, state: NoticeState) -> None:
    """Record that nothing more is sent."""
    _update(connection, notice, state=state, due_at=None)


def put_off(connection: sa.Connection, waiting: Sequence[Notice], until: datetime) -> None:
    """Let notices wait."""
    for notice in waiting:
        _update(connection, notice, due_at=until)


def _update(connection: sa.Connection, notice: Notice, **values: Any) -> None:
    connection.execute(notices.update().where(notices.c.id == notice.id).values(lease_until=None, **values))


@dataclass(frozen=True, slots=True)
class NoticeTrouble:
    """Notices that one channel, or none, could carry.

    Attributes:
        error: The newest error.
        given_up: Whether they are not tried any more.
    """

    count: int
    since: datetime
    error: str
    given_up: bool


def troubles(connection: sa.Connection, since: datetime) -> list[NoticeTrouble]:
    """Notices that cannot be sent, or were given up after an instant, by error."""
    given_up = notices.c.state == NoticeState.FAILED
    rows = connection.execute(
        sa.select(
            notices.c.error,
            given_up.label("given_up"),
            sa.func.count().label("how_many"),
            sa.func.min(sa.func.coalesce(notices.c.failing_since, notices.c.created_at)).label("since"),
        )
        .join(cases, cases.c.id == notices.c.case_id)
        .where(
            notices.c.error.is_not(None),
            sa.or_(notices.c.due_at.is_not(None), sa.and_(given_up, notices.c.created_at >= since)),
        )
        .group_by(notices.c.error, given_up)
        .order_by(notices.c.error)
    )
    return [NoticeTrouble(row.how_many, row.since, row.error, row.given_up) for row in rows]


def unanswered(connection: sa.Connection) -> list[int]:
    """The cases of open escalations whose pages nobody answered, and after whom nobody is left."""
    found = connection.execute(
        sa.select(notices.c.case_id)
        .distinct()
        .join(cases, cases.c.id == notices.c.case_id)
        .outerjoin(
            escalations,
            sa.and_(escalations.c.case_id == notices.c.case_id, escalations.c.number == notices.c.escalation),
        )
        .where(
            notices.c.state == NoticeState.UNANSWERED,
            cases.c.state == "open",
            escalations.c.closed_at.is_(None),
            escalations.c.acknowledged_at.is_(None),
        )
        .order_by(notices.c.case_id)
    )
    return list(found.scalars())


def _notice(row: sa.Row[Any]) -> Notice:
    return Notice(
        id=row.id,
        case_id=row.case_id,
        token=row.token,
        recipient=Recipient.parse(row.recipient),
        message=decode(row.message, MessageRequest),
        severity=Severity(row.severity),
        page=row.page,
        about=decode(row.about, About),
        state=NoticeState(row.state),
        created_at=row.created_at,
        due_at=row.due_at,
        sent=row.sent,
        failures=row.failures,
        failed=tuple(row.failed.split()),
        error=row.error,
    )
