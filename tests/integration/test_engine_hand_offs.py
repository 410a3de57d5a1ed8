"""The hand-off of the team behind the linked ticket: how long it has the ball, and what happens when that takes too long."""

from dataclasses import replace

import pytest

from escalation_bridge.domain.escalation.case_hand_offs import case_hand_offs
from escalation_bridge.domain.sla.calendar import ALWAYS
from escalation_bridge.domain.sla.hand_offs import HandOffTarget, PartyKind
from escalation_bridge.domain.tickets.tickets import Role, StatusKind, Visibility
from escalation_bridge.engine.worker import Worker


@pytest.fixture
def handed_on(scene):
    """A case that engineering has had since an hour after it was opened, with two hours promised."""
    route = replace(scene.bridge.rules.routes["engineering"], hand_off=HandOffTarget(7200, "always", ALWAYS))
    scene.bridge = replace(scene.bridge, rules=replace(scene.bridge.rules, routes={"engineering": route}))
    scene.worker = Worker(scene.bridge)
    ticket = scene.support.customer_writes("Printer on fire", "It burns.")
    scene.news(scene.support, ticket)
    scene.run(minutes=60)
    return scene, ticket, next(iter(scene.dev.tickets))


def told(scene, issue):
    return [c for c in scene.dev.comments.get(issue, []) if "with your team" in c.body.text]


def test_those_who_hold_the_ball_are_told_once(handed_on):
    scene, _, issue = handed_on
    scene.run(minutes=119)
    assert told(scene, issue) == []
    scene.run(minutes=2)
    (note,) = told(scene, issue)
    assert note.visibility is Visibility.PRIVATE
    for _ in range(3):
        scene.run(hours=1)
    assert len(told(scene, issue)) == 1
    assert scene.timeline().count("leg_over") == 1


def test_who_has_finished_is_not_told(handed_on):
    scene, _, issue = handed_on
    scene.clock.advance(minutes=30)
    scene.dev.set_status(issue, StatusKind.SOLVED)
    scene.news(scene.dev, issue)
    scene.run(hours=5)
    assert told(scene, issue) == []


def test_the_legs_add_up_to_the_whole(handed_on):
    scene, ticket, issue = handed_on
    for minutes, kind in ((30, StatusKind.SOLVED), (20, StatusKind.OPEN), (40, StatusKind.SOLVED)):
        scene.clock.advance(minutes=minutes)
        scene.dev.set_status(issue, kind)
        scene.news(scene.dev, issue)
    scene.clock.advance(minutes=10)
    scene.support.says(ticket, "Fixed.", Role.AGENT)
    scene.support.set_status(ticket, StatusKind.SOLVED)
    scene.news(scene.support, ticket)
    view = scene.view()
    hand_offs = case_hand_offs(view, scene.clock(), view.linked_events)
    minutes = [
        (hand_off.party.kind, (hand_off.end - hand_off.start).total_seconds() / 60) for hand_off in hand_offs
    ]
    assert minutes == [
        (PartyKind.SUPPORT, 60),
        (PartyKind.LINKED, 30),
        (PartyKind.SUPPORT, 20),
        (PartyKind.LINKED, 40),
        (PartyKind.SUPPORT, 10),
    ]
