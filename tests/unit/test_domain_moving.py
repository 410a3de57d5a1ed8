"""A linked ticket that is moved to another project: the route that leads there, or a hold."""

from dataclasses import replace

import pytest

from escalation_bridge.domain.case.writes.comments import WriteComment
from escalation_bridge.domain.routes.routes import StatusMap
from escalation_bridge.domain.routes.sides import Keep
from escalation_bridge.domain.tickets.tickets import Role, Visibility

KEPT = dict.fromkeys(("new", "open", "waiting_customer", "waiting_third_party"), Keep.KEEP)


def move(world, project):
    world.set(world.linked, key=f"{project}-7", custom_fields={"project": project})
    world.work()


@pytest.fixture
def in_eng(make_world):
    """A ticket handed on to the project ENG; `more` are further routes."""

    def make(*more):
        ways = {
            "to_linked": StatusMap({**KEPT, "solved": "closed"}),
            "to_origin": StatusMap({**KEPT, "closed": "solved"}),
        }
        route = make_world.route(fields={"project": "ENG"}, **ways)
        world = make_world(routes=(route, *more)).escalate()
        world.later(minutes=1)
        move(world, "ENG")
        return world

    return make


def notes(world):
    return [
        r.intent.ticket
        for r in world.writes.values()
        if isinstance(r.intent, WriteComment) and r.intent.message.template == "project_moved"
    ]


def test_without_a_route_there_the_link_is_held_and_nothing_is_carried_over(in_eng):
    world = in_eng()
    move(world, "OPS")
    assert (world.link.hold.reason, world.link.hold.facts["project"]) == ("project_moved", "OPS")
    assert sorted(notes(world)) == sorted([world.origin, world.linked])
    world.set(world.linked, "closed")
    world.says(world.linked, Role.AGENT, "done here", Visibility.PRIVATE)
    world.work()
    assert world.status(world.origin) != "solved"


def test_it_goes_on_when_it_is_moved_back(in_eng):
    world = in_eng()
    move(world, "OPS")
    move(world, "ENG")
    assert (world.link.hold, world.link.route) == (None, "engineering")


def test_the_route_that_leads_there_takes_over(in_eng, make_world):
    ops = make_world.route(
        name="operations",
        fields={"project": "OPS"},
        to_origin=StatusMap({**KEPT, "closed": "open"}),
        to_linked=StatusMap({**KEPT, "solved": "closed"}),
    )
    world = in_eng(ops)
    move(world, "ops")
    assert (world.link.hold, world.link.route) == (None, "operations")
    world.set(world.origin, "waiting_customer")
    world.set(world.linked, "closed")
    world.work()
    assert world.status(world.origin) == "open", "the map of the new project counts"
    assert notes(world) == []


def test_somebody_who_has_looked_lets_it_go_on_as_it_was(in_eng):
    world = in_eng()
    move(world, "OPS")
    world.later(minutes=1)
    world.says(world.origin, Role.AGENT, "/bridge retry", Visibility.PRIVATE)
    world.work()
    assert (world.link.hold, world.link.route, world.link.project) == (None, "engineering", "OPS")
    world.set(world.linked, "closed")
    world.work()
    assert world.status(world.origin) == "solved"


def test_a_ticket_that_never_moved_is_left_alone(in_eng):
    world = in_eng()
    decision = world.decide()
    assert (decision.links, decision.timeline) == ((), ())
    assert replace(world.link, project=None) != world.link


def test_who_has_looked_at_another_trouble_has_not_seen_the_move(in_eng):
    world = in_eng()
    world.set(world.linked, "odd")
    world.work()
    assert world.link.hold.reason == "status_unmapped"
    world.later(minutes=1)
    world.says(world.origin, Role.AGENT, "/bridge retry", Visibility.PRIVATE)
    world.work()
    move(world, "OPS")
    assert world.link.hold.reason == "project_moved"
