"""A case as JSON: the content of `case_tables`, with codes for programs."""

from collections.abc import Sequence
from datetime import datetime

from escalation_bridge.cli.console.output import iso
from escalation_bridge.domain.case.cases import CaseView, Link, TimelineEntry
from escalation_bridge.domain.case.escalations import Escalation
from escalation_bridge.domain.links.shown_link import all_of_health
from escalation_bridge.messages.catalogue import health_line, history_line
from escalation_bridge.messages.severity import explain_classification
from escalation_bridge.store.cases.case_troubles import CaseTrouble


def case_document(
    view: CaseView,
    entries: Sequence[TimelineEntry],
    trouble: CaseTrouble | None,
    silenced: str | None,
    language: str,
    now: datetime,
) -> dict[str, object]:
    """A complete case. Except for subjects, it contains no customers' texts."""
    return {
        "case": view.id,
        "state": view.state.value,
        "opened_at": iso(view.opened_at),
        "severity": str(view.classification.severity),
        "severity_category": view.classification.category,
        "severity_reason": explain_classification(view.classification, language),
        "ticket": str(view.origin),
        "tickets": [
            {
                "ticket": str(ref),
                "key": ticket.key,
                "subject": ticket.subject,
                "url": ticket.url,
                "status": ticket.status.name,
                "priority": str(ticket.priority) if ticket.priority else None,
            }
            for ref, ticket in view.tickets.items()
        ],
        "clocks": [
            {
                "metric": str(clock.metric),
                "cycle": clock.cycle,
                "state": str(clock.state),
                "policy": clock.policy,
                "target_seconds": clock.target_seconds,
                "used_seconds": clock.used_seconds,
                "started_at": iso(clock.started_at),
                "due": iso(clock.due),
                "broken_at": iso(clock.breached_at),
                "done_at": iso(clock.done_at),
            }
            for clock in view.clocks
        ],
        "escalations": [_escalation(each) for each in view.escalations],
        "links": [_link(view, link, language, now) for link in view.links],
        "writes": [
            {
                "kind": record.intent.kind,
                "connection": record.intent.connection,
                "state": str(record.state),
                "error": record.error,
                "rule": record.rule or None,
            }
            for record in view.intents.values()
            if record.state.outstanding or record.state == "failed"
        ],
        "trouble": None
        if trouble is None
        else {
            "error": trouble.error,
            "failures": trouble.failures,
            "since": iso(trouble.since),
            "set_aside_at": iso(trouble.set_aside_at),
            "dropped_at": iso(trouble.dropped_at),
            "next_try_at": iso(trouble.next_try),
        },
        "ladder_silenced_by": silenced,
        "timeline": [
            {
                "at": iso(entry.at),
                "code": entry.code,
                "facts": dict(entry.facts),
                "text": history_line(entry, language),
            }
            for entry in entries
        ],
    }


def _escalation(escalation: Escalation) -> dict[str, object]:
    """An escalation. The summary is an agent's text and is left out."""
    return {
        "number": escalation.number,
        "cause": str(escalation.cause),
        "kind": str(escalation.kind),
        "from": {"team": escalation.from_team, "level": escalation.from_level},
        "to": {"team": escalation.to_team, "level": escalation.to_level},
        "owner": {"team": escalation.owner.team, "person": escalation.owner.person},
        "opened_at": iso(escalation.opened_at),
        "acknowledged_at": iso(escalation.acknowledged_at),
        "closed_at": iso(escalation.closed_at),
        "outcome": str(escalation.outcome) if escalation.outcome else None,
        "transfers": escalation.transfers,
        "changes": [
            {
                "at": iso(change.at),
                "what": str(change.what),
                "owner": {"team": change.owner.team, "person": change.owner.person},
                "cause": str(change.cause),
                "by": change.by,
            }
            for change in escalation.changes
        ],
    }


def _link(view: CaseView, link: Link, language: str, now: datetime) -> dict[str, object]:
    return {
        "route": link.route,
        "origin": str(link.origin),
        "linked": str(link.linked),
        "health": [
            {"code": health.code, "text": health_line(health, language)}
            for health in all_of_health(view, link, now)
        ],
        "held_fields": {
            key: {"reason": state.hold.reason, "since": iso(state.hold.since)}
            for key, state in link.fields.items()
            if state.hold is not None
        },
    }
