"""Load cases as views, and other queries about cases."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from escalation_bridge.domain.case.cases import (
    Beyond,
    CaseState,
    CaseView,
    Doubt,
    Doubted,
    FiredStep,
    Link,
    StepOutcome,
    TimelineEntry,
)
from escalation_bridge.domain.case.incidents import with_incident
from escalation_bridge.domain.sla.clocks import Clock
from escalation_bridge.domain.sla.events import TicketEvent, order
from escalation_bridge.domain.sla.policy import Metric
from escalation_bridge.domain.tickets.classification import Classification
from escalation_bridge.domain.tickets.echo import ChangeEvidence
from escalation_bridge.domain.tickets.tickets import Comment, Severity, Ticket, TicketRef
from escalation_bridge.store.cases.shared_tickets import beyond_cases, siblings_of_cases
from escalation_bridge.store.cases.stored_escalations import load_escalations
from escalation_bridge.store.cases.stored_incidents import incidents_of_cases
from escalation_bridge.store.cases.write_rows import record_of
from escalation_bridge.store.database.codec import decode
from escalation_bridge.store.database.schema import (
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
_PARTS = (case_tickets, comments, events, links, fired_steps, intents)

# Cached: building a statement costs more than executing it.
_OF_CASES: sa.BindParameter[int] = sa.bindparam("case_ids", expanding=True)
_CASES = sa.select(cases).where(cases.c.id.in_(_OF_CASES))
_OF_PART = {table: sa.select(table).where(table.c.case_id.in_(_OF_CASES)) for table in _PARTS}


def load_case(connection: sa.Connection, case_id: int) -> CaseView:
    """Read a whole case.

    Raises:
        LookupError: There is none.
    """
    found = load_cases(connection, [case_id])
    if case_id not in found:
        raise LookupError(f"there is no case {case_id}")
    return found[case_id]


def load_cases(connection: sa.Connection, case_ids: Sequence[int]) -> dict[int, CaseView]:
    """Load any number of cases in one batch: the number of statements is constant."""
    wanted = {"case_ids": list(case_ids)}
    of_case: dict[int, dict[sa.Table, list[sa.Row[Any]]]] = {
        case: {t: [] for t in _PARTS} for case in case_ids
    }
    for table, query in _OF_PART.items():
        for row in connection.execute(query, wanted):
            of_case[row.case_id][table].append(row)
    linked = [case for case in case_ids if of_case[case][links]]
    siblings = siblings_of_cases(connection, linked) if linked else {}
    escalated = load_escalations(connection, case_ids)
    beyond = beyond_cases(connection, linked) if linked else {}
    incidents = incidents_of_cases(connection, case_ids)
    return {
        row.id: with_incident(
            replace(
                _view(row, of_case[row.id]),
                siblings=siblings.get(row.id, {}),
                beyond=beyond.get(row.id, Beyond()),
                escalations=escalated.get(row.id, ()),
            ),
            incidents.get(row.id),
        )
        for row in connection.execute(_CASES, wanted)
    }


_LASTING = 6
"""So many failed reads in a row, over some minutes, are a lasting failure."""


def _view(row: sa.Row[Any], parts: Mapping[sa.Table, Sequence[sa.Row[Any]]]) -> CaseView:
    documents = [(decode(r.document, Comment), r) for r in parts[comments]]
    happened = [decode(r.document, TicketEvent) for r in parts[events]]
    refs = {r: TicketRef(r.connection, r.ticket_id) for r in parts[case_tickets]}
    origin = TicketRef(row.connection, row.ticket_id)
    clocks = decode(row.clocks, tuple[Clock, ...])
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
        failed_reads={ref: r.failures for r, ref in refs.items() if r.failures},
        unreadable={
            ref: r.fetched_at for r, ref in refs.items() if r.failures >= _LASTING and r.gone is None
        },
        comments=tuple(sorted((c for c, _ in documents), key=lambda c: (c.created_at, c.ticket, c.id))),
        own_comments=frozenset((c.ticket, c.id) for c, r in documents if r.own),
        taken_back={(c.ticket, c.id): r.taken_back_at for c, r in documents if r.taken_back_at is not None},
        doubts={
            (c.ticket, c.id): Doubted(Doubt(r.doubt), r.doubted_at)
            for c, r in documents
            if r.doubt is not None and r.doubted_at is not None
        },
        events=order(event for event in happened if event.ticket is None),
        linked_events={
            ref: order(e for e in happened if e.ticket == ref) for ref in refs.values() if ref != origin
        },
        clocks=clocks,
        links=tuple(sorted((decode(r.document, Link) for r in parts[links]), key=lambda k: (k.since, k.id))),
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
            for r in parts[fired_steps]
        ),
        intents={r.key: record_of(r) for r in sorted(parts[intents], key=lambda r: r.id)},
        classification=decode(row.classification, Classification) if row.classification else _NOT_CLASSIFIED,
        rules_version=row.rules_version,
        promised=frozenset(decode(row.promised, list[Metric])) if row.promised is not None else _kept(clocks),
    )


def _kept(clocks: tuple[Clock, ...]) -> frozenset[Metric] | None:
    """The promises of a case that was decided before promises were stored."""
    return frozenset(clock.metric for clock in clocks) or None


_STALE = sa.select(
    case_tickets.c.case_id, case_tickets.c.connection, case_tickets.c.ticket_id, case_tickets.c.evidence
).where(case_tickets.c.case_id.in_(_OF_CASES), case_tickets.c.stale)


def stale_tickets(connection: sa.Connection, case_id: int) -> list[TicketRef]:
    """The stale tickets of a case."""
    return list(stale_of_cases(connection, [case_id]).get(case_id, ()))


def stale_of_cases(
    connection: sa.Connection, case_ids: Sequence[int]
) -> dict[int, dict[TicketRef, tuple[ChangeEvidence, ...]]]:
    """The stale tickets by case, with the evidence of webhooks; empty if they are read in any case."""
    stale: dict[int, dict[TicketRef, tuple[ChangeEvidence, ...]]] = {}
    for row in connection.execute(_STALE, {"case_ids": list(case_ids)}):
        documents = (row.evidence or "").splitlines()
        evidence = tuple(decode(document, ChangeEvidence) for document in documents)
        stale.setdefault(row.case_id, {})[TicketRef(row.connection, row.ticket_id)] = evidence
    return stale


_OF_CONNECTION: sa.BindParameter[str] = sa.bindparam("of_connection")
_OF_TICKETS: sa.BindParameter[str] = sa.bindparam("of_tickets", expanding=True)
_OF_COMMENTS: sa.BindParameter[str] = sa.bindparam("of_comments", expanding=True)
_KNOWN = (
    sa.select(case_tickets.c.ticket_id, cases.c.id, cases.c.lease_owner, case_tickets.c.snapshot)
    .join(cases, cases.c.id == case_tickets.c.case_id)
    .where(case_tickets.c.connection == _OF_CONNECTION, case_tickets.c.ticket_id.in_(_OF_TICKETS))
)
_OWN = sa.select(comments.c.case_id, comments.c.ticket_id, comments.c.comment_id).where(
    comments.c.connection == _OF_CONNECTION,
    comments.c.ticket_id.in_(_OF_TICKETS),
    comments.c.comment_id.in_(_OF_COMMENTS),
    comments.c.own,
)

Hint = tuple[TicketRef, ChangeEvidence]
"""A ticket and the evidence of a webhook."""


def echoes_of(connection: sa.Connection, hints: Iterable[Hint]) -> set[Hint]:
    """The evidence that is only an echo in each of its ticket's cases; none while one of them is claimed.

    A worker that holds a claim may not have stored its receipt yet.
    """
    by_connection: dict[str, list[Hint]] = {}
    for ref, evidence in hints:
        by_connection.setdefault(ref.connection, []).append((ref, evidence))
    return {one for name, of_name in by_connection.items() for one in _echoes_at(connection, name, of_name)}


def _echoes_at(connection: sa.Connection, name: str, hints: Sequence[Hint]) -> Iterator[Hint]:
    wanted = {"of_connection": name, "of_tickets": list({ref.id for ref, _ in hints})}
    known: dict[str, list[Any]] = {}
    for row in connection.execute(_KNOWN, wanted):
        known.setdefault(row.ticket_id, []).append(row)
    commented = list({evidence.comment for _, evidence in hints if evidence.comment is not None})
    own = {
        (row.case_id, row.ticket_id, row.comment_id)
        for row in (connection.execute(_OWN, {**wanted, "of_comments": commented}) if commented else ())
    }
    for ref, evidence in hints:
        rows = known.get(ref.id, [])
        if not rows or any(row.lease_owner is not None or row.snapshot is None for row in rows):
            continue
        if evidence.comment is None:
            is_echo = all(evidence.is_echo(decode(row.snapshot, Ticket), ()) for row in rows)
        else:
            written = [(row.id, ref.id, evidence.comment) in own for row in rows]
            is_echo = all(evidence.is_echo(None, (evidence.comment,) if one else ()) for one in written)
        if is_echo:
            yield ref, evidence


def cases_with_unread_comments(connection: sa.Connection, ref: TicketRef) -> set[int]:
    """The cases that know a ticket only from the answer to a write, so that comments made meanwhile are not read yet."""
    written = sa.select(case_tickets.c.case_id).where(
        case_tickets.c.connection == ref.connection,
        case_tickets.c.ticket_id == ref.id,
        case_tickets.c.fetched_at.is_(None),
    )
    return set(connection.execute(written).scalars())


def load_timeline(connection: sa.Connection, case_id: int) -> list[TimelineEntry]:
    """A case's history in the order of its entries."""
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


def find_by_key(connection: sa.Connection, key: str) -> list[int]:
    """The cases with a ticket of this key, with their own tickets first. Scans all snapshots."""
    quoted = json.dumps(key, ensure_ascii=False)
    rows = connection.execute(
        sa.select(case_tickets.c.case_id, case_tickets.c.snapshot, cases.c.connection, cases.c.ticket_id)
        .join(cases, cases.c.id == case_tickets.c.case_id)
        .where(sa.func.lower(case_tickets.c.snapshot).contains(f'"key":{quoted}'.lower(), autoescape=True))
        .order_by(case_tickets.c.case_id)
    )
    origins: list[int] = []
    others: list[int] = []
    for row in rows:
        ticket = decode(row.snapshot, Ticket)
        if ticket.key.casefold() == key.casefold():
            is_origin = ticket.ref == TicketRef(row.connection, row.ticket_id)
            (origins if is_origin else others).append(row.case_id)
    return origins or others


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


def tickets_of_open_cases(connection: sa.Connection, name: str, after: str, limit: int) -> list[str]:
    """The ids of a connection's tickets in open cases, in their order, from the one after `after` on."""
    query = (
        sa.select(case_tickets.c.ticket_id)
        .distinct()
        .join(cases, cases.c.id == case_tickets.c.case_id)
        .where(
            case_tickets.c.connection == name,
            case_tickets.c.ticket_id > after,
            cases.c.state == CaseState.OPEN,
        )
        .order_by(case_tickets.c.ticket_id)
        .limit(limit)
    )
    return list(connection.execute(query).scalars())
