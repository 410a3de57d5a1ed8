"""Escalations in the store: saved with the decision, loaded with the case, and counted over all cases."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from escalation_bridge.domain.case.cases import CaseView, Decision
from escalation_bridge.domain.case.escalations import (
    Cause,
    Change,
    ChangeKind,
    Escalation,
    EscalationKind,
    Outcome,
    Owner,
)
from escalation_bridge.domain.teams.absence import Absence
from escalation_bridge.domain.teams.choosing import Workload
from escalation_bridge.store.database.codec import decode, encode
from escalation_bridge.store.database.database import insert_if_new
from escalation_bridge.store.database.schema import absences, escalation_changes, escalations

# Cached: building a statement costs more than executing it.
_OF_CASES: sa.BindParameter[int] = sa.bindparam("case_ids", expanding=True)
_OWN = [column for column in escalations.c if column.name not in ("case_id", "number", "cause")]
_LOAD = (
    sa.select(
        escalation_changes,
        escalations.c.cause.label("first_cause"),
        *(column.label(f"of_{column.name}") for column in _OWN),
    )
    .join(
        escalations,
        sa.and_(
            escalations.c.case_id == escalation_changes.c.case_id,
            escalations.c.number == escalation_changes.c.number,
        ),
    )
    .where(escalation_changes.c.case_id.in_(_OF_CASES))
    .order_by(escalation_changes.c.case_id, escalation_changes.c.number, escalation_changes.c.position)
)


def load_escalations(connection: sa.Connection, case_ids: Sequence[int]) -> dict[int, tuple[Escalation, ...]]:
    """The escalations of cases; a case without any is missing."""
    rows: dict[tuple[int, int], list[sa.Row[Any]]] = {}
    for row in connection.execute(_LOAD, {"case_ids": list(case_ids)}):
        rows.setdefault((row.case_id, row.number), []).append(row)
    found: dict[int, tuple[Escalation, ...]] = {}
    for (case_id, _), changes in rows.items():
        found[case_id] = (*found.get(case_id, ()), _escalation(changes))
    return found


def _escalation(rows: Sequence[sa.Row[Any]]) -> Escalation:
    first = rows[0]
    return Escalation(
        number=first.number,
        cause=Cause(first.first_cause),
        kind=EscalationKind(first.of_kind),
        from_team=first.of_from_team,
        from_level=first.of_from_level,
        to_team=first.of_to_team,
        to_level=first.of_to_level,
        changes=tuple(
            Change(
                at=row.at,
                what=ChangeKind(row.what),
                owner=Owner(row.owner_team, row.owner_person),
                by=row.by,
                cause=Cause(row.cause),
                facts=decode(row.facts, dict[str, str]),
            )
            for row in rows
        ),
        category=first.of_category,
        summary=first.of_summary,
        customer=first.of_customer,
        route=first.of_route,
        weight=first.of_weight,
        outcome=Outcome(first.of_outcome) if first.of_outcome is not None else None,
    )


def save_escalations(connection: sa.Connection, decided: Sequence[tuple[CaseView, Decision]]) -> None:
    """Save the changed escalations of decisions, with their new changes."""
    for view, decision in decided:
        known = {each.number: len(each.changes) for each in view.escalations}
        for escalation in decision.escalations:
            values = _row(escalation)
            if escalation.number in known:
                connection.execute(
                    escalations.update()
                    .where(escalations.c.case_id == view.id, escalations.c.number == escalation.number)
                    .values(values)
                )
            else:
                own = {"case_id": view.id, "number": escalation.number}
                connection.execute(escalations.insert(), {**own, **values})
            begin = known.get(escalation.number, 0)
            rows = [
                _change_row(view.id, escalation.number, position, change)
                for position, change in enumerate(escalation.changes)
                if position >= begin
            ]
            if rows:
                connection.execute(escalation_changes.insert(), rows)
    save_absences(connection, (each for _, decision in decided for each in decision.absences))


def _row(escalation: Escalation) -> dict[str, object]:
    return {
        "cause": escalation.cause,
        "kind": escalation.kind,
        "from_team": escalation.from_team,
        "from_level": escalation.from_level,
        "to_team": escalation.to_team,
        "to_level": escalation.to_level,
        "owner_team": escalation.owner.team,
        "owner_person": escalation.owner.person,
        "category": escalation.category,
        "summary": escalation.summary,
        "customer": escalation.customer,
        "route": escalation.route,
        "weight": escalation.weight,
        "transfers": escalation.transfers,
        "unattended": escalation.is_unattended,
        "opened_at": escalation.opened_at,
        "acknowledged_at": escalation.acknowledged_at,
        "handed_on_at": escalation.handed_on_at,
        "closed_at": escalation.closed_at,
        "outcome": escalation.outcome,
    }


def _change_row(case_id: int, number: int, position: int, change: Change) -> dict[str, object]:
    return {
        "case_id": case_id,
        "number": number,
        "position": position,
        "at": change.at,
        "what": change.what,
        "by": change.by,
        "cause": change.cause,
        "owner_team": change.owner.team,
        "owner_person": change.owner.person,
        "facts": encode(dict(change.facts), dict[str, str]),
    }


def save_absences(connection: sa.Connection, stated: Iterable[Absence]) -> None:
    """Save who is away, or back; the last command of each person counts."""
    by_person = {each.person: each for each in stated}
    for person in sorted(by_person):  # workers that save the same people would deadlock otherwise
        period = {"until": by_person[person].until, "at": by_person[person].at}
        if not insert_if_new(connection, absences, {"person": person, **period}):
            connection.execute(absences.update().where(absences.c.person == person).values(period))


# --- over all cases -------------------------------------------------------------------------------------------------

_OPEN = escalations.c.closed_at.is_(None)
_WEIGHTS = (
    sa.select(
        escalations.c.owner_team,
        escalations.c.owner_person,
        sa.func.sum(escalations.c.weight).label("weight"),
    )
    .where(_OPEN, escalations.c.case_id != sa.bindparam("but_case"))
    .group_by(escalations.c.owner_team, escalations.c.owner_person)
)
_LAST = (
    sa.select(escalation_changes.c.owner_person, sa.func.max(escalation_changes.c.at).label("at"))
    .where(
        escalation_changes.c.owner_person.in_(sa.bindparam("people", expanding=True)),
        escalation_changes.c.what != ChangeKind.RATED,
    )
    .group_by(escalation_changes.c.owner_person)
)
_KNOWS = (
    sa.select(escalations.c.owner_person)
    .where(
        escalations.c.customer == sa.bindparam("of_customer"),
        escalations.c.owner_person.is_not(None),
        escalations.c.case_id != sa.bindparam("but_case"),
    )
    .order_by(escalations.c.opened_at.desc())
    .limit(1)
)
_AWAY = sa.select(absences).where(absences.c.until > sa.bindparam("now"))


def load_workload(
    connection: sa.Connection, case_id: int, customer: str, people: Iterable[str], now: datetime
) -> Workload:
    """What teams and people have, without a case's own escalation, and who is away.

    Args:
        connection: The transaction.
        case_id: The case that is to be assigned.
        customer: Whose ticket it is, as `Escalation.customer`; empty if unknown.
        people: The e-mail addresses of all members.
        now: The present time.
    """
    teams: dict[str, int] = {}
    persons: dict[str, int] = {}
    for row in connection.execute(_WEIGHTS, {"but_case": case_id}):
        weight = int(row.weight)
        teams[row.owner_team] = teams.get(row.owner_team, 0) + weight
        if row.owner_person is not None:
            persons[row.owner_person] = persons.get(row.owner_person, 0) + weight
    knows = None
    if customer:
        knows = connection.execute(_KNOWS, {"of_customer": customer, "but_case": case_id}).scalar()
    last = {row.owner_person: row.at for row in connection.execute(_LAST, {"people": list(people)})}
    return Workload(teams, persons, last, absent(connection, now), knows)


def unattended(connection: sa.Connection) -> list[int]:
    """The cases with an open escalation that nobody could take, in order."""
    query = sa.select(escalations.c.case_id).where(_OPEN, escalations.c.unattended)
    return list(connection.execute(query.order_by(escalations.c.case_id)).scalars())


def absent(connection: sa.Connection, now: datetime) -> dict[str, datetime]:
    """Who is away now, and until when."""
    return {row.person: row.until for row in connection.execute(_AWAY, {"now": now})}
