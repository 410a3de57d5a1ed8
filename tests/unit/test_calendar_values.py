"""A calendar is a value: it can be compared, kept, sent and shared."""

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor
from dataclasses import FrozenInstanceError
from datetime import UTC, datetime
from threading import Barrier

import pytest

from escalation_bridge.domain.sla.calendar import ALWAYS, CalendarError, parse_calendar

DATA = {"timezone": "Europe/Berlin", "hours": {"mon-fri": [["09:00", "17:00"]]}, "holidays": ["2026-12-25"]}
START = datetime(2026, 3, 27, 14, tzinfo=UTC)


def test_it_is_its_spec():
    calendar = parse_calendar(DATA)
    due = calendar.due(START, 10**6)
    for other in (parse_calendar(DATA), pickle.loads(pickle.dumps(calendar)), copy.deepcopy(calendar)):
        assert other == calendar
        assert hash(other) == hash(calendar)
        assert other.due(START, 10**6) == due
    assert calendar != ALWAYS
    assert calendar != DATA
    assert "Europe/Berlin" in repr(calendar)
    with pytest.raises(FrozenInstanceError):
        calendar.spec = ALWAYS.spec


def test_its_error_can_be_sent_too():
    error = pickle.loads(pickle.dumps(CalendarError("hours.mon[0]", "start equals end")))
    assert str(error) == "hours.mon[0]: start equals end"
    assert isinstance(error, ValueError)


def test_threads_that_make_different_years_of_it_at_once_all_get_the_right_answer():
    threads = 8
    starts = [datetime(1975 + 25 * (n % threads), 5, 5, 10, tzinfo=UTC) for n in range(threads)]
    targets = [3600 * 40 * (1 + 97 * n) for n in range(threads)]
    expected = [
        parse_calendar(DATA).due(start, target) for start, target in zip(starts, targets, strict=True)
    ]
    for _ in range(5):
        shared, together = parse_calendar(DATA), Barrier(threads)

        def ask(start, target, shared=shared, together=together):
            together.wait(timeout=10)
            return shared.due(start, target)

        with ThreadPoolExecutor(threads) as pool:
            assert list(pool.map(ask, starts, targets)) == expected
