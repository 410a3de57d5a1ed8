"""Write a case: news, decisions and history. `case_views` reads it."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa

from escalation_bridge.domain.case.cases import CaseView, Decision, FiredStep, TimelineEntry
from escalation_bridge.domain.case.recorded import as_recorded
from escalation_bridge.domain.case.write_records import IntentRecord, IntentState, KeyedIntent, new_record
from escalation_bridge.domain.sla.clocks import Clock
from escalation_bridge.domain.sla.events import TicketEvent
from escalation_bridge.domain.sla.policy import Metric
from escalation_bridge.domain.tickets.classification import Classification
from escalation_bridge.domain.tickets.tickets import Ticket, TicketRef
from escalation_bridge.store.cases.corrections import save_correction
from escalation_bridge.store.cases.outbox import retry_failed, withdraw
from escalation_bridge.store.cases.stored_escalations import save_escalations
from escalation_bridge.store.cases.stored_links import update_link
from escalation_bridge.store.database.codec import encode, encode_intent
from escalation_bridge.store.database.database import insert_if_new
from escalation_bridge.store.database.schema import (
    case_tickets,
    cases,
    events,
    fired_steps,
    intents,
    timeline,
)


def unmark_stale(connection: sa.Connection, case_id: int, ref: TicketRef, woken: int) -> None:
    """Clear the stale mark of a ticket, in the transaction that saves the read.

    Args:
        connection: The transaction.
        case_id: The case.
        ref: The ticket.
        woken: The case's wake count before the read: after news since then the ticket stays stale.
    """
    connection.execute(_UNMARK, {**_row(case_id, ref), "known_count": woken})


def confirm(connection: sa.Connection, case_id: int, ref: TicketRef, woken: int, now: datetime) -> bool:
    """Clear the stale mark of an unchanged ticket; False if there is more to save, because it was unreadable before.

    `woken` is as for `unmark_stale`.
    """
    confirmed = connection.execute(_CONFIRM, {**_row(case_id, ref), "known_count": woken, "read_at": now})
    return confirmed.rowcount == 1


# Cached: building a statement costs more than executing it.
_OF_TICKET = sa.and_(
    case_tickets.c.case_id == sa.bindparam("of_case"),
    case_tickets.c.connection == sa.bindparam("of_connection"),
    case_tickets.c.ticket_id == sa.bindparam("of_ticket"),
)
_TICKET = case_tickets.update().where(_OF_TICKET)
_NOT_WOKEN_SINCE = sa.select(cases.c.wake_count).where(
    cases.c.id == sa.bindparam("of_case")
).scalar_subquery() == sa.bindparam("known_count")
_UNMARK = _TICKET.where(_NOT_WOKEN_SINCE).values(stale=False, evidence=None)
_CONFIRM = _TICKET.where(case_tickets.c.failures == 0).values(
    fetched_at=sa.bindparam("read_at"),
    stale=sa.case((_NOT_WOKEN_SINCE, False), else_=case_tickets.c.stale),
    # The read is newer than all of it: later evidence stands alone.
    evidence=None,
)
_FAILURES = sa.select(case_tickets.c.failures).where(_OF_TICKET)
_COUNT_FAILURES = _TICKET.values(failures=sa.bindparam("new_failures"))
_MARK = _TICKET.values(stale=True, evidence=None)
_KEEP = _TICKET.values(snapshot=sa.bindparam("new_snapshot"), fetched_at=sa.bindparam("read_at"), gone=None)
_KEEP_GONE = _TICKET.values(gone=sa.bindparam("reason"))


def _row(case_id: int, ref: TicketRef) -> dict[str, object]:
    return {"of_case": case_id, "of_connection": ref.connection, "of_ticket": ref.id}


def note_failed_read(connection: sa.Connection, case_id: int, ref: TicketRef) -> int:
    """Count a failed read; return how many failed in a row before."""
    failures: int = connection.execute(_FAILURES, _row(case_id, ref)).scalar() or 0
    mark_case_stale(connection, case_id, [ref])
    connection.execute(_COUNT_FAILURES, {**_row(case_id, ref), "new_failures": failures + 1})
    return failures


def note_good_read(connection: sa.Connection, case_id: int, ref: TicketRef) -> None:
    """Clear the failed reads of a ticket."""
    connection.execute(_COUNT_FAILURES, {**_row(case_id, ref), "new_failures": 0})


def mark_case_stale(connection: sa.Connection, case_id: int, refs: Iterable[TicketRef]) -> None:
    """Mark tickets of this case as stale."""
    for ref in refs:
        connection.execute(_MARK, _row(case_id, ref))


def save_snapshot(connection: sa.Connection, case_id: int, ticket: Ticket, read_at: datetime | None) -> None:
    """Save a snapshot; `read_at`: when it was read with its comments, None if it comes from the answer to a write."""
    row = {**_row(case_id, ticket.ref), "new_snapshot": encode(ticket, Ticket), "read_at": read_at}
    connection.execute(_KEEP, row)


def save_gone(connection: sa.Connection, case_id: int, ref: TicketRef, reason: str) -> None:
    """Record that a ticket can no longer be read."""
    connection.execute(_KEEP_GONE, {**_row(case_id, ref), "reason": reason})


def save_events(connection: sa.Connection, case_id: int, happened: Iterable[TicketEvent]) -> None:
    """Add events to a case's history; existing ones stay unchanged (idempotent)."""
    for event in happened:
        row = {"case_id": case_id, "key": event.key, "at": event.at, "document": encode(event, TicketEvent)}
        insert_if_new(connection, events, row)


def save_classification(connection: sa.Connection, case_id: int, classification: Classification) -> None:
    """Save the severity of the case."""
    connection.execute(
        cases.update()
        .where(cases.c.id == case_id)
        .values(classification=encode(classification, Classification))
    )


_FIRED_LOCK = 0x65622D66697265
"""An arbitrary number that nothing else in the database locks (advisory lock)."""

_KEEP_STATE = (
    cases.update()
    .where(cases.c.id == sa.bindparam("of_case"))
    .values(
        state=sa.bindparam("new_state"),
        clocks=sa.bindparam("new_clocks"),
        promised=sa.bindparam("new_promised"),
    )
)


def save_decisions(
    connection: sa.Connection, decided: Sequence[tuple[CaseView, Decision]], bridge_id: str, now: datetime
) -> dict[int, CaseView]:
    """Record decisions about cases in one transaction, before their writes are delivered.

    The unique keys of steps and intents stand guard: a step that another worker fired meanwhile makes the transaction fail.

    Returns:
        The cases as they are now, by id.
    """
    recorded = {view.id: as_recorded(view, decision, bridge_id, now) for view, decision in decided}
    states = [
        {
            "of_case": view.id,
            "new_state": decision.state,
            "new_clocks": encode(decision.clocks, tuple[Clock, ...]),
            "new_promised": _promised(decision),
        }
        for view, decision in decided
        if (decision.state, decision.clocks, decision.promised) != (view.state, view.clocks, view.promised)
    ]
    if states:
        connection.execute(_KEEP_STATE, states)
    fired = [_fired_row(view.id, step) for view, decision in decided for step in decision.fired]
    if fired:
        connection.execute(fired_steps.insert(), fired)
    revise_intents(connection, [(view.id, keyed) for view, d in decided for keyed in d.revised])
    rows = [
        _intent_row(view.id, recorded[view.id].intents[keyed.key])
        for view, d in decided
        for keyed in d.intents
    ]
    if rows:
        connection.execute(intents.insert(), rows)
    for view, decision in decided:
        save_events(connection, view.id, decision.happened)
        for link in decision.links:
            update_link(connection, view.id, link)
        if decision.retried:
            retry_failed(connection, view.id, decision.retried)
        if decision.withdrawn:
            withdraw(connection, view.id, decision.withdrawn, now)
        if decision.corrections:
            save_classification(connection, view.id, decision.corrections[-1].after)
        for correction in decision.corrections:
            save_correction(connection, view.id, correction)
    save_escalations(connection, decided)
    save_timelines(connection, [(view.id, entry) for view, d in decided for entry in d.timeline])
    return recorded


def _promised(decision: Decision) -> str | None:
    return None if decision.promised is None else encode(sorted(decision.promised), list[Metric])


def lock_fired_steps(connection: sa.Connection) -> None:
    """Lock out other transactions that count or fire capped steps. SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_FIRED_LOCK)))


def _fired_row(case_id: int, step: FiredStep) -> dict[str, object]:
    return {
        "case_id": case_id,
        "metric": step.metric,
        "started_at": step.started_at,
        "step": step.step,
        "at": step.at,
        "outcome": step.outcome,
        "target_seconds": step.target_seconds,
        "policy": step.policy,
        "late_seconds": step.late_seconds,
    }


def save_intents(
    connection: sa.Connection, decided: Sequence[tuple[int, KeyedIntent]], bridge_id: str, now: datetime
) -> None:
    """Insert decided writes, each with its case's id, in order."""
    rows = [_intent_row(case_id, new_record(bridge_id, case_id, keyed, now)) for case_id, keyed in decided]
    if rows:
        connection.execute(intents.insert(), rows)


def _intent_row(case_id: int, record: IntentRecord) -> dict[str, object]:
    return {
        "case_id": case_id,
        "key": record.key,
        "token": record.token,
        "kind": record.intent.kind,
        "connection": record.intent.connection,
        "document": encode_intent(record.intent),
        "state": record.state,
        "decided_at": record.decided_at,
        "attempts": record.attempts,
        "failures": record.failures,
        "odd_failures": record.odd_failures,
        "next_attempt_at": record.next_attempt_at,
        "rule": record.rule or None,
    }


def revise_intents(connection: sa.Connection, revised: Iterable[tuple[int, KeyedIntent]]) -> None:
    """Update the texts of unsent writes, each with its case's id."""
    for case_id, keyed in revised:
        connection.execute(
            intents.update()
            .where(
                intents.c.case_id == case_id,
                intents.c.key == keyed.key,
                intents.c.state == IntentState.PENDING,
            )
            .values(document=encode_intent(keyed.intent), next_attempt_at=keyed.not_before)
        )


def save_timeline(connection: sa.Connection, case_id: int, entries: Iterable[TimelineEntry]) -> None:
    """Add lines to a case's history."""
    save_timelines(connection, [(case_id, entry) for entry in entries])


def save_timelines(connection: sa.Connection, entries: Iterable[tuple[int, TimelineEntry]]) -> None:
    """Add lines to the histories of cases, each with its case's id."""
    rows = [
        {"case_id": case, "at": line.at, "code": line.code, "facts": encode(dict(line.facts), dict[str, str])}
        for case, line in entries
    ]
    if rows:
        connection.execute(timeline.insert(), rows)


def forget_case(connection: sa.Connection, case_id: int) -> None:
    """Remove a case that should not have been opened."""
    connection.execute(cases.delete().where(cases.c.id == case_id))
