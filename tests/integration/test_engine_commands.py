"""Commands in private notes through the whole engine: links made and taken back by agents, and failed writes tried again."""

import pytest

from escalation_bridge.domain.tickets import Role, Visibility
from escalation_bridge.errors import Rejected

PRIVATE = Visibility.PRIVATE


def asked(scene, ticket, words, plugin=None):
    plugin = plugin or scene.support
    scene.clock.advance(seconds=30)
    plugin.says(ticket, words, Role.AGENT, PRIVATE)
    scene.news(plugin, ticket)


def said(plugin, ticket, words):
    return [c for c in plugin.comments.get(ticket, []) if words in c.body.text and c.author.id == "bridge"]


@pytest.fixture
def both(scene):
    """A customer's ticket and an issue that know nothing of each other."""
    ticket = scene.support.customer_writes("Printer on fire", "It burns.")
    scene.news(scene.support, ticket)
    issue = scene.dev.customer_writes("Printers burn", "All of them.")
    return ticket, issue


def test_an_agent_links_a_ticket_that_is_there_and_takes_it_back(scene, both):
    ticket, issue = both
    asked(scene, ticket, f"/bridge link DEV-{issue}")
    (link,) = scene.view().links
    assert (link.origin.id, link.linked.id, link.by_hand) == (ticket, issue, True)
    assert (ticket, link.linked) in scene.support.shown
    scene.support.says(ticket, "It still burns", Role.CUSTOMER)
    scene.news(scene.support, ticket)
    assert len(said(scene.dev, issue, "It still burns")) == 1
    asked(scene, ticket, "/bridge unlink")
    assert scene.view().links == ()
    assert len(said(scene.dev, issue, "not linked any more")) == 1
    assert len(said(scene.support, ticket, "not linked any more")) == 1


def test_a_ticket_that_is_not_there_is_said_so(scene, both):
    ticket, _ = both
    asked(scene, ticket, "/bridge link DEV-4711")
    assert scene.view().links == ()
    (note,) = said(scene.support, ticket, "was not linked")
    assert note.visibility is PRIVATE
    assert "DEV-4711" in note.body.text


def test_an_agent_has_a_failed_write_tried_again(scene):
    ticket = scene.support.customer_writes("Printer on fire", "It burns.")
    scene.news(scene.support, ticket)
    scene.dev.faults["create_ticket"] = [Rejected("summary: too long", scene.dev.at("create_ticket"))]
    scene.run(minutes=61)
    assert scene.dev.tickets == {}
    asked(scene, ticket, "/bridge retry")
    assert len(scene.dev.tickets) == 1
    assert len(said(scene.support, ticket, "tried again (1)")) == 1
    scene.run(minutes=5)
    assert len(scene.dev.tickets) == 1
