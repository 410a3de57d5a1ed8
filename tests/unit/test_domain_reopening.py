"""Taking up again what was done: with the other ticket, too late, or once too often; and asking instead of writing."""

from datetime import timedelta

import pytest

from escalation_bridge.domain.case.writes.comments import DeleteComment, WriteComment
from escalation_bridge.domain.case.writes.new_tickets import CreateTicket
from escalation_bridge.domain.routes.routes import CommentRule, FileRule, ReopenRule, StatusMap, Take, TooLate
from escalation_bridge.domain.routes.sides import Ask, Keep
from escalation_bridge.domain.tickets.tickets import Attachment, Presence, Role, Visibility

KEPT = dict.fromkeys(("new", "open", "waiting_customer", "waiting_third_party"), Keep.KEEP)
ROUTE = {
    "to_linked": StatusMap({**KEPT, "solved": "closed"}),
    "to_origin": StatusMap({**KEPT, "closed": "solved", "solved": "solved"}),
    "origin_status": None,
}


def notes(world, template):
    return [
        r.intent.ticket
        for r in world.writes.values()
        if isinstance(r.intent, WriteComment) and r.intent.message.template == template
    ]


@pytest.fixture
def done(linked):
    """Both are done: the developers closed theirs, and the customer's was solved by that."""

    def make(rule=None, **route):
        world = linked(**{**ROUTE, **({"reopen": rule} if rule else {}), **route})
        world.set(world.linked, "closed")
        world.work()
        assert world.status(world.origin) == "solved"
        world.later(hours=1)
        return world

    return make


def reopen(world, ref):
    world.set(ref, "open")
    world.work()


def test_a_reopened_ticket_takes_the_other_one_along(done):
    world = done(ReopenRule(to_linked="new"))
    reopen(world, world.origin)
    assert world.status(world.linked) == "new"


def test_and_the_other_way_round(done):
    world = done(ReopenRule(to_origin="open"))
    reopen(world, world.linked)
    assert world.status(world.origin) == "open"


def test_without_a_word_of_its_own_the_map_counts(done):
    world = done(to_linked=StatusMap({**KEPT, "open": "open", "solved": "closed"}))
    reopen(world, world.origin)
    assert world.status(world.linked) == "open"


def test_another_status_of_a_ticket_that_was_not_done_is_no_reopening(linked):
    world = linked(**{**ROUTE, "reopen": ReopenRule(to_linked="new")})
    world.set(world.origin, "open")
    world.work()
    assert world.status(world.linked) == "new"
    assert world.link.reopened == ()


@pytest.mark.parametrize(("days", "again"), [(13, True), (15, False)])
def test_after_too_long_only_the_agents_are_told(done, days, again):
    world = done(ReopenRule(to_linked="new", within=timedelta(days=14)))
    world.later(days=days)
    reopen(world, world.origin)
    assert world.status(world.linked) == ("new" if again else "closed")
    assert notes(world, "reopened_late") == ([] if again else [world.origin])
    assert world.link.hold is None


def test_or_a_new_ticket_takes_the_place_of_the_old_one(done):
    world = done(ReopenRule(within=timedelta(days=14), too_late=TooLate.NEW_TICKET))
    old = world.linked
    world.later(days=15)
    world.says(world.origin, Role.CUSTOMER, "It burns again.")
    reopen(world, world.origin)
    creates = [r.intent for r in world.writes.values() if isinstance(r.intent, CreateTicket)]
    assert len(creates) == 2
    assert creates[1].description.facts["before_key"] == world.tickets[old].key
    assert [quote.body.text for quote in creates[1].description.quotes] == ["It burns again."]
    assert world.link.linked != old, "the old one is not kept in step any more"
    world.set(world.link.linked, "closed")
    world.work()
    assert world.status(world.origin) == "solved"


def test_what_became_private_is_hidden_once_and_its_files_are_an_alarm_in_the_look_that_ends_the_link(done):
    world = done(
        ReopenRule(within=timedelta(days=14), too_late=TooLate.NEW_TICKET),
        comments_to_origin=CommentRule(Take.ALL, Visibility.PUBLIC),
        files=FileRule(10**6),
    )
    file = Attachment("f1", "log.txt", "text/plain", 3, "https://files.example/f1")
    comment = world.says(world.linked, Role.AGENT, "First words", Visibility.PUBLIC, files=[file])
    world.work()
    world.later(days=15)
    world.alters(comment, visibility=Visibility.PRIVATE)
    world.set(world.origin, "open")
    world.read()
    decision = world.decide()
    assert [link.ended for link in decision.links] == [world.now]
    assert [k.intent.is_hidden for k in decision.intents if isinstance(k.intent, DeleteComment)] == [True]
    world.record(decision)
    assert notes(world, "files_exposed") == [world.origin]


def test_a_linked_ticket_that_is_reopened_late_makes_no_new_one(done):
    world = done(ReopenRule(to_origin="open", within=timedelta(days=14), too_late=TooLate.NEW_TICKET))
    world.later(days=15)
    reopen(world, world.linked)
    assert world.status(world.origin) == "solved"
    assert notes(world, "reopened_late") == [world.linked]
    assert sum(isinstance(r.intent, CreateTicket) for r in world.writes.values()) == 1


def test_a_robot_that_closes_what_was_reopened_does_not_win_for_ever(done):
    world = done(ReopenRule(to_linked="new", at_most=3))
    for _ in range(6):
        world.later(hours=1)
        reopen(world, world.origin)
        if world.link.hold is not None:
            break
        world.later(hours=1)
        world.set(world.linked, "closed")
        world.work()
    assert world.link.hold.reason == "ping_pong"
    assert len(world.link.reopened) == 3
    assert sorted(notes(world, "ping_pong")) == sorted([world.origin, world.linked])
    world.set(world.origin, "solved")
    world.work()
    assert world.link.hold is None, "two statuses that belong together end it"


def test_the_day_after_it_is_tried_again_without_anybody_touching_it(done):
    world = done(ReopenRule(to_linked="new", at_most=1))
    for _ in range(2):
        world.later(hours=1)
        reopen(world, world.origin)
        world.later(hours=1)
        if world.link.hold is None:
            world.set(world.linked, "closed")
            world.work()
    assert world.link.hold.reason == "ping_pong"
    first = world.link.reopened[0]
    while world.link.hold is not None:
        world.now = world.decide().next_wake
        assert world.now <= first + timedelta(days=1)
        world.work()
    assert world.now == first + timedelta(days=1)
    assert world.status(world.linked) == "new"


def test_where_the_map_asks_nothing_is_written_and_the_agents_are_asked(linked):
    world = linked(**{**ROUTE, "to_origin": StatusMap({**KEPT, "closed": Ask.ASK, "solved": Ask.ASK})})
    world.set(world.linked, "closed")
    world.work()
    assert world.status(world.origin) == "new"
    assert notes(world, "status_asked") == [world.origin]
    world.work()
    assert notes(world, "status_asked") == [world.origin], "once"


@pytest.mark.parametrize("presence", [Presence.DELETED, Presence.SPAM])
def test_a_deleted_ticket_holds_the_link_until_it_is_restored(linked, presence):
    world = linked(**ROUTE)
    world.set(world.linked, presence=presence)
    world.says(world.origin, Role.CUSTOMER, "Hello?")
    world.work()
    assert (world.link.hold.reason, world.link.hold.facts["reason"]) == ("ticket_gone", str(presence))
    assert notes(world, "ticket_gone") == [world.origin]
    assert notes(world, "passed_comment") == []
    world.set(world.linked, presence=Presence.PRESENT)
    world.work()
    assert world.link.hold is None
    assert notes(world, "passed_comment") == [world.linked]
