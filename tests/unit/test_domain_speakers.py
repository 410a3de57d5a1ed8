"""Who spoke, what a snapshot tells of the past, and what a receipt means: small rules with great consequences."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from escalation_bridge.domain.after_writing import after_change
from escalation_bridge.domain.case.write import Settlement
from escalation_bridge.domain.case.write_records import IntentRecord, IntentState, Receipt, remote_token
from escalation_bridge.domain.case.writes.changes import ChangeTicket
from escalation_bridge.domain.case.writes.comments import WriteComment
from escalation_bridge.domain.routes.sides import Side
from escalation_bridge.domain.sla import events
from escalation_bridge.domain.sla.events import EventKind
from escalation_bridge.domain.sync.comments.who_spoke import who_spoke
from escalation_bridge.domain.tickets.messages import MessageRequest
from escalation_bridge.domain.tickets.tickets import (
    Comment,
    Person,
    RichText,
    Role,
    Status,
    StatusKind,
    TicketChange,
    TicketRef,
    Visibility,
)

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
HERE, ELSEWHERE = TicketRef("support", "1"), TicketRef("dev", "1")


def comment(**changes):
    author = Person("9", "Bridge account", None, Role.AGENT)
    said = Comment(HERE, "c1", author, Visibility.PRIVATE, RichText("<p>Two  words</p>", "Two  words"), NOW)
    return replace(said, **changes)


def write(**changes):
    message = MessageRequest("passed_comment", visibility=Visibility.PRIVATE)
    intent = WriteComment(HERE, Visibility.PRIVATE, message)
    record = IntentRecord("k", intent, "eb-1", IntentState.SENT, NOW, attempts=1, sent_at=NOW)
    return replace(record, **changes)


SENT = "Two words\n"
SPEAKERS = {
    "a marker is the bridge's, whoever signed it": (comment(marker="eb-1"), [], Role.BRIDGE),
    "another bridge's marker is a bridge's as well": (comment(marker="eb-other"), [write()], Role.BRIDGE),
    "a receipt proves it": (comment(), [write(receipt=Receipt(HERE, "c1"))], Role.BRIDGE),
    "a receipt of another comment does not": (
        comment(),
        [write(receipt=Receipt(HERE, "c2"), sent_text=SENT)],
        Role.AGENT,
    ),
    "a receipt of the same id elsewhere does not": (
        comment(),
        [
            write(
                intent=replace(write().intent, ticket=ELSEWHERE),
                receipt=Receipt(ELSEWHERE, "c1"),
            )
        ],
        Role.AGENT,
    ),
    "where the receipt was lost, the text does": (comment(), [write(sent_text=SENT)], Role.BRIDGE),
    "another text does not": (comment(), [write(sent_text="Three words")], Role.AGENT),
    "a text that was never sent does not": (comment(), [write(sent_at=None, sent_text=SENT)], Role.AGENT),
    "the account proves nothing: a person may share it": (comment(), [write()], Role.AGENT),
    "a write of another kind proves nothing": (
        comment(),
        [write(intent=ChangeTicket(HERE, TicketChange(status="open")), sent_text=SENT)],
        Role.AGENT,
    ),
}


@pytest.mark.parametrize("case", SPEAKERS.values(), ids=SPEAKERS.keys())
def test_who_spoke(case):
    said, records, role = case
    assert who_spoke(said, records) is role


# --- events -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def ticket(make_world):
    return make_world().tickets[make_world.origin]


def shows(ticket, kind, word="word", at=NOW):
    return replace(ticket, status=Status(kind, word, word), updated_at=at)


LATER = NOW + timedelta(minutes=5)


def test_the_same_kind_under_another_word_is_no_change(ticket):
    before, after = shows(ticket, StatusKind.OPEN, "3"), shows(ticket, StatusKind.OPEN, "10042", LATER)
    assert events.status_changed(before, after, LATER) is None


def test_a_change_is_as_old_as_the_vendors_watermark(ticket):
    before, after = shows(ticket, StatusKind.OPEN), shows(ticket, StatusKind.SOLVED, at=LATER)
    event = events.status_changed(before, after, LATER + timedelta(hours=1))
    assert (event.kind, event.at, event.status) == (EventKind.STATUS, LATER, StatusKind.SOLVED)


def test_without_a_watermark_it_is_as_old_as_it_was_seen(ticket):
    before, after = shows(ticket, StatusKind.OPEN), shows(ticket, StatusKind.SOLVED, at=None)
    assert events.status_changed(before, after, LATER).at == LATER
    assert events.status_changed(None, after, LATER).at == ticket.created_at


def test_a_ticket_that_is_first_seen_new_has_not_changed(ticket):
    assert events.status_changed(None, shows(ticket, StatusKind.NEW), LATER) is None
    assert events.status_changed(None, shows(ticket, StatusKind.OPEN), LATER).status is StatusKind.OPEN


def test_changes_of_one_second_stay_in_the_order_in_which_they_were_seen(ticket):
    kinds = [StatusKind.SOLVED, StatusKind.OPEN, StatusKind.SOLVED, StatusKind.CLOSED, StatusKind.OPEN]
    seen, before = [], ticket
    for number, kind in enumerate(kinds):
        after = shows(ticket, kind)
        seen.append(events.status_changed(before, after, NOW, number))
        before = after
    assert [event.status for event in events.order(reversed(seen))] == kinds
    assert len({event.key for event in seen}) == len(kinds)


@pytest.mark.parametrize(
    ("role", "by"),
    [
        (Role.CUSTOMER, Role.CUSTOMER),
        (Role.UNKNOWN, Role.CUSTOMER),
        (Role.AGENT, Role.AGENT),
        (Role.BOT, Role.AGENT),
        (Role.BRIDGE, Role.AGENT),
    ],
)
def test_who_opened_it(ticket, role, by):
    opener = Person("opener", "Opener", None, role)
    asked_by_nobody_else = replace(ticket, created_by=opener, requester=None)
    event = events.opened(asked_by_nobody_else)
    assert (event.by, event.public, event.status) == (by, True, StatusKind.NEW)


SEAT = Person("77", "Colleague", None, Role.AGENT)


def test_whoever_asks_is_the_customer_whatever_the_licence(ticket):
    asked = replace(ticket, created_by=SEAT, requester=SEAT)
    assert events.opened(asked).by is Role.CUSTOMER
    assert who_spoke(replace(comment(), author=SEAT), [], asked) is Role.CUSTOMER
    assert who_spoke(replace(comment(), author=replace(SEAT, id="78")), [], asked) is Role.AGENT


@pytest.mark.parametrize("role", [Role.BOT, Role.SYSTEM, Role.BRIDGE])
def test_a_program_asks_nothing(ticket, role):
    program = replace(SEAT, role=role)
    asked = replace(ticket, created_by=program, requester=program)
    assert who_spoke(replace(comment(), author=program), [], asked) is role


@pytest.mark.parametrize(
    ("opener", "by"), [(replace(SEAT, role=Role.UNKNOWN), Role.AGENT), (Person("", ""), Role.CUSTOMER)]
)
def test_somebody_else_than_the_requester_wrote_it_down(ticket, opener, by):
    event = events.opened(replace(ticket, created_by=opener))
    assert (event.by, event.public) == (by, True)


def test_what_an_agent_notes_for_a_customer_is_known_to_the_customer(ticket):
    noted = replace(ticket, created_by=SEAT, description_visibility=Visibility.PRIVATE)
    assert events.opened(noted).public
    among_colleagues = replace(noted, requester=replace(SEAT, id="78"))
    assert not events.opened(among_colleagues).public


def test_what_was_said_comes_before_what_it_led_to(ticket):
    said = events.commented(comment(created_at=NOW), Role.CUSTOMER)
    changed = events.status_changed(shows(ticket, StatusKind.SOLVED), shows(ticket, StatusKind.OPEN), NOW)
    opened = replace(events.opened(ticket), at=NOW)
    assert events.order([changed, said, opened]) == (opened, said, changed)


# --- receipts and tokens ------------------------------------------------------------------------------------------------


def test_a_status_that_was_written_counts_as_in_step(make_world):
    world = make_world().escalate()
    settles = Settlement(world.link.id, Side.LINKED, "solved", "open")
    record = write(intent=ChangeTicket(world.origin, TicketChange(status="open"), settles, follows=True))
    changed = shows(world.tickets[world.origin], StatusKind.OPEN, "open after all")
    consequence = after_change(world.view, record, changed, world.rules.routes)
    assert consequence.link.statuses == {Side.LINKED: "solved", Side.ORIGIN: "open after all"}


def test_a_write_that_settles_nothing_changes_no_link(make_world):
    world = make_world().escalate()
    plain = write(intent=ChangeTicket(world.origin, TicketChange(status="open")))
    gone = write(
        intent=ChangeTicket(
            world.origin, TicketChange(status="open"), Settlement("no such", Side.LINKED, "a", "b")
        )
    )
    for record in (plain, gone):
        assert after_change(world.view, record, world.tickets[world.origin], world.rules.routes).link is None


def test_tokens_are_short_and_keep_bridges_cases_and_writes_apart():
    tokens = {
        remote_token(bridge, case, key)
        for bridge in "ab"
        for case in (1, 11)
        for key in ("k", "1\nk", "11\nk")
    }
    assert len(tokens) == 12
    assert {len(token) for token in tokens} == {23}
    assert remote_token("a", 1, "k") == remote_token("a", 1, "k")
