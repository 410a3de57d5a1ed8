"""A robot that answers every write of the bridge has its link held, both tickets say so, and quiet or a person lets it go."""

from dataclasses import replace
from datetime import timedelta

import pytest

from escalation_bridge.domain.case.write_records import IntentState
from escalation_bridge.domain.case.writes.changes import ChangeTicket
from escalation_bridge.domain.case.writes.comments import WriteComment
from escalation_bridge.domain.routes.routes import StatusMap, WriteBudget
from escalation_bridge.domain.routes.sides import Keep
from escalation_bridge.domain.tickets.tickets import Role, Visibility

BOTH_WAYS = {
    "to_linked": StatusMap({"new": Keep.KEEP, "open": "open", "waiting_third_party": "new"}),
    "to_origin": StatusMap({"open": Keep.KEEP, "new": Keep.KEEP}),
    "origin_status": None,
    "budget": WriteBudget(3, timedelta(minutes=5), timedelta(minutes=30)),
}


@pytest.fixture
def fought(linked):
    """A link whose origin a robot flips to and fro, a few seconds after each other."""

    def fight(flips, seconds=5, **route):
        world = linked(**{**BOTH_WAYS, **route})
        for n in range(flips):
            world.later(seconds=seconds)
            world.set(world.origin, "waiting_third_party" if n % 2 else "open")
            world.work()
        return world

    return fight


def changes(world):
    return sum(
        isinstance(r.intent, ChangeTicket) and r.intent.settles is not None for r in world.writes.values()
    )


def notes(world, template="write_budget"):
    return [
        r.intent.ticket
        for r in world.writes.values()
        if isinstance(r.intent, WriteComment) and r.intent.message.template == template
    ]


def test_what_stays_within_the_budget_goes_on(fought):
    world = fought(3)
    assert (changes(world), world.link.hold) == (3, None)


def test_one_change_too_many_holds_the_link_and_both_tickets_say_so(fought):
    world = fought(8)
    assert changes(world) == 3
    assert world.link.hold.reason == "write_budget"
    assert sorted(notes(world)) == sorted([world.origin, world.linked])


def test_what_was_withdrawn_before_it_was_sent_spends_nothing(fought):
    world = fought(3)
    last = [record for record in world.writes.values() if isinstance(record.intent, ChangeTicket)][-1]
    withdrawn = replace(last, state=IntentState.CANCELLED)
    world.view = replace(world.view, intents={**world.view.intents, last.key: withdrawn})
    world.later(seconds=5)
    world.set(world.origin, "waiting_third_party")
    world.work()
    assert (changes(world), world.link.hold) == (4, None)


def test_changes_that_take_their_time_are_no_fight(fought):
    world = fought(12, seconds=301)
    assert (changes(world), world.link.hold) == (12, None)


def test_it_goes_on_after_a_quiet_time_and_not_before(fought):
    world = fought(4)
    assert world.link.hold is not None
    quiet_at = world.decide().next_wake
    assert quiet_at - world.now <= timedelta(minutes=30)
    world.now = quiet_at - timedelta(seconds=1)
    world.work()
    assert world.link.hold is not None
    world.now = quiet_at
    world.work()
    assert world.link.hold is None
    assert changes(world) == 4, "what waited is carried over"
    assert world.status(world.linked) == "new"


def test_a_robot_that_goes_on_keeps_it_held(fought):
    world = fought(4)
    for n in range(10):
        world.later(minutes=20)
        world.set(world.origin, "open" if n % 2 else "waiting_third_party")
        world.work()
    assert (changes(world), len(notes(world))) == (3, 2)


def test_somebody_who_has_looked_lets_it_go_at_once(fought):
    world = fought(4)
    world.later(seconds=1)
    world.view = replace(world.view, links=(replace(world.link, calm_since=world.now),))
    world.work()
    assert world.link.hold is None
    assert changes(world) == 4


def test_comments_wait_too_and_none_is_lost(fought):
    world = fought(0)
    for n in range(20):
        world.says(world.origin, Role.CUSTOMER, f"message {n}")
    world.work()
    passed = [r for r in world.writes.values() if isinstance(r.intent, WriteComment) and r.intent.source]
    assert passed == []
    assert world.link.hold.reason == "write_budget"
    world.later(minutes=31)
    world.work()
    passed = [
        r.intent.source[1]
        for r in world.writes.values()
        if isinstance(r.intent, WriteComment) and r.intent.source
    ]
    assert sorted(passed) == sorted(c.id for c in world.comments if c.body.text.startswith("message"))


def test_old_comments_are_made_up_for_without_a_hold(linked):
    world = linked(**BOTH_WAYS)
    earlier = world.now - timedelta(minutes=1)
    world.later(hours=2)
    for n in range(20):
        world.says(world.linked, Role.AGENT, f"message {n}", Visibility.PRIVATE, at=earlier)
    world.work()
    assert world.link.hold is None
    assert (
        sum(isinstance(r.intent, WriteComment) and r.intent.source is not None for r in world.writes.values())
        == 20
    )


def test_a_budget_that_looks_back_farther_than_the_quiet_time_does_not_hold_at_once_again(fought):
    world = fought(4, budget=WriteBudget(3, timedelta(hours=2), timedelta(minutes=30)))
    world.later(minutes=31)
    world.work()
    assert (world.link.hold, changes(world), len(notes(world))) == (None, 4, 2)
