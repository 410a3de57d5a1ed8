"""Whatever happens to an escalation: what was decided about it is not decided again, and no write is decided twice."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from bridge_helpers.teams import BUDI, HOUSE, RANI, SARI, person
from escalation_bridge.domain.case.writes.notes import ReviseNote
from escalation_bridge.domain.commands.verbs import VERBS
from escalation_bridge.domain.escalation.actions.escalate import BY_RULES, Escalate
from escalation_bridge.domain.escalation.escalating import NEXT_LEVEL
from escalation_bridge.domain.sla.calendar import ALWAYS
from escalation_bridge.domain.sla.hand_offs import HandOffTarget, LateStep
from escalation_bridge.domain.sla.policy import Metric, Step
from escalation_bridge.domain.teams.directory import Discipline, RoutingRule, Trigger
from escalation_bridge.domain.teams.permissions import Circle, Permissions
from escalation_bridge.domain.tickets.conditions import Condition, Operator, Test
from escalation_bridge.domain.tickets.tickets import Group, Presence, Role, Visibility

LINES = (
    *("escalate payments cannot pay", "escalate next cannot pay", "escalate engineering cannot pay"),
    *("escalate auto cannot pay", "escalate leads cannot pay", "escalate first cannot pay", "escalate"),
    *(
        "deescalate a mistake",
        "ack",
        "owner sari",
        "owner budi",
        "snooze 2h",
        "who",
        "why",
        "how",
        "how nothing",
        "retry",
        "unlink",
    ),
    *("reproduced yes", "reproduced no", "away 2 days"),
)
GROUPS = ("First", "Payments", "Leads", "Elsewhere")
FATES = ("done", "done", "done", "later", "failed", "lost")
acts = st.one_of(
    st.tuples(st.just("asks"), st.sampled_from(("origin", "linked")), st.sampled_from(LINES)),
    st.tuples(st.just("group"), st.sampled_from(GROUPS)),
    st.tuples(st.just("assignee"), st.sampled_from((SARI, BUDI, RANI))),
    st.tuples(st.just("presses"), st.booleans()),
    st.tuples(
        st.just("status"),
        st.sampled_from(("origin", "linked")),
        st.sampled_from(("open", "solved", "closed")),
    ),
    st.tuples(st.just("presence"), st.sampled_from((Presence.PRESENT, Presence.SPAM))),
    st.tuples(st.just("time"), st.sampled_from((1, 400, 3700, 20_000, 300_000))),
    st.tuples(st.just("fates"), st.lists(st.sampled_from(FATES), min_size=1, max_size=4)),
)
BUTTON = Trigger(
    "to-payments",
    Condition((Test("tags", Operator.CONTAINS, ("escalate-payments",)),)),
    "escalate payments by the button",
    remove_tags=("escalate-payments",),
)
RULES = (
    RoutingRule("bug", Condition(), "engineering", reproducible=True),
    RoutingRule("unclear", Condition(), "payments", reproducible=False),
)
STEPS = (
    Step("one", Metric.FIRST_RESPONSE, 50, 0, (Escalate(team="payments"),)),
    Step("two", Metric.FIRST_RESPONSE, 100, 0, (Escalate("engineering"), Escalate(team=NEXT_LEVEL))),
    Step("three", Metric.RESOLUTION, 10, 0, (Escalate(team=BY_RULES),)),
    Step("four", Metric.RESOLUTION, 100, 0, (Escalate(team="leads"),)),
)
OF_ESCALATIONS = ("command", "ladder", "waiting_steps", "follow_escalation", "late_leg")
HISTORY = {
    *("escalated_to_team", "handed_on", "escalation_joined", "escalation_taken", "escalation_unassigned"),
    *("escalation_raised", "escalation_closed", "team_skipped", "nobody_anywhere", "transferred_too_often"),
    *("no_next_level", "team_gone", "escalated", "already_escalated", "acknowledged", "snoozed", "leg_over"),
}


def do(world, act):
    kind, *more = act
    refs = {"origin": world.origin, "linked": world.linked}
    match kind:
        case "asks":
            world.says(refs[more[0]], Role.AGENT, f"/bridge {more[1]}", Visibility.PRIVATE)
        case "group":
            world.set(world.origin, group=Group(more[0], more[0]), assignee=None)
        case "assignee":
            world.set(world.origin, assignee=person(more[0]))
        case "presses":
            world.set(world.origin, tags=("escalate-payments",) if more[0] else ())
        case "status" if refs[more[0]] in world.tickets:
            world.set(refs[more[0]], more[1])
        case "presence":
            world.set(world.origin, presence=more[0])
        case "time":
            world.later(seconds=more[0])
    world.later(seconds=1)


def look(world, fates):
    world.read()
    decision = world.decide()
    assert world.decide() == decision
    world.record(decision)
    if decision.retried:  # those that follow from what the tickets showed are decided anew by the next look
        decision = world.decide()
        world.record(decision)
    again = world.decide()
    # A link is announced in one look, and kept in step from the next one on: that is not about escalations.
    assert [keyed for keyed in again.intents if keyed.rule in OF_ESCALATIONS] == []
    assert [entry.code for entry in again.timeline if entry.code in HISTORY] == []
    assert (again.fired, again.escalations, again.happened, again.absences) == ((), (), (), ())
    assert [key for key in again.withdrawn if key.startswith("escalation:")] == []
    for each in decision.escalations:
        event(f"{each.changes[-1].what} {each.changes[-1].cause}")
    turn = iter(range(10_000))
    world.deliver(
        lambda record: "later" if isinstance(record.intent, ReviseNote) else fates[next(turn) % len(fates)]
    )


@pytest.mark.parametrize("most_transfers", [2, 50])
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plays=st.lists(st.lists(acts, min_size=1, max_size=4), min_size=1, max_size=12))
def test_what_was_decided_of_an_escalation_is_not_decided_again(make_world, most_transfers, plays):
    late = HandOffTarget(3600, "always", ALWAYS, (LateStep(0, "payments"), LateStep(3600, NEXT_LEVEL)))
    world = make_world(policies=(make_world.policy(ladder=STEPS),), routes=(make_world.route(hand_off=late),))
    directory = replace(
        HOUSE,
        discipline=Discipline(most_transfers=most_transfers, raise_after_days=2),
        rules=RULES,
        triggers=(BUTTON,),
        permissions=Permissions(dict.fromkeys(VERBS, Circle.ANYBODY)),
    )
    world.rules = replace(world.rules, directory=directory)
    fates = ["done"]
    for play in plays:
        for act in play:
            if act[0] == "fates":
                fates = act[1]
            else:
                do(world, act)
        look(world, fates)
