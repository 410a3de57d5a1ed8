"""Escalation: create the linked ticket, and notify both sides."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from escalation_bridge.domain.case import keys
from escalation_bridge.domain.case.cases import CaseView, Link, Rules, TimelineEntry, Veto
from escalation_bridge.domain.case.escalations import Escalation, open_one
from escalation_bridge.domain.case.part import NOTHING, Part
from escalation_bridge.domain.case.write import Settlement
from escalation_bridge.domain.case.write_records import IntentState, KeyedIntent
from escalation_bridge.domain.case.writes.changes import ChangeTicket
from escalation_bridge.domain.case.writes.comments import WriteComment
from escalation_bridge.domain.case.writes.new_tickets import CreateTicket
from escalation_bridge.domain.escalation.left_out import note_left_out
from escalation_bridge.domain.escalation.package import Facts, is_worth_a_note, private_part, without_link
from escalation_bridge.domain.escalation.procedure import name_of_procedure
from escalation_bridge.domain.links.shown_link import show_first
from escalation_bridge.domain.routes.quoting import quote
from escalation_bridge.domain.routes.routes import Route
from escalation_bridge.domain.routes.sides import Side
from escalation_bridge.domain.sla.clocks import Clock
from escalation_bridge.domain.tickets.messages import MessageRequest, Package, Quote
from escalation_bridge.domain.tickets.tickets import (
    Comment,
    Role,
    StatusKind,
    Ticket,
    TicketChange,
    Visibility,
)

_THEIR_TURN = timedelta(days=1)
"""How long after a linked ticket was finished a further breach does not escalate again."""
_SUMMARY_LIMIT = 240
"""Every vendor takes a summary of this length; Jira refuses more than 255."""


def plan_escalation(
    view: CaseView,
    origin: Ticket,
    routes: Mapping[str, Route],
    route_name: str,
    clock: Clock | None,
    key: str,
    now: datetime,
    decided: tuple[KeyedIntent, ...],
    by: str = "",
    labels: tuple[str, ...] = (),
    package: Package | None = None,
) -> Part:
    """Create the linked ticket, unless the case has one on this route already or an extension objects.

    What has just been `decided` counts as well: after a standstill several steps may escalate at once.

    Args:
        view: The case.
        origin: The customer's ticket.
        routes: All routes, by name.
        route_name: The route.
        clock: The clock whose step escalates; None: no clock does.
        key: Of the write that creates the linked ticket.
        now: The present time.
        decided: What other rules decided in this look.
        by: Who asks for it, as people know them; empty: the bridge.
        labels: Labels of the linked ticket, beside the route's.
        package: What its team needs to know and customers may read.
    """
    route = routes.get(route_name)
    if route is None:  # a case keeps the rules it was opened under, and a route may be gone since
        return Part(timeline=(TimelineEntry(now, "route_gone", {"route": route_name}),))
    facts = {"route": route.name, "connection": route.linked}
    vetoes = view.advice.vetoes.get(key, ())
    if vetoes:
        return _vetoed(facts, vetoes, now)
    if _underway(view, route, decided, now):
        return Part(timeline=(TimelineEntry(now, "already_escalated", facts),))
    return Part(
        intents=(KeyedIntent(key, draft_linked(view, origin, route, clock, by, labels, package)),),
        timeline=(TimelineEntry(now, "escalated", {**facts, "metric": str(clock.metric) if clock else ""}),),
    )


def _vetoed(facts: Mapping[str, str], vetoes: tuple[Veto, ...], now: datetime) -> Part:
    return Part(
        timeline=tuple(
            TimelineEntry(now, "escalation_vetoed", {**facts, "by": veto.by, "reason": veto.reason})
            for veto in vetoes
        )
    )


def hand_on_again(
    view: CaseView, origin: Ticket, route: Route, link: Link, done: Ticket, now: datetime
) -> Part:
    """Create another linked ticket in the place of one that has been done for too long to be taken up again."""
    facts = {"route": route.name, "connection": route.linked, "before_key": done.key}
    key = keys.Again(link.id, link.edges).text
    vetoes = view.advice.vetoes.get(key, ())
    if vetoes:
        return _vetoed(facts, vetoes, now)
    shown = _to_be_quoted(view, origin)
    carried = {c.id for c in shown if keys.Comment.of(link.id, c).text in view.intents} | set(link.excluded)
    news = [c for c in shown if c.id not in carried]
    message = MessageRequest(
        "linked_again",
        {**_facts_about(view, origin), "before_key": done.key, "before_url": done.url},
        tuple(quote(comment, route) for comment in news),
    )
    create = _draft(view, origin, route, message, tuple(comment.id for comment in shown))
    return Part(
        intents=(KeyedIntent(key, create),),
        links=(replace(link, ended=now),),
        timeline=(TimelineEntry(now, "handed_on_again", facts),),
    )


def _owns_the_work(view: CaseView, linked: Ticket, now: datetime) -> bool:
    """Whether the team of a linked ticket works on it, or finished so recently that the agents own the work now."""
    if linked.ref in view.gone:
        return False
    if not linked.status.kind.done:
        return True
    done = [e.at for e in view.linked_events.get(linked.ref, ()) if e.status is not None and e.status.done]
    return bool(done) and now - max(done) < _THEIR_TURN


def _underway(view: CaseView, route: Route, decided: tuple[KeyedIntent, ...], now: datetime) -> bool:
    """Whether the case is escalated along this route, or about to be. A finished linked ticket does not count."""
    linked = (view.tickets.get(link.linked) for link in view.links if link.route == route.name)
    if any(ticket is not None and _owns_the_work(view, ticket, now) for ticket in linked):
        return True
    on_its_way = (IntentState.PENDING, IntentState.SENT, IntentState.FAILED)
    before = (record.intent for record in view.intents.values() if record.state in on_its_way)
    intents = (*before, *(keyed.intent for keyed in decided))
    return any(intent.escalates_along == route.name for intent in intents)


def draft_linked(
    view: CaseView,
    origin: Ticket,
    route: Route,
    clock: Clock | None,
    by: str,
    labels: tuple[str, ...],
    package: Package | None,
) -> CreateTicket:
    """The linked ticket: the arguments are those of `plan_escalation`."""
    shown = _to_be_quoted(view, origin)
    facts = {
        **_facts_about(view, origin),
        "by": by,
        "metric": str(clock.metric) if clock else "",
        "target_seconds": str(clock.target_seconds) if clock else "0",
        "missed": _yes(clock is not None and clock.breached_at is not None),
    }
    if clock is not None and clock.manual and clock.due is not None:
        facts |= {"manual": "yes", "due": clock.due.isoformat()}
    quotes = [quote(comment, route) for comment in shown]
    if origin.description_visibility is Visibility.PUBLIC:
        author = origin.requester.name if origin.requester else origin.created_by.name
        quotes.insert(0, Quote(author, origin.created_at, origin.description))
    message = MessageRequest("linked_ticket", facts, tuple(quotes), package=package)
    draft = _draft(view, origin, route, message, tuple(comment.id for comment in shown))
    return replace(draft, labels=(*draft.labels, *labels))


def _yes(holds: bool) -> str:
    """A fact is a text, and an empty one does not hold."""
    return "yes" if holds else ""


def _facts_about(view: CaseView, origin: Ticket) -> dict[str, str]:
    return {
        "origin_key": origin.key,
        "origin_url": origin.url,
        "origin_vendor": view.vendors.get(origin.ref.connection, origin.ref.connection),
        "requester": origin.requester.name if origin.requester else "",
        "organisation": origin.organisation.name if origin.organisation else "",
        "channel": str(origin.channel),
        "priority": str(origin.priority or ""),
        "severity": str(view.classification.severity),
        # An agent's own words are internal, and customers may read descriptions.
        "severity_reason": "" if view.classification.by else view.classification.reason,
        "severity_rules": ",".join(view.classification.rules),
        "opened_at": origin.created_at.isoformat(),
        # Filled in where the linked helpdesk refuses a person.
        "refused_people": "",
        "refused_reason": "",
    }


def _draft(
    view: CaseView, origin: Ticket, route: Route, description: MessageRequest, excluded: tuple[str, ...]
) -> CreateTicket:
    return CreateTicket(
        connection=route.linked,
        route=route.name,
        summary=_shorten(f"[{origin.key}] {origin.subject}"),
        description=description,
        severity=view.classification.severity,
        priority=route.priorities.get(origin.priority, origin.priority) if origin.priority else None,
        labels=route.labels,
        requester=origin.requester,
        fields=route.fields,
        excluded=excluded,
        origin_status=origin.status.id,
        files=route.files is not None,
    )


def _to_be_quoted(view: CaseView, origin: Ticket) -> list[Comment]:
    return [
        c
        for c in view.comments_of(origin.ref)
        if _customer_visible(c)
        and (c.ticket, c.id) not in view.own_comments
        and (c.ticket, c.id) not in view.taken_back
    ]


def _customer_visible(comment: Comment) -> bool:
    return comment.visibility is Visibility.PUBLIC and comment.author.role is not Role.SYSTEM


def _shorten(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _SUMMARY_LIMIT else flat[: _SUMMARY_LIMIT - 1].rstrip() + "…"


def announce(view: CaseView, rules: Rules, link: Link, route: Route, now: datetime) -> Part:
    """Once, when the linked ticket exists: show each side the other, and notify the customer if the route requires it.

    A ticket that was solved or set waiting while the linked one was being created stays as it is.
    """
    origin, linked = view.tickets.get(link.origin), view.tickets.get(link.linked)
    if origin is None or linked is None or keys.Show(link.id, Side.ORIGIN).text in view.intents:
        return NOTHING
    still_open = origin.status.kind in (StatusKind.NEW, StatusKind.OPEN)
    untouched = still_open or origin.status.id == link.statuses[Side.ORIGIN]
    facts = {
        "linked_key": linked.key,
        "linked_url": linked.url,
        "linked_vendor": view.vendors.get(linked.ref.connection, linked.ref.connection),
        "origin_key": origin.key,
        "customer": origin.requester.name if origin.requester else "",
        "missed": _yes(any(clock.breached_at is not None for clock in view.clocks)),
    }
    shown = show_first(view, link, Side.ORIGIN, now)
    if link.by_hand:  # nothing is overwritten, and nobody is notified of old events
        return shown
    intents = [*note_left_out(view, link, linked), *_pass_package(view, rules, origin, link, route, now)]
    if route.tell_customer and not origin.status.kind.done:
        message = MessageRequest("specialist_took_over", facts, visibility=Visibility.PUBLIC)
        intents.append(
            KeyedIntent(
                keys.CustomerNotice(link.id).text, WriteComment(origin.ref, Visibility.PUBLIC, message)
            )
        )
    if route.origin_status is not None and untouched:
        settles = Settlement(link.id, Side.LINKED, link.statuses[Side.LINKED], origin.status.id)
        change = TicketChange(status=route.origin_status)
        intents.append(KeyedIntent(keys.HandOn(link.id).text, ChangeTicket(origin.ref, change, settles)))
    # The other way it is shown once the customer's ticket has the status of the hand-over.
    return shown + Part(intents=tuple(intents))


def _pass_package(
    view: CaseView, rules: Rules, origin: Ticket, link: Link, route: Route, now: datetime
) -> Iterator[KeyedIntent]:
    """What only the team of the linked ticket may read, in an internal note: customers may read descriptions."""
    escalation = open_one(view.escalations)
    if escalation is None or escalation.route != link.route:
        return
    team = rules.directory.team_of_route(route.name)
    facts = Facts(view, rules, origin, now, view.clocks, escalation.summary, team, route.package)
    package = without_link(private_part(facts), view.tickets.get(link.linked))
    procedure = name_of_procedure(rules.directory.procedures, escalation)
    if not is_worth_a_note(package) and not procedure:
        return
    by = next((change.by for change in reversed(escalation.changes) if change.by), "")
    message = package_note(package, by, procedure)
    key = keys.OfEscalation(escalation.number, len(escalation.changes) - 1, "summary").text
    yield KeyedIntent(key, WriteComment(link.linked, Visibility.PRIVATE, message))


def package_note(package: Package, by: str, procedure: str) -> MessageRequest:
    """The internal note with what only the team may read, and the name of its standard procedure."""
    facts = {"by": by, "procedure": procedure}
    return MessageRequest("package_note", facts, visibility=Visibility.PRIVATE, package=package)


def pass_further_summary(view: CaseView, escalation: Escalation, by: str, summary: str) -> Part:
    """A summary that joins an escalation, for the team of its linked ticket; one that is not announced yet gets all at once."""
    links = [link for link in view.links if link.route == escalation.route]
    if not links or not summary or keys.Show(links[-1].id, Side.ORIGIN).text not in view.intents:
        return NOTHING
    return Part(intents=(_summary_note(escalation, links[-1], by, summary),))


def _summary_note(escalation: Escalation, link: Link, by: str, summary: str) -> KeyedIntent:
    key = keys.OfEscalation(escalation.number, len(escalation.changes) - 1, "summary").text
    message = MessageRequest(
        "escalation_summary", {"by": by, "summary": summary}, visibility=Visibility.PRIVATE
    )
    return KeyedIntent(key, WriteComment(link.linked, Visibility.PRIVATE, message))


def is_part_of_handing_on(key: str) -> bool:
    """Whether a write notifies the customer of the escalation or shows it in the status: wanted only while the
    ticket is open.
    """
    return isinstance(keys.parse(key), keys.HandOn | keys.CustomerNotice)
