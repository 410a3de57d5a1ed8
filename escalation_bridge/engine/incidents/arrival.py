"""Look for a wave when a ticket arrives, and keep the case's incident up to date.

A ticket arrives once: when its case was read for the first time. This is a transaction of its own, so that the incidents are locked
before any case. A worker that dies before it loses nothing, because the case is looked at again.
"""

from datetime import timedelta
from functools import cache

import sqlalchemy as sa

from escalation_bridge.bridge import Bridge
from escalation_bridge.domain.case.cases import CaseView, TimelineEntry
from escalation_bridge.domain.case.incidents import CaseIncident, IncidentRules, with_incident
from escalation_bridge.domain.escalation.incident import link_of_incident
from escalation_bridge.domain.incidents.incident import Finding
from escalation_bridge.domain.incidents.subjects import Reading, Subjects
from escalation_bridge.domain.tickets.tickets import Presence, Ticket
from escalation_bridge.engine.incidents.changes import end_incident, note_growth
from escalation_bridge.store.cases import case_file, stored_incidents
from escalation_bridge.store.cases.stored_incidents import Joining, Raised
from escalation_bridge.store.queue import claims, wakes
from escalation_bridge.store.queue.claims import Claim, hold_lease

_TOO_OLD = timedelta(hours=24)
"""A ticket that is older arrived before the bridge did, or its webhook was lost: it shows what is usual, and raises nothing."""


@cache
def _subjects() -> Subjects:
    """The tables take a moment to read."""
    return Subjects()


def keep_incident(bridge: Bridge, claim: Claim, view: CaseView, lease: timedelta) -> CaseView:
    """Note that a case's ticket arrived, and what its tickets show of its incident.

    Returns:
        The case with its incident as it is now.
    """
    rules, origin = bridge.rules.incidents, view.tickets.get(view.origin)
    if rules is None or origin is None:
        return view
    if view.incident is None:
        return _arrived(bridge, claim, view, origin, rules, lease)
    incident = view.incident
    if incident.ended_at is not None:
        return view
    if incident.linked is None and incident.leads:
        return _led(bridge, claim, view, origin, incident, lease)
    linked = view.tickets.get(incident.linked) if incident.linked is not None else None
    if linked is not None and linked.status.kind.done and linked.ref not in view.gone:
        with bridge.database.write() as transaction:
            stored_incidents.lock_incidents(transaction)
            end_incident(transaction, incident.id, "", bridge.now())
        return _reloaded(bridge, view)
    return view


def _reloaded(bridge: Bridge, view: CaseView) -> CaseView:
    with bridge.database.read() as transaction:
        found = stored_incidents.incidents_of_cases(transaction, [view.id])
    return with_incident(view, found.get(view.id))


# --- a ticket arrives ---------------------------------------------------------------------------------------------------


def _arrived(
    bridge: Bridge, claim: Claim, view: CaseView, origin: Ticket, rules: IncidentRules, lease: timedelta
) -> CaseView:
    with bridge.database.read() as transaction:
        if stored_incidents.has_arrived(transaction, view.id):
            return view
    reading = _subjects().of(f"{origin.subject}\n{origin.description.text}")
    try:
        with bridge.database.write() as transaction:
            stored_incidents.lock_incidents(transaction)
            _record(bridge, transaction, claim, origin, reading, rules, lease)
    except BaseException:
        bridge.incident_memory.forget()  # it may know what was not recorded
        raise
    return _reloaded(bridge, view)


def _record(
    bridge: Bridge,
    transaction: sa.Connection,
    claim: Claim,
    origin: Ticket,
    reading: Reading,
    rules: IncidentRules,
    lease: timedelta,
) -> None:
    now = bridge.now()
    at = min(origin.created_at, now)
    detector = bridge.incident_memory.detector(transaction, rules.settings)
    if stored_incidents.has_arrived(transaction, claim.case_id):
        return
    changes = stored_incidents.changes_so_far(transaction)
    if now - at > _TOO_OLD or origin.presence is not Presence.PRESENT:
        hold_lease(transaction, claim, now, lease)
        stored_incidents.save_arrival(transaction, claim.case_id, at, _customer(origin), reading)
        return
    verdict = detector.arrive(str(claim.case_id), at, reading)
    joined = [int(each) for each in verdict.joined]
    number = int(verdict.incident.rpartition("-")[2]) if verdict.incident is not None else None
    members = stored_incidents.members_of(transaction, number) if number is not None else []
    claims.lock_in_order(transaction, [claim.case_id, *joined, *members])
    hold_lease(transaction, claim, now, lease)
    row = stored_incidents.save_arrival(transaction, claim.case_id, at, _customer(origin), reading)
    if number is not None:
        found = detector.incidents[f"I-{number}"]
        raised = Raised(number, found.threshold, found.gap, ended=False)
        if verdict.raised:
            lead = _lead(bridge, transaction, [*joined, claim.case_id], rules)
            stored_incidents.save_incident(transaction, raised, _subject(verdict), now, lead)
        else:
            stored_incidents.update_incident(
                transaction, number, threshold=raised.threshold, gap_seconds=raised.gap.total_seconds()
            )
        _join(bridge, transaction, number, verdict, [claim.case_id, *joined])
        changes = stored_incidents.note_change(transaction)
        note_growth(transaction, number, rules, now, before=len(members))
        wakes.wake_all(transaction, dict.fromkeys(joined, "incident"), now)
    bridge.incident_memory.keep(row, changes)


def _join(
    bridge: Bridge, transaction: sa.Connection, incident: int, verdict: Finding, cases: list[int]
) -> None:
    now, reason = bridge.now(), verdict.reason
    for case_id in sorted(cases):
        stored_incidents.put_in(transaction, case_id, incident, now, Joining(reason.shared, reason.tickets))
        facts = {
            "incident": f"I-{incident}",
            "shared": ", ".join(reason.shared),
            "alike": str(reason.tickets),
            "by": "",
        }
        case_file.save_timeline(transaction, case_id, [TimelineEntry(now, "incident_joined", facts)])


def _lead(bridge: Bridge, transaction: sa.Connection, cases: list[int], rules: IncidentRules) -> int | None:
    """The case that escalates an incident: one that is escalated already, otherwise the first one with a route."""
    linked = stored_incidents.links_on(transaction, cases, rules.routes)
    if linked:
        return min(linked)
    connections = stored_incidents.connections_of_open(transaction, cases)
    with_route = (case for case in sorted(connections) if bridge.rules.incident_route(connections[case]))
    return next(with_route, None)


def _subject(verdict: Finding) -> str:
    return ", ".join(verdict.reason.shared)


def _customer(origin: Ticket) -> str:
    """Who wrote a ticket, to count customers and not tickets."""
    person = origin.requester
    if person is None:
        return str(origin.ref)
    return (person.email or f"{origin.ref.connection}:{person.id}").casefold()[:320]


# --- its linked ticket --------------------------------------------------------------------------------------------------


def _led(
    bridge: Bridge, claim: Claim, view: CaseView, origin: Ticket, incident: CaseIncident, lease: timedelta
) -> CaseView:
    """The leading case has the linked ticket: from now on it is the incident's. If it cannot have one, another case leads."""
    rules = bridge.rules.incidents or IncidentRules()
    link = link_of_incident(view, rules.routes)
    if link is None and not _cannot_lead(view, origin):
        return view
    with bridge.database.write() as transaction:
        stored_incidents.lock_incidents(transaction)
        members = stored_incidents.members_of(transaction, incident.id)
        claims.lock_in_order(transaction, [claim.case_id, *members])
        hold_lease(transaction, claim, bridge.now(), lease)
        others = [case for case in members if case != claim.case_id]
        if link is not None:
            place = {"linked_connection": link.linked.connection, "linked_ticket": link.linked.id}
            stored_incidents.update_incident(transaction, incident.id, **place)
        else:
            lead = _lead(bridge, transaction, others, rules)
            if lead is None:
                return view
            stored_incidents.update_incident(transaction, incident.id, lead_case=lead)
        wakes.wake_all(transaction, dict.fromkeys(others, "incident"), bridge.now())
    return _reloaded(bridge, view)


def _cannot_lead(view: CaseView, origin: Ticket) -> bool:
    """Whether nobody works on the ticket, so that it is not escalated, and nothing of that is under way."""
    if any(record.state.outstanding and record.intent.escalates_along for record in view.intents.values()):
        return False
    return origin.status.kind.done or view.absence(origin.ref) is not None
