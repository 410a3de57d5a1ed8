"""What is left of a vendor's limits: nothing is sent in vain, promises go first, no wait is shorter than asked for."""

import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
import requests
import responses
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from escalation_bridge.errors import RateLimited, StoreUnavailable
from escalation_bridge.plugin.http.budgets import (
    ACCOUNT,
    Budget,
    Limits,
    Reading,
    Scope,
    Standing,
    Urgency,
    present_urgency,
    working,
)
from escalation_bridge.plugin.http.meter import Budgets, Meter
from escalation_bridge.plugin.http.transport import Transport

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
HOME = "https://desk.example"
ACCOUNTS = (Scope(ACCOUNT),)

urgencies = st.sampled_from(Urgency)


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


@dataclass
class Clock:
    """A clock that sleeping moves, and that remembers how long was slept."""

    at: datetime = NOW
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> datetime:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += timedelta(seconds=seconds)


@dataclass
class Window:
    """A vendor that takes so many requests in each minute, and tells how many are left."""

    total: int
    began: datetime = NOW
    used: int = 0
    refused: int = 0

    def ask(self, now: datetime, taken: int = 0) -> Reading | None:
        """None: refused. `taken`: what other programs took before."""
        while now >= self.began + timedelta(seconds=60):
            self.began, self.used = self.began + timedelta(seconds=60), 0
        self.used = min(self.total, self.used + taken)
        if self.used >= self.total:
            self.refused += 1
            return None
        self.used += 1
        renews_in = (self.began + timedelta(seconds=60) - now).total_seconds()
        return Reading(ACCOUNT, self.total - self.used, self.total, renews_in)


# --- one scope ----------------------------------------------------------------------------------------------------------


@given(st.lists(st.tuples(urgencies, st.floats(0, 40)), max_size=200), st.integers(1, 40))
def test_who_is_alone_is_never_refused_by_the_vendor_after_its_first_answer(
    asked: list[tuple[Urgency, float]], total: int
) -> None:
    budgets, vendor, now = Budgets(), Window(total), NOW
    for urgency, pause in asked:
        now += timedelta(seconds=pause / 10)
        if budgets.take(ACCOUNTS, urgency, now) is None:
            reading = vendor.ask(now)
            assert reading is not None
            budgets.note([reading], now)
    assert vendor.refused == 0


@given(st.lists(st.sampled_from([Urgency.BACKFILL, Urgency.ORDINARY]), max_size=150), st.integers(20, 100))
def test_whatever_else_is_done_promises_find_something_left(asked: list[Urgency], total: int) -> None:
    budgets, vendor = Budgets(), Window(total)
    for urgency in asked:
        if budgets.take(ACCOUNTS, urgency, NOW) is None and (reading := vendor.ask(NOW)):
            budgets.note([reading], NOW)
    assert budgets.take(ACCOUNTS, Urgency.PROMISE, NOW) is None
    assert vendor.ask(NOW) is not None


def test_the_less_is_left_the_fewer_may_use_it_and_nobody_waits_longer_than_until_it_is_counted_anew() -> (
    None
):
    expected = {
        Urgency.BACKFILL: [21, 100],
        Urgency.ORDINARY: [6, 20, 21, 100],
        Urgency.PROMISE: [1, 5, 6, 20, 21, 100],
    }
    for urgency, allowed in expected.items():
        for left in (0, 1, 5, 6, 20, 21, 100):
            budgets = Budgets()
            budgets.note([Reading(ACCOUNT, left, 100, 30)], NOW)
            wait = budgets.take(ACCOUNTS, urgency, later(10))
            assert (wait is None) is (left in allowed), (urgency, left)
            if wait is not None:
                assert (wait.seconds, wait.is_over) == (20, left == 0)
            assert budgets.take(ACCOUNTS, urgency, later(30)) is None


@given(st.lists(st.tuples(st.floats(0.01, 500), st.floats(0, 100)), min_size=1, max_size=20), urgencies)
def test_a_closed_scope_is_closed_for_everybody_until_the_longest_wait_is_over(
    refusals: list[tuple[float, float]], urgency: Urgency
) -> None:
    budgets, now, until = Budgets(), NOW, NOW
    for seconds, pause in refusals:
        now += timedelta(seconds=pause)
        budgets.close(ACCOUNT, seconds, now)
        until = max(until, now + timedelta(seconds=seconds))
        budgets.note([Reading(ACCOUNT, 90, 100, 10)], now)  # an answer that was on its way before
    wait = budgets.take(ACCOUNTS, urgency, now)
    assert wait is not None
    assert now + timedelta(seconds=wait.seconds) >= until - timedelta(microseconds=1)
    assert budgets.take(ACCOUNTS, urgency, max(until, now + timedelta(seconds=10))) is None


def test_other_scopes_go_on() -> None:
    budgets = Budgets()
    budgets.close("search", 60, NOW)
    assert budgets.take((Scope(ACCOUNT), Scope("search")), Urgency.PROMISE, NOW) is not None
    assert budgets.take((Scope(ACCOUNT), Scope("ticket updates")), Urgency.BACKFILL, NOW) is None


def test_a_request_that_has_to_wait_for_one_scope_uses_up_nothing_of_the_others() -> None:
    budgets = Budgets()
    budgets.note([Reading(ACCOUNT, 2, None, 60)], NOW)
    budgets.close("search", 5, NOW)
    for _ in range(5):
        assert budgets.take((Scope(ACCOUNT), Scope("search")), Urgency.PROMISE, NOW) is not None
    assert [budgets.take(ACCOUNTS, Urgency.PROMISE, NOW) is None for _ in range(3)] == [True, True, False]


def test_what_was_sent_counts_before_its_answer_comes() -> None:
    budgets = Budgets()
    budgets.note([Reading(ACCOUNT, 10, 100, 60)], NOW)
    ready = threading.Barrier(8)

    def send(_: int) -> int:
        ready.wait(5)
        return sum(budgets.take(ACCOUNTS, Urgency.PROMISE, NOW) is None for _ in range(10))

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(send, range(8))) == 10


def test_what_costs_more_needs_more() -> None:
    budgets = Budgets()
    budgets.note([Reading(ACCOUNT, 4, None, 60)], NOW)
    dear = (Scope(ACCOUNT, cost=3),)
    assert [budgets.take(dear, Urgency.PROMISE, NOW) is None for _ in range(2)] == [True, False]
    assert budgets.take(ACCOUNTS, Urgency.PROMISE, NOW) is None


def test_where_nobody_says_when_it_is_counted_anew_a_minute_from_the_first_answer_is_believed() -> None:
    budgets = Budgets()
    for second, left in ((0, 30), (20, 15), (40, 0)):
        budgets.note([Reading(ACCOUNT, left, 50)], later(second))
    assert budgets.take(ACCOUNTS, Urgency.PROMISE, later(59)) is not None
    assert budgets.take(ACCOUNTS, Urgency.PROMISE, later(60)) is None


def test_a_count_that_leaps_up_has_begun_anew() -> None:
    budgets = Budgets()
    for second, left in ((0, 30), (50, 49), (55, 0)):
        budgets.note([Reading(ACCOUNT, left, 50)], later(second))
    assert budgets.take(ACCOUNTS, Urgency.PROMISE, later(109)) is not None
    assert budgets.take(ACCOUNTS, Urgency.PROMISE, later(110)) is None


@given(
    st.lists(st.floats(0, 1), min_size=1, max_size=300),
    st.lists(st.tuples(st.integers(1, 20), st.floats(0.5, 30)), min_size=1, max_size=2),
)
def test_limits_of_which_no_answer_tells_are_counted_by_the_bridge(
    pauses: list[float], windows: list[tuple[int, float]]
) -> None:
    budgets, scope, now = Budgets(), Scope("writes to issue 1", windows=tuple(windows)), NOW
    sent: list[datetime] = []
    for pause in pauses:
        now += timedelta(seconds=pause)
        wait = budgets.take((scope,), Urgency.PROMISE, now)
        if wait is None:
            sent.append(now)
        else:
            after = now + timedelta(seconds=wait.seconds)
            assert 0 < wait.seconds <= max(seconds for _, seconds in windows)
            assert all(sum(after - timedelta(seconds=s) < at for at in sent) <= most for most, s in windows)
    for most, seconds in windows:
        for at in sent:
            within = [other for other in sent if at <= other < at + timedelta(seconds=seconds - 0.001)]
            assert len(within) <= most


def test_the_memory_does_not_grow_with_the_tickets() -> None:
    budgets = Budgets()
    for number in range(500):
        now = later(number)
        scope = Scope(f"writes to issue {number}", windows=((20, 2.0),))
        assert budgets.take((scope,), Urgency.ORDINARY, now) is None
        budgets.note([Reading(scope.name, 10, 30, 5)], now)
        budgets.close(scope.name, 5, now)
    kept = len(budgets._known) + len(budgets._sent)
    assert kept < 20


# --- urgency ------------------------------------------------------------------------------------------------------------


def test_urgency_is_of_this_thread_and_ends_with_the_work() -> None:
    seen: list[Urgency] = []
    with working(Urgency.BACKFILL):
        other = threading.Thread(target=lambda: seen.append(present_urgency()))
        other.start()
        other.join()
        with pytest.raises(KeyError), working(Urgency.PROMISE):
            {}[seen.append(present_urgency())]
        seen.append(present_urgency())
    seen.append(present_urgency())
    assert seen == [Urgency.ORDINARY, Urgency.PROMISE, Urgency.BACKFILL, Urgency.ORDINARY]


# --- shared -------------------------------------------------------------------------------------------------------------


@dataclass
class Blackboard:
    """What processes tell each other, and how often."""

    rows: dict[str, Budget] = field(default_factory=dict)
    saves: int = 0
    loads: int = 0
    broken: bool = False

    def load(self, now: datetime) -> list[Budget]:
        self.loads += 1
        self._fail()
        return [row for row in self.rows.values() if row.ends() > now]

    def save(self, budgets: Mapping[str, Budget] | list[Budget], now: datetime) -> None:
        self.saves += 1
        self._fail()
        self.rows |= {budget.scope: budget for budget in budgets if isinstance(budget, Budget)}

    def _fail(self) -> None:
        if self.broken:
            raise StoreUnavailable("the disk is full")


def test_another_process_hears_of_a_refusal_though_it_has_newer_good_news() -> None:
    board = Blackboard()
    mine, other = Budgets(board), Budgets(board)
    assert other.take(ACCOUNTS, Urgency.PROMISE, NOW) is None
    mine.close(ACCOUNT, 40, later(0.1))
    other.note([Reading(ACCOUNT, 80, 100, 30)], later(0.2))
    wait = other.take(ACCOUNTS, Urgency.PROMISE, later(1))
    assert wait is not None
    assert wait.seconds == pytest.approx(39.1)


def test_a_hundred_requests_are_no_hundred_commits() -> None:
    board = Blackboard()
    budgets = Budgets(board)
    for number in range(1001):
        now = later(number / 100)
        if budgets.take(ACCOUNTS, Urgency.PROMISE, now) is None:
            budgets.note([Reading(ACCOUNT, 1000 - number, 1000, 60 - number / 100)], now)
    assert board.saves == 2  # little is left, and nothing
    assert board.loads <= 11


def test_a_board_that_cannot_be_used_stops_nothing() -> None:
    board = Blackboard(broken=True)
    budgets = Budgets(board)
    with capture_logs() as logs:
        assert budgets.take(ACCOUNTS, Urgency.BACKFILL, NOW) is None
        budgets.close(ACCOUNT, 40, NOW)
    assert {line["event"] for line in logs} == {"budgets.not_read", "budgets.not_told"}
    assert budgets.take(ACCOUNTS, Urgency.PROMISE, later(5)) is not None


# --- the transport ------------------------------------------------------------------------------------------------------


class Told(Limits):
    """An account's limit, and one for the search, told by headers of a vendor's own."""

    def scopes(self, method: str, path: str, params: Mapping[str, object]) -> tuple[Scope, ...]:
        search = (Scope("search", advice="Search less."),) if path == "/search" else ()
        return (Scope(ACCOUNT), *search)

    def readings(self, method: str, path: str, headers: Mapping[str, str]) -> tuple[Reading, ...]:
        if "left" not in headers:
            return ()
        renews_in = float(headers["renews"]) if "renews" in headers else None
        return (Reading(ACCOUNT, float(headers["left"]), 100, renews_in),)

    def closed(self, method: str, path: str, headers: Mapping[str, str]) -> str:
        return "search" if path == "/search" else ACCOUNT


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def budgets() -> Budgets:
    return Budgets()


@pytest.fixture
def transport(clock: Clock, budgets: Budgets) -> Transport:
    return Transport("desk", HOME, sleep=clock.sleep, meter=Meter("desk", budgets, clock, Told()))


@pytest.fixture
def vendor() -> responses.RequestsMock:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


def test_a_closed_scope_is_not_asked_and_the_others_are(
    vendor: responses.RequestsMock, transport: Transport, clock: Clock
) -> None:
    search = vendor.get(f"{HOME}/search", status=429, headers={"Retry-After": "60"})
    vendor.get(f"{HOME}/tickets", json=[])
    for _ in range(3):
        with pytest.raises(RateLimited) as limited:
            transport.request("find", "GET", "/search")
    assert search.call_count == 1
    assert 60 <= (limited.value.at.retry_after or 0) <= 65
    assert (limited.value.at.status, limited.value.advice) == (None, "Search less.")
    assert "search: the vendor takes no more" in str(limited.value)
    assert transport.request("fetch", "GET", "/tickets").ok
    clock.at += timedelta(seconds=60)
    with pytest.raises(RateLimited):
        transport.request("find", "GET", "/search")
    assert search.call_count == 2
    assert clock.slept == []


def test_what_is_kept_for_promises_is_told_to_whoever_waits(
    vendor: responses.RequestsMock, transport: Transport
) -> None:
    tickets = vendor.get(f"{HOME}/tickets", json=[], headers={"left": "10", "renews": "30"})
    transport.request("fetch", "GET", "/tickets")
    with working(Urgency.BACKFILL), pytest.raises(RateLimited, match="kept for promises") as limited:
        transport.request("changes_since", "GET", "/tickets")
    assert 30 <= (limited.value.at.retry_after or 0) <= 35
    assert tickets.call_count == 1
    with working(Urgency.PROMISE):
        transport.request("fetch", "GET", "/tickets")
    assert tickets.call_count == 2


def test_a_short_wait_is_sat_out_before_asking(
    vendor: responses.RequestsMock, transport: Transport, clock: Clock, budgets: Budgets
) -> None:
    vendor.get(f"{HOME}/tickets", json=[])
    budgets.close(ACCOUNT, 3, NOW)
    assert transport.request("fetch", "GET", "/tickets").ok
    assert clock.at >= later(3)
    assert len(clock.slept) == 1


def test_a_refusal_says_when_it_is_counted_anew_where_nothing_else_does(
    vendor: responses.RequestsMock, transport: Transport, clock: Clock
) -> None:
    tickets = vendor.get(f"{HOME}/tickets", status=429, headers={"left": "0", "Retry-After": "20"})
    with pytest.raises(RateLimited):
        transport.request("fetch", "GET", "/tickets")
    clock.at = later(20)
    with working(Urgency.BACKFILL), pytest.raises(RateLimited):
        transport.request("fetch", "GET", "/tickets")
    assert tickets.call_count == 2


def test_an_error_tells_too(vendor: responses.RequestsMock, transport: Transport) -> None:
    vendor.get(f"{HOME}/tickets", status=400, headers={"left": "0", "renews": "30"})
    with pytest.raises(Exception, match="HTTP 400"):
        transport.request("fetch", "GET", "/tickets")
    with pytest.raises(RateLimited):
        transport.request("fetch", "GET", "/tickets")
    assert len(vendor.calls) == 1


def test_a_file_on_another_host_uses_up_nothing(
    vendor: responses.RequestsMock, transport: Transport, budgets: Budgets
) -> None:
    vendor.get("https://files.example/1", body=b"x", headers={"left": "0", "renews": "30"})
    budgets.close(ACCOUNT, 60, NOW)
    assert transport.request("fetch_attachment", "GET", "https://files.example/1").ok


def test_an_admin_is_told_once_that_little_is_left_and_once_that_nothing_is(
    vendor: responses.RequestsMock, transport: Transport, clock: Clock
) -> None:
    answers = [(15, 0), (14, 0), (0, 0), (90, 60), (10, 60), (0, 70), (10, 900)]
    with capture_logs() as logs:
        for left, second in answers:
            clock.at = later(second)
            vendor.get(f"{HOME}/tickets", json=[], headers={"left": str(left), "renews": "30"})
            with working(Urgency.PROMISE):
                transport.request("fetch", "GET", "/tickets")
    told = [(line["event"], line["left"]) for line in logs if line["event"].startswith("connection.")]
    assert told == [
        ("connection.near_limit", 15.0),
        ("connection.over_limit", 0.0),
        ("connection.near_limit", 10.0),
    ]


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.tuples(urgencies, st.floats(0, 30), st.integers(0, 30)), max_size=30),
    st.integers(1, 30),
    st.sampled_from([None, "0", "soon", "2", "20", "90"]),
)
def test_nothing_is_sent_before_the_wait_that_was_asked_for_is_over(
    asked: list[tuple[Urgency, float, int]], total: int, retry_after: str | None
) -> None:
    clock = Clock()
    desk = Window(total)
    not_before = [NOW]

    def answer(request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        assert clock.at >= not_before[0]
        reading = desk.ask(clock.at, taken=others)
        if reading is None:
            wait = float(retry_after) if retry_after and retry_after.isdigit() else 0.0
            not_before[0] = clock.at + timedelta(seconds=max(wait, 1.0))
            return 429, {"Retry-After": retry_after} if retry_after else {}, "<html>"
        return 200, {"left": str(reading.left), "renews": str(reading.renews_in)}, "[]"

    calling = Transport("desk", HOME, sleep=clock.sleep, meter=Meter("desk", Budgets(), clock, Told()))
    with responses.RequestsMock(assert_all_requests_are_fired=False) as vendor:
        vendor.add_callback(responses.GET, f"{HOME}/tickets", answer)
        for urgency, pause, others in asked:  # noqa: B007 - `answer` reads it
            clock.at += timedelta(seconds=pause)
            with working(urgency), suppress(RateLimited):
                calling.request("fetch", "GET", "/tickets")


@pytest.mark.parametrize(
    ("budget", "standing"),
    [
        (Budget(ACCOUNT, NOW), Standing.AMPLE),
        (Budget(ACCOUNT, NOW, 50, 100, later(10)), Standing.AMPLE),
        (Budget(ACCOUNT, NOW, 20, 100, later(10)), Standing.LOW),
        (Budget(ACCOUNT, NOW, 0, 100, later(10)), Standing.OVER),
        (Budget(ACCOUNT, NOW, 0, 100, NOW), Standing.AMPLE),
        (Budget(ACCOUNT, NOW, closed_until=later(1)), Standing.OVER),
    ],
)
def test_how_a_budget_stands(budget: Budget, standing: Standing) -> None:
    assert budget.standing(NOW) is standing
    budgets = Budgets(Blackboard({ACCOUNT: budget}))
    assert [each.scope for each in budgets.standing(NOW)] == [ACCOUNT] * (standing is not Standing.AMPLE)
