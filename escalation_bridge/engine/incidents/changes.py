"""What changes an incident: its growth, its end, and what people decide about its tickets.

The caller has locked the incidents. All changes wake the cases that they concern.
"""

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa

from escalation_bridge.domain.case.cases import TimelineEntry
from escalation_bridge.domain.case.incidents import IncidentRules, growth
from escalation_bridge.store.cases import case_file, stored_incidents
from escalation_bridge.store.cases.stored_incidents import Joining
from escalation_bridge.store.queue import claims, wakes


class MoveRefusal(StrEnum):
    """Why a ticket was not put into an incident; a word of the message catalogues."""

    UNKNOWN = "incident_unknown"
    ENDED = "incident_ended_already"
    THERE = "incident_is_in"
    NOT_SEEN = "incident_not_looked_for"


def note_growth(
    transaction: sa.Connection, incident: int, rules: IncidentRules | None, now: datetime, *, before: int
) -> None:
    """After tickets joined: it may touch so many customers that it is an emergency, or its linked ticket is to say so.

    Args:
        transaction: The transaction.
        incident: The incident.
        rules: What the configuration says.
        now: The present time.
        before: How many tickets it had.
    """
    row = stored_incidents.find_incident(transaction, incident)
    if row is None:
        return
    size = stored_incidents.size_of(transaction, incident)
    most = rules.emergency_customers if rules is not None else None
    if most is not None and size.customers >= most and not row.emergency:
        stored_incidents.update_incident(transaction, incident, emergency=True)
        members = stored_incidents.members_of(transaction, incident)
        facts = {"incident": f"I-{incident}", "customers": str(size.customers)}
        for case_id in members:
            case_file.save_timeline(transaction, case_id, [TimelineEntry(now, "incident_emergency", facts)])
        wakes.wake_all(transaction, dict.fromkeys(members, "incident"), now)
    elif row.lead_case is not None and growth(size.tickets) != growth(before):
        wakes.wake(transaction, row.lead_case, now, "incident")


def end_incident(transaction: sa.Connection, incident: int, by: str, now: datetime) -> bool:
    """End an incident; False if it has ended already. Each of its tickets gets its word when its case is decided."""
    row = stored_incidents.find_incident(transaction, incident)
    if row is None or row.ended_at is not None:
        return False
    members = stored_incidents.members_of(transaction, incident)
    claims.lock_in_order(transaction, members)
    stored_incidents.update_incident(transaction, incident, ended_at=now, ended_by=by)
    stored_incidents.note_change(transaction)
    facts = {"incident": f"I-{incident}", "by": by}
    for case_id in members:
        case_file.save_timeline(transaction, case_id, [TimelineEntry(now, "incident_ended", facts)])
    wakes.wake_all(transaction, dict.fromkeys(members, "incident"), now)
    return True


def merge_incidents(transaction: sa.Connection, merged: int, into: int, by: str, now: datetime) -> int:
    """Put all tickets of an incident into another one, and end it without a word. Returns how many tickets moved."""
    members = stored_incidents.members_of(transaction, merged)
    claims.lock_in_order(transaction, members)
    before = stored_incidents.size_of(transaction, into).tickets
    for case_id in members:
        _put(transaction, case_id, into, by, now)
    thresholds = [
        row.threshold
        for row in (stored_incidents.find_incident(transaction, each) for each in (merged, into))
        if row is not None
    ]
    stored_incidents.update_incident(transaction, into, threshold=min(thresholds))
    stored_incidents.update_incident(transaction, merged, ended_at=now, ended_by=by, merged_into=into)
    stored_incidents.note_change(transaction)
    note_growth(transaction, into, None, now, before=before)
    return len(members)


def put_in_by_hand(
    transaction: sa.Connection,
    case_id: int,
    incident: int,
    by: str,
    rules: IncidentRules | None,
    now: datetime,
) -> MoveRefusal | None:
    """Put a ticket into an incident."""
    row = stored_incidents.find_incident(transaction, incident)
    if row is None:
        return MoveRefusal.UNKNOWN
    if row.ended_at is not None:
        return MoveRefusal.ENDED
    if not stored_incidents.has_arrived(transaction, case_id):
        return MoveRefusal.NOT_SEEN
    if stored_incidents.incident_of(transaction, case_id) == incident:
        return MoveRefusal.THERE
    before = stored_incidents.size_of(transaction, incident).tickets
    _hand_over_lead(transaction, case_id, now)
    _put(transaction, case_id, incident, by, now)
    stored_incidents.note_change(transaction)
    note_growth(transaction, incident, rules, now, before=before)
    return None


def take_out_by_hand(transaction: sa.Connection, case_id: int, by: str, now: datetime) -> None:
    """Take a ticket out of its incident; if it leads and there is no linked ticket yet, the next one leads."""
    incident = stored_incidents.incident_of(transaction, case_id)
    if incident is None:
        return
    _hand_over_lead(transaction, case_id, now)
    stored_incidents.take_out(transaction, case_id)
    stored_incidents.note_change(transaction)
    facts = {"incident": f"I-{incident}", "by": by}
    case_file.save_timeline(transaction, case_id, [TimelineEntry(now, "incident_left", facts)])
    wakes.wake(transaction, case_id, now, "incident")


def _hand_over_lead(transaction: sa.Connection, case_id: int, now: datetime) -> None:
    incident = stored_incidents.incident_of(transaction, case_id)
    row = stored_incidents.find_incident(transaction, incident) if incident is not None else None
    if row is None or row.lead_case != case_id:
        return
    members = stored_incidents.members_of(transaction, row.id)
    connections = stored_incidents.connections_of_open(transaction, {*members, case_id})
    own = connections.pop(case_id, None)
    # A ticket of the same connection surely has the same route.
    following = min(connections, key=lambda case: (connections[case] != own, case), default=None)
    stored_incidents.update_incident(transaction, row.id, lead_case=following)
    if following is not None:
        wakes.wake(transaction, following, now, "incident")


def _put(transaction: sa.Connection, case_id: int, incident: int, by: str, now: datetime) -> None:
    stored_incidents.put_in(transaction, case_id, incident, now, Joining(by=by))
    facts = {"incident": f"I-{incident}", "shared": "", "alike": "0", "by": by}
    case_file.save_timeline(transaction, case_id, [TimelineEntry(now, "incident_joined", facts)])
    wakes.wake(transaction, case_id, now, "incident")
