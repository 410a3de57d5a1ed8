"""Incidents in the store, and every ticket that arrived, with what it speaks of."""

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from escalation_bridge.domain.case.cases import CaseState
from escalation_bridge.domain.case.incidents import CaseIncident, over_occasion, raised_occasion
from escalation_bridge.domain.case.write_records import IntentState
from escalation_bridge.domain.case.writes import kinds_that
from escalation_bridge.domain.incidents.detection import KEPT
from escalation_bridge.domain.incidents.subjects import PLACE, Reading
from escalation_bridge.domain.tickets.tickets import TicketRef
from escalation_bridge.store.database.codec import decode, decode_intent, encode
from escalation_bridge.store.database.database import insert_if_new
from escalation_bridge.store.database.schema import (
    cases,
    incident_tickets,
    incidents,
    intents,
    link_ends,
    links,
    meta,
)

_INCIDENTS_LOCK = 0x65622D696E6369
"""An arbitrary number that nothing else in the database locks (advisory lock)."""
_CHANGES = "incident_changes"


def lock_incidents(connection: sa.Connection) -> None:
    """Let one transaction at a time look for waves: two at once would raise one incident each. SQLite has one writer anyway.

    Lock order, to avoid a deadlock: a transaction takes this lock before it locks any case.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_INCIDENTS_LOCK)))


# --- what a detector remembers ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Arrival:
    """A ticket that arrived.

    Attributes:
        number: Counts the arrivals.
    """

    number: int
    case_id: int
    at: datetime
    reading: Reading
    incident_id: int | None
    kept_out: bool


@dataclass(frozen=True, slots=True)
class Raised:
    """An incident as a detector remembers it."""

    id: int
    threshold: float
    gap: timedelta
    ended: bool


def changes_so_far(connection: sa.Connection) -> int:
    """How often incidents were changed other than by an arrival that was remembered: whoever knows another number reads all again."""
    value = connection.execute(sa.select(meta.c.value).where(meta.c.name == _CHANGES)).scalar()
    return int(value or 0)


def note_change(connection: sa.Connection) -> int:
    """Incidents were changed. Returns the number of changes."""
    number = changes_so_far(connection) + 1
    if not insert_if_new(connection, meta, {"name": _CHANGES, "value": str(number)}):
        connection.execute(meta.update().where(meta.c.name == _CHANGES).values(value=str(number)))
    return number


def arrivals_after(connection: sa.Connection, number: int) -> list[Arrival]:
    """The newest arrivals after one of them, in order."""
    rows = connection.execute(
        sa.select(incident_tickets)
        .where(incident_tickets.c.id > number)
        .order_by(incident_tickets.c.id.desc())
        .limit(KEPT)
    ).all()
    return [
        Arrival(
            row.id, row.case_id, row.at, decode(row.reading, Reading), row.incident_id, kept_out=row.kept_out
        )
        for row in reversed(rows)
    ]


def all_raised(connection: sa.Connection) -> list[Raised]:
    """All incidents, in order."""
    rows = connection.execute(sa.select(incidents).order_by(incidents.c.id))
    return [
        Raised(row.id, row.threshold, timedelta(seconds=row.gap_seconds), row.ended_at is not None)
        for row in rows
    ]


def has_arrived(connection: sa.Connection, case_id: int) -> bool:
    """Whether a case's ticket was looked at already."""
    known = sa.select(incident_tickets.c.id).where(incident_tickets.c.case_id == case_id)
    return connection.execute(known).scalar() is not None


def save_arrival(
    connection: sa.Connection, case_id: int, at: datetime, customer: str, reading: Reading
) -> int:
    """Record an arrival. Returns its number."""
    row = {
        "case_id": case_id,
        "at": at,
        "customer": customer,
        "reading": encode(reading, Reading),
        "times": 0,
        "shared": "[]",
        "alike": 0,
        "by": "",
        "kept_out": False,
    }
    number: int = connection.execute(
        incident_tickets.insert().values(row).returning(incident_tickets.c.id)
    ).scalar_one()
    return number


def save_incident(
    connection: sa.Connection, raised: Raised, subject: str, at: datetime, lead_case: int | None
) -> None:
    """Record an incident that was just raised."""
    connection.execute(
        incidents.insert().values(
            id=raised.id,
            subject=subject,
            raised_at=at,
            threshold=raised.threshold,
            gap_seconds=raised.gap.total_seconds(),
            lead_case=lead_case,
            emergency=False,
        )
    )


def update_incident(connection: sa.Connection, incident_id: int, **values: object) -> None:
    """Change columns of an incident."""
    connection.execute(incidents.update().where(incidents.c.id == incident_id).values(**values))


@dataclass(frozen=True, slots=True)
class Joining:
    """Why a ticket belongs to an incident: what it shares with the others, and who put it in."""

    shared: tuple[str, ...] = ()
    alike: int = 0
    by: str = ""


def put_in(connection: sa.Connection, case_id: int, incident_id: int, at: datetime, joining: Joining) -> None:
    """A ticket belongs to an incident from now on."""
    connection.execute(
        incident_tickets.update()
        .where(incident_tickets.c.case_id == case_id)
        .values(
            incident_id=incident_id,
            times=incident_tickets.c.times + 1,
            joined_at=at,
            shared=json.dumps(joining.shared, ensure_ascii=False),
            alike=joining.alike,
            by=joining.by,
            kept_out=False,
        )
    )


def take_out(connection: sa.Connection, case_id: int) -> None:
    """A person took a ticket out of its incident."""
    connection.execute(
        incident_tickets.update()
        .where(incident_tickets.c.case_id == case_id)
        .values(incident_id=None, joined_at=None, kept_out=True)
    )


def members_of(connection: sa.Connection, incident_id: int) -> list[int]:
    """The cases of an incident, in the order of their arrival."""
    rows = connection.execute(
        sa.select(incident_tickets.c.case_id)
        .where(incident_tickets.c.incident_id == incident_id)
        .order_by(incident_tickets.c.id)
    )
    return list(rows.scalars())


def incident_of(connection: sa.Connection, case_id: int) -> int | None:
    """The incident that a case's ticket belongs to."""
    found: int | None = connection.execute(
        sa.select(incident_tickets.c.incident_id).where(incident_tickets.c.case_id == case_id)
    ).scalar()
    return found


def links_on(
    connection: sa.Connection, case_ids: Collection[int], routes: Sequence[str]
) -> dict[int, TicketRef]:
    """Of these cases, those that have a link on one of the routes, each with its linked ticket."""
    rows = connection.execute(
        sa.select(link_ends)
        .join(links, sa.and_(links.c.case_id == link_ends.c.case_id, links.c.link_id == link_ends.c.link_id))
        .where(link_ends.c.case_id.in_(list(case_ids)), links.c.route.in_(list(routes)))
        .order_by(link_ends.c.case_id)
    )
    return {row.case_id: TicketRef(row.linked_connection, row.linked_ticket) for row in rows}


def connections_of_open(connection: sa.Connection, case_ids: Collection[int]) -> dict[int, str]:
    """The open ones of these cases, with the connections of their tickets."""
    rows = connection.execute(
        sa.select(cases.c.id, cases.c.connection).where(
            cases.c.id.in_(list(case_ids)), cases.c.state == CaseState.OPEN
        )
    )
    return {row.id: row.connection for row in rows}


# --- what a case knows of its incident ----------------------------------------------------------------------------------

_OF_CASES: sa.BindParameter[int] = sa.bindparam("case_ids", expanding=True)
_own = incident_tickets.alias("own")
_INCIDENTS = (
    sa.select(
        incidents, *(column.label(f"own_{column.name}") for column in _own.c if column.name != "reading")
    )
    .join(_own, _own.c.incident_id == incidents.c.id)
    .where(_own.c.case_id.in_(_OF_CASES))
)
_MEMBERS = sa.select(
    incident_tickets.c.incident_id, incident_tickets.c.customer, incident_tickets.c.reading
).where(incident_tickets.c.incident_id.in_(sa.bindparam("incident_ids", expanding=True)))
_OF_CUSTOMERS = (
    sa.select(
        incident_tickets.c.incident_id, incident_tickets.c.customer, incident_tickets.c.case_id, cases.c.state
    )
    .join(cases, cases.c.id == incident_tickets.c.case_id)
    .where(
        incident_tickets.c.incident_id.in_(sa.bindparam("incident_ids", expanding=True)),
        incident_tickets.c.customer.in_(sa.bindparam("customers", expanding=True)),
    )
    .order_by(incident_tickets.c.id)
)
_UPDATES = sa.select(intents.c.case_id, intents.c.document).where(
    intents.c.case_id.in_(sa.bindparam("case_ids", expanding=True)),
    intents.c.kind.in_(kinds_that(lambda kind: kind.waits_for_answers)),
    intents.c.state.in_([IntentState.PENDING, IntentState.SENT, IntentState.DONE]),
)


def incidents_of_cases(connection: sa.Connection, case_ids: Sequence[int]) -> dict[int, CaseIncident]:
    """The incidents of cases; a case without one is missing."""
    rows = connection.execute(_INCIDENTS, {"case_ids": list(case_ids)}).all()
    if not rows:
        return {}
    ids = {row.id for row in rows}
    sizes = _sizes(connection, ids)
    tickets = _tickets_of_customers(connection, ids, {row.own_customer for row in rows})
    found: dict[int, CaseIncident] = {}
    for row in rows:
        theirs = tickets[row.id, row.own_customer]
        others = [case_id for case_id in theirs if case_id != row.own_case_id]
        found[row.own_case_id] = replace(
            _of_case(row, sizes[row.id]),
            speaks=_speaker(theirs) == row.own_case_id,
            informed=_informed(connection, others, row.id) if others else frozenset(),
        )
    return found


def _tickets_of_customers(
    connection: sa.Connection, ids: Collection[int], customers: Collection[str]
) -> dict[tuple[int, str], dict[int, CaseState]]:
    """By incident and customer, the cases of their tickets in the order of arrival, with their states."""
    found: dict[tuple[int, str], dict[int, CaseState]] = {}
    named = {"incident_ids": list(ids), "customers": list(customers)}
    for row in connection.execute(_OF_CUSTOMERS, named):
        found.setdefault((row.incident_id, row.customer), {})[row.case_id] = CaseState(row.state)
    return found


def _speaker(cases_of_customer: Mapping[int, CaseState]) -> int:
    """The case in which a customer is informed: that of the first ticket that is open, else of the first one."""
    open_ones = (case_id for case_id, state in cases_of_customer.items() if state is CaseState.OPEN)
    return next(open_ones, next(iter(cases_of_customer)))


def _informed(connection: sa.Connection, case_ids: Collection[int], incident_id: int) -> frozenset[str]:
    """The occasions of an incident of which a customer was informed in these cases."""
    own = {raised_occasion(incident_id), over_occasion(incident_id)}
    found = set[str]()
    for row in connection.execute(_UPDATES, {"case_ids": list(case_ids)}):
        message = decode_intent(row.document).says
        found.update(message.facts["occasions"].split("\n") if message is not None else ())
    return frozenset(found & own)


@dataclass(frozen=True, slots=True)
class Size:
    """How large an incident is.

    Attributes:
        places: The places that its tickets name, the most frequent first.
    """

    tickets: int = 0
    customers: int = 0
    places: tuple[str, ...] = ()


def size_of(connection: sa.Connection, incident_id: int) -> Size:
    """How large an incident is."""
    return _sizes(connection, {incident_id})[incident_id]


def _sizes(connection: sa.Connection, ids: Collection[int]) -> dict[int, Size]:
    customers: dict[int, list[str]] = {each: [] for each in ids}
    places: dict[int, Counter[str]] = {each: Counter() for each in ids}
    for row in connection.execute(_MEMBERS, {"incident_ids": list(ids)}):
        customers[row.incident_id].append(row.customer)
        places[row.incident_id].update(_places(decode(row.reading, Reading)))
    return {
        each: Size(
            len(customers[each]),
            len(set(customers[each])),
            tuple(place for place, _ in sorted(places[each].items(), key=lambda item: (-item[1], item[0]))),
        )
        for each in ids
    }


def _places(reading: Reading) -> Iterator[str]:
    for subject in reading.subjects:
        kind, _, what = subject.partition(":")
        if kind == PLACE:
            yield what.title()


def _of_case(row: Any, size: Size) -> CaseIncident:
    return CaseIncident(
        id=row.id,
        time=row.own_times,
        shared=tuple(json.loads(row.own_shared)),
        alike=row.own_alike,
        by=row.own_by,
        subject=row.subject,
        raised_at=row.raised_at,
        tickets=size.tickets,
        customers=size.customers,
        places=size.places,
        leads=row.lead_case == row.own_case_id,
        linked=TicketRef(row.linked_connection, row.linked_ticket) if row.linked_connection else None,
        emergency=row.emergency,
        ended_at=row.ended_at,
        ended_by=row.ended_by or "",
        review=tuple(json.loads(row.review)) if row.review is not None else None,
    )


# --- lists for people ---------------------------------------------------------------------------------------------------


def list_incidents(connection: sa.Connection, *, with_ended: bool) -> list[sa.Row[Any]]:
    """The incidents, the newest first."""
    query = sa.select(incidents).order_by(incidents.c.id.desc())
    return list(connection.execute(query if with_ended else query.where(incidents.c.ended_at.is_(None))))


def find_incident(connection: sa.Connection, incident_id: int) -> sa.Row[Any] | None:
    """An incident by its number."""
    return connection.execute(sa.select(incidents).where(incidents.c.id == incident_id)).one_or_none()


def tickets_of(connection: sa.Connection, incident_id: int) -> Iterable[sa.Row[Any]]:
    """The tickets of an incident, in the order of their arrival."""
    return connection.execute(
        sa.select(incident_tickets)
        .where(incident_tickets.c.incident_id == incident_id)
        .order_by(incident_tickets.c.id)
    ).all()
