"""What waits holds back itself and nothing else."""

from dataclasses import replace

import pytest

from escalation_bridge.domain.escalation.actions.note import LeaveNote
from escalation_bridge.domain.sla.policy import Metric, Step
from escalation_bridge.domain.tickets.tickets import Role, StatusKind, Visibility


@pytest.fixture
def database_kind():
    return "sqlite"


@pytest.fixture
def capped(make_scene, make_policy):
    """A linked case whose next step is due and has to wait for its turn, because another case's has just fired."""
    policy = make_policy()
    late = Step("late", Metric.RESOLUTION, 100, 0, (LeaveNote("sla_breached"),))
    scene = make_scene((replace(policy, ladder=(*policy.ladder, late), hourly_cap=2),))
    first = scene.support.customer_writes("Fire", "It burns.")
    scene.news(scene.support, first)
    scene.run(minutes=61)
    (issue,) = scene.dev.tickets
    scene.clock.advance(minutes=340)
    second = scene.support.customer_writes("Smoke", "It smokes.")
    scene.news(scene.support, second)
    scene.run(minutes=61)
    scene.run(minutes=20)
    assert "capped" in scene.timeline(1)
    assert len(scene.view(1).fired) == 2
    return scene, first, issue


def test_a_case_that_waits_for_its_turn_passes_comments_and_statuses_on(capped):
    scene, first, issue = capped
    scene.clock.advance(minutes=1)
    scene.dev.says(issue, "Looking into it.", Role.AGENT, Visibility.PRIVATE)
    scene.dev.set_status(issue, StatusKind.WAITING_CUSTOMER)
    scene.news(scene.dev, issue)
    assert "Looking into it." in scene.support.comments[first][-1].body.text
    assert scene.timeline(1).count("capped") == 1, "said once, whatever else happens meanwhile"
    assert scene.support.tickets[first].status.kind is StatusKind.WAITING_CUSTOMER


def test_a_case_that_waits_for_its_turn_is_heard_when_it_is_answered(capped):
    scene, first, _ = capped
    scene.clock.advance(minutes=1)
    scene.support.says(first, "Fixed.", Role.AGENT)
    scene.support.set_status(first, StatusKind.SOLVED)
    scene.news(scene.support, first)
    scene.run(hours=3)
    assert {step.step for step in scene.view(1).fired} == {"warn", "escalate"}


def test_a_finished_linked_ticket_hears_no_more_than_it_has_to(make_scene, make_policy):
    """After a second hand-over, what is said goes to the ticket where the work is."""
    ladder = tuple(
        Step(metric, metric, 100, 0, make_policy().ladder[1].actions)
        for metric in (Metric.FIRST_RESPONSE, Metric.NEXT_RESPONSE)
    )
    policy = make_policy(ladder=ladder)
    targets = replace(policy.targets, default={**policy.targets.default, Metric.NEXT_RESPONSE: 3600})
    scene = make_scene((replace(policy, targets=targets),))
    ticket = scene.support.customer_writes("Fire", "It burns.")
    scene.news(scene.support, ticket)
    scene.run(minutes=61)
    (old,) = scene.dev.tickets
    scene.support.says(ticket, "Fixed.", Role.AGENT)
    scene.support.set_status(ticket, StatusKind.SOLVED)
    scene.news(scene.support, ticket)
    scene.clock.advance(days=30)
    scene.support.says(ticket, "It burns again.", Role.CUSTOMER)
    scene.support.set_status(ticket, StatusKind.OPEN)
    scene.news(scene.support, ticket)
    scene.run(minutes=61)
    new = next(number for number in scene.dev.tickets if number != old)
    scene.clock.advance(minutes=1)
    scene.support.says(ticket, "Hello?", Role.CUSTOMER)
    scene.news(scene.support, ticket)
    assert "Hello?" in scene.dev.comments[new][-1].body.text
    assert "Hello?" not in scene.dev.comments[old][-1].body.text
