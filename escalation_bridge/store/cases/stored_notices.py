"""Notices in the store: one row for each recipient, until it is sent, acknowledged or not needed any more."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from escalation_bridge.domain.notices.notice import About, Notice, NoticeState
from escalation_bridge.domain.notices.recipients import Recipient
from escalation_bridge.domain.notices.same_thing import Reported
from escalation_bridge.domain.tickets.messages import MessageRequest
from escalation_bridge.domain.tickets.tickets import Severity
from escalation_bridge.store.database.codec import decode, encode
from escalation_bridge.store.database.database import insert_if_new
from escalation_bridge.store.database.schema import cases, escalations, notices

_CLAIMS_LOCK = 0x65622D6E6F74
"""An arbitrary number that nothing else in the database locks (advisory lock)."""
_MOST_TOGETHER = 5000
"""How many notices to a recipient are claimed at once: a message lists fewer."""


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


def add_notice(connection: sa.Connection, notice: NewNotice, now: datetime) -> bool:
    """Store a notice; return whether there was none yet from this write for this recipient."""
    return insert_if_new(
        connection,
        notices,
        {
            "case_id": notice.case_id,
            "token": notice.token,
            "recipient": str(notice.recipient),
            "thing": notice.about.thing(notice.case_id),
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


_PAGES_FIRST = sa.case((notices.c.page, 0), else_=1)
_others = notices.alias()
_IS_FREE = ~sa.exists().where(_others.c.recipient == notices.c.recipient, _others.c.lease_until >= _NOW)
_TURNS = (
    sa.select(notices.c.recipient)
    .where(_IS_DUE, _IS_FREE)
    .group_by(notices.c.recipient)
    .order_by(sa.func.min(_PAGES_FIRST), sa.func.min(notices.c.due_at))
    .limit(sa.bindparam("recipients"))
)
_DUE = sa.select(notices).where(_IS_DUE).order_by(_PAGES_FIRST, notices.c.id).limit(_MOST_TOGETHER)


@dataclass(frozen=True, slots=True)
class Claimed:
    """Notices of one recipient. Until their lease runs out nobody else sends the recipient anything."""

    recipient: Recipient
    notices: tuple[Notice, ...]
    until: datetime


def claim_notices(
    connection: sa.Connection, now: datetime, lease: timedelta, *, recipients: int
) -> list[Claimed]:
    """Claim all that is due for some recipients, pages first. A lease that ran out belongs to a process that died.

    Args:
        connection: The transaction.
        now: The instant.
        lease: How long nobody else gets them.
        recipients: The maximum number of recipients.
    """
    if connection.dialect.name == "postgresql":  # SQLite has one writer at a time
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_CLAIMS_LOCK)))
    until = now + lease
    claimed = []
    turns = connection.execute(_TURNS, {"now": now, "recipients": recipients}).scalars().all()
    for recipient in turns:
        rows = connection.execute(_DUE.where(notices.c.recipient == recipient), {"now": now}).all()
        found = tuple(_notice(row) for row in rows)
        _update(connection, found, lease_until=until)
        claimed.append(Claimed(Recipient.parse(recipient), found, until))
    return claimed


def is_still_claimed(connection: sa.Connection, claimed: Sequence[Notice], until: datetime) -> bool:
    """Whether the lease until an instant still stands for all of these notices, and was not taken over by another process."""
    ours = sa.select(sa.func.count()).where(
        notices.c.id.in_([each.id for each in claimed]), notices.c.lease_until == until
    )
    return connection.execute(ours).scalar() == len(claimed)


def last_sent(connection: sa.Connection, recipient: Recipient) -> datetime | None:
    """When a recipient last got a message; None: never."""
    newest = sa.select(sa.func.max(notices.c.sent_at)).where(notices.c.recipient == str(recipient))
    at: datetime | None = connection.execute(newest).scalar()
    return at


def reported(connection: sa.Connection, recipient: Recipient, since: datetime) -> list[Reported]:
    """What a recipient got of the notices that were created since an instant."""
    found = sa.select(notices.c.thing, notices.c.page, notices.c.created_at).where(
        notices.c.recipient == str(recipient), notices.c.sent > 0, notices.c.created_at >= since
    )
    return [Reported(row.thing, row.page, row.created_at) for row in connection.execute(found)]


def paged(connection: sa.Connection, notice: Notice) -> set[Recipient]:
    """Who was paged about what a page is about: about its escalation, or from the same write if it is about none."""
    about = notice.about.escalation
    same = notices.c.token == notice.token if about is None else notices.c.escalation == about
    found = connection.execute(
        sa.select(notices.c.recipient)
        .distinct()
        .where(notices.c.case_id == notice.case_id, same, notices.c.page)
    )
    return {Recipient.parse(text) for text in found.scalars()}


def save_sent(
    connection: sa.Connection, sent: Sequence[Notice], channel: str, now: datetime, again_at: datetime
) -> None:
    """Record that a message went out. `again_at`: when pages are repeated."""
    for is_page, state, due_at in ((True, NoticeState.PAGING, again_at), (False, NoticeState.SENT, None)):
        _release(
            connection,
            [notice for notice in sent if notice.page is is_page],
            state=state,
            due_at=due_at,
            channel=channel,
            sent_at=now,
            sent=notices.c.sent + 1,
            failures=0,
            failing_since=None,
            failed="",
            error=None,
        )


def save_failed(
    connection: sa.Connection,
    notice: Notice,
    channels: Collection[str],
    error: str,
    now: datetime,
    next_try: datetime | None,
) -> None:
    """Record that a notice could not be sent. `next_try`: None: it is given up."""
    _release(
        connection,
        [notice],
        due_at=next_try,
        failures=notice.failures + 1,
        failing_since=notice.failing_since or now,
        failed=" ".join(sorted(channels)),
        error=error,
        **({} if next_try is not None else {"state": NoticeState.FAILED}),
    )


def save_ended(connection: sa.Connection, ended: Sequence[Notice], state: NoticeState) -> None:
    """Record that nothing more is sent."""
    _release(connection, ended, state=state, due_at=None)


def save_passed_on(connection: sa.Connection, notice: Notice) -> None:
    """Record that the next person is paged, while this page is tried on."""
    _update(connection, [notice], state=NoticeState.PASSED_ON)


def put_off(connection: sa.Connection, waiting: Sequence[Notice], until: datetime) -> None:
    """Let notices wait."""
    _release(connection, waiting, due_at=until)


def _release(connection: sa.Connection, changed: Sequence[Notice], **values: Any) -> None:
    """Change notices that nobody is busy with from now on."""
    _update(connection, changed, lease_until=None, **values)


def _update(connection: sa.Connection, changed: Sequence[Notice], **values: Any) -> None:
    if changed:
        ids = [notice.id for notice in changed]
        connection.execute(notices.update().where(notices.c.id.in_(ids)).values(**values))


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
        failing_since=row.failing_since,
        failed=tuple(row.failed.split()),
        error=row.error,
    )
