"""The parts of the kernel that need no server: time, faults, rate windows."""

from datetime import UTC, datetime, timedelta

import pytest

from escalation_bridge_sandbox.kernel.clock import SandboxClock
from escalation_bridge_sandbox.kernel.faults import Fault, FaultBook, FaultKind
from escalation_bridge_sandbox.kernel.ratelimit import RateWindow

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_the_clock_moves_and_runs_on() -> None:
    clock = SandboxClock()
    clock.set(NOON)
    clock.advance(3600)
    assert NOON + timedelta(hours=1) <= clock.now() < NOON + timedelta(hours=1, minutes=1)
    clock.reset()
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(minutes=1)


def test_a_clock_may_stand_still_until_it_is_moved() -> None:
    clock = SandboxClock(lambda: NOON)
    assert clock.now() == clock.now() == NOON
    clock.advance(60)
    assert clock.now() == NOON + timedelta(minutes=1)
    clock.reset()
    assert clock.now() == NOON


def test_the_clock_refuses_an_instant_without_a_zone() -> None:
    with pytest.raises(ValueError, match="time zone"):
        SandboxClock().set(datetime(2026, 3, 2))  # noqa: DTZ001 - that is the point


def test_a_fault_counts_down() -> None:
    book = FaultBook()
    book.add(Fault(FaultKind.SERVER_ERROR, times=2))
    assert [book.take("GET", "/x") is not None for _ in range(3)] == [True, True, False]


def test_a_fault_lets_requests_pass_first_and_stays_when_told_to() -> None:
    book = FaultBook()
    number = book.add(Fault(FaultKind.LATENCY, times=-1, skip=1))
    assert [book.take("GET", "/x") is not None for _ in range(4)] == [False, True, True, True]
    book.remove(number)
    assert book.take("GET", "/x") is None


def test_a_fault_that_still_waits_says_what_is_left_of_it() -> None:
    book = FaultBook()
    number = book.add(Fault(FaultKind.SERVER_ERROR, times=2, skip=2))
    book.take("GET", "/x")
    assert book.armed() == {number: Fault(FaultKind.SERVER_ERROR, times=2, skip=1)}
    for _ in range(2):
        book.take("GET", "/x")
    assert book.armed() == {number: Fault(FaultKind.SERVER_ERROR, times=1, skip=0)}
    book.take("GET", "/x")
    assert book.armed() == {}


def test_a_fault_meets_only_what_it_matches() -> None:
    book = FaultBook()
    book.add(Fault(FaultKind.RATE_LIMIT, method="put", path=r"/tickets/\d+$"))
    assert book.take("GET", "/tickets/1") is None
    assert book.take("PUT", "/tickets/1/tags") is None
    assert book.take("PUT", "/tickets/1") is not None


def test_a_rate_window_fills_and_begins_anew() -> None:
    clock = SandboxClock()
    window = RateWindow(2, 60, clock)
    verdicts = [window.take("a") for _ in range(3)]
    assert [(verdict.allowed, verdict.remaining) for verdict in verdicts] == [
        (True, 1),
        (True, 0),
        (False, 0),
    ]
    assert 1 <= verdicts[-1].reset_seconds <= 60
    assert window.take("b").allowed
    clock.advance(60)
    assert window.take("a").remaining == 1
    assert window.look("a").remaining == 1
