"""The outbox: writes of a case that are pending, done, retried or given up."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

import sqlalchemy as sa

from escalation_bridge.domain.case.cases import CaseState
from escalation_bridge.domain.case.write_records import IntentRecord, IntentState, Receipt, after_retry
from escalation_bridge.domain.case.writes import kinds_that
from escalation_bridge.errors import BridgeError
from escalation_bridge.store.database.codec import decode_intent, encode
from escalation_bridge.store.database.schema import cases, intents
from escalation_bridge.store.queue.claims import lock_in_order

_OUTSTANDING = (IntentState.PENDING, IntentState.SENT)
_OPEN_CASES = sa.select(cases.c.id).where(cases.c.state == CaseState.OPEN)


class Withdrawn(BridgeError):
    """The write was withdrawn a moment ago, for example by removing its link; it is not sent."""


def mark_sent(connection: sa.Connection, token: str, now: datetime, text: str | None) -> None:
    """Mark a write as sent. Its outcome is unknown until there is a receipt.

    Args:
        connection: The transaction.
        token: The token of the write.
        now: The instant.
        text: The plain text that is sent, by which a comment is recognized if the vendor keeps no marker.

    Raises:
        Withdrawn: It must not be sent; the transaction must not go on.
    """
    marked = connection.execute(_MARK_SENT, {"of_token": token, "now": now, "text": text})
    if marked.rowcount != 1:
        raise Withdrawn("the write was withdrawn meanwhile")


# Cached: building a statement costs more than executing it, and every write needs these.
_IS_INTENT = intents.c.token == sa.bindparam("of_token")
# What was withdrawn while the vendor was asked stays so, whatever came of it.
_IS_OUTSTANDING = sa.and_(_IS_INTENT, intents.c.state.in_(_OUTSTANDING))
_MARK_SENT = (
    intents.update()
    .where(_IS_OUTSTANDING)
    .values(
        state=IntentState.SENT,
        sent_at=sa.bindparam("now"),
        attempts=intents.c.attempts + 1,
        sent_text=sa.bindparam("text"),
    )
)
_SAVE_RECEIPT = (
    intents.update()
    .where(_IS_INTENT)
    .values(
        state=IntentState.DONE,
        done_at=sa.bindparam("now"),
        receipt=sa.bindparam("new_receipt"),
        error=None,
        next_attempt_at=None,
        sent_text=None,
    )
)


def save_receipt(connection: sa.Connection, token: str, receipt: Receipt, now: datetime) -> None:
    """Save the receipt of a write."""
    connection.execute(
        _SAVE_RECEIPT, {"of_token": token, "now": now, "new_receipt": encode(receipt, Receipt)}
    )


def put_off(
    connection: sa.Connection,
    record: IntentRecord,
    until: datetime,
    error: str,
    state: IntentState,
    *,
    odd: bool,
    now: datetime,
) -> None:
    """Retry later (backoff): PENDING if the vendor did nothing, SENT if the outcome is unknown.

    `odd` counts it as an error that time alone does not heal; any other error resets that count.
    """
    connection.execute(
        intents.update()
        .where(_IS_OUTSTANDING)
        .values(
            state=state,
            next_attempt_at=until,
            error=error,
            failures=record.failures + 1,
            odd_failures=record.odd_failures + 1 if odd else 0,
            failing_since=record.failing_since or now,
            **({"sent_text": None} if state is IntentState.PENDING else {}),
        ),
        {"of_token": record.token},
    )


def give_up(
    connection: sa.Connection,
    token: str,
    error: str,
    state: IntentState,
    now: datetime,
    *,
    closed: bool = False,
) -> None:
    """FAILED: a person has to check it. CANCELLED: overtaken by events. `closed`: its ticket accepts no more writes."""
    receipt = encode(Receipt(closed=True), Receipt) if closed else None
    connection.execute(
        intents.update()
        .where(_IS_OUTSTANDING)
        .values(state=state, done_at=now, error=error, next_attempt_at=None, sent_text=None, receipt=receipt),
        {"of_token": token},
    )


def withdraw(connection: sa.Connection, case_id: int, keys: Iterable[str], now: datetime) -> None:
    """CANCELLED: these writes of a case are no longer wanted. Done ones stay done."""
    connection.execute(
        intents.update()
        .where(
            intents.c.case_id == case_id,
            intents.c.key.in_(tuple(keys)),
            intents.c.state != IntentState.DONE,
        )
        .values(state=IntentState.CANCELLED, done_at=now)
    )


def retry_failed(connection: sa.Connection, case_id: int, keys: Sequence[str] | None = None) -> int:
    """Retry failed writes of a case, all or those of some keys; return how many."""
    these = [intents.c.case_id == case_id]
    if keys is not None:
        these.append(intents.c.key.in_(keys))
    return len(_retry(connection, sa.and_(*these)))


def retry_failed_at(connection: sa.Connection, name: str) -> dict[int, int]:
    """Retry the failed writes to a connection, in all open cases; return how many by case."""
    return dict(
        Counter(_retry(connection, sa.and_(intents.c.connection == name, intents.c.case_id.in_(_OPEN_CASES))))
    )


def _retry(connection: sa.Connection, these: sa.ColumnElement[bool]) -> list[int]:
    """Retry failed writes; return their cases."""
    failed = connection.execute(
        sa.select(intents.c.id, intents.c.case_id, intents.c.document).where(
            intents.c.state == IntentState.FAILED, these
        )
    ).all()
    # Lock cases before their writes, as workers do, to avoid a deadlock.
    lock_in_order(connection, sorted({row.case_id for row in failed}))
    for row in failed:
        state = after_retry(decode_intent(row.document))
        connection.execute(
            intents.update()
            .where(intents.c.id == row.id, intents.c.state == IntentState.FAILED)
            .values(
                state=state,
                next_attempt_at=None,
                failures=0,
                odd_failures=0,
                failing_since=None,
                receipt=None,
            )
        )
    return [row.case_id for row in failed]


@dataclass(frozen=True, slots=True)
class GivenUp:
    """Writes to a connection that were given up, in open cases.

    Attributes:
        error: The error of the last one.
    """

    writes: int
    cases: int
    last_at: datetime
    error: str


# What no retry mends: the ticket has a note about a refused file or edit, and about a ticket that is closed for good.
_WORTH_A_RETRY = sa.and_(
    intents.c.state == IntentState.FAILED,
    intents.c.receipt.is_(None),
    intents.c.kind.not_in(kinds_that(lambda kind: not kind.retry_helps)),
)


def given_up_lately(connection: sa.Connection, since: datetime) -> dict[str, GivenUp]:
    """The writes given up since an instant, by connection; notifications to people have the empty name."""
    rows = connection.execute(
        sa.select(intents.c.connection, intents.c.case_id, intents.c.done_at, intents.c.error)
        .where(_WORTH_A_RETRY, intents.c.done_at >= since, intents.c.case_id.in_(_OPEN_CASES))
        .order_by(intents.c.connection, intents.c.done_at)
    )
    by_connection = {name: list(found) for name, found in groupby(rows, lambda row: str(row.connection))}
    return {
        name: GivenUp(
            len(found), len({row.case_id for row in found}), found[-1].done_at, found[-1].error or ""
        )
        for name, found in by_connection.items()
    }


@dataclass(frozen=True, slots=True)
class DeadWrite:
    """A write that was given up, when, and with which error."""

    kind: str
    connection: str
    at: datetime | None
    error: str


def dead_writes(connection: sa.Connection, case_id: int | None = None) -> dict[int, tuple[DeadWrite, ...]]:
    """The writes that were given up and that a retry may help, by case: of open cases, or of one in any state."""
    these = intents.c.case_id.in_(_OPEN_CASES) if case_id is None else intents.c.case_id == case_id
    rows = connection.execute(
        sa.select(intents.c.case_id, intents.c.kind, intents.c.connection, intents.c.done_at, intents.c.error)
        .where(_WORTH_A_RETRY, these)
        .order_by(intents.c.case_id, intents.c.id)
    )
    return {
        case: tuple(DeadWrite(row.kind, row.connection, row.done_at, row.error or "") for row in found)
        for case, found in groupby(rows, lambda row: int(row.case_id))
    }


def accept_failed(connection: sa.Connection, case_id: int, why: str) -> int:
    """Stop reporting the failed writes of a case. They stay failed: nothing replaces them. Returns how many."""
    return connection.execute(
        intents.update()
        .where(_WORTH_A_RETRY, intents.c.case_id == case_id)
        .values(receipt=encode(Receipt(detail=why), Receipt))
    ).rowcount
