"""Clocks held to the SLA rules, in tables: resolution, updates, priorities, office hours."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bridge_helpers.clock_tables import (
    CLOSED,
    OFFICE,
    OPEN,
    SOLVED,
    START,
    THIRD_PARTY,
    UPDATES,
    WAITING,
    Is,
    agent,
    customer,
    expect,
    minute,
    opened,
    policy,
    status,
)
from escalation_bridge.domain.sla.clocks import ClockState, compute_clocks
from escalation_bridge.domain.sla.policy import Metric, Targets
from escalation_bridge.domain.tickets.tickets import Priority, Role, StatusKind

RESOLUTIONS = {
    "it runs from creation": ([opened()], 30, {"resolution 1": Is("running", due=480, used=30, start=0)}),
    "it ends with the solution": (
        [opened(), status(100, SOLVED)],
        900,
        {"resolution 1": Is("done", due=480, used=100, done=100)},
    ),
    "closing after solving moves nothing": (
        [opened(), status(100, SOLVED), status(700, CLOSED)],
        900,
        {"resolution 1": Is("done", used=100, done=100)},
    ),
    "it pauses while the customer is waited for": (
        [opened(), status(100, WAITING)],
        130,
        {"resolution 1": Is("paused", used=100)},
    ),
    "a pause moves the due by its length": (
        [opened(), status(100, WAITING), status(160, OPEN)],
        200,
        {"resolution 1": Is("running", due=540, used=140)},
    ),
    "waiting for somebody else counts": (
        [opened(), status(100, THIRD_PARTY)],
        130,
        {"resolution 1": Is("running", due=480, used=130)},
    ),
    "an unknown status neither pauses nor ends it": (
        [opened(), status(100, StatusKind.UNKNOWN)],
        130,
        {"resolution 1": Is("running", due=480, used=130)},
    ),
    "from waiting to waiting for somebody else it runs again": (
        [opened(), status(100, WAITING), status(160, THIRD_PARTY)],
        200,
        {"resolution 1": Is("running", due=540)},
    ),
    "two pauses add up": (
        [
            opened(),
            *(status(at, kind) for at, kind in ((10, WAITING), (20, OPEN), (30, WAITING), (50, OPEN))),
        ],
        60,
        {"resolution 1": Is("running", due=510, used=30)},
    ),
    "a pause that is told twice is one": (
        [opened(), status(10, WAITING), status(15, WAITING), status(20, OPEN)],
        60,
        {"resolution 1": Is("running", due=490, used=50)},
    ),
    "what was broken before the pause stays broken in it": (
        [opened(), status(490, WAITING)],
        900,
        {"resolution 1": Is("paused", used=490, broken=480)},
    ),
    "what waits for the customer is not broken meanwhile": (
        [opened(), status(479, WAITING)],
        5000,
        {"resolution 1": Is("paused", used=479)},
    ),
    "solved out of a pause": (
        [opened(), status(50, WAITING), status(1000, SOLVED)],
        2000,
        {"resolution 1": Is("done", used=50, done=1000)},
    ),
    "reopened, the time while it was solved does not count": (
        [opened(), status(100, SOLVED), status(400, OPEN)],
        500,
        {"resolution 1": Is("running", due=780, used=200)},
    ),
    "reopened out of a pause, pause and solved time are one": (
        [opened(), status(50, WAITING), status(100, SOLVED), status(130, OPEN)],
        200,
        {"resolution 1": Is("running", due=560, used=120)},
    ),
    "reopened into a pause": (
        [opened(), status(100, SOLVED), status(130, WAITING)],
        200,
        {"resolution 1": Is("paused", used=100)},
    ),
    "reopened and solved again": (
        [opened(), status(100, SOLVED), status(400, OPEN), status(450, SOLVED)],
        500,
        {"resolution 1": Is("done", used=150, done=450)},
    ),
    "solved late and reopened it stays broken": (
        [opened(), status(490, SOLVED), status(600, OPEN)],
        700,
        {"resolution 1": Is("running", due=480, broken=480)},
    ),
    "reopening is no second cycle": (
        [opened(), status(100, SOLVED), status(400, OPEN)],
        500,
        {"resolution 2": None},
    ),
}


@pytest.mark.parametrize("case", RESOLUTIONS.values(), ids=RESOLUTIONS.keys())
def test_resolutions(case):
    expect(*case)


REGULAR_UPDATES = {
    "until the first word the first response counts": ([opened()], 900, {"update 1": None}),
    "a note is no first word": ([opened(), agent(100, public=False)], 900, {"update 1": None}),
    "the customer hears something in time": (
        [opened(), agent(50), agent(150)],
        200,
        {
            "update 1": Is("done", due=290, used=100, done=150, start=50),
            "update 2": Is("running", due=390, used=50, start=150),
        },
    ),
    "the customer's own words are no news": (
        [opened(), agent(10), customer(50)],
        100,
        {"update 1": Is("running", due=250, start=10), "update 2": None},
    ),
    "a note is no news": (
        [opened(), agent(0), agent(100, public=False)],
        150,
        {"update 1": Is("running", due=240, used=150), "update 2": None},
    ),
    "an agent's own ticket begins with the agent's first word": (
        [opened(Role.AGENT), agent(30)],
        40,
        {"update 1": Is("running", due=270, start=30)},
    ),
    "it pauses while the customer is waited for": (
        [opened(), agent(0), status(50, WAITING)],
        100,
        {"update 1": Is("paused", used=50)},
    ),
    "it ends with the solution": (
        [opened(), agent(0), status(50, SOLVED)],
        900,
        {"update 1": Is("done", used=50, done=50), "update 2": None},
    ),
}


@pytest.mark.parametrize("case", REGULAR_UPDATES.values(), ids=REGULAR_UPDATES.keys())
def test_updates(case):
    expect(*case, rules=policy(UPDATES))


def test_a_word_while_the_customer_is_waited_for_starts_a_paused_update():
    events = [opened(), status(50, WAITING), agent(100)]
    expect(events, 900, {"update 1": Is("paused", used=0)}, rules=policy(UPDATES))
    expect([*events, status(200, OPEN)], 210, {"update 1": Is("running", due=440)}, rules=policy(UPDATES))


def test_a_word_after_solving_promises_no_further_update():
    events = [opened(), agent(0), status(50, SOLVED), agent(100)]
    clocks = compute_clocks(events, policy(UPDATES), None, minute(900))
    assert {clock.state for clock in clocks} == {ClockState.DONE}
    assert clocks[0].done_at == minute(50)
    assert not any(clock.breached_at for clock in clocks)


RETARGETED = Targets(
    by_priority={
        Metric.RESOLUTION: {Priority.URGENT: 60 * 60, Priority.LOW: 1000 * 60},
        Metric.FIRST_RESPONSE: {Priority.URGENT: 10 * 60},
    },
    default={Metric.RESOLUTION: 480 * 60},
)
BY_PRIORITY = {
    "no priority has the default": (None, {"resolution 1": Is("running", due=540, used=40)}),
    "one that is not named has the default": (
        Priority.NORMAL,
        {"resolution 1": Is("running", due=540, used=40)},
    ),
    "start, pauses and used time are kept": (
        Priority.URGENT,
        {"resolution 1": Is("running", due=120, used=40)},
    ),
    "a longer promise moves the due away": (Priority.LOW, {"resolution 1": Is("running", due=1060, used=40)}),
    "a due that comes to lie in the past is broken there": (
        Priority.URGENT,
        {"first_response 1": Is("running", due=10, used=100, broken=10)},
    ),
    "where nothing is promised there is no clock": (Priority.LOW, {"first_response 1": None}),
}


@pytest.mark.parametrize("case", BY_PRIORITY.values(), ids=BY_PRIORITY.keys())
def test_priority_swaps_the_target(case):
    priority, wanted = case
    expect(
        [opened(), status(30, WAITING), status(90, OPEN)], 100, wanted, policy(RETARGETED), priority=priority
    )


IN_OFFICE_HOURS = {
    "out of hours it starts at once and counts from the opening": (
        [opened(at=-60)],
        30,
        {"first_response 1": Is("running", start=-60, due=60, used=30)},
    ),
    "the due is the closing time, not the next opening": (
        [opened(at=120)],
        180,
        {"first_response 1": Is("running", due=180, used=60)},
    ),
    "an answer in the break after it is late": (
        [opened(at=120), agent(200)],
        300,
        {"first_response 1": Is("done", due=180, used=60, done=200, broken=180)},
    ),
    "lunch does not count": ([opened(at=150)], 260, {"first_response 1": Is("running", due=270, used=50)}),
    "a pause within lunch changes nothing": (
        [opened(), status(185, WAITING), status(235, OPEN)],
        300,
        {"resolution 1": Is("running", due=24 * 60 + 60, used=240)},
    ),
    "of a pause only the working time in it counts": (
        [opened(), status(170, WAITING), status(250, OPEN)],
        300,
        {"resolution 1": Is("running", due=24 * 60 + 80, used=220)},
    ),
    "a weekend does not count": (
        [opened(at=4 * 24 * 60 + 7 * 60)],
        7 * 24 * 60,
        {"first_response 1": Is("running", due=4 * 24 * 60 + 8 * 60, used=60, broken=4 * 24 * 60 + 8 * 60)},
    ),
}


@pytest.mark.parametrize("case", IN_OFFICE_HOURS.values(), ids=IN_OFFICE_HOURS.keys())
def test_office_hours(case):
    expect(*case, rules=policy(calendar=OFFICE))


def test_nothing_is_promised_without_a_policy():
    assert compute_clocks([opened()], None, None, minute(10)) == ()


def test_what_lies_in_the_future_has_not_happened():
    assert compute_clocks([opened(at=10)], policy(), None, minute(5)) == ()
    expect([opened(), agent(20)], 10, {"first_response 1": Is("running", due=60)})


def test_a_policy_may_have_other_pauses():
    rules = policy(pauses={Metric.RESOLUTION: frozenset({THIRD_PARTY})})
    expect([opened(), status(100, THIRD_PARTY)], 130, {"resolution 1": Is("paused", used=100)}, rules)
    expect([opened(), status(100, WAITING)], 130, {"resolution 1": Is("running", used=130)}, rules)


@pytest.mark.parametrize("metric", [Metric.FIRST_RESPONSE, Metric.NEXT_RESPONSE])
def test_a_policy_may_pause_the_response_clocks(metric):
    rules = policy(pauses={metric: frozenset({THIRD_PARTY})})
    events = [opened(), *([agent(5), customer(10)] if metric is Metric.NEXT_RESPONSE else [])]
    name = f"{metric} 1"
    expect([*events, status(20, THIRD_PARTY)], 50, {name: Is("paused")}, rules)


def test_parts_of_a_second_do_not_break_a_promise():
    events = [
        replace(opened(), at=START + timedelta(milliseconds=700)),
        replace(agent(60), at=minute(60) + timedelta(milliseconds=500)),
    ]
    (clock,) = compute_clocks(
        events, policy(Targets(default={Metric.FIRST_RESPONSE: 3600})), None, minute(90)
    )
    assert clock.breached_at is None
    assert clock.left_seconds >= 0


LATE = [
    opened(),
    agent(20),
    customer(30),
    status(35, WAITING),
    customer(50),
    status(50, OPEN),
    agent(70),
    status(75, SOLVED),
    customer(80),
]


@pytest.mark.parametrize("missing", range(len(LATE)))
def test_an_event_that_comes_late_only_recomputes(missing):
    early = [event for n, event in enumerate(LATE) if n != missing]
    late = [*early, LATE[missing]]
    assert compute_clocks(late, policy(), None, minute(90)) == compute_clocks(
        LATE, policy(), None, minute(90)
    )
