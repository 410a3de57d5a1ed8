"""What is told of writes that were given up: once, true, and no words of anybody's."""

from dataclasses import replace

from escalation_bridge.domain.case.write_records import IntentState, Receipt
from escalation_bridge.domain.case.writes.comments import WriteComment
from escalation_bridge.domain.case.writes.notes import ReviseNote
from escalation_bridge.domain.case.writes.shown_links import ShowLink
from escalation_bridge.domain.links.failure_notes import note_failures
from escalation_bridge.domain.tickets.tickets import Role, Visibility
from escalation_bridge.messages.catalogue import compose


def refuse_comments(world):
    world.read()
    world.record(world.decide())
    world.deliver(lambda r: "failed" if getattr(r.intent, "source", None) is not None else "done")
    world.work()


def told(world, template):
    return [
        record.intent
        for record in world.writes.values()
        if isinstance(record.intent, WriteComment | ReviseNote)
        and record.intent.message.template == template
        and record.state is not IntentState.CANCELLED
    ]


def test_a_note_where_it_was_said_names_who_and_when(linked):
    world = linked()
    world.says(world.origin, Role.CUSTOMER, "My code is 4711")
    refuse_comments(world)
    (note,) = told(world, "comments_not_over")
    assert (note.ticket, note.message.visibility) == (world.origin, Visibility.PRIVATE)
    assert note.message.facts["comments"] == "Customer (2026-03-02 10:02 UTC)"
    for language in ("en", "id"):
        assert "4711" not in compose(note.message, language).body.text
    assert told(world, "write_failed") == []


def test_one_note_grows_and_is_settled_in_the_end_and_the_next_time_is_a_note_of_its_own(linked):
    world = linked()
    for number in range(12):
        world.says(world.origin, Role.CUSTOMER, f"Word {number}")
        refuse_comments(world)
    notes = told(world, "comments_not_over")
    assert [type(note) for note in notes] == [WriteComment] + [ReviseNote] * 11
    assert (notes[-1].message.facts["count"], notes[-1].message.facts["more"]) == ("12", "2")
    assert "and 2 more" in compose(notes[-1].message, "en").body.text
    world.says(world.origin, Role.AGENT, "/bridge retry", Visibility.PRIVATE)
    world.work()
    assert len(told(world, "comments_got_over")) == 1
    world.says(world.origin, Role.CUSTOMER, "And again")
    refuse_comments(world)
    assert [type(note) for note in told(world, "comments_not_over")][12:] == [WriteComment]


def test_a_note_that_was_not_written_before_all_got_over_is_withdrawn(linked):
    world = linked()
    world.says(world.origin, Role.CUSTOMER, "Still burning")
    world.read()
    world.record(world.decide())
    world.deliver(lambda r: "failed" if getattr(r.intent, "source", None) is not None else "done")
    world.read()
    world.record(world.decide())
    world.says(world.origin, Role.AGENT, "/bridge retry", Visibility.PRIVATE)
    world.read()
    world.record(world.decide())
    world.deliver(lambda r: "later" if r.key.startswith("missing:") else "done")
    world.work()
    assert told(world, "comments_not_over") == []
    assert told(world, "comments_got_over") == []


def test_nothing_is_said_of_a_ticket_that_is_closed_for_good_or_not_linked_any_more(linked):
    world = linked()
    world.says(world.origin, Role.CUSTOMER, "Still burning")
    world.read()
    world.record(world.decide())
    (key,) = [key for key, r in world.writes.items() if getattr(r.intent, "source", None) is not None]
    world._mark(key, IntentState.FAILED, error="no", attempts=1)
    assert len(note_failures(world.view).intents) == 1
    assert note_failures(replace(world.view, links=())).intents == ()
    world._mark(key, IntentState.FAILED, receipt=Receipt(closed=True))
    world.set(world.linked, "closed")
    world.read()
    assert note_failures(world.view).intents == ()


def test_whatever_else_failed_at_a_connection_is_one_note(linked):
    world = linked()
    for key, record in tuple(world.writes.items()):
        if isinstance(record.intent, ShowLink) and record.intent.ticket == world.linked:
            world._mark(key, IntentState.FAILED, error="you may not", receipt=None)
            world._mark(f"{key}", IntentState.FAILED)
    world.work()
    (note,) = told(world, "write_failed")
    assert note.message.facts["what"] == "show_link"
    assert "Could not deliver to dev: link to the other ticket." in compose(note.message, "en").body.text
