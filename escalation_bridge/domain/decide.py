"""The one decision: what should be, from what is known. Pure; the dry run, the explanation and the backtest are the same call."""

from dataclasses import replace
from datetime import datetime

from escalation_bridge.domain.case.cases import CaseState, CaseView, Decision, Link, Rules, TimelineEntry
from escalation_bridge.domain.case.part import Part
from escalation_bridge.domain.case.terms import (
    as_counted,
    calendar_in_force,
    swap_of_calendars,
    with_retargets,
)
from escalation_bridge.domain.case.write_records import IntentState, as_retried
from escalation_bridge.domain.commands.obey import obey, tell_of_refused_links
from escalation_bridge.domain.escalation.clock_history import note_clock_changes
from escalation_bridge.domain.escalation.ladder import Ladder, is_enforced
from escalation_bridge.domain.escalation.late_legs import watch_legs
from escalation_bridge.domain.escalation.waiting_steps import WaitingSteps
from escalation_bridge.domain.keep_in_step import keep_in_step
from escalation_bridge.domain.links.failure_notes import tell_of_failures
from escalation_bridge.domain.links.follow_tickets import take_over
from escalation_bridge.domain.links.holds import withdraw_outdated_notes
from escalation_bridge.domain.links.refused_credentials import tell_of_refused_credentials
from escalation_bridge.domain.sla.clocks import compute_clocks, retire
from escalation_bridge.domain.sla.events import order
from escalation_bridge.domain.sla.policy import Policy
from escalation_bridge.domain.sla.promises import promised_metrics
from escalation_bridge.domain.sync.comments.chains import with_relays
from escalation_bridge.domain.sync.comments.files import tell_of_files
from escalation_bridge.domain.sync.comments.orphans import take_back_orphans
from escalation_bridge.domain.sync.fields.carry_over import withdraw_overtaken_fields
from escalation_bridge.domain.sync.status.carry_over import withdraw_overtaken_statuses
from escalation_bridge.domain.tickets.tickets import Presence, StatusKind, Ticket


def decide(view: CaseView, rules: Rules, now: datetime) -> Decision:
    """Say what should happen to a case now, and when to look again.

    Deciding twice from the same view gives the same answer; deciding again after the answer was recorded adds nothing.
    """
    view = with_relays(view)
    origin = view.tickets.get(view.origin)
    if origin is None:
        state = CaseState.CLOSED if view.origin in view.gone else view.state
        return Decision(state, (), view.clocks, (), (), (), (), None, promised=view.promised)
    policy = rules.policy_for(origin, view.classification)
    swap = swap_of_calendars(view, rules.calendar_called(calendar_in_force(view)), policy, now)
    happened = (swap,) if swap is not None else ()
    history = order((*view.events, *happened))
    policy = as_counted(policy, history)
    severity = view.classification.severity
    promised = promised_metrics(policy, origin, severity)
    clocks = compute_clocks(history, policy, origin.priority, now, severity)
    clocks = retire(tuple(clock for clock in clocks if clock.metric in promised), view.clocks, promised)
    clocks = with_retargets(clocks, view.clocks, view.promised, now, view.rules_version)
    part = note_clock_changes(view.clocks, clocks, now)
    # A vendor's clock may be ahead of ours: what it says has happened counts once our own has got there.
    part += Part(wake_at=tuple(event.at for event in view.events if event.at > now))
    waiting = WaitingSteps(view, origin, rules, policy, clocks, now).review()
    part += waiting.part + withdraw_overtaken_statuses(view)
    part += withdraw_overtaken_fields(view, rules.routes)
    obeyed = obey(view, rules, now)
    part += obeyed
    # What is tried again counts so at once: the notes about what kept it from going on are outdated from now on.
    view = _with_retried(_without(_with_links(view, obeyed.links), part.withdrawn), obeyed.retried)
    if policy is not None and _is_worked_on(view, origin) and _may_climb(view, policy, origin):
        part += Ladder(view, origin, policy, dict(rules.routes), clocks, now).climb()
    if view.turn_at is not None:
        part += Part(wake_at=(view.turn_at,))
    part += take_over(view)
    for link in view.links:
        part += keep_in_step(view, rules, link, now)
    outdated = withdraw_outdated_notes(view, _with_links(view, part.links).links)
    part, view = part + outdated, _without(view, outdated.withdrawn)
    part += take_back_orphans(view, rules)
    if _is_worked_on(view, origin):
        part += watch_legs(view, rules, now)
    part += tell_of_failures(_with_links(view, part.links))
    part += tell_of_refused_credentials(view, clocks if _is_worked_on(view, origin) else (), now)
    part += tell_of_files(view, now) + tell_of_refused_links(view)
    intents = tuple(keyed for keyed in part.intents if keyed.key not in view.intents)
    outstanding = any(record.state.outstanding for record in view.intents.values())
    state = _state(view, origin, busy=outstanding or bool(intents))
    if state is not view.state:
        part += Part(timeline=(TimelineEntry(now, f"case_{state}", {"status": origin.status.name}),))
    return Decision(
        state=state,
        intents=intents,
        clocks=clocks,
        links=tuple({link.id: link for link in part.links}.values()),
        fired=part.fired,
        timeline=part.timeline,
        withdrawn=part.withdrawn,
        retried=tuple(key for key in part.retried if key not in part.withdrawn),
        next_wake=min((at for at in part.wake_at if at > now), default=None),
        happened=happened,
        promised=promised,
        revised=waiting.revised,
        frozen=waiting.frozen,
    )


def _with_links(view: CaseView, changed: tuple[Link, ...]) -> CaseView:
    """The case as it is once these links are changed."""
    links = {link.id: link for link in (*view.links, *changed)}
    return (
        replace(view, links=tuple(link for link in links.values() if link.ended is None)) if changed else view
    )


def _without(view: CaseView, withdrawn: tuple[str, ...]) -> CaseView:
    """The case as it is once these writes are withdrawn."""
    if not withdrawn:
        return view
    cancelled = {key: replace(view.intents[key], state=IntentState.CANCELLED) for key in withdrawn}
    return replace(view, intents={**view.intents, **cancelled})


def _with_retried(view: CaseView, retried: tuple[str, ...]) -> CaseView:
    """The case as it is once these failed writes get another chance."""
    if not retried:
        return view
    return replace(view, intents={**view.intents, **{key: as_retried(view.intents[key]) for key in retried}})


def _may_climb(view: CaseView, policy: Policy, origin: Ticket) -> bool:
    return is_enforced(policy, origin) and view.origin not in view.unread and view.turn_at is None


def _is_worked_on(view: CaseView, origin: Ticket) -> bool:
    return _is_there(view, origin) and not origin.status.kind.done


def _is_there(view: CaseView, origin: Ticket) -> bool:
    return origin.presence is Presence.PRESENT and origin.ref not in view.gone


def _state(view: CaseView, origin: Ticket, *, busy: bool) -> CaseState:
    if not _is_there(view, origin) or origin.status.kind is StatusKind.CLOSED:
        return CaseState.CLOSED
    linked = [view.tickets.get(link.linked) for link in view.links]
    finished = all(ticket is None or ticket.status.kind.done for ticket in linked)
    return CaseState.CLOSED if origin.status.kind.done and finished and not busy else CaseState.OPEN
