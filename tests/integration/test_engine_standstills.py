"""A step is too late only for a bridge that stood still; whatever else it waited for, it comes."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from escalation_bridge.domain.case.cases import StepOutcome
from escalation_bridge.domain.escalation.actions.note import LeaveNote
from escalation_bridge.domain.sla.policy import Metric, Step
from escalation_bridge.domain.sla.standstills import seconds_within
from escalation_bridge.errors import NotReachable
from escalation_bridge.store.operation.heartbeat import Heartbeat
from escalation_bridge.store.operation.uptime import Uptime, load_uptime

NOTE = (Step("it", Metric.FIRST_RESPONSE, 100, 0, (LeaveNote("sla_breached"),)),)
START = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.fixture
def scene(make_scene, make_policy):
    return make_scene(policies=(make_policy(ladder=NOTE, stale_after_seconds=3600),))


def runs_on(scene, minutes):
    """The worker runs all the time: looked at every four minutes."""
    for _ in range(minutes // 4):
        scene.run(minutes=4)


def outcomes(scene, case_id=1):
    return [step.outcome for step in scene.view(case_id).fired]


def cut_off(scene, times):
    scene.support.faults["fetch_ticket"] = [NotReachable("no", scene.support.at("fetch_ticket"))] * times


def test_a_helpdesk_that_cannot_be_read_for_long_costs_no_step(scene):
    scene.news(scene.support, scene.support.customer_writes("Printer on fire", "It burns."))
    runs_on(scene, 52)
    cut_off(scene, 10_000)
    runs_on(scene, 200)
    assert outcomes(scene) == []
    cut_off(scene, 0)
    runs_on(scene, 12)
    assert outcomes(scene) == [StepOutcome.FIRED]
    assert "step_stale" not in scene.timeline()


def test_a_hourly_cap_costs_no_step(make_scene, make_policy):
    scene = make_scene(policies=(make_policy(ladder=NOTE, stale_after_seconds=3600, hourly_cap=1),))
    for number in range(4):
        scene.hear(scene.support, scene.support.customer_writes(f"Ticket {number}", "It burns."))
    scene.run()
    runs_on(scene, 60 * 5 + 20)
    assert [outcomes(scene, case_id) for case_id in range(1, 5)] == [[StepOutcome.FIRED]] * 4


@pytest.mark.parametrize(("hours", "outcome"), [(1, StepOutcome.FIRED), (3, StepOutcome.STALE)])
def test_what_fell_due_while_the_bridge_stood_still_is_lost_after_a_while(scene, hours, outcome):
    scene.news(scene.support, scene.support.customer_writes("Printer on fire", "It burns."))
    runs_on(scene, 40)
    scene.run(hours=hours)
    assert outcomes(scene) == [outcome]


def test_standstills_before_and_after_a_wait_count_together(scene):
    scene.news(scene.support, scene.support.customer_writes("Printer on fire", "It burns."))
    runs_on(scene, 56)
    cut_off(scene, 10_000)
    for _ in range(3):
        scene.run(minutes=30)
        runs_on(scene, 8)
    cut_off(scene, 0)
    runs_on(scene, 12)
    assert outcomes(scene) == [StepOutcome.STALE]


def test_another_process_that_ran_is_known_of(scene):
    """Who decides without having run looks first whether somebody else has."""
    other = Heartbeat()
    other.beat(scene.bridge.database, scene.clock())
    before = other.standstills(scene.bridge.database, scene.clock())
    for _ in range(20):
        scene.run(minutes=4)
    assert other.standstills(scene.bridge.database, scene.clock()) == before
    scene.clock.advance(minutes=6)
    late = other.standstills(scene.bridge.database, scene.clock())
    assert late == (*before, (scene.clock() - timedelta(minutes=6), scene.clock()))


def test_a_sign_of_life_is_written_once_a_minute(scene):
    heartbeat = Heartbeat()
    for _ in range(90):
        heartbeat.beat(scene.bridge.database, scene.clock())
        scene.clock.advance(seconds=1)
    with scene.bridge.database.read() as transaction:
        assert load_uptime(transaction).last == scene.clock() - timedelta(seconds=30)


@settings(derandomize=True, max_examples=200)
@given(st.lists(st.integers(1, 40), max_size=400))
def test_no_standstill_is_forgotten(gaps):
    """However many are kept, none that was counts less: what is taken together counts more."""
    uptime, now, stood = Uptime(START, ()), START, 0
    for minutes in gaps:
        now += timedelta(minutes=minutes)
        uptime = uptime.after(now)
        stood += minutes * 60 if minutes > 5 else 0
    assert seconds_within(uptime.standstills, START, now) >= stood
    assert len(uptime.standstills) <= 200
    if len(gaps) <= 200:
        assert seconds_within(uptime.standstills, START, now) == stood


@settings(derandomize=True, max_examples=200)
@given(
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=6),
    st.integers(0, 60),
    st.integers(0, 60),
)
def test_seconds_in_overlapping_spans_count_once(spans, since, until):
    at = [START + timedelta(seconds=second) for second in range(61)]
    covered = {s for start, end in spans for s in range(start, end)} & set(range(since, until))
    assert seconds_within([(at[a], at[b]) for a, b in spans], at[since], at[until]) == len(covered)
