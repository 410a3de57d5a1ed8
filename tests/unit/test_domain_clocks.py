"""Clocks held to the SLA rules, in tables. Times are minutes after nine on a Monday; the calendar is always open unless said."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from escalation_bridge.domain.sla.calendar import ALWAYS, parse_calendar
from escalation_bridge.domain.sla.clocks import Clock, ClockState, compute_clocks
from escalation_bridge.domain.sla.events import EventKind, TicketEvent
from escalation_bridge.domain.sla.policy import DEFAULT_PAUSES, Metric, Policy, Start, Targets
from escalation_bridge.domain.tickets.conditions import Condition
from escalation_bridge.domain.tickets.tickets import Priority, Role, StatusKind

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
OFFICE = parse_calendar({"timezone": "UTC", "hours": {"mon-fri": [["09:00", "12:00"], ["13:00", "17:00"]]}})
OPEN, SOLVED, CLOSED = StatusKind.OPEN, StatusKind.SOLVED, StatusKind.CLOSED
WAITING, THIRD_PARTY = StatusKind.WAITING_CUSTOMER, StatusKind.WAITING_THIRD_PARTY
TARGETS = Targets(
    default={
        Metric.FIRST_RESPONSE: 60 * 60,
        Metric.NEXT_RESPONSE: 120 * 60,
        Metric.RESOLUTION: 480 * 60,
    }
)
UPDATES = Targets(default={Metric.UPDATE: 240 * 60})


def minute(minutes):
    return START + timedelta(minutes=minutes)


def opened(by=Role.CUSTOMER, at=0, public=True):
    return TicketEvent("opened", minute(at), EventKind.OPENED, by, public, StatusKind.NEW)


def says(at, by, public=True):
    return TicketEvent(f"said:{by}{at}", minute(at), EventKind.SAID, by, public)


def customer(at, public=True):
    return says(at, Role.CUSTOMER, public)


def agent(at, public=True):
    return says(at, Role.AGENT, public)


def status(at, kind):
    return TicketEvent(f"status:{at}:{kind}", minute(at), EventKind.STATUS, status=kind)


def policy(targets=TARGETS, calendar=ALWAYS, pauses=DEFAULT_PAUSES, starts=Start.OPENING):
    return Policy("p", Condition(), "c", calendar, targets, (), pauses, starts=starts)


@dataclass(frozen=True)
class Is:
    """What a clock is expected to be, in minutes; what is not said is not looked at, except that an unsaid breach is none."""

    state: str
    due: float | None = None
    used: float | None = None
    done: float | None = None
    start: float | None = None
    broken: float | None = None


def check(clock: Clock, wanted: Is):
    def minutes(at):
        return None if at is None else (at - START) / timedelta(minutes=1)

    assert clock.state == wanted.state
    assert minutes(clock.breached_at) == wanted.broken
    assert minutes(clock.done_at) == wanted.done
    if wanted.state == "paused":
        assert clock.due is None
    elif wanted.due is not None:
        assert minutes(clock.due) == wanted.due
    if wanted.used is not None:
        assert clock.used_seconds == wanted.used * 60
    if wanted.start is not None:
        assert minutes(clock.started_at) == wanted.start
    assert clock.left_seconds + clock.used_seconds == clock.target_seconds


def named(clocks):
    return {f"{clock.metric} {clock.cycle}": clock for clock in clocks}


def expect(events, now, wanted: Mapping[str, Is | None], rules=None, priority=None):
    clocks = named(compute_clocks(events, rules or policy(), priority, minute(now)))
    for name, clock in wanted.items():
        if clock is None:
            assert name not in clocks
        else:
            check(clocks[name], clock)


SECOND = 1 / 60

RESPONSES = {
    "it runs from the customer's first word": (
        [opened()],
        30,
        {"first_response 1": Is("running", due=60, used=30, start=0), "next_response 1": None},
    ),
    "it is not broken at its due": ([opened()], 60, {"first_response 1": Is("running", due=60, used=60)}),
    "it is broken after its due": (
        [opened()],
        60 + SECOND,
        {"first_response 1": Is("running", due=60, broken=60)},
    ),
    "a second word of the customer changes nothing": (
        [opened(), customer(30)],
        45,
        {"first_response 1": Is("running", due=60, used=45), "next_response 1": None},
    ),
    "the agent's answer ends it": (
        [opened(), agent(20)],
        500,
        {"first_response 1": Is("done", due=60, used=20, done=20), "next_response 1": None},
    ),
    "an answer at the due is in time": (
        [opened(), agent(60)],
        500,
        {"first_response 1": Is("done", used=60, done=60)},
    ),
    "an answer a second later is late": (
        [opened(), agent(60 + SECOND)],
        500,
        {"first_response 1": Is("done", done=60 + SECOND, broken=60)},
    ),
    "a private note is no answer": (
        [opened(), agent(20, public=False)],
        30,
        {"first_response 1": Is("running", due=60, used=30)},
    ),
    "an automatic reply is no answer": (
        [opened(), says(20, Role.BOT)],
        30,
        {"first_response 1": Is("running", due=60)},
    ),
    "the bridge's own word is no answer": (
        [opened(), says(20, Role.BRIDGE)],
        30,
        {"first_response 1": Is("running", due=60)},
    ),
    "somebody unknown is neither customer nor agent": (
        [opened(), says(20, Role.UNKNOWN), agent(25), says(30, Role.UNKNOWN)],
        40,
        {"first_response 1": Is("done", done=25), "next_response 1": None},
    ),
    "the next one runs from the oldest word without an answer": (
        [opened(), agent(20), customer(30), customer(40)],
        50,
        {"next_response 1": Is("running", due=150, used=20, start=30)},
    ),
    "each wait is a cycle of its own": (
        [opened(), agent(20), customer(30), agent(50), customer(60), agent(60 + 130), customer(200)],
        210,
        {
            "next_response 1": Is("done", due=150, used=20, done=50),
            "next_response 2": Is("done", due=180, used=130, done=190, broken=180),
            "next_response 3": Is("running", due=320, used=10),
            "next_response 4": None,
        },
    ),
    "an agent who speaks last owes nothing": (
        [opened(), agent(20), agent(300)],
        400,
        {"first_response 1": Is("done", done=20), "next_response 1": None},
    ),
    "a customer's private word owes no answer": (
        [opened(), agent(20), customer(30, public=False)],
        40,
        {"next_response 1": None},
    ),
    "what an agent wrote down is answered by an agent's next word": (
        [opened(Role.AGENT), agent(10)],
        20,
        {
            "first_response 1": Is("done", done=10, start=0),
            "next_response 1": None,
            "resolution 1": Is("running", due=480),
        },
    ),
    "what an agent wrote down breaks like any other": (
        [opened(Role.AGENT), agent(30, public=False)],
        90,
        {"first_response 1": Is("running", due=60, start=0, broken=60)},
    ),
    "what an agent noted for colleagues has one from the customer's first word": (
        [opened(Role.AGENT, public=False), agent(10), customer(20)],
        30,
        {"first_response 1": Is("running", due=80, start=20), "next_response 1": None},
    ),
    "by the policy, what an agent wrote down has none": (
        [opened(Role.AGENT), agent(10)],
        20,
        {"first_response 1": None, "next_response 1": None, "resolution 1": Is("running", due=480)},
        policy(starts=Start.CUSTOMER),
    ),
    "by the policy, what an agent wrote down has one from the customer's first word": (
        [opened(Role.AGENT), agent(10), customer(20)],
        30,
        {"first_response 1": Is("running", due=80, start=20), "next_response 1": None},
        policy(starts=Start.CUSTOMER),
    ),
    "an opening that no customer can see owes nothing": (
        [opened(public=False)],
        30,
        {"first_response 1": None},
    ),
    "waiting for the customer does not pause it": (
        [opened(), status(10, WAITING)],
        50,
        {"first_response 1": Is("running", due=60, used=50)},
    ),
    "solving without a reply ends it": (
        [opened(), status(20, SOLVED)],
        500,
        {"first_response 1": Is("done", used=20, done=20)},
    ),
    "solving late without a reply ends it late": (
        [opened(), status(70, SOLVED)],
        500,
        {"first_response 1": Is("done", done=70, broken=60)},
    ),
    "solving ends the next one": (
        [opened(), agent(20), customer(30), status(40, SOLVED)],
        500,
        {"next_response 1": Is("done", done=40, used=10)},
    ),
    "answer and solution in one go": (
        [opened(), agent(20), status(20, SOLVED)],
        500,
        {"first_response 1": Is("done", done=20), "next_response 1": None},
    ),
}


@pytest.mark.parametrize("case", RESPONSES.values(), ids=RESPONSES.keys())
def test_responses(case):
    expect(*case)


ANSWERED_AND_SOLVED = [opened(), agent(20), status(25, SOLVED)]
AFTER_SOLVING = {
    "thanks are no question": (
        [*ANSWERED_AND_SOLVED, customer(30)],
        40,
        {"next_response 1": None, "resolution 1": Is("done", done=25, used=25)},
    ),
    "thanks stay thanks when the ticket is closed": (
        [*ANSWERED_AND_SOLVED, customer(30), status(40, CLOSED)],
        50,
        {"next_response 1": None, "resolution 1": Is("done", done=25)},
    ),
    "a word that reopens is a question": (
        [*ANSWERED_AND_SOLVED, customer(30), status(30, OPEN)],
        40,
        {
            "next_response 1": Is("running", due=150, start=30),
            "resolution 1": Is("running", due=485, used=35),
        },
    ),
    "a word that comes just after the status says so too": (
        [*ANSWERED_AND_SOLVED, status(30, OPEN), customer(30 + SECOND)],
        40,
        {"next_response 1": Is("running", start=30 + SECOND)},
    ),
    "an answer to the thanks ends the matter": (
        [*ANSWERED_AND_SOLVED, customer(30), agent(35), status(50, OPEN)],
        60,
        {"next_response 1": None, "resolution 1": Is("running")},
    ),
    "an agent who reopens owes no response": (
        [*ANSWERED_AND_SOLVED, status(50, OPEN)],
        60,
        {"first_response 1": Is("done", done=20), "next_response 1": None},
    ),
    "reopened before anybody answered: the solution had been the answer": (
        [opened(), status(20, SOLVED), customer(30), status(30, OPEN)],
        40,
        {"first_response 1": Is("done", done=20), "next_response 1": Is("running", start=30)},
    ),
}


@pytest.mark.parametrize("case", AFTER_SOLVING.values(), ids=AFTER_SOLVING.keys())
def test_after_solving(case):
    expect(*case)


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
