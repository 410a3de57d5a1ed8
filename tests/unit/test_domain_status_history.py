"""The course of a ticket's status, told by readings and by the vendor's own history."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from escalation_bridge.domain.sla import events
from escalation_bridge.domain.sla.events import EventKind, TimeSource
from escalation_bridge.domain.sla.status_history import has_moved_on, may_have_missed, status_events
from escalation_bridge.domain.tickets.tickets import Status, StatusChange, StatusKind

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def ticket(make_world):
    world = make_world()
    return replace(world.tickets[world.origin], created_at=START, updated_at=START, status_since=None)


def after(seconds):
    return START + timedelta(seconds=seconds)


def change(seconds, kind, name="c"):
    return StatusChange(f"{name}{seconds}", after(seconds), Status(kind, str(kind), str(kind)))


def as_of(ticket, kind, updated, since=None):
    status = Status(kind, str(kind), str(kind))
    return replace(
        ticket, status=status, updated_at=after(updated), status_since=None if since is None else after(since)
    )


def course(old, new, changes=(), known=()):
    return list(status_events(old, new, changes, known, after(9_000)))


def told(found):
    return [(int((event.at - START).total_seconds()), event.status, event.source) for event in found]


def test_what_was_solved_before_the_first_reading_is_dated_by_the_vendor(ticket):
    late = as_of(ticket, StatusKind.CLOSED, 360_000)
    changes = [change(3, StatusKind.SOLVED), change(345_600, StatusKind.CLOSED)]
    assert may_have_missed(None, late, [events.opened(ticket)])
    assert told(course(None, late, changes)) == [
        (3, StatusKind.SOLVED, TimeSource.VENDOR),
        (345_600, StatusKind.CLOSED, TimeSource.VENDOR),
    ]


def test_a_pause_that_came_and_went_between_two_readings_is_noticed(ticket):
    known = [events.opened(ticket), *course(None, as_of(ticket, StatusKind.OPEN, 1, 1))]
    old, new = as_of(ticket, StatusKind.OPEN, 1, 1), as_of(ticket, StatusKind.OPEN, 39, 39)
    assert may_have_missed(old, new, known)
    changes = [
        change(1, StatusKind.OPEN),
        change(2, StatusKind.WAITING_CUSTOMER),
        change(39, StatusKind.OPEN),
    ]
    assert [at for at, *_ in told(course(old, new, changes, known))] == [2, 39]


def test_without_a_history_the_time_says_what_it_is(ticket):
    old, new = ticket, as_of(ticket, StatusKind.SOLVED, 500)
    assert told(course(old, new)) == [(500, StatusKind.SOLVED, TimeSource.LAST_CHANGE)]
    assert told(course(old, replace(new, status_since=after(30)))) == [
        (30, StatusKind.SOLVED, TimeSource.VENDOR)
    ]
    assert told(course(old, replace(new, updated_at=None))) == [(9_000, StatusKind.SOLVED, TimeSource.SEEN)]


def test_a_ticket_that_is_read_at_once_needs_no_history(ticket):
    known = [events.opened(ticket)]
    assert not may_have_missed(None, ticket, known)
    assert not may_have_missed(None, replace(ticket, status_since=START), known)
    noted = replace(ticket, updated_at=after(50), status_since=START)
    assert not may_have_missed(None, noted, known)
    assert not may_have_missed(noted, replace(noted, updated_at=after(70)), known)


def test_a_change_after_the_reading_is_left_to_the_next_one(ticket):
    new = as_of(ticket, StatusKind.OPEN, 10)
    changes = [change(10, StatusKind.OPEN), change(11, StatusKind.SOLVED)]
    assert told(course(ticket, new, changes)) == [(10, StatusKind.OPEN, TimeSource.VENDOR)]


KINDS = st.sampled_from([kind for kind in StatusKind if kind is not StatusKind.UNKNOWN])
COURSES = st.lists(st.tuples(st.integers(1, 400), KINDS), max_size=12)


@settings(derandomize=True)
@given(steps=COURSES, looks=st.sets(st.integers(0, 12), max_size=5))
def test_whenever_it_is_read_the_course_is_the_same(make_world, steps, looks):
    """However many readings were lost: the events are those of a bridge that saw every change."""
    world = make_world()
    ticket = replace(world.tickets[world.origin], created_at=START, updated_at=START, status_since=START)
    at, changes, kind = 0, [], StatusKind.NEW
    for gap, wanted in steps:
        at += gap + 1
        changes.append(change(at, wanted, "h"))

    known, old = [events.opened(ticket)], None
    for end in sorted({*looks, len(changes)}):
        past = changes[:end]
        kind = past[-1].status.kind if past else StatusKind.NEW
        since = past[-1].at if past else START
        new = replace(ticket, status=Status(kind, str(kind), str(kind)), status_since=since, updated_at=since)
        asked = past if may_have_missed(old, new, known) else []
        known += course(old, new, asked, known)
        old = new

    wanted = []
    for each in changes:
        if each.status.kind is not (wanted[-1][1] if wanted else StatusKind.NEW):
            wanted.append((each.at, each.status.kind))
    statuses = [event for event in events.order(known) if event.kind is EventKind.STATUS]
    assert [(event.at, event.status) for event in statuses] == wanted


@pytest.mark.parametrize(
    ("since", "changes", "moved"),
    [
        (None, [], False),
        (0, [], False),
        (1, [], False),  # vendors date the creation and the first status in one second or in two
        (2, [], True),
        (None, [change(1, StatusKind.NEW)], False),
        (None, [change(1, StatusKind.NEW), change(300, StatusKind.SOLVED)], True),
    ],
)
def test_a_ticket_that_was_worked_on_since_it_was_created_is_told(ticket, since, changes, moved):
    assert has_moved_on(as_of(ticket, StatusKind.OPEN, 400, since), changes) is moved
