"""Two tickets in step: statuses by their edges, comments one by one, and links that are held."""

from dataclasses import replace

import pytest

from escalation_bridge.domain.case.write_records import IntentState, after_retry
from escalation_bridge.domain.case.writes.changes import ChangeTicket
from escalation_bridge.domain.case.writes.comments import WriteComment
from escalation_bridge.domain.case.writes.shown_links import ShowLink
from escalation_bridge.domain.routes.routes import CommentRule, StatusMap, Take, shows
from escalation_bridge.domain.routes.sides import Keep, Side, Unmapped
from escalation_bridge.domain.tickets.tickets import Role, Status, StatusKind, Visibility

PUBLIC, PRIVATE = Visibility.PUBLIC, Visibility.PRIVATE


def status_writes(world):
    """The statuses that were carried over, in order, as (connection, status)."""
    return [
        (record.intent.connection, record.intent.change.status)
        for record in world.writes.values()
        if isinstance(record.intent, ChangeTicket) and record.key.startswith("status:")
    ]


def notes(world, template):
    return [
        record.intent
        for record in world.writes.values()
        if isinstance(record.intent, WriteComment) and record.intent.message.template == template
    ]


WORDS = StatusMap({"10042": "by id", "In Review": "by name", "open": "by kind", "solved": Keep.KEEP})


@pytest.mark.parametrize(
    ("status", "wish"),
    [
        (Status(StatusKind.OPEN, "10042", "In Review"), "by id"),
        (Status(StatusKind.OPEN, "7", "in review"), "by name"),
        (Status(StatusKind.OPEN, "7", "Doing"), "by kind"),
        (Status(StatusKind.SOLVED, "7", "Done"), Keep.KEEP),
        (Status(StatusKind.CLOSED, "7", "Done"), Unmapped.UNMAPPED),
        (Status(StatusKind.UNKNOWN, "7", "Done"), Unmapped.UNMAPPED),
    ],
)
def test_a_status_is_looked_up_by_id_then_name_then_kind(status, wish):
    assert WORDS.wish(status) == wish


@pytest.mark.parametrize(
    ("word", "shown"), [("7", True), ("DONE", True), ("solved", True), ("closed", False)]
)
def test_a_word_fits_by_id_name_or_kind(word, shown):
    assert shows(Status(StatusKind.SOLVED, "7", "Done"), word) is shown


# After the escalation the origin is at waiting_third_party and the linked ticket at new. What both sides show then,
# whose word counts, and what comes of it: a write, a hold, or taking note.
EDGES = {
    "nothing changed": ({}, Side.ORIGIN, None),
    "a status that is to be kept": ({"linked": "open"}, Side.ORIGIN, "noted"),
    "done at the linked ticket": ({"linked": "solved"}, Side.ORIGIN, ("support", "open")),
    "the linked ticket waits": ({"linked": "waiting_customer"}, None, ("support", "waiting_customer")),
    "done at the origin": ({"origin": "solved"}, None, ("dev", "closed")),
    "the origin is kept": ({"origin": "open"}, None, "noted"),
    "unknown at the linked ticket": ({"linked": "odd"}, Side.LINKED, "status_unmapped"),
    "unknown at the origin": ({"origin": "odd"}, Side.ORIGIN, "status_unmapped"),
    "both changed, the origin's counts": (
        {"origin": "solved", "linked": "waiting_customer"},
        Side.ORIGIN,
        ("dev", "closed"),
    ),
    "both changed, the linked one's counts": (
        {"origin": "solved", "linked": "waiting_customer"},
        Side.LINKED,
        ("support", "waiting_customer"),
    ),
    "both changed and nobody owns it": (
        {"origin": "solved", "linked": "waiting_customer"},
        None,
        "status_conflict",
    ),
    "both changed, one of them to what is kept": (
        {"origin": "open", "linked": "waiting_customer"},
        None,
        ("support", "waiting_customer"),
    ),
    "both changed, and already fit": ({"origin": "solved", "linked": "closed"}, None, "noted"),
    "the wish is there already": ({"origin": "open", "linked": "solved"}, None, "noted"),
    "both changed, one of them unknown": (
        {"origin": "solved", "linked": "odd"},
        Side.ORIGIN,
        "status_unmapped",
    ),
}


@pytest.mark.parametrize("case", EDGES.values(), ids=EDGES.keys())
def test_edges(linked, case):
    shown, owner, outcome = case
    world = linked(owner=owner)
    for side, status in shown.items():
        world.set(getattr(world, side), status)
    world.read()
    before = len(world.history)
    world.record(world.decide())
    (decision,) = world.history[before:]
    if isinstance(outcome, tuple):
        assert status_writes(world) == [outcome]
        assert world.link.hold is None
    else:
        assert status_writes(world) == []
        assert (world.link.hold.reason if world.link.hold else None) == (
            outcome if outcome not in ("noted", None) else None
        )
        assert [e.code for e in decision.timeline if e.code == "status_noted"] == (
            ["status_noted"] if outcome == "noted" else []
        )
    world.work()
    writes = dict(world.writes)
    for _ in range(3):
        world.later(minutes=5)
        world.work()
    assert world.writes == writes, "something echoes"


def test_what_was_carried_over_does_not_come_back(linked):
    world = linked()
    for status in ("open", "waiting_customer", "solved", "open", "waiting_third_party", "solved"):
        world.set(world.linked, status)
        world.work()
        assert len(status_writes(world)) <= 4
        world.later(minutes=1)
    assert status_writes(world) == [
        ("support", "waiting_customer"),
        ("support", "open"),
        ("support", "waiting_third_party"),
        ("support", "open"),
    ]


def test_a_status_there_and_back_between_two_looks_is_no_change(linked):
    world = linked()
    world.set(world.linked, "solved")
    world.set(world.linked, "new")
    world.work()
    assert status_writes(world) == []
    assert world.link.hold is None


def test_a_write_that_is_under_way_is_not_decided_again(linked):
    world = linked()
    world.set(world.linked, "solved")
    world.read()
    for _ in range(3):
        world.record(world.decide())
        world.later(minutes=1)
    assert status_writes(world) == [("support", "open")]


def test_a_change_that_overtakes_a_write_is_decided_anew(linked):
    world = linked()
    world.set(world.linked, "solved")
    world.read()
    world.record(world.decide())
    world.set(world.origin, "solved")  # before the write arrives
    world.deliver()
    world.work()
    assert status_writes(world) == [("support", "open"), ("dev", "closed")]
    assert (world.status(world.origin), world.status(world.linked)) == ("solved", "closed")


def test_an_answer_that_got_lost_does_no_harm(linked):
    world = linked()
    world.set(world.linked, "solved")
    world.read()
    world.record(world.decide())
    world.deliver(lambda _: "lost")
    assert world.status(world.origin) == "open"
    world.work()
    assert status_writes(world) == [("support", "open")]
    assert world.link.hold is None


def test_a_refused_status_is_not_tried_for_ever(linked):
    world = linked()
    world.set(world.linked, "solved")
    for _ in range(10):
        world.read()
        world.record(world.decide())
        world.deliver(lambda record: "failed" if isinstance(record.intent, ChangeTicket) else "done")
        world.later(minutes=5)
    assert len(status_writes(world)) == 1
    assert world.link.hold is not None


def test_a_refused_status_that_was_overtaken_is_not_sent_by_a_retry(linked):
    world = linked()
    world.set(world.linked, "waiting_customer")
    world.read()
    world.record(world.decide())
    world.deliver(lambda _: "failed")
    world.set(world.linked, "open")  # the developer went on
    world.work()
    for key, record in world.writes.items():  # what `retry` does
        if record.state is IntentState.FAILED:
            world._mark(key, after_retry(record.intent))
    world.work()
    assert world.status(world.origin) == "waiting_third_party"


def test_what_people_set_before_the_bridge_knew_the_linked_ticket_is_carried_over(make_world):
    """The answer to the create is lost; until the ticket is found, its team works on it."""
    world = make_world()
    world.work()
    world.later(minutes=61)
    while world.linked not in world.tickets:
        world.read(world.origin)
        world.record(world.decide())
        world.deliver(lambda _: "lost")
    world.later(minutes=5)
    world.set(world.linked, "solved", status_since=world.now)
    world.work()
    assert (world.status(world.origin), world.status(world.linked)) == ("open", "solved")
    assert status_writes(world) == [("support", "open")]


# --- held links -------------------------------------------------------------------------------------------------------


def test_a_hold_is_told_once_on_both_sides_and_to_agents_only(linked):
    world = linked()
    world.set(world.linked, "odd")
    for _ in range(3):
        world.work()
        world.later(minutes=5)
    told = notes(world, "status_unmapped")
    assert [note.ticket for note in told] == [world.origin, world.linked]
    assert {note.visibility for note in told} == {PRIVATE}
    assert world.codes.count("held_status_unmapped") == 1


def test_another_cause_is_told_again(linked):
    world = linked()
    world.set(world.linked, "odd")
    world.work()
    world.set(world.linked, "new")
    world.set(world.origin, "odd")
    world.work()
    assert len(notes(world, "status_unmapped")) == 4
    assert world.link.hold.facts["side"] == "origin"


@pytest.mark.parametrize("status", ["odd", "wont-do"])
def test_a_hold_goes_when_the_status_goes_back(linked, status):
    world = linked(to_origin=StatusMap({"new": Keep.KEEP, "open": Keep.KEEP}))
    world.set(world.linked, status)
    world.work()
    assert world.link.hold.reason == "status_unmapped"
    world.set(world.linked, "new")
    world.work()
    assert world.link.hold is None
    assert "released" in world.codes


def test_a_hold_goes_when_the_status_becomes_a_mapped_one(linked):
    world = linked()
    world.set(world.linked, "odd")
    world.work()
    world.set(world.linked, "solved")
    world.work()
    assert world.link.hold is None
    assert world.status(world.origin) == "open"


def test_a_hold_goes_when_the_map_is_mended(linked, make_world):
    world = linked()
    world.set(world.linked, "odd")
    world.work()
    world.rules.routes["engineering"] = make_world.route(to_origin=StatusMap({"odd": "open"}))
    world.work()
    assert world.link.hold is None
    assert world.status(world.origin) == "open"


def test_a_person_settles_a_conflict(linked):
    world = linked(owner=None)
    world.set(world.origin, "solved")
    world.set(world.linked, "waiting_customer")
    world.work()
    assert world.link.hold.reason == "status_conflict"
    assert len(notes(world, "status_conflict")) == 2
    world.set(world.linked, "closed")
    world.work()
    assert world.link.hold is None
    assert status_writes(world) == []


def chosen_and_refused(linked):
    """A conflict in which a person chose the origin's status, and the linked ticket's vendor refused it."""
    world = linked(owner=None)
    world.set(world.origin, "solved")
    world.set(world.linked, "waiting_customer")
    world.work()
    world.view = replace(world.view, links=(replace(world.link, chosen=Side.ORIGIN),))
    for _ in range(3):
        world.read()
        world.record(world.decide())
        world.deliver(lambda record: "failed" if isinstance(record.intent, ChangeTicket) else "done")
        world.later(minutes=5)
    return world


def test_a_choice_that_the_vendor_refuses_is_told_and_not_asked_again(linked):
    world = chosen_and_refused(linked)
    assert len(status_writes(world)) == 1
    assert (world.link.hold.reason, world.link.hold.facts["wish"]) == ("status_refused", "closed")
    assert len(notes(world, "status_conflict")) == 2
    assert len(notes(world, "status_refused")) == 2


def test_a_refused_choice_is_tried_again_when_somebody_asks_for_it(linked):
    world = chosen_and_refused(linked)
    for key, record in world.writes.items():  # what `retry` does
        if record.state is IntentState.FAILED:
            world._mark(key, after_retry(record.intent))
    world.work()
    assert world.link.hold is None
    assert world.status(world.linked) == "closed"


def test_a_refused_choice_says_nothing_about_the_next_conflict(linked):
    world = chosen_and_refused(linked)
    world.set(world.linked, "waiting_third_party")
    world.work()
    assert world.link.hold.reason == "status_conflict"
    assert len(status_writes(world)) == 1


@pytest.mark.parametrize(
    ("owner", "outcome"),
    [(Side.ORIGIN, []), (Side.LINKED, [("support", "open")]), (None, [("support", "open")])],
)
def test_where_both_changed_the_owner_counts_also_if_its_wish_is_there_already(linked, owner, outcome):
    world = linked(owner=owner, to_linked=StatusMap({"open": Keep.KEEP, "solved": "solved"}))
    world.set(world.origin, "solved")
    world.set(world.linked, "solved")
    for _ in range(3):
        world.work()
        world.later(minutes=1)
    assert status_writes(world) == outcome


@pytest.mark.parametrize("owner", [Side.ORIGIN, None])
def test_a_hold_and_a_pointer_at_once_are_both_kept(linked, owner):
    world = linked(
        owner=owner,
        to_linked=StatusMap({"open": "waiting_customer", "waiting_third_party": Keep.KEEP}),
        to_origin=StatusMap({"new": Keep.KEEP, "solved": "new"}),
    )
    if owner is None:
        world.set(world.origin, "open")
        world.set(world.linked, "solved")
    else:
        world.set(world.linked, "closed")
    world.work()
    reason = "status_unmapped" if owner else "status_conflict"
    assert world.link.hold.reason == reason
    assert "True" in world.link.shown[Side.ORIGIN].split("\n")
    assert len(notes(world, reason)) == 2
    assert world.codes.count(f"held_{reason}") == 1


def test_taking_note_and_a_pointer_at_once_are_both_kept(linked):
    world = linked()
    world.set(world.origin, "open")
    world.set(world.linked, "solved")
    world.work()
    assert world.link.statuses == {Side.ORIGIN: "open", Side.LINKED: "solved"}
    assert world.codes.count("status_noted") == 1


def test_a_linked_ticket_that_is_gone_holds_the_link(linked):
    world = linked()
    ticket = world.tickets.pop(world.linked)
    object.__setattr__(world.view, "gone", {world.linked: "no such ticket"})
    world.says(world.origin, Role.CUSTOMER, "Hello?")
    world.work()
    assert world.link.hold.reason == "ticket_gone"
    assert [note.ticket for note in notes(world, "ticket_gone")] == [world.origin]
    assert notes(world, "passed_comment") == []
    object.__setattr__(world.view, "gone", {})
    world.tickets[world.linked] = ticket
    world.work()
    assert world.link.hold is None
    assert len(notes(world, "passed_comment")) == 1


def test_the_pointer_shows_when_the_other_side_is_done_and_when_it_is_not_any_more(linked):
    world = linked()
    for status in ("solved", "open", "solved"):
        world.set(world.linked, status)
        world.work()
        world.later(minutes=1)
    shown = [
        record.intent.pointer.done
        for record in world.writes.values()
        if isinstance(record.intent, ShowLink) and record.intent.ticket == world.origin
    ]
    assert shown == [False, True, False, True]


# --- comments ---------------------------------------------------------------------------------------------------------

PASSES = [
    (take, visibility, take is Take.ALL or (take is Take.PUBLIC and visibility is PUBLIC))
    for take in Take
    for visibility in Visibility
]


@pytest.mark.parametrize(("take", "visibility", "passes"), PASSES)
@pytest.mark.parametrize("write", list(Visibility))
@pytest.mark.parametrize("side", list(Side))
def test_comments_pass_as_the_route_says(linked, side, take, visibility, passes, write):
    direction = "comments_to_linked" if side is Side.ORIGIN else "comments_to_origin"
    world = linked(**{direction: CommentRule(take, write)})
    comment = world.says(getattr(world, side), Role.AGENT, "Words", visibility)
    for _ in range(3):
        world.work()
    passed = notes(world, "passed_comment")
    shown = PUBLIC if visibility is write is PUBLIC else PRIVATE  # what is private stays private
    assert [(n.ticket, n.visibility, n.message.visibility) for n in passed] == (
        [(getattr(world, side.other), shown, shown)] if passes else []
    )
    for note in passed:
        (quote,) = note.message.quotes
        assert (quote.body, quote.at, quote.author) == (comment.body, comment.created_at, "Agent")


def test_what_the_system_says_is_not_passed(linked):
    world = linked()
    world.says(world.origin, Role.SYSTEM, "Merged from #2.")
    world.work()
    assert notes(world, "passed_comment") == []


def test_what_the_description_tells_is_not_passed_again(make_world):
    world = make_world()
    told = world.says(world.origin, Role.CUSTOMER, "It got worse.")
    world.later(minutes=5)
    world.escalate()
    assert world.link.excluded == (told.id,)
    assert notes(world, "passed_comment") == []


def test_what_a_customer_says_while_the_linked_ticket_is_made_is_passed(make_world):
    world = make_world()
    world.work()
    world.later(minutes=61)
    world.read()
    world.record(world.decide())
    world.says(world.origin, Role.CUSTOMER, "Hello?")
    world.work()
    assert [note.message.quotes[0].body.text for note in notes(world, "passed_comment")] == ["Hello?"]


def test_old_notes_are_not_passed_when_a_link_begins(make_world):
    world = make_world(
        routes=(make_world.route(comments_to_linked=CommentRule(Take.ALL, Visibility.PRIVATE)),)
    )
    world.says(world.origin, Role.AGENT, "A difficult one.", PRIVATE)
    world.escalate()
    assert notes(world, "passed_comment") == []
    world.later(minutes=1)
    world.says(world.origin, Role.AGENT, "Ask them for the log.", PRIVATE)
    world.work()
    assert len(notes(world, "passed_comment")) == 1


def test_comments_pass_while_the_link_is_held(linked):
    world = linked()
    world.set(world.linked, "odd")
    world.says(world.linked, Role.AGENT, "Looking into it.", PRIVATE)
    world.work()
    assert world.link.hold is not None
    assert len(notes(world, "passed_comment")) == 1


def test_a_comment_that_is_seen_late_is_passed(linked):
    world = linked()
    world.says(world.origin, Role.CUSTOMER, "Second")
    world.work()
    world.says(world.origin, Role.CUSTOMER, "First", at=world.now.replace(minute=0))
    world.work()
    assert [note.message.quotes[0].body.text for note in notes(world, "passed_comment")] == [
        "Second",
        "First",
    ]
