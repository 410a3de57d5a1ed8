"""The ladder and what it leads to: each step once, at its time, and one linked ticket per route."""

from dataclasses import replace
from datetime import timedelta

import pytest

from escalation_bridge.domain.case import keys
from escalation_bridge.domain.case.cases import Advice, CaseState, StepOutcome, Veto
from escalation_bridge.domain.case.write_records import IntentState
from escalation_bridge.domain.case.writes.changes import ChangeTicket
from escalation_bridge.domain.case.writes.comments import WriteComment
from escalation_bridge.domain.case.writes.new_tickets import CreateTicket
from escalation_bridge.domain.case.writes.notices import Notify
from escalation_bridge.domain.escalation.actions.escalate import Escalate
from escalation_bridge.domain.escalation.actions.note import LeaveNote
from escalation_bridge.domain.escalation.actions.notify import SendNotice
from escalation_bridge.domain.escalation.actions.priority import RaisePriority
from escalation_bridge.domain.sla.clocks import ClockState
from escalation_bridge.domain.sla.policy import Metric, Step, Targets
from escalation_bridge.domain.tickets.conditions import Condition
from escalation_bridge.domain.tickets.tickets import Presence, Priority, Role, Visibility

FIRST, RESOLUTION = Metric.FIRST_RESPONSE, Metric.RESOLUTION


def note(step, metric=FIRST, percent=100, offset=0):
    return Step(step, metric, percent, offset, (LeaveNote("sla_breached"),))


@pytest.fixture
def world_with(make_world):
    """A world whose policy has this ladder."""

    def make(*ladder, priority=Priority.NORMAL, routes=None, **policy):
        return make_world(
            policies=(make_world.policy(ladder=ladder, **policy),), routes=routes, priority=priority
        )

    return make


def fired(world):
    return [(step.step, step.outcome) for step in world.view.fired]


def steps(world):
    return [step for step, _ in fired(world)]


def creates(world):
    return [record for record in world.writes.values() if isinstance(record.intent, CreateTicket)]


POINTS = [
    (80, 0, 48 * 60),
    (100, 0, 3600),
    (100, 600, 4200),
    (100, -600, 3000),
    (0, 0, 0),
    (150, 0, 5400),
    (100, -7200, 0),
]


@pytest.mark.parametrize(("percent", "offset", "seconds"), POINTS)
def test_a_step_fires_at_its_second(world_with, percent, offset, seconds):
    world = world_with(note("it", FIRST, percent, offset))
    world.work()
    if seconds:
        assert steps(world) == []
        assert world.history[-1].next_wake == world.now + timedelta(seconds=min(seconds, 3601))
        world.later(seconds=seconds - 1)
        world.work()
        assert steps(world) == []
        world.later(seconds=1)
        world.work()
    assert steps(world) == ["it"]
    for _ in range(3):
        world.later(hours=1)
        world.work()
    assert steps(world) == ["it"]


def test_it_wakes_for_the_breach_too(world_with):
    world = world_with()
    world.work()
    assert world.history[-1].next_wake == world.now + timedelta(seconds=3601)
    world.later(seconds=3601)
    world.work()
    assert "clock_breached" in world.codes
    assert world.history[-1].next_wake == world.view.opened_at + timedelta(seconds=8 * 3600 + 1)


def test_it_wakes_for_what_has_not_happened_yet(make_world):
    world = make_world()
    world.now -= timedelta(seconds=3)  # the vendor's clock is ahead
    world.read()
    world.record(world.decide())
    assert world.view.clocks == ()
    assert world.history[-1].next_wake == world.view.opened_at


def test_several_that_are_past_fire_in_the_order_of_their_times(world_with):
    world = world_with(note("b", FIRST, 100), note("c", RESOLUTION, 20), note("a", FIRST, 50))
    world.work()
    world.later(hours=2)
    world.work()
    assert steps(world) == ["a", "b", "c"]
    late = {
        e.facts["step"]: e.facts["late_seconds"]
        for d in world.history
        for e in d.timeline
        if "step" in e.facts
    }
    assert late == {"a": "5400", "b": "3600", "c": "1440"}


def test_a_new_cycle_climbs_anew(world_with):
    world = world_with(
        note("it", Metric.NEXT_RESPONSE), targets=Targets(default={FIRST: 60, Metric.NEXT_RESPONSE: 60})
    )
    world.work()
    for _ in range(2):
        world.later(minutes=1)
        world.says(world.origin, Role.AGENT, "Answer")
        world.later(minutes=1)
        world.says(world.origin, Role.CUSTOMER, "Question")
        world.work()
        world.later(minutes=2)
        world.work()
    begun = [clock.started_at for clock in world.view.clocks if clock.metric is Metric.NEXT_RESPONSE]
    assert [(step.step, step.started_at) for step in world.view.fired] == [("it", begun[0]), ("it", begun[1])]


def test_a_pause_freezes_the_steps(world_with):
    world = world_with(note("it", RESOLUTION))
    world.work()
    world.later(hours=7)
    world.set(world.origin, "waiting_customer")
    world.work()
    assert world.history[-1].next_wake is None or world.history[-1].next_wake > world.now
    world.later(days=3)
    world.work()
    assert steps(world) == []
    world.set(world.origin, "open")
    world.work()
    assert steps(world) == []
    world.later(hours=1)
    world.work()
    assert fired(world) == [("it", StepOutcome.FIRED)]


@pytest.mark.parametrize("ending", ["answered", "solved", "deleted", "merged", "spam", "gone"])
def test_what_is_over_climbs_no_further(world_with, ending):
    world = world_with(note("it"), Step("up", FIRST, 100, 0, (Escalate("engineering"), RaisePriority())))
    world.work()
    world.later(minutes=59)
    match ending:
        case "answered":
            world.says(world.origin, Role.AGENT, "Answer")
        case "solved":
            world.set(world.origin, "solved")
        case "gone":
            world.view = replace(world.view, gone={world.origin: "no such ticket"})
        case _:
            world.set(world.origin, presence=Presence(ending))
    world.work()
    world.later(hours=4)
    world.work()
    assert steps(world) == []
    assert world.writes == {}
    if ending not in ("answered", "solved"):
        assert world.view.state is CaseState.CLOSED


def test_what_is_too_late_is_logged_and_not_carried_out(world_with):
    world = world_with(note("old"), note("new", FIRST, 1000), stale_after_seconds=3600)
    world.work()
    world.later(hours=10)
    world.work()
    assert fired(world) == [("old", StepOutcome.STALE), ("new", StepOutcome.FIRED)]
    assert "step_stale" in world.codes
    assert [key for key in world.writes if "old" in key] == []


def test_at_the_limit_it_is_not_too_late(world_with):
    world = world_with(note("it"), stale_after_seconds=3600)
    world.work()
    world.later(hours=2)
    world.work()
    assert fired(world) == [("it", StepOutcome.FIRED)]


BY_PRIORITY = Targets(
    by_priority={RESOLUTION: {Priority.URGENT: 4 * 3600}}, default={RESOLUTION: 5 * 24 * 3600}
)


def test_a_promise_that_is_broken_by_a_shorter_target_climbs(world_with):
    world = world_with(note("it", RESOLUTION), targets=BY_PRIORITY)
    world.work()
    world.later(hours=10)
    world.set(world.origin, priority=Priority.URGENT)
    world.work()
    assert fired(world) == [("it", StepOutcome.FIRED)]
    assert world.codes.count("clock_breached") == 1


def test_an_old_ticket_that_becomes_urgent_climbs(world_with):
    world = world_with(note("it", RESOLUTION), targets=BY_PRIORITY)
    world.work()
    for _ in range(3):
        world.later(days=1)
        world.work()
    world.set(world.origin, priority=Priority.URGENT)
    world.work()
    assert fired(world) == [("it", StepOutcome.FIRED)]


def test_a_retarget_does_not_fire_a_step_again(world_with):
    world = world_with(note("it", RESOLUTION), targets=BY_PRIORITY)
    world.work()
    world.later(hours=10)
    for priority in (Priority.URGENT, Priority.LOW, Priority.URGENT):
        world.set(world.origin, priority=priority)
        world.work()
        world.later(hours=1)
    assert steps(world) == ["it"]


def test_steps_before_a_reopening_are_never_sent(world_with):
    world = world_with(
        note("it", Metric.NEXT_RESPONSE), targets=Targets(default={FIRST: 60, Metric.NEXT_RESPONSE: 3600})
    )
    world.says(world.origin, Role.AGENT, "Answer")
    world.set(world.origin, "solved")
    world.work()
    world.later(minutes=1)
    world.says(world.origin, Role.CUSTOMER, "Thanks!")
    world.work()
    world.later(hours=16)
    world.set(world.origin, "open")  # an agent, for another reason
    world.work()
    assert fired(world) == [("it", StepOutcome.STALE)]
    assert "step_before_reopening" in world.codes


def test_a_message_that_is_seen_late_fires_no_step_twice(world_with):
    world = world_with(
        note("it", Metric.NEXT_RESPONSE), targets=Targets(default={FIRST: 60, Metric.NEXT_RESPONSE: 3600})
    )
    world.says(world.origin, Role.AGENT, "Answer")
    world.work()
    world.later(minutes=30)
    question = world.says(world.origin, Role.CUSTOMER, "Question")
    world.later(minutes=61)
    world.work()
    assert steps(world) == ["it"]
    earlier = question.created_at - timedelta(minutes=10)
    world.says(world.origin, Role.CUSTOMER, "Earlier", at=earlier)
    world.says(world.origin, Role.AGENT, "Answered", at=earlier + timedelta(minutes=1))
    world.work()
    assert steps(world) == ["it"]


# --- actions ----------------------------------------------------------------------------------------------------------


def act(world_with, *actions, priority=Priority.NORMAL):
    world = world_with(Step("it", FIRST, 100, 0, actions), priority=priority)
    world.work()
    world.later(hours=1)
    world.read()
    world.record(world.decide())
    return [record.intent for record in world.writes.values()]


def test_a_note_is_private(world_with):
    (intent,) = act(world_with, LeaveNote("sla_breached"))
    assert isinstance(intent, WriteComment)
    assert (intent.visibility, intent.message.visibility) == (Visibility.PRIVATE, Visibility.PRIVATE)
    assert intent.message.facts["left_seconds"] == "0"


@pytest.mark.parametrize(
    ("present", "to", "wanted"),
    [
        (None, None, Priority.HIGH),
        (Priority.LOW, None, Priority.NORMAL),
        (Priority.HIGH, None, Priority.URGENT),
        (Priority.URGENT, None, None),
        (Priority.URGENT, Priority.HIGH, None),
        (Priority.LOW, Priority.URGENT, Priority.URGENT),
        (Priority.HIGH, Priority.HIGH, None),
        (None, Priority.LOW, Priority.LOW),
    ],
)
def test_a_priority_is_only_raised(world_with, present, to, wanted):
    intents = act(world_with, RaisePriority(to), priority=present)
    assert [intent.change.priority for intent in intents if isinstance(intent, ChangeTicket)] == (
        [wanted] if wanted else []
    )


def test_actions_come_in_their_order(world_with):
    intents = act(
        world_with, SendNotice("duty", "sla_breached"), LeaveNote("sla_breached"), Escalate("engineering")
    )
    assert [type(intent) for intent in intents] == [Notify, WriteComment, CreateTicket]


# --- escalations ------------------------------------------------------------------------------------------------------

UP = (Escalate("engineering"),)


def test_two_escalations_at_once_make_one_linked_ticket(world_with):
    world = world_with(Step("a", FIRST, 100, 0, UP), Step("b", RESOLUTION, 100, 0, UP))
    world.work()
    world.later(hours=9)
    world.work()
    assert steps(world) == ["a", "b"]
    assert len(creates(world)) == 1
    assert world.codes.count("already_escalated") == 1


def test_one_step_that_escalates_twice_makes_one_linked_ticket(world_with):
    world = world_with(Step("a", FIRST, 100, 0, UP + UP))
    world.work()
    world.later(hours=1)
    world.work()
    assert len(creates(world)) == 1


def test_two_routes_are_two_linked_tickets(make_world):
    routes = tuple(make_world.route(name=name, linked=name) for name in ("one", "two"))
    actions = tuple(Escalate(name) for name in ("one", "two"))
    world = make_world(
        policies=(make_world.policy(ladder=(Step("a", FIRST, 100, 0, actions),)),), routes=routes
    )
    world.read()
    world.record(world.decide())
    world.later(hours=1)
    world.record(world.decide())
    assert [record.intent.connection for record in creates(world)] == ["one", "two"]


def test_a_later_step_does_not_escalate_again(world_with):
    world = world_with(Step("a", FIRST, 100, 0, UP), Step("b", RESOLUTION, 100, 0, UP))
    world.escalate()
    world.later(hours=8)
    world.work()
    assert len(creates(world)) == 1
    assert "already_escalated" in world.codes


def test_an_objection_stops_it_and_is_written_down(world_with):
    world = world_with(Step("a", FIRST, 100, 0, UP))
    world.work()
    world.later(hours=1)
    (clock,) = (clock for clock in world.view.clocks if clock.metric is FIRST)
    key = keys.Step.of(FIRST, clock.started_at, "all", "a", 0).text
    vetoes = {key: (Veto("freeze", "release week"), Veto("night", "nobody is there"))}
    world.view = replace(world.view, advice=Advice(vetoes=vetoes))
    world.record(world.decide())
    assert creates(world) == []
    assert [e.facts["by"] for e in world.history[-1].timeline if e.code == "escalation_vetoed"] == [
        "freeze",
        "night",
    ]


def test_another_route_may_be_advised(make_world):
    routes = (make_world.route(), make_world.route(name="other", linked="dev"))
    world = make_world(policies=(make_world.policy(ladder=(Step("a", FIRST, 100, 0, UP),)),), routes=routes)
    world.work()
    world.later(hours=1)
    (clock,) = (clock for clock in world.view.clocks if clock.metric is FIRST)
    world.view = replace(
        world.view, advice=Advice(routes={keys.Step.of(FIRST, clock.started_at, "all", "a", 0).text: "other"})
    )
    world.record(world.decide())
    assert [record.intent.route for record in creates(world)] == ["other"]


def test_an_answer_withdraws_what_could_not_be_sent(world_with):
    world = world_with(Step("a", FIRST, 100, 0, (LeaveNote("sla_breached"), *UP)))
    world.work()
    world.later(hours=1)
    world.read()
    world.record(world.decide())
    world.says(world.origin, Role.AGENT, "Answer")
    world.work()
    assert {record.state for record in world.writes.values()} == {IntentState.CANCELLED}
    assert world.codes.count("withdrawn") == 2
    assert world.linked not in world.tickets


def test_what_may_have_been_made_is_not_withdrawn(world_with):
    world = world_with(Step("a", FIRST, 100, 0, UP))
    world.work()
    world.later(hours=1)
    world.read()
    world.record(world.decide())
    world.deliver(lambda _: "lost")
    world.says(world.origin, Role.AGENT, "Answer")
    world.set(world.origin, "solved")
    world.work()
    assert world.link.linked == world.linked
    assert world.status(world.origin) == "solved"
    told = [r for r in world.writes.values() if r.key.startswith(("tell:", "hand_on:"))]
    assert told == []


def test_what_was_withdrawn_stays_undone_when_the_ticket_is_reopened(world_with):
    """Its point lies before the reopening, and such steps are never sent."""
    world = world_with(Step("a", RESOLUTION, 100, 0, UP))
    world.work()
    world.later(hours=8)
    world.read()
    world.record(world.decide())
    world.set(world.origin, "solved")
    world.work()
    assert world.linked not in world.tickets
    world.later(minutes=10)
    world.set(world.origin, "open")
    world.work()
    world.later(hours=1)
    world.work()
    assert world.linked not in world.tickets
    assert "withdrawn" in world.codes


def test_a_breach_after_the_linked_ticket_was_finished_reaches_somebody(world_with):
    world = world_with(
        Step("a", FIRST, 100, 0, UP),
        Step("b", Metric.NEXT_RESPONSE, 100, 0, UP),
        targets=Targets(default={FIRST: 3600, Metric.NEXT_RESPONSE: 3600}),
    )
    world.escalate()
    world.says(world.origin, Role.AGENT, "Fixed")
    world.set(world.origin, "solved")
    world.work()
    assert world.status(world.linked) == "closed"
    world.later(days=30)
    world.says(world.origin, Role.CUSTOMER, "It is broken again")
    world.set(world.origin, "open")
    world.work()
    world.later(minutes=61)
    world.read()
    world.record(world.decide())
    assert len(creates(world)) == 2


# --- clocks in the history --------------------------------------------------------------------------------------------


def test_a_reopened_clock_runs_on_and_says_so(world_with):
    world = world_with()
    world.says(world.origin, Role.AGENT, "Answer")
    world.set(world.origin, "solved")
    world.work()
    world.later(hours=1)
    world.set(world.origin, "open")
    world.work()
    assert [code for code in world.codes if code in ("clock_met", "clock_resumed")] == [
        "clock_met",
        "clock_met",
        "clock_resumed",
    ]
    assert {c.state for c in world.view.clocks if c.metric is RESOLUTION} == {ClockState.RUNNING}


def test_a_ticket_without_a_policy_is_left_alone(make_world):
    world = make_world(policies=(make_world.policy(match=Condition.of({"tags": ("vip",)})),))
    world.work()
    world.later(days=3)
    world.work()
    assert world.view.clocks == ()
    assert world.writes == {}
    assert world.history[-1].next_wake is None


def test_a_promise_that_falls_away_is_said(world_with):
    world = world_with(targets=Targets(by_priority={RESOLUTION: {Priority.NORMAL: 3600}}))
    world.work()
    world.set(world.origin, priority=Priority.LOW)
    before = len(world.codes)
    world.work()
    assert world.codes[before:]


def test_no_step_is_carried_out_on_a_ticket_that_cannot_be_read(world_with):
    """An answer may be in it."""
    world = world_with(note("breach"))
    world.work()
    world.later(minutes=61)
    world.view = replace(world.view, unread=frozenset({world.origin}))
    unreadable = world.decide()
    assert (unreadable.fired, unreadable.intents) == ((), ())
    world.view = replace(world.view, unread=frozenset())
    readable = world.decide()
    assert [step.step for step in readable.fired] == ["breach"]
    assert world.origin in readable.rests_on


def test_a_ladder_whose_turn_has_not_come_waits_for_it(world_with):
    world = world_with(note("breach"))
    world.work()
    world.later(minutes=61)
    turn_at = world.now + timedelta(minutes=5)
    world.view = replace(world.view, turn_at=turn_at)
    decision = world.decide()
    assert (decision.fired, decision.next_wake) == ((), turn_at)
