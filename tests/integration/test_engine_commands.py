"""Commands in private notes through the whole engine: links made and taken back by agents, and failed writes tried again."""

from dataclasses import replace

import pytest

from escalation_bridge.domain.routes.routes import CommentRule, Take
from escalation_bridge.domain.tickets.tickets import Role, Visibility
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
    assert len(said(scene.dev, issue, "no longer linked")) == 1
    assert len(said(scene.support, ticket, "no longer linked")) == 1


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
    assert len(said(scene.support, ticket, "retrying 1 failed update and re-checking holds")) == 1
    scene.run(minutes=5)
    assert len(scene.dev.tickets) == 1


@pytest.mark.parametrize("unlinked", [False, True])
def test_what_went_to_customers_is_taken_back_when_it_is_hidden_even_after_the_link_is(
    make_scene, make_route, unlinked
):
    public = CommentRule(Take.PUBLIC, Visibility.PUBLIC)
    scene = make_scene(routes=(make_route(comments_to_linked=public),))
    ticket = scene.support.customer_writes("Printer on fire", "It burns.")
    scene.news(scene.support, ticket)
    scene.run(minutes=61)
    (issue,) = scene.dev.tickets
    scene.clock.advance(minutes=1)
    comment = scene.support.says(ticket, "My door code is 4711", Role.CUSTOMER)
    scene.news(scene.support, ticket)
    (copy,) = said(scene.dev, issue, "4711")
    assert copy.visibility is Visibility.PUBLIC
    if unlinked:
        asked(scene, ticket, "/bridge unlink")
    scene.clock.advance(minutes=1)
    scene.support.comments[ticket] = [
        replace(each, visibility=PRIVATE) if each.id == comment else each
        for each in scene.support.comments[ticket]
    ]
    scene.news(scene.support, ticket)
    scene.run(minutes=1)
    assert [each for each in said(scene.dev, issue, "4711") if each.visibility is Visibility.PUBLIC] == []
