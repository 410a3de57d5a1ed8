"""The decision: what should be, from what is known. Pure; dry run and explanation use the same function."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from escalation_bridge.domain.case.cases import CaseState, CaseView, Decision, Rules, TimelineEntry
from escalation_bridge.domain.case.closing import CLOSE_SOLVED
from escalation_bridge.domain.case.part import NOTHING, Part
from escalation_bridge.domain.case.review import REVIEW
from escalation_bridge.domain.case.rule import CaseLook, Rule, with_part
from escalation_bridge.domain.case.satisfaction import SATISFACTION
from escalation_bridge.domain.case.terms import (
    as_counted,
    calendar_in_force,
    swap_of_calendars,
    with_retargets,
)
from escalation_bridge.domain.close_solved import close_solved, rests_on_all
from escalation_bridge.domain.commands.obey import obey
from escalation_bridge.domain.commands.verbs.incident import note_refused_moves
from escalation_bridge.domain.commands.verbs.link import note_refused_links
from escalation_bridge.domain.customers import inform
from escalation_bridge.domain.customers.satisfaction import follow_satisfaction, rests_on_origin
from escalation_bridge.domain.escalation.clock_history import note_clock_changes
from escalation_bridge.domain.escalation.escalating import Situation
from escalation_bridge.domain.escalation.following import follow_escalation
from escalation_bridge.domain.escalation.incident import follow_incident
from escalation_bridge.domain.escalation.ladder import Ladder, is_enforced, snoozed_until
from escalation_bridge.domain.escalation.late_hand_offs import watch_hand_offs
from escalation_bridge.domain.escalation.notices import notify_owner
from escalation_bridge.domain.escalation.reviewing import follow_review
from escalation_bridge.domain.escalation.waiting_steps import WaitingSteps, acts_on_a_clock
from escalation_bridge.domain.keep_in_step import keep_in_step
from escalation_bridge.domain.links.failure_notes import note_failures
from escalation_bridge.domain.links.follow_tickets import take_over
from escalation_bridge.domain.links.holds import withdraw_outdated_notes
from escalation_bridge.domain.links.refused_credentials import note_refused_credentials
from escalation_bridge.domain.sla.clocks import compute_clocks, retire
from escalation_bridge.domain.sla.events import order
from escalation_bridge.domain.sla.promises import promised_metrics
from escalation_bridge.domain.sync.comments.chains import with_relays
from escalation_bridge.domain.sync.comments.files import note_refused_files
from escalation_bridge.domain.sync.comments.orphans import take_back_orphans
from escalation_bridge.domain.sync.fields.carry_over import withdraw_overtaken_fields
from escalation_bridge.domain.sync.severity_labels import show_severity
from escalation_bridge.domain.sync.status.carry_over import withdraw_overtaken_statuses
from escalation_bridge.domain.tickets.tickets import Presence, StatusKind, Ticket, TicketRef

# --- the rules ------------------------------------------------------------------------------------------------------------

CaseRule = Rule[CaseLook]


def _climb(look: CaseLook) -> Part:
    if look.policy is None or not _is_worked_on(look) or not is_enforced(look.policy, look.origin):
        return NOTHING
    waits_until = max(filter(None, (look.view.turn_at, snoozed_until(look.view, look.now))), default=None)
    if waits_until is not None:
        return Part(wake_at=(waits_until,))
    return Ladder(
        look.view, look.origin, look.policy, look.rules, look.clocks, look.now, look.decided
    ).climb()


def _rests_on_ticket_and_those_at_work(look: CaseLook, part: Part) -> Iterator[TicketRef]:
    """A step: the customer's ticket, and the linked tickets that decide whether it is escalated or already in
    progress.
    """
    if part.fired:
        yield look.view.origin
    routes = {keyed.intent.escalates_along for keyed in part.intents}
    routes |= {entry.facts["route"] for entry in part.timeline if entry.code == "already_escalated"}
    yield from (link.linked for link in look.view.links if link.route in routes)


def _in_step(look: CaseLook) -> Part:
    part = NOTHING
    for link in look.view.links:
        part += keep_in_step(look.view, look.rules, link, look.now)
    return part


BEFORE_THE_LINKS = (
    CaseRule("clock_history", lambda look: note_clock_changes(look.view.clocks, look.clocks, look.now)),
    CaseRule(
        "waiting_steps",
        lambda look: WaitingSteps(
            look.view, look.origin, look.rules, look.policy, look.clocks, look.now
        ).review(),
    ),
    CaseRule("overtaken_status", lambda look: withdraw_overtaken_statuses(look.view)),
    CaseRule("overtaken_fields", lambda look: withdraw_overtaken_fields(look.view, look.rules.routes)),
    CaseRule("command", lambda look: obey(look.view, look.rules, look.origin, look.now)),
    CaseRule("severity_label", lambda look: show_severity(look.view, look.rules.severity_labels)),
    CaseRule("incident", lambda look: follow_incident(Situation.of(look))),
    CaseRule("ladder", _climb, _rests_on_ticket_and_those_at_work),
    CaseRule("follow_up", lambda look: take_over(look.view)),
    CaseRule(CLOSE_SOLVED, close_solved, rests_on_all),
)
OF_THE_LINKS = CaseRule("links", _in_step)
"""All rules about single links; their writes have the names of these rules."""
AFTER_THE_LINKS = (
    CaseRule(
        "follow_escalation",
        lambda look: follow_escalation(Situation.of(look)),
    ),
    CaseRule(SATISFACTION, follow_satisfaction, rests_on_origin),
    CaseRule(REVIEW, follow_review),
    CaseRule("outdated_hold", lambda look: withdraw_outdated_notes(look.view, look.view.links)),
    CaseRule("orphaned_comment", lambda look: take_back_orphans(look.view, look.rules, look.decided)),
    CaseRule(
        "late_leg",
        lambda look: watch_hand_offs(Situation.of(look)) if _is_worked_on(look) else NOTHING,
    ),
    CaseRule("failure_note", lambda look: note_failures(look.view)),
    CaseRule(
        "refused_credentials",
        lambda look: note_refused_credentials(
            look.view, look.clocks if _is_worked_on(look) else (), look.now
        ),
    ),
    CaseRule("file_note", lambda look: note_refused_files(look.view, look.now)),
    CaseRule("command", lambda look: note_refused_links(look.view) + note_refused_moves(look.view)),
    CaseRule("notice", lambda look: notify_owner(Situation.of(look))),
    # The last one: it reports what the others decided.
    CaseRule(
        "customer_updates",
        lambda look: inform.keep_informed(Situation.of(look), look.policy),
        inform.rests_on,
    ),
)


_IDLE = {CLOSE_SOLVED, SATISFACTION}
"""Rules whose writes do not open a case again."""


# --- the decision ---------------------------------------------------------------------------------------------------------


def decide(view: CaseView, rules: Rules, now: datetime) -> Decision:
    """Decide what should happen to a case now, and when to decide again.

    Deterministic and idempotent: deciding again after the decision was recorded adds nothing.
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
    # A vendor's clock may be ahead: its events count once our clock has reached them.
    part = Part(wake_at=tuple(event.at for event in view.events if event.at > now))
    look = CaseLook(view, rules, origin, policy, clocks, now)
    for rule in (*BEFORE_THE_LINKS, OF_THE_LINKS, *AFTER_THE_LINKS):
        contributed = rule.apply(look)
        part += contributed
        # Retries count immediately: notes about the earlier failures are outdated.
        look = replace(look, view=with_part(look.view, contributed), decided=part.intents)
    intents = tuple(keyed for keyed in part.intents if keyed.key not in view.intents)
    rules_at_work = {keyed.rule for keyed in intents}
    rules_at_work |= {record.rule for record in look.view.intents.values() if record.state.outstanding}
    state = _state(look.view, origin, busy=bool(rules_at_work - _IDLE))
    if state is not view.state:
        part += Part(timeline=(TimelineEntry(now, f"case_{state}", {"status": origin.status.name}),))
    decision = Decision(
        state=state,
        intents=intents,
        clocks=clocks,
        links=tuple({link.id: link for link in part.links}.values()),
        fired=part.fired,
        timeline=part.timeline,
        withdrawn=part.withdrawn,
        retried=tuple(key for key in part.retried if key not in part.withdrawn),
        next_wake=min((at for at in part.wake_at if at > now), default=None),
        happened=(*happened, *part.happened),
        promised=promised,
        revised=part.revised,
        frozen=part.frozen,
        rests_on=part.rests_on,
        escalations=part.escalations,
        absences=part.absences,
        assigns=part.assigns,
        corrections=part.corrections,
    )
    if acts_on_a_clock(view, decision, now):
        decision = replace(decision, rests_on=decision.rests_on | {view.origin})
    return decision


def _is_worked_on(look: CaseLook) -> bool:
    return _is_there(look.view, look.origin) and not look.origin.status.kind.done


def _is_there(view: CaseView, origin: Ticket) -> bool:
    return origin.presence is Presence.PRESENT and origin.ref not in view.gone


def _state(view: CaseView, origin: Ticket, *, busy: bool) -> CaseState:
    if not _is_there(view, origin) or origin.status.kind is StatusKind.CLOSED:
        return CaseState.CLOSED
    linked = [view.tickets.get(link.linked) for link in view.links]
    finished = all(ticket is None or ticket.status.kind.done for ticket in linked)
    return CaseState.CLOSED if origin.status.kind.done and finished and not busy else CaseState.OPEN
