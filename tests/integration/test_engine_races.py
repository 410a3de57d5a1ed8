"""Somebody is quicker than the bridge: what they did stands."""

import pytest

from escalation_bridge.domain.tickets.tickets import StatusKind
from escalation_bridge.errors import NotApplied, NotReachable


@pytest.fixture
def linked(scene):
    ticket = scene.support.customer_writes("Printer on fire", "It burns.")
    scene.news(scene.support, ticket)
    scene.run(minutes=61)
    scene.clock.advance(minutes=1)
    return scene, ticket, next(iter(scene.dev.tickets))


def test_a_status_set_between_the_bridges_write_and_its_look_is_not_overwritten(linked):
    """The plugin looks at what it wrote, finds a third status and says that its own was not applied."""
    scene, ticket, issue = linked
    support = scene.support

    class Quick(list):
        """The agent acts in the moment after the bridge's write."""

        def pop(self, _index=0):
            support.set_status(ticket, StatusKind.SOLVED)
            self.clear()
            return NotApplied("status did not change", support.at("update_ticket"))

    support.faults["after_update_ticket"] = Quick([None])
    scene.dev.set_status(issue, StatusKind.SOLVED)  # would open the customer's ticket
    scene.news(scene.dev, issue)
    scene.hear(support, ticket)
    for _ in range(5):
        scene.run(seconds=3)
    assert support.tickets[ticket].status.kind is StatusKind.SOLVED
    assert scene.dev.tickets[issue].status.kind is StatusKind.CLOSED, "the origin is the owner"
    states = [r.state for r in scene.view().intents.values() if r.key.startswith("status:")]
    assert states == ["cancelled", "done"]


def test_a_status_that_waits_for_a_connection_is_decided_anew_when_it_is_back(linked):
    scene, ticket, issue = linked
    scene.support.faults["update_ticket"] = [NotReachable("down", scene.support.at("update_ticket"))]
    scene.dev.set_status(issue, StatusKind.SOLVED)
    scene.news(scene.dev, issue)
    scene.support.set_status(ticket, StatusKind.SOLVED)
    scene.news(scene.support, ticket)
    for _ in range(5):
        scene.run(seconds=5)
    assert scene.support.tickets[ticket].status.kind is StatusKind.SOLVED, "the origin is the owner"
    assert scene.view().links[0].hold is None


def test_a_status_that_was_really_not_applied_is_tried_again(linked):
    scene, ticket, issue = linked
    support = scene.support
    support.faults["update_ticket"] = [NotApplied("not as wanted", support.at("update_ticket"))]
    scene.dev.set_status(issue, StatusKind.SOLVED)
    scene.news(scene.dev, issue)
    assert support.tickets[ticket].status.kind is StatusKind.WAITING_THIRD_PARTY
    scene.run(seconds=5)
    assert support.tickets[ticket].status.kind is StatusKind.OPEN
