"""Catching up: nothing that changed is left out, whatever happens between two pages."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import responses
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from escalation_bridge import errors
from escalation_bridge.plugin.connection import Connection
from escalation_bridge.plugin.settings import Resolved
from escalation_bridge_freshdesk.plugin import FreshdeskPlugin
from escalation_bridge_freshdesk.settings import FreshdeskSettings

HOME = "https://example.freshdesk.com"
LIST = f"{HOME}/api/v2/tickets"
NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
BEGIN = int(NOW.timestamp())


class Account:
    """Tickets by list and number, with the second of their last change; answers as Freshdesk lists them."""

    def __init__(self) -> None:
        self.lists: dict[str, dict[int, int]] = {"": {}, "deleted": {}, "spam": {}}
        self.asked: list[dict[str, str]] = []
        self.between: Callable[[], None] = lambda: None
        self.includes_the_second = True
        self.sorts = True

    def answer(self, request: Any) -> tuple[int, dict[str, str], str]:
        asked = {name: values[0] for name, values in parse_qs(urlsplit(request.url).query).items()}
        self.asked.append(asked)
        since = int(datetime.fromisoformat(asked["updated_since"]).timestamp())
        page, size = int(asked["page"]), int(asked["per_page"])
        tickets = self.lists[asked.get("filter", "")]
        found = sorted(
            (changed, number)
            for number, changed in tickets.items()
            if changed > since or (changed == since and self.includes_the_second)
        )
        if not self.sorts:
            found.sort(key=lambda entry: entry[1])
        shown = found[(page - 1) * size : page * size]
        rows = [
            {"id": number, "status": 2, "created_at": _text(BEGIN - 9999), "updated_at": _text(changed)}
            for changed, number in shown
        ]
        self.between()
        return 200, {}, json.dumps(rows)


def _text(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.fixture
def account() -> Iterator[Account]:
    with serving() as account:
        yield account


class serving:  # noqa: N801  # a context manager
    def __enter__(self) -> Account:
        self.mock = responses.RequestsMock(assert_all_requests_are_fired=False)
        self.mock.start()
        account = Account()
        self.mock.add_callback(responses.GET, LIST, account.answer)
        return account

    def __exit__(self, *_: object) -> None:
        self.mock.stop(allow_assert=False)
        self.mock.reset()


def opened() -> FreshdeskPlugin:
    values = {"plugin": "freshdesk", "url": HOME, "api_key": Resolved("the-key")}
    return FreshdeskPlugin(Connection("support", FreshdeskSettings.model_validate(values), lambda: NOW))


def caught_up(plugin: FreshdeskPlugin, cursor: str) -> tuple[list[str], str]:
    """All pages until there is nothing more."""
    found: list[str] = []
    for _ in range(1000):
        page = plugin.changes_since(cursor)
        found += page.ids
        cursor = page.cursor
        if not page.more:
            return found, cursor
    raise AssertionError("it never ends")


def begun(plugin: FreshdeskPlugin) -> str:
    page = plugin.changes_since(None)
    assert (page.ids, page.more) == ((), False)
    return page.cursor


def test_without_a_cursor_it_begins_now(account: Account) -> None:
    plugin = opened()
    account.lists[""] = {1: BEGIN - 86400, 2: BEGIN + 1}
    assert caught_up(plugin, begun(plugin))[0] == ["2"]


def test_present_deleted_and_spam_tickets_are_listed_apart(account: Account) -> None:
    plugin = opened()
    account.lists = {"": {1: BEGIN}, "deleted": {2: BEGIN}, "spam": {3: BEGIN}}
    assert caught_up(plugin, begun(plugin))[0] == ["1", "2", "3"]
    assert [asked.get("filter") for asked in account.asked] == [None, "deleted", "spam"]


def test_the_request_never_leaves_the_instant_to_freshdesks_thirty_days(account: Account) -> None:
    plugin = opened()
    caught_up(plugin, begun(plugin))
    assert account.asked[0] == {
        "updated_since": "2026-03-04T05:01:07Z",
        "order_by": "updated_at",
        "order_type": "asc",
        "page": "1",
        "per_page": "100",
    }


def test_what_is_listed_again_is_not_handed_out_again(account: Account) -> None:
    plugin = opened()
    account.lists[""] = {number: BEGIN + number % 50 for number in range(1, 180)}
    found, cursor = caught_up(plugin, begun(plugin))
    assert sorted(map(int, found)) == list(range(1, 180))
    assert caught_up(plugin, cursor)[0] == []
    account.lists[""][7] = BEGIN + 60
    assert caught_up(plugin, cursor)[0] == ["7"]


def test_a_change_that_shows_late_is_found(account: Account) -> None:
    plugin = opened()
    account.lists[""] = {1: BEGIN + 100}
    _, cursor = caught_up(plugin, begun(plugin))
    account.lists[""][2] = BEGIN + 70  # half a minute before what is known already
    assert caught_up(plugin, cursor)[0] == ["2"]


def test_a_page_goes_on_from_the_newest_change_and_not_from_a_page_number(account: Account) -> None:
    plugin = opened()
    account.lists[""] = {number: BEGIN + number for number in range(1, 251)}
    found, _ = caught_up(plugin, begun(plugin))
    assert sorted(map(int, found)) == list(range(1, 251))
    assert len(found) == 250
    assert {asked["page"] for asked in account.asked} == {"1"}


def test_tickets_that_change_while_the_pages_are_read_push_none_out(account: Account) -> None:
    plugin = opened()
    tickets = account.lists[""]
    tickets.update({number: BEGIN + number for number in range(1, 301)})
    later = iter(range(1, 61))

    def touch() -> None:
        for number in (next(later, None), next(later, None)):
            if number is not None:
                tickets[number] = BEGIN + 1000 + number

    account.between = touch
    cursor = begun(plugin)
    found, _ = caught_up(plugin, cursor)
    assert set(map(int, found)) == set(range(1, 301))


def test_more_tickets_of_one_second_than_a_page_has(account: Account) -> None:
    plugin = opened()
    tickets = account.lists[""]
    tickets.update(dict.fromkeys(range(1, 331), BEGIN + 5))
    touched = iter(range(1, 40))

    def touch() -> None:
        number = next(touched, None)
        if number is not None:
            tickets[number] = BEGIN + 900

    account.between = touch
    cursor = begun(plugin)
    found, _ = caught_up(plugin, cursor)
    assert set(map(int, found)) == set(range(1, 331))


def test_a_list_that_is_not_sorted_is_read_by_its_pages(account: Account) -> None:
    plugin = opened()
    account.sorts = False
    account.lists[""] = {number: BEGIN + 500 - number for number in range(1, 251)}  # the newest first
    assert set(map(int, caught_up(plugin, begun(plugin))[0])) == set(range(1, 251))


def test_the_last_page_is_never_passed(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("escalation_bridge_freshdesk.tickets.catch_up.LAST_PAGE", 2)
    plugin = opened()
    account.lists[""] = {**dict.fromkeys(range(1, 401), BEGIN + 5), 500: BEGIN + 9}
    found, _ = caught_up(plugin, begun(plugin))
    assert "500" in found
    assert max(int(asked["page"]) for asked in account.asked) == 2


@pytest.mark.parametrize(
    "cursor", ["", "{}", "null", "[1]", "x" * 9, '{"v":1,"turn":9,"lists":[[1,null,1,{}]]}', '{"v":2}']
)
def test_a_cursor_of_somebody_elses_is_refused(account: Account, cursor: str) -> None:
    with pytest.raises(errors.Rejected, match="cursor"):
        opened().changes_since(cursor)
    assert not account.asked


def test_a_cursor_stays_short(account: Account) -> None:
    plugin = opened()
    account.lists[""] = dict.fromkeys(range(10_000_000, 10_001_000), BEGIN + 5)
    _, cursor = caught_up(plugin, begun(plugin))
    assert len(cursor) < 10_000


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rounds=st.lists(
        st.lists(
            st.tuples(st.integers(1, 400), st.integers(0, 90), st.sampled_from(["", "deleted", "spam"])),
            max_size=150,
        ),
        min_size=1,
        max_size=4,
    ),
    bulk=st.integers(0, 350),
    inclusive=st.booleans(),
)
def test_every_change_is_always_handed_out(
    rounds: list[list[tuple[int, int, str]]], bulk: int, inclusive: bool
) -> None:
    """Whichever list a ticket is moved to, and whether or not a list begins with the very second."""
    with serving() as account:
        account.includes_the_second = inclusive
        plugin = opened()
        cursor = begun(plugin)
        clock = BEGIN
        for changes in rounds:
            wanted: set[int] = set()
            for number in range(1000, 1000 + bulk):
                account.lists[""][number] = clock
                wanted.add(number)
            for number, after, name in sorted(changes, key=lambda change: change[1]):
                for tickets in account.lists.values():
                    tickets.pop(number, None)
                account.lists[name][number] = clock + after
                wanted.add(number)
            found, cursor = caught_up(plugin, cursor)
            assert wanted <= set(map(int, found))
            clock += 91
