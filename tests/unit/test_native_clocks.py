"""The vendor's clocks beside the bridge's: which belong together, and when they drift."""

from datetime import UTC, datetime, timedelta

import pytest

from escalation_bridge.domain.sla.clocks import Clock, ClockState
from escalation_bridge.domain.sla.native_clock import NativeClock
from escalation_bridge.domain.sla.policy import Metric
from escalation_bridge.domain.sla.vendor_clocks import Verdict, compare, metric_of

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
DUE = START + timedelta(hours=1)


def clock(metric=Metric.FIRST_RESPONSE, cycle=1, state=ClockState.RUNNING, due=DUE):
    done_at = START if state is ClockState.DONE else None
    due = None if state is ClockState.PAUSED else due
    return Clock(
        metric,
        cycle,
        state=state,
        policy="all",
        calendar="always",
        target_seconds=3600,
        started_at=START,
        pauses=(),
        due=due,
        done_at=done_at,
        used_seconds=0,
        breached_at=None,
    )


@pytest.mark.parametrize(
    ("name", "metric"),
    [
        ("first_reply_time", Metric.FIRST_RESPONSE),  # Zendesk
        ("next_reply_time", Metric.NEXT_RESPONSE),
        ("requester_wait_time", Metric.RESOLUTION),
        ("total_resolution_time", Metric.RESOLUTION),
        ("periodic_update_time", Metric.UPDATE),
        ("pausable_update_time", Metric.UPDATE),
        ("agent_work_time", None),
        ("group_ownership_time", None),
        ("first response", Metric.FIRST_RESPONSE),  # Freshdesk
        ("next response", Metric.NEXT_RESPONSE),
        ("resolution", Metric.RESOLUTION),
        ("Time to first response", Metric.FIRST_RESPONSE),  # Jira Service Management
        ("VIP first response (office hours)", Metric.FIRST_RESPONSE),
        ("Time to resolution", Metric.RESOLUTION),
        ("Time to close after resolution", None),
        ("Time to approve normal change", None),
        ("", None),
    ],
)
def test_the_name_says_which_promise_it_is(name, metric):
    assert metric_of(name) is metric


@pytest.mark.parametrize(
    ("seconds", "verdict"),
    [
        (0, Verdict.AGREES),
        (60, Verdict.AGREES),
        (-60, Verdict.AGREES),
        (61, Verdict.DRIFTS),
        (-61, Verdict.DRIFTS),
        (86_400, Verdict.DRIFTS),
    ],
)
def test_more_than_a_minute_is_a_drift(seconds, verdict):
    native = NativeClock("first_reply_time", DUE + timedelta(seconds=seconds), breached=False)
    (found,) = compare([native], [clock()])
    assert (found.verdict, found.drift_seconds) == (verdict, seconds)


@pytest.mark.parametrize(
    ("due", "state", "verdict"),
    [
        (None, ClockState.PAUSED, Verdict.AGREES),
        (None, ClockState.DONE, Verdict.AGREES),
        (None, ClockState.NOT_APPLICABLE, Verdict.AGREES),
        (None, ClockState.RUNNING, Verdict.OTHER_STATE),
        (DUE, ClockState.PAUSED, Verdict.OTHER_STATE),
        (DUE, ClockState.DONE, Verdict.OTHER_STATE),
    ],
)
def test_clocks_of_which_one_stands_still_have_no_drift(due, state, verdict):
    (found,) = compare([NativeClock("resolution", due, breached=False)], [clock(Metric.RESOLUTION, 1, state)])
    assert (found.verdict, found.drift_seconds) == (verdict, None)


def test_the_newest_cycle_counts():
    old, new = clock(Metric.NEXT_RESPONSE, 9, ClockState.DONE), clock(Metric.NEXT_RESPONSE, 10)
    (found,) = compare([NativeClock("next_reply_time", DUE, breached=False)], [new, old])
    assert (found.clock, found.verdict) == (new, Verdict.AGREES)


def test_the_wait_of_the_requester_comes_before_the_total_time():
    natives = [
        NativeClock("total_resolution_time", DUE + timedelta(days=2), breached=False),
        NativeClock("requester_wait_time", DUE, breached=False),
    ]
    found = {each.native.name: each.verdict for each in compare(natives, [clock(Metric.RESOLUTION)])}
    assert found == {"requester_wait_time": Verdict.AGREES, "total_resolution_time": Verdict.UNCOMPARED}
    (alone,) = compare(natives[:1], [clock(Metric.RESOLUTION)])
    assert alone.verdict is Verdict.DRIFTS


def test_what_nobody_promised_is_not_compared():
    natives = [
        NativeClock("agent_work_time", DUE, breached=True),
        NativeClock("next_reply_time", DUE, breached=False),
    ]
    assert {each.verdict for each in compare(natives, [clock()])} == {Verdict.UNCOMPARED}
