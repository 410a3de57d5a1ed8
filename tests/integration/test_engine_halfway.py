"""A status that is reached over another one, where the bridge gets no further than that."""

import pytest

from escalation_bridge.domain.case.cases import Link
from escalation_bridge.domain.routes.routes import StatusMap
from escalation_bridge.domain.tickets.tickets import StatusKind
from escalation_bridge.errors import Rejected, Unavailable

KINDS = ("new", "open", "waiting_customer", "waiting_third_party", "solved", "closed")
ALIKE = StatusMap({kind: kind for kind in KINDS})


@pytest.fixture
def linked(make_scene, make_route):
    """A link whose status nobody owns; at the linked end all statuses are reached over "open"."""
    scene = make_scene(routes=(make_route(to_linked=ALIKE, to_origin=ALIKE, owner=None),))
    ticket = scene.support.customer_writes("Printer on fire", "It burns.")
    scene.news(scene.support, ticket)
    scene.run(minutes=61)
    scene.run(minutes=1)
    scene.dev.way_over = StatusKind.OPEN
    return scene, ticket, next(iter(scene.dev.tickets))


def stops(scene, ticket, *, times=1):
    """The customer's ticket is solved, and the bridge gets only as far as "open" at the other end."""
    scene.dev.faults["halfway"] = [Unavailable("down", scene.dev.at("update_ticket"))] * times
    scene.support.set_status(ticket, StatusKind.SOLVED)
    scene.news(scene.support, ticket)


def link_of(scene) -> Link:
    return scene.view().links[0]


def later(scene):
    for _ in range(6):
        scene.run(minutes=1)


def test_a_stop_on_the_way_is_nobodys_change_and_the_way_is_gone_to_its_end(linked):
    scene, ticket, issue = linked
    stops(scene, ticket)
    assert scene.dev.tickets[issue].status.kind is StatusKind.OPEN
    scene.news(scene.dev, issue)
    later(scene)
    assert link_of(scene).hold is None
    assert scene.dev.tickets[issue].status.kind is StatusKind.SOLVED
    assert scene.support.tickets[ticket].status.kind is StatusKind.SOLVED


def test_a_process_that_is_killed_on_the_way_is_gone_on_for(linked):
    scene, ticket, issue = linked

    class Killed(BaseException):
        pass

    scene.dev.faults["halfway"] = [Killed()]
    scene.support.set_status(ticket, StatusKind.SOLVED)
    with pytest.raises(Killed):
        scene.news(scene.support, ticket)
    assert scene.dev.tickets[issue].status.kind is StatusKind.OPEN
    later(scene)  # another one takes over, and has heard nothing of the issue
    assert link_of(scene).hold is None
    assert scene.dev.tickets[issue].status.kind is StatusKind.SOLVED
    assert scene.support.tickets[ticket].status.kind is StatusKind.SOLVED


def test_somebodys_change_of_a_ticket_on_its_way_counts(linked):
    scene, ticket, issue = linked
    stops(scene, ticket)
    scene.dev.set_status(issue, StatusKind.WAITING_CUSTOMER)
    scene.news(scene.dev, issue)
    later(scene)
    assert link_of(scene).hold.reason == "status_conflict"
    assert scene.dev.tickets[issue].status.kind is StatusKind.WAITING_CUSTOMER
    assert scene.support.tickets[ticket].status.kind is StatusKind.SOLVED


def test_nothing_is_decided_while_it_cannot_be_told_who_it_was(linked):
    scene, ticket, issue = linked
    stops(scene, ticket)
    away = Unavailable("down", scene.dev.at("is_own_status"))
    scene.dev.faults |= {"is_own_status": [away] * 3, "update_ticket": [away] * 2}
    scene.news(scene.dev, issue)
    assert link_of(scene).hold is None
    assert scene.dev.tickets[issue].status.kind is StatusKind.OPEN
    later(scene)
    assert link_of(scene).hold is None
    assert scene.dev.tickets[issue].status.kind is StatusKind.SOLVED


def test_a_way_that_ends_half_way_for_good_is_told_as_refused(linked):
    scene, ticket, issue = linked
    scene.dev.faults["halfway"] = [Rejected("a field is missing", scene.dev.at("update_ticket"))]
    scene.support.set_status(ticket, StatusKind.SOLVED)
    scene.news(scene.support, ticket)
    scene.dev.faults["update_ticket"] = [Rejected("a field is missing", scene.dev.at("update_ticket"))] * 9
    scene.news(scene.dev, issue)
    later(scene)
    hold = link_of(scene).hold
    assert hold.reason == "status_refused"
    assert "a field is missing" in hold.facts["error"]
    assert scene.support.tickets[ticket].status.kind is StatusKind.SOLVED
    assert len(scene.dev.faults["update_ticket"]) >= 8, "it is not tried over and over again"
