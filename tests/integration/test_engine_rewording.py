"""Edited, taken back, made private: what was carried over follows, through the real engine and on both databases."""

from dataclasses import replace

import pytest

from escalation_bridge.domain.routes.routes import CommentRule, Take
from escalation_bridge.domain.tickets.tickets import Role, Visibility
from escalation_bridge.errors import NotReachable, OutcomeUnknown, PrivacyBreach, Rejected
from escalation_bridge.plugin.hooks import hookimpl

PUBLIC, PRIVATE = Visibility.PUBLIC, Visibility.PRIVATE


@pytest.fixture
def make_linked(make_scene, make_route):
    """A customer's ticket that was handed on, with its linked one."""

    def make(**route):
        scene = make_scene(routes=(make_route(**route),))
        ticket = scene.support.customer_writes("Printer on fire", "It burns.")
        scene.news(scene.support, ticket)
        scene.run(minutes=61)
        scene.clock.advance(minutes=1)
        return scene, ticket, next(iter(scene.dev.tickets))

    return make


def says(scene, plugin, ticket, text="First words", visibility=PRIVATE):
    comment = plugin.says(ticket, text, Role.AGENT, visibility)
    scene.news(plugin, ticket)
    return comment


def written(plugin, ticket):
    """What the bridge wrote about others' comments, and who reads it."""
    return [
        (comment.body.text.split("\n\n")[-1], comment.visibility)
        for comment in plugin.comments[ticket]
        if comment.marker and any(word in comment.body.text for word in ("words", "deleted", "Customers can"))
    ]


def hide(scene, plugin, ticket, comment, visibility=PRIVATE):
    plugin.comments[ticket] = [
        replace(said, visibility=visibility) if said.id == comment else said
        for said in plugin.comments[ticket]
    ]
    plugin.tickets[ticket] = replace(plugin.tickets[ticket], updated_at=scene.clock())


def refuse(plugin, operation, kind=Rejected, times=1):
    plugin.faults[operation] = [kind("no", plugin.at(operation)) for _ in range(times)]


def test_quick_edits_arrive_as_one_and_do_not_come_back(make_linked):
    scene, ticket, issue = make_linked()
    comment = says(scene, scene.dev, issue)
    for text in ("Second words", "Third words"):
        scene.dev.edits(issue, comment, text)
        scene.news(scene.dev, issue)
        scene.clock.advance(seconds=1)
    assert scene.support.writes.count(("edit_comment", ticket)) == 0
    scene.run(seconds=10)
    assert written(scene.support, ticket) == [("Third words", PRIVATE)]
    assert scene.support.writes.count(("edit_comment", ticket)) == 1
    writes = (list(scene.support.writes), list(scene.dev.writes))
    for _ in range(3):
        scene.news(scene.support, ticket)
        scene.news(scene.dev, issue)
        scene.run(minutes=5)
    assert (scene.support.writes, scene.dev.writes) == writes, "an echo"
    assert scene.timeline().count("comment_reworded") == 2
    assert not scene.view().doubts


def test_an_edit_that_waits_keeps_nothing_else_waiting(make_linked):
    scene, ticket, issue = make_linked()
    comment = says(scene, scene.dev, issue)
    scene.dev.edits(issue, comment, "Better words")
    says(scene, scene.dev, issue, "Later words")
    assert written(scene.support, ticket) == [("First words", PRIVATE), ("Later words", PRIVATE)]
    scene.run(seconds=10)
    assert written(scene.support, ticket) == [("Better words", PRIVATE), ("Later words", PRIVATE)]


def test_what_is_missing_is_looked_for_once_more_by_itself(make_linked):
    scene, ticket, issue = make_linked()
    comment = says(scene, scene.dev, issue)
    says(scene, scene.dev, issue, "Other words")
    scene.dev.takes_back(issue, comment)
    scene.news(scene.dev, issue)
    assert len(written(scene.support, ticket)) == 2, "lists lag: once is not enough"
    scene.run(seconds=5)
    assert written(scene.support, ticket) == [("Other words", PRIVATE)]
    assert scene.timeline().count("comment_removed") == 1
    assert set(scene.view().taken_back) == {(scene.dev.tickets[issue].ref, comment)}
    assert not scene.view().doubts


def test_a_list_that_lags_takes_nothing_back(make_linked):
    scene, ticket, issue = make_linked()
    says(scene, scene.dev, issue)
    says(scene, scene.dev, issue, "Other words")

    class Lags:
        @hookimpl(wrapper=True)
        def fetch_comments(self):
            return (yield)[:-1]

    scene.bridge.helpdesks["dev"].extend(lags := Lags(), "lags")
    scene.news(scene.dev, issue)
    assert scene.view().doubts
    scene.bridge.helpdesks["dev"]._relay.unregister(lags)
    for _ in range(3):
        scene.run(seconds=10)
    assert len(written(scene.support, ticket)) == 2
    assert not scene.view().doubts
    assert "comment_removed" not in scene.timeline()


def test_an_account_that_loses_sight_of_internal_comments_takes_none_back(make_linked):
    scene, ticket, issue = make_linked()
    says(scene, scene.dev, issue)
    says(scene, scene.dev, issue, "Other words")
    says(scene, scene.dev, issue, "Public words", PUBLIC)

    class Blind:
        @hookimpl(wrapper=True)
        def fetch_comments(self):
            return tuple(comment for comment in (yield) if comment.visibility is PUBLIC)

    scene.bridge.helpdesks["dev"].extend(Blind(), "blind")
    for _ in range(3):
        scene.news(scene.dev, issue)
        scene.run(seconds=10)
    assert len(written(scene.support, ticket)) == 3
    assert scene.timeline().count("comments_unseen") == 1


def test_where_the_vendor_refuses_the_agents_get_a_note(make_linked):
    scene, ticket, issue = make_linked()
    comment = says(scene, scene.dev, issue)
    refuse(scene.support, "edit_comment")
    refuse(scene.support, "delete_comment")
    scene.dev.edits(issue, comment, "Better words")
    scene.news(scene.dev, issue)
    scene.run(seconds=10)
    assert written(scene.support, ticket) == [("First words", PRIVATE), ("Better words", PRIVATE)]
    says(scene, scene.dev, issue, "Other words")
    scene.dev.takes_back(issue, comment)
    scene.news(scene.dev, issue)
    scene.run(seconds=5)
    ((note, visibility),) = written(scene.support, ticket)[3:]
    assert note.startswith("Agent deleted a comment of 2 Mar 2026, 10:02 UTC in Memory DEV-1")
    assert visibility is PRIVATE
    assert "write_failed" not in str(scene.view().intents)


def test_a_plugin_that_cannot_edit_gets_notes_as_well(make_linked, monkeypatch):
    scene, ticket, issue = make_linked()
    comment = says(scene, scene.dev, issue)
    support = scene.bridge.helpdesks["support"]
    caller = support._caller
    monkeypatch.setattr(
        support, "_caller", lambda hook: caller("webhook_setup" if hook == "edit_comment" else hook)
    )
    scene.dev.edits(issue, comment, "Better words")
    scene.news(scene.dev, issue)
    scene.run(seconds=10)
    assert written(scene.support, ticket) == [("First words", PRIVATE), ("Better words", PRIVATE)]


@pytest.mark.parametrize("fault", [NotReachable, OutcomeUnknown])
@pytest.mark.parametrize("operation", ["edit_comment", "after_edit_comment"])
def test_an_edit_is_tried_again(make_linked, fault, operation):
    scene, ticket, issue = make_linked()
    comment = says(scene, scene.dev, issue)
    refuse(scene.support, operation, fault)
    scene.dev.edits(issue, comment, "Better words")
    scene.news(scene.dev, issue)
    scene.run(seconds=10)
    scene.run(minutes=1)
    assert written(scene.support, ticket) == [("Better words", PRIVATE)]


def test_what_is_made_private_is_taken_back_from_customers(make_linked):
    scene, ticket, issue = make_linked(comments_to_origin=CommentRule(Take.PUBLIC, PUBLIC))
    comment = says(scene, scene.dev, issue, visibility=PUBLIC)
    assert written(scene.support, ticket) == [("First words", PUBLIC)]
    hide(scene, scene.dev, issue, comment)
    scene.news(scene.dev, issue)
    assert written(scene.support, ticket) == [], "at once"
    assert scene.timeline().count("comment_hidden") == 1


def test_what_cannot_be_taken_back_from_customers_is_an_alarm(make_linked):
    scene, ticket, issue = make_linked(comments_to_origin=CommentRule(Take.PUBLIC, PUBLIC))
    comment = says(scene, scene.dev, issue, visibility=PUBLIC)
    refuse(scene.support, "delete_comment")
    hide(scene, scene.dev, issue, comment)
    scene.news(scene.dev, issue)
    alarms = [c for c in scene.support.comments[ticket] if "Customers can read here" in c.body.text]
    assert [alarm.visibility for alarm in alarms] == [PRIVATE]
    assert scene.timeline().count("comment_exposed") == 1


@pytest.mark.parametrize("arrived", [True, False])
def test_a_comment_whose_answer_was_lost_is_not_written_after_it_was_hidden(make_linked, arrived):
    scene, ticket, issue = make_linked(comments_to_origin=CommentRule(Take.PUBLIC, PUBLIC))
    refuse(scene.support, "after_add_comment" if arrived else "add_comment", OutcomeUnknown)
    comment = says(scene, scene.dev, issue, visibility=PUBLIC)
    hide(scene, scene.dev, issue, comment)
    before = scene.support.writes.count(("add_comment", ticket))
    scene.news(scene.dev, issue)
    scene.run(minutes=1)
    assert written(scene.support, ticket) == []
    assert scene.support.writes.count(("add_comment", ticket)) == before
    assert not any(record.state.outstanding for record in scene.view().intents.values())


def test_what_is_made_public_goes_over_when_it_was_seen_twice(make_linked):
    scene, ticket, issue = make_linked(comments_to_origin=CommentRule(Take.PUBLIC, PUBLIC))
    comment = says(scene, scene.dev, issue)
    hide(scene, scene.dev, issue, comment, PUBLIC)
    scene.news(scene.dev, issue)
    assert written(scene.support, ticket) == []
    scene.run(seconds=5)
    assert written(scene.support, ticket) == [("First words", PUBLIC)]


def test_no_edit_is_written_where_privacy_was_broken(make_linked):
    scene, ticket, issue = make_linked()
    comment = says(scene, scene.dev, issue)
    refuse(scene.support, "edit_comment", PrivacyBreach)
    scene.dev.edits(issue, comment, "Better words")
    scene.news(scene.dev, issue)
    scene.run(seconds=10)
    scene.dev.edits(issue, comment, "Best words")
    scene.news(scene.dev, issue)
    scene.run(minutes=5)
    assert written(scene.support, ticket) == [("First words", PRIVATE)]


def test_nothing_is_read_again_where_no_route_follows_edits(make_linked):
    scene, ticket, issue = make_linked(follow_edits=None)
    comment = says(scene, scene.dev, issue)
    asked = []

    class Listens:
        @hookimpl(wrapper=True)
        def fetch_comments(self, after):
            asked.append(after)
            return (yield)

    scene.bridge.helpdesks["dev"].extend(Listens(), "listens")
    scene.dev.edits(issue, comment, "Better words")
    scene.news(scene.dev, issue)
    scene.run(minutes=5)
    assert asked == [comment]
    assert written(scene.support, ticket) == [("First words", PRIVATE)]


def test_a_change_of_the_text_is_not_an_edit_of_what_the_bridge_wrote(make_linked):
    """A vendor may show what we wrote in its own manner, and an agent may edit it: neither goes back."""
    scene, ticket, issue = make_linked(comments_to_linked=CommentRule(Take.ALL, PRIVATE))
    says(scene, scene.dev, issue)
    ours = next(c for c in scene.support.comments[ticket] if c.marker and "First words" in c.body.text)
    scene.support.edits(ticket, ours.id, "Somebody else's words")
    writes = list(scene.dev.writes)
    for _ in range(3):
        scene.news(scene.support, ticket)
        scene.run(seconds=30)
    assert scene.dev.writes == writes
