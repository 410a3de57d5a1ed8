"""Who held the ball: hand-offs without gap or overlap, that add up to the whole; and the clocks of single hand-offs."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from escalation_bridge.domain.sla.calendar import ALWAYS, parse_calendar
from escalation_bridge.domain.sla.clocks import ClockState
from escalation_bridge.domain.sla.events import EventKind, TicketEvent
from escalation_bridge.domain.sla.hand_offs import (
    HandOffTarget,
    LinkedTicket,
    PartyKind,
    StatusSpan,
    compute_hand_off_clocks,
    compute_hand_offs,
    status_spans,
    working_seconds,
)
from escalation_bridge.domain.sla.ledger import Phase, make_ledger
from escalation_bridge.domain.tickets.tickets import StatusKind, TicketRef

OPENED = datetime(2026, 3, 26, 8, 0, tzinfo=UTC)  # a Thursday; Berlin changes its clocks on the Sunday after
ORIGIN, DEV = TicketRef("support", "1"), TicketRef("dev", "24")
OFFICE = parse_calendar(
    {
        "timezone": "Europe/Berlin",
        "hours": {"mon-fri": [["09:00", "12:00"], ["13:00", "17:00"]], "sat": [["22:00", "06:00"]]},
        "holidays": ["2026-03-27"],
    }
)
WORDS = {
    "new": StatusKind.NEW,
    "open": StatusKind.OPEN,
    "customer": StatusKind.WAITING_CUSTOMER,
    "third": StatusKind.WAITING_THIRD_PARTY,
    "solved": StatusKind.SOLVED,
    "odd": StatusKind.UNKNOWN,
}


def at(hours):
    return OPENED + timedelta(hours=hours)


def course(*turns):
    """A status course from (hour, word) pairs."""
    ends = [at(hour) for hour, _ in turns[1:]] + [None]
    return tuple(
        StatusSpan(at(hour), end, WORDS[word]) for (hour, word), end in zip(turns, ends, strict=True)
    )


def linked(since, *turns, link="a", ref=DEV):
    return LinkedTicket(link, ref, at(since), course(*turns) if turns else ())


def told(origin, tickets, until=10):
    hand_offs = compute_hand_offs(ORIGIN, origin, tickets, OPENED, at(until))
    return [
        (
            (hand_off.start - OPENED) / timedelta(hours=1),
            (hand_off.end - OPENED) / timedelta(hours=1),
            str(hand_off.party),
        )
        for hand_off in hand_offs
    ]


HANDED_ON = course((0, "new"), (2, "third"))


@pytest.mark.parametrize(
    ("origin", "tickets", "hand_offs"),
    [
        pytest.param((), [], [(0, 10, "support")], id="nothing is known"),
        pytest.param(
            course((0, "new"), (1, "open"), (3, "customer"), (5, "open"), (8, "solved")),
            [],
            [(0, 3, "support"), (3, 5, "customer"), (5, 8, "support"), (8, 10, "done")],
            id="support alone",
        ),
        pytest.param(
            course((0, "new"), (4, "third"), (6, "open")),
            [],
            [(0, 4, "support"), (4, 6, "third_party"), (6, 10, "support")],
            id="a third party without a linked ticket",
        ),
        pytest.param(HANDED_ON, [linked(2)], [(0, 2, "support"), (2, 10, "dev")], id="handed on"),
        pytest.param(
            HANDED_ON,
            [linked(2, (0, "open"), (5, "solved"))],
            [(0, 2, "support"), (2, 5, "dev"), (5, 10, "support")],
            id="solved there: back to support, although the status has not been set yet",
        ),
        pytest.param(
            course((0, "new"), (2, "third"), (6, "open"), (7, "third")),
            [linked(2, (0, "open"), (5, "solved"))],
            [
                (0, 2, "support"),
                (2, 5, "dev"),
                (5, 7, "support"),
                (7, 10, "third_party"),
            ],
            id="another wait for a third party, after the linked ticket was solved",
        ),
        pytest.param(
            HANDED_ON,
            [linked(2, (0, "open"), (5, "solved"), (7, "open"))],
            [(0, 2, "support"), (2, 5, "dev"), (5, 7, "support"), (7, 10, "dev")],
            id="reopened there",
        ),
        pytest.param(
            HANDED_ON,
            [linked(2, (0, "new"), (4, "customer"), (6, "third"), (8, "odd"))],
            [(0, 2, "support"), (2, 4, "dev"), (4, 6, "support"), (6, 8, "third_party"), (8, 10, "dev")],
            id="what the linked ticket waits for; its customer is support",
        ),
        pytest.param(
            course((0, "new"), (2, "third"), (4, "customer"), (7, "open")),
            [linked(2)],
            [(0, 2, "support"), (2, 4, "dev"), (4, 7, "customer"), (7, 10, "dev")],
            id="the customer is asked meanwhile",
        ),
        pytest.param(
            course((0, "new"), (3, "solved"), (6, "open")),
            [linked(2)],
            [(0, 2, "support"), (2, 3, "dev"), (3, 6, "done"), (6, 10, "dev")],
            id="solved is solved, whatever the linked ticket shows",
        ),
        pytest.param(
            HANDED_ON,
            [linked(2), linked(4, (4, "new"), (6, "solved"), link="b", ref=TicketRef("net", "7"))],
            [(0, 2, "support"), (2, 4, "dev"), (4, 6, "net"), (6, 10, "dev")],
            id="handed on twice: the last one has it until it is done",
        ),
        pytest.param(
            HANDED_ON,
            [linked(2), linked(4, (4, "third"), link="b", ref=TicketRef("net", "7"))],
            [(0, 2, "support"), (2, 10, "dev")],
            id="while the last one waits, the one before goes on",
        ),
    ],
)
def test_who_holds_the_ball(origin, tickets, hand_offs):
    assert told(origin, tickets) == hand_offs


def test_two_tickets_of_one_team_are_two_legs():
    hand_offs = compute_hand_offs(
        ORIGIN,
        HANDED_ON,
        [linked(2, (0, "open"), (4, "solved")), linked(4, link="b", ref=TicketRef("dev", "25"))],
        OPENED,
        at(10),
    )
    assert [hand_off.link for hand_off in hand_offs] == ["", "a", "b"]
    assert len(working_seconds(hand_offs, ALWAYS)) == 2


def test_the_course_of_a_ticket_comes_from_its_events():
    happened = [
        TicketEvent("status:2", at(2), EventKind.STATUS, status=StatusKind.OPEN),
        TicketEvent("opened", at(0), EventKind.OPENED, status=StatusKind.NEW),
        TicketEvent("said:1", at(1), EventKind.COMMENTED),
        TicketEvent("status:3", at(3), EventKind.STATUS, status=StatusKind.OPEN),
        TicketEvent("status:4", at(4), EventKind.STATUS, status=StatusKind.SOLVED),
    ]
    assert status_spans(happened) == course((0, "new"), (2, "open"), (4, "solved"))
    assert status_spans([]) == ()


# --- laws -----------------------------------------------------------------------------------------------------------

moments = st.integers(0, 8 * 24 * 3600)


@st.composite
def courses(draw):
    turns = sorted(draw(st.lists(moments, max_size=6)))
    starts = [
        OPENED + timedelta(seconds=turn, microseconds=draw(st.sampled_from([0, 999_999]))) for turn in turns
    ]
    starts.sort()
    return tuple(
        StatusSpan(start, end, draw(st.sampled_from(StatusKind)))
        for start, end in zip(starts, [*starts[1:], None], strict=bool(starts))
    )


@st.composite
def cases(draw):
    tickets = [
        LinkedTicket(link, TicketRef(name, link), OPENED + timedelta(seconds=draw(moments)), draw(courses()))
        for link, name in draw(
            st.sampled_from([(), (("a", "dev"),), (("a", "dev"), ("b", "net")), (("a", "dev"), ("b", "dev"))])
        )
    ]
    return draw(courses()), tickets, OPENED + timedelta(seconds=draw(moments))


@given(cases(), st.sampled_from([ALWAYS, OFFICE]))
@settings(max_examples=200, deadline=None)
def test_the_legs_add_up_to_the_whole(case, calendar):
    origin, tickets, until = case
    hand_offs = compute_hand_offs(ORIGIN, origin, tickets, OPENED, until)
    ends = [OPENED, *(hand_off.end for hand_off in hand_offs)]
    assert [hand_off.start for hand_off in hand_offs] == ends[:-1]
    assert ends[-1] == until
    assert all(hand_off.start < hand_off.end for hand_off in hand_offs)
    assert all((one.party, one.link) != (other.party, other.link) for one, other in pairwise(hand_offs))
    assert sum(working_seconds(hand_offs, calendar).values()) == calendar.elapsed(OPENED, until)
    for hand_off in hand_offs:
        assert bool(hand_off.link) is (hand_off.party.kind is PartyKind.LINKED)
        assert all(ticket.since <= hand_off.start for ticket in tickets if ticket.link == hand_off.link)


@given(cases(), st.sampled_from([ALWAYS, OFFICE]), st.integers(0, 4 * 24 * 3600))
@settings(max_examples=200, deadline=None)
def test_a_legs_clock_counts_what_its_team_took(case, calendar, target):
    origin, tickets, until = case
    hand_offs = compute_hand_offs(ORIGIN, origin, tickets, OPENED, until)
    targets = {ticket.link: HandOffTarget(target, "office", calendar) for ticket in tickets}
    for clock in compute_hand_off_clocks(hand_offs, tickets, targets):
        own = [hand_off for hand_off in hand_offs if hand_off.link == clock.link]
        assert clock.used_seconds == sum(calendar.elapsed(hand_off.start, hand_off.end) for hand_off in own)
        assert (clock.due is None) is (clock.state is ClockState.PAUSED)
        assert (clock.breached_at is not None) or clock.left_seconds >= 0
        ledger = make_ledger(clock, calendar, until)
        used = [line for line in ledger.lines if line.phase is not Phase.AHEAD]
        assert sum(line.seconds for line in used) == clock.used_seconds
        if clock.state is ClockState.RUNNING and ledger.lines and clock.breached_at is None and target:
            assert ledger.lines[-1].end == clock.due


# --- clocks of hand-offs -------------------------------------------------------------------------------------------------


def hand_off_clock(origin, ticket, until=10, seconds=4 * 3600):
    hand_offs = compute_hand_offs(ORIGIN, origin, [ticket], OPENED, at(until))
    (clock,) = compute_hand_off_clocks(
        hand_offs, [ticket], {"a": HandOffTarget(seconds, "always", ALWAYS)}, "engineering"
    )
    return clock


def test_a_leg_runs_from_the_hand_over():
    clock = hand_off_clock(HANDED_ON, linked(2), until=5)
    assert (clock.state, clock.used_seconds, clock.due, clock.breached_at) == (
        ClockState.RUNNING,
        3 * 3600,
        at(6),
        None,
    )
    assert (clock.policy, str(clock.party), clock.left_seconds) == ("engineering", "dev", 3600)


def test_a_leg_is_broken_by_those_who_hold_the_ball():
    clock = hand_off_clock(HANDED_ON, linked(2), until=7)
    assert (clock.due, clock.breached_at) == (at(6), at(6))


def test_a_leg_stands_still_while_others_hold_the_ball():
    asked = course((0, "new"), (2, "third"), (4, "customer"))
    clock = hand_off_clock(asked, linked(2), until=9)
    assert (clock.state, clock.used_seconds, clock.due) == (ClockState.PAUSED, 2 * 3600, None)
    answered = course((0, "new"), (2, "third"), (4, "customer"), (7, "open"))
    clock = hand_off_clock(answered, linked(2), until=8)
    assert (clock.state, clock.used_seconds, clock.due) == (ClockState.RUNNING, 3 * 3600, at(9))


def test_a_leg_is_done_when_its_ticket_is():
    clock = hand_off_clock(HANDED_ON, linked(2, (0, "open"), (5, "solved")))
    assert (clock.state, clock.done_at, clock.breached_at) == (ClockState.DONE, at(5), None)
    late = hand_off_clock(HANDED_ON, linked(2, (0, "open"), (7, "solved")))
    assert (late.state, late.done_at, late.breached_at) == (ClockState.DONE, at(7), at(6))


def test_a_leg_of_a_ticket_that_is_reopened_goes_on():
    clock = hand_off_clock(HANDED_ON, linked(2, (0, "open"), (5, "solved"), (8, "open")), until=10)
    assert (clock.state, clock.used_seconds, clock.due) == (ClockState.RUNNING, 5 * 3600, at(9))
    assert clock.breached_at == at(9)


def test_a_leg_is_done_when_the_customers_ticket_is():
    clock = hand_off_clock(course((0, "new"), (2, "third"), (5, "solved")), linked(2))
    assert (clock.state, clock.done_at) == (ClockState.DONE, at(5))


def test_only_teams_that_promised_something_have_a_clock():
    hand_offs = compute_hand_offs(ORIGIN, HANDED_ON, [linked(2)], OPENED, at(5))
    assert compute_hand_off_clocks(hand_offs, [linked(2)], {}) == ()
    assert compute_hand_off_clocks((), [linked(2)], {"a": HandOffTarget(1, "always", ALWAYS)}) == ()
    later = linked(20)
    assert compute_hand_off_clocks(hand_offs, [later], {"a": HandOffTarget(1, "always", ALWAYS)}) == ()
