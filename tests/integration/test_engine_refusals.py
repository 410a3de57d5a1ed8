"""A vendor that refuses everything for want of a permission, and what the tickets say of that until it is given back."""

import pytest

from escalation_bridge.domain.case.write_records import IntentState
from escalation_bridge.domain.escalation.actions.escalate import Escalate
from escalation_bridge.domain.routes.fields.priority import PriorityRule
from escalation_bridge.domain.routes.fields.rule import Direction, FieldRules
from escalation_bridge.domain.sla.policy import Metric, Step
from escalation_bridge.domain.tickets.tickets import Priority, Role, Visibility
from escalation_bridge.errors import PermissionDenied
from escalation_bridge.store.cases import outbox

_WRITES = ("add_comment", "update_ticket", "link_ticket", "edit_comment")


@pytest.fixture
def play(make_scene, make_route, make_policy):
    """A ticket that was handed on; its priority is kept in step."""
    synced = FieldRules((PriorityRule(direction=Direction.BOTH),))
    route = make_route(synced=synced, origin_status=None, tell_customer=False)
    ladder = (Step("escalate", Metric.FIRST_RESPONSE, 100, 0, (Escalate("engineering"),)),)
    scene = make_scene((make_policy(ladder=ladder),), (route,))
    scene.ticket = scene.support.customer_writes("Printer on fire", "It burns.")
    scene.news(scene.support, scene.ticket)
    scene.run(minutes=61)
    scene.issue = next(iter(scene.dev.tickets))
    return scene


def refuse(scene):
    for name in _WRITES:
        error = PermissionDenied("you do not have the permission", scene.dev.at(name))
        scene.dev.faults[name] = [error] * 50


def lift(scene):
    scene.dev.faults.clear()


def said(scene, plugin, ticket):
    return [c.body.text for c in plugin.comments.get(ticket, []) if c.author.id == "bridge"]


def ask(scene, words):
    scene.clock.advance(seconds=30)
    scene.support.says(scene.ticket, words, Role.AGENT, Visibility.PRIVATE)
    scene.news(scene.support, scene.ticket)


def retry(scene, how):
    if how == "in the ticket":
        ask(scene, "/bridge retry")
    else:
        with scene.bridge.database.write() as transaction:
            outbox.retry_failed(transaction, 1)
        scene.wake()
        scene.run()
    scene.run(minutes=1)


@pytest.mark.parametrize("how", ["in the ticket", "outside"])
def test_a_note_about_a_hold_is_not_sent_once_the_hold_is_gone(play, how):
    refuse(play)
    play.clock.advance(minutes=1)
    play.support.set_priority(play.ticket, Priority.URGENT)
    play.news(play.support, play.ticket)
    (link,) = play.view().links
    assert link.fields["priority"].hold is not None
    lift(play)
    retry(play, how)
    assert play.dev.tickets[play.issue].priority is Priority.URGENT
    assert not [text for text in said(play, play.dev, play.issue) if "on hold" in text]
    assert not [r for r in play.view().intents.values() if r.state is IntentState.FAILED]
    play.run(minutes=10)
    assert not [text for text in said(play, play.dev, play.issue) if "on hold" in text]


def test_a_note_about_a_hold_that_lasts_is_sent_when_it_can_be(play):
    play.dev.faults["add_comment"] = [PermissionDenied("no comments", play.dev.at("add_comment"))]
    play.clock.advance(minutes=1)
    play.support.set_priority(play.ticket, Priority.LOW)
    play.dev.set_priority(play.issue, Priority.URGENT)
    play.hear(play.dev, play.issue)
    play.news(play.support, play.ticket)
    assert not [text for text in said(play, play.dev, play.issue) if "on hold" in text]
    ask(play, "/bridge retry")
    assert len([text for text in said(play, play.dev, play.issue) if "on hold" in text]) == 1


def says(scene, words, author="customer"):
    scene.clock.advance(minutes=1)
    scene.support.says(scene.ticket, words, Role.CUSTOMER)
    scene.news(scene.support, scene.ticket)


def test_of_comments_that_were_given_up_one_note_says_whose_and_how_many(play):
    refuse(play)
    for words in ("It still burns", "My code is 4711", "Hello?"):
        says(play, words)
    play.run(minutes=30)
    notes = [text for text in said(play, play.support, play.ticket) if "not copied" in text]
    assert len(notes) == 1
    assert "3 comments were not copied to Memory DEV-1" in notes[0]
    assert notes[0].count("(2026-03-02 10:0") == 3
    assert "4711" not in notes[0]
    assert "you do not have the permission" in notes[0]
    assert "escalation-bridge retry --connection dev" in notes[0]
    assert not [text for text in said(play, play.support, play.ticket) if "Could not deliver" in text]
    lift(play)
    retry(play, "in the ticket")
    carried = [text for text in said(play, play.dev, play.issue) if "4711" in text]
    assert len(carried) == 1
    notes = said(play, play.support, play.ticket)
    assert not [text for text in notes if "not copied" in text]
    assert len([text for text in notes if "All comments from here have been copied" in text]) == 1
    play.run(minutes=30)
    assert said(play, play.support, play.ticket) == notes


def test_where_notes_cannot_be_reworded_nothing_is_repeated_until_a_retry_fails(play, monkeypatch):
    can = type(play.bridge.helpdesks["support"]).can
    monkeypatch.setattr(
        type(play.bridge.helpdesks["support"]),
        "can",
        lambda self, hook: hook != "edit_comment" and can(self, hook),
    )
    refuse(play)
    for words in ("It still burns", "Hello?"):
        says(play, words)

    def notes():
        return [text for text in said(play, play.support, play.ticket) if "not copied" in text]

    assert len(notes()) == 1
    retry(play, "in the ticket")
    assert len(notes()) == 2
    assert "2 comments were" in notes()[1]
    lift(play)
    retry(play, "in the ticket")
    assert len(notes()) == 2


def test_an_answer_that_the_customers_ticket_refuses_is_told_where_it_was_given(play):
    play.support.faults["add_comment"] = [PermissionDenied("no", play.support.at("add_comment"))]
    play.clock.advance(minutes=1)
    play.dev.says(play.issue, "Fixed with 4711", Role.AGENT, Visibility.PRIVATE)
    play.news(play.dev, play.issue)
    (note,) = [text for text in said(play, play.dev, play.issue) if "not copied" in text]
    assert "4711" not in note
