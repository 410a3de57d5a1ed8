"""What follows for a ticket that belongs to an incident: a note, one linked ticket for all, and a last word for each."""

from escalation_bridge.domain.case import keys
from escalation_bridge.domain.case.cases import CaseView, Link
from escalation_bridge.domain.case.escalations import Cause
from escalation_bridge.domain.case.incidents import CaseIncident, growth, raised_occasion
from escalation_bridge.domain.case.part import NOTHING, Part
from escalation_bridge.domain.case.write_records import KeyedIntent
from escalation_bridge.domain.case.writes.comments import WriteComment
from escalation_bridge.domain.case.writes.incidents import LinkToIncident, MoveIncident
from escalation_bridge.domain.case.writes.notes import ReviseNote
from escalation_bridge.domain.escalation.escalating import Request, Situation, escalate
from escalation_bridge.domain.routes.routes import Route
from escalation_bridge.domain.sla.customer_updates import Occasion, Sending
from escalation_bridge.domain.tickets.messages import MessageRequest
from escalation_bridge.domain.tickets.tickets import Presence, TicketRef, Visibility

_MOST_NAMED = 5


def follow_incident(at: Situation) -> Part:
    """Do for a ticket what its incident asks for."""
    view, incident = at.view, at.view.incident
    if incident is None or at.rules.incidents is None or _is_moving(at):
        return NOTHING
    if view.absence(view.origin) is not None or at.origin.presence is not Presence.PRESENT:
        return NOTHING
    if incident.ended_at is not None:
        return _last_word(at, incident)
    part = _once(view, incident, "joined", _joined(at, incident))
    route = at.rules.incident_route(view.origin.connection)
    if route is None:
        return part
    if incident.linked is not None:
        return part + _link(view, incident, incident.linked, route) + _state(view, incident, incident.linked)
    return part + (
        _begin(at, incident, route) if incident.leads and not at.origin.status.kind.done else NOTHING
    )


def link_of_incident(view: CaseView, routes: tuple[str, ...]) -> Link | None:
    """The link that leads to the linked ticket of the case's incident, or that is to become it; None: there is none.

    A linked ticket that is done already does not become one.
    """
    incident = view.incident
    if incident is None:
        return None
    if incident.linked is not None:
        return next((link for link in view.links if link.linked == incident.linked), None)
    open_ones = (
        link
        for link in view.links
        if link.route in routes
        and link.linked in view.tickets
        and not view.tickets[link.linked].status.kind.done
        and view.absence(link.linked) is None
    )
    return next(open_ones, None)


def _is_moving(at: Situation) -> bool:
    """Whether a person has just taken the ticket out, or put it in, and the database does not show it yet."""
    before = (record.intent for record in at.view.intents.values() if record.state.outstanding)
    return any(isinstance(each, MoveIncident) for each in (*before, *(keyed.intent for keyed in at.decided)))


def _key(incident: CaseIncident, what: str) -> str:
    return keys.OfIncident(incident.id, incident.time, what).text


def _once(view: CaseView, incident: CaseIncident, what: str, message: MessageRequest) -> Part:
    key = _key(incident, what)
    if key in view.intents:
        return NOTHING
    return Part(intents=(KeyedIntent(key, WriteComment(view.origin, Visibility.PRIVATE, message)),))


def _joined(at: Situation, incident: CaseIncident) -> MessageRequest:
    linked = at.view.tickets.get(incident.linked) if incident.linked is not None else None
    facts = {
        "incident": incident.name,
        "shared": ", ".join(incident.shared),
        "alike": str(incident.alike),
        "by": incident.by,
        "linked_key": linked.key if linked is not None else "",
    }
    return MessageRequest("incident_joined", facts, visibility=Visibility.PRIVATE)


def _begin(at: Situation, incident: CaseIncident, route: Route) -> Part:
    """Escalate the incident by this case, once."""
    key = _key(incident, "create")
    if key in at.view.intents or link_of_incident(at.view, (route.name,)) is not None:
        return NOTHING
    request = Request(
        cause=Cause.WAVE,
        route=at.view.advice.routes.get(key, route.name),
        summary=f"{incident.name}: {incident.subject}",
        facts={"incident": incident.name, "tickets": str(incident.tickets)},
        key=key,
    )
    part = escalate(at, request)
    return part if part.intents else NOTHING  # a step escalates it just now, or an extension objects


def _link(view: CaseView, incident: CaseIncident, linked: TicketRef, route: Route) -> Part:
    key = _key(incident, "link")
    if key in view.intents or any(link.linked == linked for link in view.links):
        return NOTHING
    if linked.connection != route.linked:
        return NOTHING
    write = LinkToIncident(route.linked, route.name, view.origin, linked, incident.name)
    return Part(intents=(KeyedIntent(key, write),))


def _state(view: CaseView, incident: CaseIncident, linked: TicketRef) -> Part:
    """How large the incident is, in its linked ticket: one note, edited when the number doubles."""
    if not incident.leads or linked not in view.tickets or view.absence(linked) is not None:
        return NOTHING
    note = keys.IncidentState(incident.id, None).note
    earlier = [
        record.intent.says.facts
        for key, record in view.intents.items()
        if keys.is_version(key, note) and record.intent.says is not None
    ]
    facts = {
        "incident": incident.name,
        "subject": incident.subject,
        "tickets": str(incident.tickets),
        "customers": str(incident.customers),
        "places": ", ".join(incident.places[:_MOST_NAMED]),
        "since": incident.raised_at.isoformat(),
        "emergency": "yes" if incident.emergency else "",
    }
    if earlier:
        before = growth(int(earlier[-1]["tickets"])), earlier[-1]["emergency"]
        if before == (growth(incident.tickets), facts["emergency"]):
            return NOTHING
    message = MessageRequest("incident_state", facts, visibility=Visibility.PRIVATE)
    key = keys.IncidentState(incident.id, len(earlier) + 1)
    write = (
        ReviseNote(linked, message, key.note)
        if earlier
        else WriteComment(linked, Visibility.PRIVATE, message)
    )
    return Part(intents=(KeyedIntent(key.text, write),))


def _last_word(at: Situation, incident: CaseIncident) -> Part:
    """When the incident is over, each ticket gets its word: a note with a drafted reply, once."""
    view, origin = at.view, at.origin
    if origin.status.kind.done:
        return NOTHING
    linked = view.tickets.get(incident.linked) if incident.linked is not None else None
    facts = {
        "incident": incident.name,
        "by": incident.ended_by,
        "linked_key": linked.key if linked is not None else "",
        "customer": origin.requester.name if origin.requester else "",
        "subject": origin.subject,
        "informed": "yes" if _is_informed_of_the_end(at, incident) else "",
    }
    message = MessageRequest(
        "incident_over", facts, visibility=Visibility.PRIVATE, language=(origin.language or "")[:2] or None
    )
    return _once(view, incident, "over", message)


def _is_informed_of_the_end(at: Situation, incident: CaseIncident) -> bool:
    """Whether the customer was informed of the incident, and so is of its end: then agents need no draft for that."""
    policy = at.rules.policy_for(at.origin, at.view.classification)
    updates = policy.updates if policy is not None else None
    if updates is None or updates.mode is not Sending.SENT or Occasion.INCIDENT not in updates.occasions:
        return False
    raised = raised_occasion(incident.id)
    own = (r.intent.says for key, r in at.view.intents.items() if keys.CustomerUpdate.read(key))
    sent = (message.facts["occasions"].split("\n") for message in own if message is not None)
    return raised in incident.informed or any(raised in occasions for occasions in sent)
