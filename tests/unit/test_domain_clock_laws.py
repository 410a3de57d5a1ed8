"""What must hold of clocks whatever happened: laws over random histories."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from escalation_bridge.domain.sla.calendar import ALWAYS, parse_calendar
from escalation_bridge.domain.sla.clocks import ClockState, compute_clocks
from escalation_bridge.domain.sla.events import EventKind, TicketEvent, order
from escalation_bridge.domain.sla.policy import DEFAULT_PAUSES, Metric, Policy, Targets
from escalation_bridge.domain.tickets.conditions import Condition
from escalation_bridge.domain.tickets.tickets import Priority, Role, StatusKind

START = datetime(2026, 3, 27, 7, 0, tzinfo=UTC)  # a Friday before the clocks change in Europe
OFFICE = parse_calendar(
    {"timezone": "Europe/Berlin", "hours": {"mon-fri": [["09:00", "12:00"], ["13:00", "17:00"]]}}
)
TARGETS = Targets(
    by_priority={metric: {Priority.URGENT: 1800} for metric in Metric},
    default={
        Metric.FIRST_RESPONSE: 3600,
        Metric.NEXT_RESPONSE: 5400,
        Metric.RESOLUTION: 8 * 3600,
        Metric.UPDATE: 4 * 3600,
    },
)
OPEN_STATES = (ClockState.RUNNING, ClockState.PAUSED)
SPOKEN = (Role.CUSTOMER, Role.AGENT, Role.BOT, Role.BRIDGE, Role.UNKNOWN)


def policy(calendar):
    return Policy("p", Condition(), "c", calendar, TARGETS, (), DEFAULT_PAUSES)


policies = st.sampled_from([policy(ALWAYS), policy(OFFICE)])
seconds = st.integers(0, 6 * 24 * 3600)
priorities = st.sampled_from([None, Priority.NORMAL, Priority.URGENT])
happenings = st.one_of(
    st.tuples(st.just("said"), st.sampled_from(SPOKEN), st.booleans()),
    st.tuples(st.just("status"), st.sampled_from(StatusKind), st.none()),
)


@st.composite
def histories(draw):
    by = draw(st.sampled_from([Role.CUSTOMER, Role.AGENT]))
    events = [TicketEvent("opened", START, EventKind.OPENED, by, True, StatusKind.NEW)]
    for n, (after, (kind, what, public)) in enumerate(
        draw(st.lists(st.tuples(seconds, happenings), max_size=12))
    ):
        at = START + timedelta(seconds=after)
        if kind == "said":
            events.append(TicketEvent(f"said:{n}", at, EventKind.COMMENTED, what, public))
        else:
            events.append(TicketEvent(f"status:{n}", at, EventKind.STATUS, status=what))
    return events


moments = seconds.map(lambda after: START + timedelta(seconds=after))


@given(histories(), policies, priorities, moments, st.randoms(use_true_random=False))
@settings(max_examples=200, deadline=None)
def test_the_order_of_arrival_does_not_matter(events, rules, priority, now, chance: random.Random):
    arrived = list(events)
    chance.shuffle(arrived)
    assert compute_clocks(arrived, rules, priority, now) == compute_clocks(events, rules, priority, now)


@given(histories(), policies, priorities, moments, st.integers(1, 48 * 3600))
@settings(max_examples=200, deadline=None)
def test_time_alone_moves_only_what_is_open(events, rules, priority, now, later):
    then = now + timedelta(seconds=later)
    events = [event for event in events if event.at <= now]
    before, after = (
        compute_clocks(events, rules, priority, now),
        compute_clocks(events, rules, priority, then),
    )
    assert len(before) == len(after)
    for old, new in zip(before, after, strict=True):
        if old.state is ClockState.DONE:
            assert new == old
        elif old.state is ClockState.PAUSED:
            pauses = (*old.pauses[:-1], (old.pauses[-1][0], then))
            assert new == replace(old, pauses=pauses)
        else:
            assert new.used_seconds >= old.used_seconds
            broken = new.breached_at
            assert broken is None or broken == old.due
            assert new == replace(old, used_seconds=new.used_seconds, breached_at=broken)


@given(histories(), policies, priorities, moments)
@settings(max_examples=200, deadline=None)
def test_a_clock_is_one_piece(events, rules, priority, now):
    clocks = compute_clocks(events, rules, priority, now)
    cycles: dict[Metric, list[int]] = {}
    for clock in clocks:
        cycles.setdefault(clock.metric, []).append(clock.cycle)
        assert clock.started_at <= now
        assert (clock.due is None) == (clock.state is ClockState.PAUSED)
        assert (clock.done_at is not None) == (clock.state is ClockState.DONE)
        assert all(start <= end for start, end in clock.pauses)
        if clock.used_seconds > clock.target_seconds:
            assert clock.breached_at is not None
        if clock.breached_at is not None:
            assert clock.used_seconds >= clock.target_seconds
            assert clock.breached_at < (clock.done_at or now)
        if clock.due is not None:
            assert (clock.breached_at is None) == ((clock.done_at or now) <= clock.due)
            assert clock.breached_at in (None, clock.due)
    for metric, numbers in cycles.items():
        assert numbers == list(range(1, len(numbers) + 1)), metric
    for metric in Metric:
        assert sum(clock.metric is metric and clock.state in OPEN_STATES for clock in clocks) <= 1
    answers = [c for c in clocks if c.metric in (Metric.FIRST_RESPONSE, Metric.NEXT_RESPONSE)]
    assert sum(clock.state in OPEN_STATES for clock in answers) <= 1


def present_status(events, now):
    return [e.status for e in order(events) if e.status is not None and e.at <= now][-1]


@given(histories(), policies, moments)
@settings(max_examples=200, deadline=None)
def test_the_present_status_says_what_runs(events, rules, now):
    clocks, status = compute_clocks(events, rules, None, now), present_status(events, now)
    for clock in clocks:
        if status.done:
            assert clock.state is ClockState.DONE
        elif status is StatusKind.WAITING_CUSTOMER and clock.metric in (Metric.RESOLUTION, Metric.UPDATE):
            assert clock.state is not ClockState.RUNNING
        else:
            assert clock.state is not ClockState.PAUSED
    (resolution,) = [clock for clock in clocks if clock.metric is Metric.RESOLUTION]
    assert (resolution.state is ClockState.DONE) == status.done


@given(histories(), policies, moments, seconds, seconds)
@settings(max_examples=200, deadline=None)
def test_a_pause_never_makes_a_due_earlier(events, rules, now, begin, length):
    spoken = [event for event in events if event.kind is not EventKind.STATUS]
    since = START + timedelta(seconds=begin)
    pause = [
        TicketEvent("status:a", since, EventKind.STATUS, status=StatusKind.WAITING_CUSTOMER),
        TicketEvent("status:b", since + timedelta(seconds=length), EventKind.STATUS, status=StatusKind.OPEN),
    ]
    without = compute_clocks(spoken, rules, None, now)
    paused = compute_clocks([*spoken, *pause], rules, None, now)
    for plain, other in zip(without, paused, strict=True):
        assert other.used_seconds <= plain.used_seconds
        if other.due is not None and plain.due is not None:
            assert other.due >= plain.due


@given(histories(), policies, moments)
@settings(max_examples=200, deadline=None)
def test_what_people_of_no_account_say_changes_nothing(events, rules, now):
    """Notes, robots, the bridge itself and strangers neither start nor stop a clock."""
    heard = [
        event
        for event in events
        if event.kind is not EventKind.COMMENTED or (event.public and event.by in (Role.CUSTOMER, Role.AGENT))
    ]
    assert compute_clocks(heard, rules, None, now) == compute_clocks(events, rules, None, now)
