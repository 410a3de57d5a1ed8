"""Extensions are asked about every escalation before it is recorded, however many there are at once."""

import pytest

from escalation_bridge.domain.case.cases import Veto
from escalation_bridge.domain.escalation.actions.escalate import Escalate
from escalation_bridge.domain.sla.policy import Metric, Step
from escalation_bridge.plugin.hooks import EscalationHooks, hookimpl


class Objects(EscalationHooks):
    def __init__(self):
        self.asked = 0

    @hookimpl
    def veto_escalation(self, view, route):
        self.asked += 1
        return Veto("freeze", "release week")


class Redirects(EscalationHooks):
    @hookimpl
    def choose_target(self, view, route, candidates):
        return "nowhere" if "nowhere" in candidates else "other"


@pytest.fixture
def database_kind():
    return "sqlite"


LADDER = (
    Step("a", Metric.FIRST_RESPONSE, 100, 0, (Escalate("engineering"),)),
    Step("b", Metric.RESOLUTION, 100, 0, (Escalate("engineering"),)),
)


@pytest.fixture
def play(make_scene, make_policy):
    def make(extension, **scene):
        scene = make_scene((make_policy(ladder=LADDER),), **scene, extension=extension)
        ticket = scene.support.customer_writes("Printer on fire", "It burns.")
        scene.news(scene.support, ticket)
        scene.run(hours=9)
        return scene

    return make


def test_an_objection_to_the_first_of_two_is_no_leave_for_the_second(play):
    objects = Objects()
    scene = play(objects)
    assert scene.dev.tickets == {}
    assert scene.timeline().count("escalation_vetoed") == objects.asked == 2


def test_of_two_escalations_at_once_one_ticket_is_made(play):
    scene = play(EscalationHooks())
    assert len(scene.dev.tickets) == 1
    assert scene.timeline().count("already_escalated") == 1


def test_when_the_first_is_redirected_the_second_is_asked_about_too(play, make_route):
    scene = play(Redirects(), routes=(make_route(), make_route(name="other")))
    assert len(scene.dev.tickets) == 1
    assert [link.route for link in scene.view().links] == ["other"]
