"""What agents ask for in private notes: heard once, answered, and only from people who may."""

from dataclasses import replace

import pytest

from escalation_bridge.domain.case.cases import FieldState, Hold
from escalation_bridge.domain.case.hold_reasons import HoldReason
from escalation_bridge.domain.case.link_refusals import LinkRefusal
from escalation_bridge.domain.case.write_records import IntentState, Receipt
from escalation_bridge.domain.case.writes.changes import ChangeTicket
from escalation_bridge.domain.case.writes.comments import WriteComment
from escalation_bridge.domain.case.writes.links import LinkByKey
from escalation_bridge.domain.routes.routes import CommentRule, StatusMap, Take, WriteBudget
from escalation_bridge.domain.routes.sides import Keep, Side
from escalation_bridge.domain.sla import events
from escalation_bridge.domain.tickets.tickets import Role, Visibility
from escalation_bridge.messages.catalogue import compose

PRIVATE, PUBLIC = Visibility.PRIVATE, Visibility.PUBLIC


def answers(world, prefix="command_"):
    return [
        r.intent.message.template
        for r in world.writes.values()
        if isinstance(r.intent, WriteComment) and r.intent.message.template.startswith(prefix)
    ]


def ask(world, words, ref=None, role=Role.AGENT, visibility=PRIVATE):
    world.later(seconds=1)
    world.says(ref or world.origin, role, words, visibility)
    world.work()


@pytest.mark.parametrize(
    "words", ["/bridge status", "/Bridge: STATUS", "  /bridge   status please\nthanks", "/bridge\xa0status"]
)
def test_a_command_is_answered_once_where_it_was_said(linked, words):
    world = linked()
    ask(world, words)
    world.work()
    (note,) = [r.intent for r in world.writes.values() if r.key.startswith("command:")]
    assert (note.ticket, note.visibility, note.message.template) == (world.origin, PRIVATE, "command_status")
    assert note.message.facts["other_key"] == "DEV-24"
    assert [each.code for each in note.message.health] == ["in_step"]


def test_whoever_asks_is_told_everything_that_is_in_the_way_and_what_to_do(linked):
    world = linked()
    held = Hold(HoldReason.FIELD_CONFLICT, world.now, {"field": "priority", "name": "", "key": "priority"})
    fields = {"priority": FieldState(dict.fromkeys(Side, "high"), held)}
    world.set(world.linked, "odd")
    world.work()
    world.view = replace(world.view, links=(replace(world.link, fields=fields),))
    ask(world, "/bridge status")
    (note,) = [r.intent for r in world.writes.values() if r.key.startswith("command:")]
    assert [each.code for each in note.message.health] == ["status_unmapped", "field_conflict"]
    told = compose(note.message, "en").body.text
    assert "Link: on hold since" in told
    assert "set one that is mapped" in told
    assert "choose one as the note explains" in told


@pytest.mark.parametrize(
    ("role", "visibility"),
    [
        (Role.CUSTOMER, PUBLIC),
        (Role.CUSTOMER, PRIVATE),
        (Role.AGENT, PUBLIC),
        (Role.BOT, PRIVATE),
        (Role.SYSTEM, PRIVATE),
    ],
)
def test_nobody_else_is_obeyed(linked, role, visibility):
    world = linked()
    ask(world, "/bridge unlink", role=role, visibility=visibility)
    assert world.link.ended is None
    assert answers(world) == []


@pytest.mark.parametrize(
    "words", ["I like /bridge status", "/bridges status", "> /bridge unlink", "/ bridge unlink"]
)
def test_what_only_mentions_it_is_no_command(linked, words):
    world = linked()
    ask(world, words)
    assert world.link.ended is None
    assert answers(world) == []


def test_a_command_is_not_carried_over(linked):
    world = linked(comments_to_linked=CommentRule(Take.ALL, PRIVATE))
    ask(world, "/bridge status")
    ask(world, "An ordinary note")
    passed = [
        r.intent for r in world.writes.values() if isinstance(r.intent, WriteComment) and r.intent.source
    ]
    assert [note.message.quotes[0].body.text for note in passed] == ["An ordinary note"]


@pytest.mark.parametrize("words", ["/bridge", "/bridge dance", "/bridge choose", "/bridge choose me"])
def test_what_is_not_understood_is_answered_with_what_would_be(linked, words):
    world = linked()
    ask(world, words)
    assert answers(world) == ["command_unknown"]


@pytest.mark.parametrize("words", ["/bridge retry", "/bridge ulangi"])
def test_retry_gives_failed_writes_another_chance(linked, words):
    world = linked(to_linked=StatusMap({"new": Keep.KEEP, "open": "open", "waiting_third_party": Keep.KEEP}))
    world.set(world.origin, "open")
    world.read()
    world.record(world.decide())
    world.deliver(lambda record: "failed" if isinstance(record.intent, ChangeTicket) else "done")
    world.work()
    assert world.link.hold.reason == "status_refused"
    ask(world, words)
    assert answers(world) == ["command_retried"]
    assert world.link.hold is None
    assert world.status(world.linked) == "open"


def fought(linked):
    world = linked(
        to_linked=StatusMap({"new": Keep.KEEP, "open": "open", "waiting_third_party": "new"}),
        to_origin=StatusMap({"open": Keep.KEEP, "new": Keep.KEEP}),
        origin_status=None,
        budget=WriteBudget(2),
    )
    for n in range(3):
        world.later(seconds=5)
        world.set(world.origin, "waiting_third_party" if n % 2 else "open")
        world.work()
    assert world.link.hold.reason == "write_budget"
    return world


def test_retry_lets_a_link_go_that_was_fought_over(linked):
    world = fought(linked)
    ask(world, "/bridge retry", ref=world.linked)
    assert world.link.hold is None
    assert world.status(world.linked) == "open"


def test_so_does_the_command_line_once(linked):
    world = fought(linked)
    world.later(seconds=1)
    object.__setattr__(world.view, "events", (*world.view.events, events.retried(world.now)))
    world.record(world.decide())
    world.work()
    assert world.link.hold is None
    for n in range(3):
        world.later(seconds=5)
        world.set(world.origin, "open" if n % 2 else "waiting_third_party")
        world.work()
    assert world.link.hold.reason == "write_budget", "it counts for what was on hold then"


@pytest.mark.parametrize(
    ("word", "status"), [("origin", "closed"), ("linked", "new"), ("tertaut", "new"), ("asal", "closed")]
)
def test_a_person_chooses_where_both_changed(linked, word, status):
    world = linked(
        owner=None,
        to_linked=StatusMap({"solved": "closed", "new": Keep.KEEP}),
        to_origin=StatusMap({"open": "new", "closed": Keep.KEEP}),
    )
    world.set(world.origin, "solved")
    world.set(world.linked, "open")
    world.work()
    assert world.link.hold.reason == "status_conflict"
    ask(world, f"/bridge choose {word}")
    assert answers(world) == ["command_chosen"]
    assert world.link.hold is None
    side = world.linked if status == "closed" else world.origin
    assert world.status(side) == status
    assert world.link.chosen is None, "it does not count for the next conflict"


@pytest.mark.parametrize(("side", "status"), [("origin", "closed"), ("linked", "open")])
def test_the_command_line_chooses_for_the_present_conflict_only(linked, side, status):
    world = linked(
        owner=None,
        to_linked=StatusMap({"solved": "closed", "new": Keep.KEEP}),
        to_origin=StatusMap({"open": "new", "closed": Keep.KEEP}),
    )

    def disagree():
        world.later(minutes=1)
        world.set(world.origin, "solved")
        world.set(world.linked, "open")
        world.work()
        assert world.link.hold.reason == "status_conflict"

    disagree()
    world.later(minutes=1)
    object.__setattr__(world.view, "events", (*world.view.events, events.chosen(side, None, world.now)))
    world.work()
    assert (world.link.hold, world.status(world.linked)) == (None, status)
    world.set(world.origin, "new")
    world.set(world.linked, "closed")
    world.work()
    disagree()


def test_there_may_be_nothing_to_choose(linked):
    world = linked()
    ask(world, "/bridge choose origin")
    assert answers(world) == ["command_nothing_to_choose"]


def test_unlinking_ends_it_and_both_tickets_say_so(linked):
    world = linked()
    ask(world, "/bridge unlink")
    assert world.view.links == ()
    told = [
        r.intent.ticket
        for r in world.writes.values()
        if getattr(r.intent, "message", None) and r.intent.message.template == "unlinked"
    ]
    assert sorted(told) == sorted([world.origin, world.linked])
    world.says(world.origin, Role.CUSTOMER, "Hello?")
    world.set(world.origin, "solved")
    world.work()
    assert world.status(world.linked) == "new"
    ask(world, "/bridge unlink")
    assert answers(world) == ["command_no_link"]


def test_unlinking_needs_the_key_of_a_link_that_is_there(linked):
    world = linked()
    ask(world, "/bridge unlink DEV-99")
    assert (answers(world), world.link.ended) == (["command_unlink_which"], None)
    ask(world, "/bridge unlink dev-24")
    assert world.view.links == ()


@pytest.mark.parametrize(
    "receipt",
    [Receipt(refusal=LinkRefusal.NOT_FOUND), Receipt(detail="link_not_found")],
    ids=["now", "before refusals had a field"],
)
def test_linking_is_asked_of_the_engine_and_a_refusal_is_told(linked, receipt):
    world = linked()
    world.says(world.origin, Role.AGENT, "/bridge link DEV-7", PRIVATE)
    world.read()
    world.record(world.decide())
    (record,) = [r for r in world.writes.values() if isinstance(r.intent, LinkByKey)]
    intent = record.intent
    assert (intent.connection, intent.route, intent.ticket, intent.words) == (
        "dev",
        "engineering",
        world.origin,
        "DEV-7",
    )
    world._mark(record.key, IntentState.DONE, receipt=receipt)
    world.work()
    assert answers(world) == ["command_link_refused"]


@pytest.mark.parametrize("words", ["/bridge link", "/bridge link DEV-7 nowhere"])
def test_linking_needs_a_ticket_and_a_route(linked, words):
    world = linked()
    ask(world, words)
    assert answers(world) == ["command_link_how"]


def test_what_was_said_in_the_linked_ticket_cannot_begin_a_link(linked):
    world = linked()
    ask(world, "/bridge link SUPPORT-7", ref=world.linked)
    assert answers(world) == ["command_link_how"]


@pytest.mark.parametrize(
    ("looks", "at_once"),
    [(("unlink", "retry"), False), (("unlink", "retry"), True), (("retry", "unlink"), True)],
)
def test_what_failed_is_not_sent_any_more_once_its_link_was_taken_back(linked, looks, at_once):
    world = linked()
    world.says(world.origin, Role.CUSTOMER, "ours alone")
    world.read()
    world.record(world.decide())
    world.deliver(lambda r: "failed" if isinstance(r.intent, WriteComment) and r.intent.source else "done")
    world.work()
    for words in looks:
        world.says(world.origin, Role.AGENT, f"/bridge {words}", PRIVATE)
        if not at_once:
            world.work()
            world.later(seconds=1)
    world.work()
    assert world.view.links == ()
    assert not [c for c in world.comments if c.ticket == world.linked and "ours alone" in c.body.text]
