"""A case's file: everything known of it, read into one view and written back piece by piece."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa

from escalation_bridge.domain.cases import (
    CaseState,
    CaseView,
    Decision,
    FiredStep,
    Link,
    StepOutcome,
    TimelineEntry,
)
from escalation_bridge.domain.classification import Classification
from escalation_bridge.domain.clocks import Clock
from escalation_bridge.domain.events import TicketEvent, order
from escalation_bridge.domain.intents import IntentRecord, IntentState, KeyedIntent, Receipt, remote_token
from escalation_bridge.domain.policy import Metric
from escalation_bridge.domain.tickets import Comment, Severity, Ticket, TicketRef
from escalation_bridge.store.codec import decode, decode_intent, encode, encode_intent
from escalation_bridge.store.deliveries import insert_if_new
from escalation_bridge.store.schema import (
    case_tickets,
    cases,
    comments,
    events,
    fired_steps,
    intents,
    links,
    timeline,
)

_NOT_CLASSIFIED = Classification(Severity.STANDARD, "", "")


def load_case(connection: sa.Connection, case_id: int) -> CaseView:
    """Read a whole case."""
    row = connection.execute(sa.select(cases).where(cases.c.id == case_id)).one()
    of_case = {
        table: connection.execute(sa.select(table).where(table.c.case_id == case_id)).all()
        for table in _PARTS
    }
    spoken = [(decode(r.document, Comment), r.own) for r in of_case[comments]]
    happened = [decode(r.document, TicketEvent) for r in of_case[events]]
    refs = {r: TicketRef(r.connection, r.ticket_id) for r in of_case[case_tickets]}
    origin = TicketRef(row.connection, row.ticket_id)
    return CaseView(
        id=row.id,
        origin=origin,
        opened_at=row.opened_at,
        state=CaseState(row.state),
        tickets={
            ref: decode(r.snapshot, Ticket)
            for r, ref in sorted(refs.items(), key=lambda item: (item[1] != origin, item[1]))
            if r.snapshot is not None
        },
        gone={ref: r.gone for r, ref in refs.items() if r.gone is not None},
        comments=tuple(sorted((c for c, _ in spoken), key=lambda c: (c.created_at, c.ticket, c.id))),
        own_comments=frozenset((c.ticket, c.id) for c, own in spoken if own),
        events=order(event for event in happened if event.ticket is None),
        linked_events={
            ref: order(e for e in happened if e.ticket == ref) for ref in refs.values() if ref != origin
        },
        clocks=decode(row.clocks, tuple[Clock, ...]),
        links=tuple(decode(r.document, Link) for r in of_case[links]),
        fired=tuple(
            FiredStep(
                Metric(r.metric),
                r.started_at,
                r.step,
                r.at,
                StepOutcome(r.outcome),
                r.target_seconds,
                r.policy,
                r.late_seconds,
            )
            for r in of_case[fired_steps]
        ),
        intents={r.key: _record(r) for r in sorted(of_case[intents], key=lambda r: r.id)},
        classification=decode(row.classification, Classification) if row.classification else _NOT_CLASSIFIED,
        rules_version=row.rules_version,
    )


_PARTS = (case_tickets, comments, events, links, fired_steps, intents)


def _record(row: sa.Row[tuple[object, ...]]) -> IntentRecord:
    return IntentRecord(
        key=row.key,
        intent=decode_intent(row.document),
        token=row.token,
        state=IntentState(row.state),
        decided_at=row.decided_at,
        attempts=row.attempts,
        sent_at=row.sent_at,
        next_attempt_at=row.next_attempt_at,
        receipt=decode(row.receipt, Receipt) if row.receipt else None,
        error=row.error,
        failures=row.failures,
        odd_failures=row.odd_failures,
        failing_since=row.failing_since,
    )


def stale_tickets(connection: sa.Connection, case_id: int) -> list[TicketRef]:
    """The tickets of a case that are to be read anew."""
    rows = connection.execute(
        sa.select(case_tickets.c.connection, case_tickets.c.ticket_id).where(
            case_tickets.c.case_id == case_id, case_tickets.c.stale
        )
    )
    return [TicketRef(row.connection, row.ticket_id) for row in rows]


def unmark_stale(connection: sa.Connection, case_id: int, ref: TicketRef, woken: int) -> None:
    """Say that a ticket has been read, in the transaction that keeps what was read.

    Args:
        connection: The transaction.
        case_id: The case.
        ref: The ticket.
        woken: How often the case had been woken before the ticket was read: after news since then it stays marked.
    """
    present = sa.select(cases.c.wake_count).where(cases.c.id == case_id).scalar_subquery()
    connection.execute(_ticket_update(case_id, ref).where(present == woken).values(stale=False))


def _ticket_update(case_id: int, ref: TicketRef) -> sa.Update:
    return case_tickets.update().where(
        case_tickets.c.case_id == case_id,
        case_tickets.c.connection == ref.connection,
        case_tickets.c.ticket_id == ref.id,
    )


def note_failed_read(connection: sa.Connection, case_id: int, ref: TicketRef) -> int:
    """Say that a ticket could not be read and has to be; return how often that happened before, one after another."""
    failures = failed_reads(connection, case_id, ref)
    connection.execute(_ticket_update(case_id, ref).values(stale=True, failures=failures + 1))
    return failures


def note_good_read(connection: sa.Connection, case_id: int, ref: TicketRef) -> int:
    """Say that a ticket could be read; return how often in a row it could not before."""
    failures = failed_reads(connection, case_id, ref)
    if failures:
        connection.execute(_ticket_update(case_id, ref).values(failures=0))
    return failures


def failed_reads(connection: sa.Connection, case_id: int, ref: TicketRef) -> int:
    """How often in a row a ticket could not be read."""
    count: int | None = connection.execute(
        sa.select(case_tickets.c.failures).where(
            case_tickets.c.case_id == case_id,
            case_tickets.c.connection == ref.connection,
            case_tickets.c.ticket_id == ref.id,
        )
    ).scalar()
    return count or 0


def mark_case_stale(connection: sa.Connection, case_id: int, refs: Iterable[TicketRef]) -> None:
    """Have tickets of this case read anew."""
    for ref in refs:
        connection.execute(_ticket_update(case_id, ref).values(stale=True))


def save_snapshot(connection: sa.Connection, case_id: int, ticket: Ticket, now: datetime) -> None:
    """Keep a ticket as it was just read."""
    connection.execute(
        _ticket_update(case_id, ticket.ref).values(snapshot=encode(ticket, Ticket), fetched_at=now, gone=None)
    )


def save_gone(connection: sa.Connection, case_id: int, ref: TicketRef, reason: str) -> None:
    """Write down that a ticket can no longer be read."""
    connection.execute(_ticket_update(case_id, ref).values(gone=reason))


def save_comments(connection: sa.Connection, case_id: int, spoken: Iterable[tuple[Comment, bool]]) -> None:
    """Keep comments, each with whether it is the bridge's own. Of those that are known, this alone may become true."""
    for comment, own in spoken:
        key = {
            "case_id": case_id,
            "connection": comment.ticket.connection,
            "ticket_id": comment.ticket.id,
            "comment_id": comment.id,
        }
        row = {**key, "created_at": comment.created_at, "own": own, "document": encode(comment, Comment)}
        if not insert_if_new(connection, comments, row) and own:
            same = (comments.c[name] == value for name, value in key.items())
            connection.execute(comments.update().where(*same).values(own=True))


def hide_comments(connection: sa.Connection, case_id: int, hidden: Iterable[Comment]) -> None:
    """Keep comments as they are now that they are private. The other way round nothing is ever changed."""
    for comment in hidden:
        connection.execute(
            comments.update()
            .where(
                comments.c.case_id == case_id,
                comments.c.connection == comment.ticket.connection,
                comments.c.ticket_id == comment.ticket.id,
                comments.c.comment_id == comment.id,
            )
            .values(document=encode(comment, Comment))
        )


def save_events(connection: sa.Connection, case_id: int, happened: Iterable[TicketEvent]) -> None:
    """Add to a case's history; an event that is there already changes nothing."""
    for event in happened:
        row = {"case_id": case_id, "key": event.key, "at": event.at, "document": encode(event, TicketEvent)}
        insert_if_new(connection, events, row)


def save_classification(connection: sa.Connection, case_id: int, classification: Classification) -> None:
    """Keep how grave the case is."""
    connection.execute(
        cases.update()
        .where(cases.c.id == case_id)
        .values(classification=encode(classification, Classification))
    )


def save_decision(
    connection: sa.Connection, view: CaseView, decision: Decision, bridge_id: str, now: datetime
) -> None:
    """Record what was decided, all of it or nothing, before anything of it is carried out.

    The unique keys of steps and intents stand guard: a step that another worker fired meanwhile makes the transaction fail.
    """
    connection.execute(
        cases.update()
        .where(cases.c.id == view.id)
        .values(state=decision.state, clocks=encode(decision.clocks, tuple[Clock, ...]))
    )
    for link in decision.links:
        save_link(connection, view.id, link)
    if decision.fired:
        connection.execute(
            fired_steps.insert(),
            [
                {
                    "case_id": view.id,
                    "metric": step.metric,
                    "started_at": step.started_at,
                    "step": step.step,
                    "at": step.at,
                    "outcome": step.outcome,
                    "target_seconds": step.target_seconds,
                    "policy": step.policy,
                    "late_seconds": step.late_seconds,
                }
                for step in decision.fired
            ],
        )
    save_intents(connection, view.id, decision.intents, bridge_id, now)
    if decision.withdrawn:
        connection.execute(
            intents.update()
            .where(
                intents.c.case_id == view.id,
                intents.c.key.in_(decision.withdrawn),
                intents.c.state.in_((IntentState.PENDING, IntentState.SENT)),
            )
            .values(state=IntentState.CANCELLED, done_at=now)
        )
    save_timeline(connection, view.id, decision.timeline)


def save_intents(
    connection: sa.Connection, case_id: int, decided: Sequence[KeyedIntent], bridge_id: str, now: datetime
) -> None:
    """Record writes that are decided, in their order."""
    if not decided:
        return
    connection.execute(
        intents.insert(),
        [
            {
                "case_id": case_id,
                "key": keyed.key,
                "token": remote_token(bridge_id, case_id, keyed.key),
                "kind": keyed.intent.kind,
                "connection": keyed.intent.connection,
                "document": encode_intent(keyed.intent),
                "state": IntentState.PENDING,
                "decided_at": now,
                "attempts": 0,
                "failures": 0,
                "odd_failures": 0,
                "next_attempt_at": keyed.not_before,
            }
            for keyed in decided
        ],
    )


def save_link(connection: sa.Connection, case_id: int, link: Link) -> None:
    """Keep a link, new or changed."""
    row = {"case_id": case_id, "link_id": link.id}
    values = {"route": link.route, "held": link.hold is not None, "document": encode(link, Link)}
    if not insert_if_new(connection, links, {**row, **values}):
        connection.execute(
            links.update().where(links.c.case_id == case_id, links.c.link_id == link.id).values(**values)
        )


def save_timeline(connection: sa.Connection, case_id: int, entries: Iterable[TimelineEntry]) -> None:
    """Add lines to a case's history."""
    rows = [
        {
            "case_id": case_id,
            "at": entry.at,
            "code": entry.code,
            "facts": encode(dict(entry.facts), dict[str, str]),
        }
        for entry in entries
    ]
    if rows:
        connection.execute(timeline.insert(), rows)


def load_timeline(connection: sa.Connection, case_id: int) -> list[TimelineEntry]:
    """A case's history in the order in which it was written down."""
    rows = connection.execute(
        sa.select(timeline).where(timeline.c.case_id == case_id).order_by(timeline.c.id)
    )
    return [TimelineEntry(row.at, row.code, decode(row.facts, dict[str, str])) for row in rows]


def find_case(connection: sa.Connection, ref: TicketRef) -> int | None:
    """The case that a ticket is the origin of, or else one that it belongs to."""
    origin: int | None = connection.execute(
        sa.select(cases.c.id).where(cases.c.connection == ref.connection, cases.c.ticket_id == ref.id)
    ).scalar()
    if origin is not None:
        return origin
    found: int | None = connection.execute(
        sa.select(case_tickets.c.case_id).where(
            case_tickets.c.connection == ref.connection, case_tickets.c.ticket_id == ref.id
        )
    ).scalar()
    return found


def list_cases(
    connection: sa.Connection, limit: int
) -> list[tuple[int, TicketRef, CaseState, datetime | None]]:
    """The newest cases: id, origin, state and when each is looked at next."""
    rows = connection.execute(sa.select(cases).order_by(cases.c.id.desc()).limit(limit))
    return [
        (row.id, TicketRef(row.connection, row.ticket_id), CaseState(row.state), row.wake_at) for row in rows
    ]


def forget_case(connection: sa.Connection, case_id: int) -> None:
    """Remove a case that should not have been opened."""
    connection.execute(cases.delete().where(cases.c.id == case_id))


def exists(connection: sa.Connection, case_id: int) -> bool:
    """Whether there is such a case."""
    return connection.execute(sa.select(cases.c.id).where(cases.c.id == case_id)).scalar() is not None


def fired_since(connection: sa.Connection, since: datetime, policy: str | None = None) -> list[datetime]:
    """When ladder steps were carried out since an instant, over all cases, of one policy or of all; oldest first."""
    query = sa.select(fired_steps.c.at).where(
        fired_steps.c.at > since, fired_steps.c.outcome == StepOutcome.FIRED
    )
    if policy is not None:
        query = query.where(fired_steps.c.policy == policy)
    return list(connection.execute(query.order_by(fired_steps.c.at)).scalars())
