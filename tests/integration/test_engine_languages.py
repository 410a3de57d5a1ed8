"""People are written to in the language that the route has for them."""

import pytest

from escalation_bridge.domain.routes.sides import Side
from escalation_bridge.domain.tickets.tickets import Role, StatusKind


@pytest.fixture
def hand_on(make_scene, make_route):
    def hand_on(**languages):
        scene = make_scene(
            routes=(make_route(languages={Side(side): language for side, language in languages.items()}),)
        )
        ticket = scene.support.customer_writes("Printer on fire", "It burns.")
        scene.news(scene.support, ticket)
        scene.run(minutes=61)
        scene.run(minutes=1)
        [issue] = scene.dev.tickets
        return scene, ticket, issue

    return hand_on


def notes(plugin, ticket):
    return " ".join(comment.body.text for comment in plugin.comments[ticket] if comment.marker)


@pytest.mark.parametrize(
    ("language", "described", "said"),
    [("en", "Escalated from", "in Memory"), ("id", "Dieskalasi dari", "di Memory")],
)
def test_the_team_behind_a_route_reads_its_language(hand_on, language, described, said):
    scene, ticket, issue = hand_on(linked=language)
    scene.support.says(ticket, "Still burning.", Role.CUSTOMER)
    scene.news(scene.support, ticket)
    assert described in scene.dev.tickets[issue].description.text
    assert said in notes(scene.dev, issue)


def test_the_other_side_keeps_the_language_of_its_connection(hand_on):
    scene, ticket, issue = hand_on(linked="id")
    scene.dev.says(issue, "Fixed.", Role.AGENT)
    scene.dev.set_status(issue, StatusKind.SOLVED)
    scene.news(scene.dev, issue)
    assert "in Memory" in notes(scene.support, ticket)


def test_agents_of_the_customers_ticket_can_have_theirs(hand_on):
    scene, ticket, issue = hand_on(origin="id")
    scene.dev.says(issue, "Fixed.", Role.AGENT)
    scene.news(scene.dev, issue)
    assert "di Memory" in notes(scene.support, ticket)
