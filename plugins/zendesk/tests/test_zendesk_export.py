"""Catching up by the incremental export: nothing left out, nothing lost with a cursor, the account's limit kept."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import responses
from hypothesis import given
from hypothesis import strategies as st
from responses import matchers

from escalation_bridge.errors import PermissionDenied, RateLimited, Rejected, UnreadableAnswer
from escalation_bridge_zendesk.plugin import ZendeskPlugin
from escalation_bridge_zendesk.tickets.export import Place, read_place

EXPORT = "https://acme.zendesk.com/api/v2/incremental/tickets/cursor"
NOW = 1772442000  # the tests' clock, 2026-03-02T09:00:00Z
A_MINUTE = 60

Json = dict[str, object]
MakePlugin = Callable[..., ZendeskPlugin]


def page(*tickets: tuple[int, int], cursor: str | None, ended: bool) -> Json:
    return {
        "tickets": [{"id": number, "generated_timestamp": stamp} for number, stamp in tickets],
        "after_cursor": cursor,
        "after_url": None,
        "before_cursor": None,
        "before_url": None,
        "end_of_stream": ended,
    }


def answers(
    wire: responses.RequestsMock, body: Json, *, status: int = 200, **params: object
) -> responses.BaseResponse:
    return wire.get(EXPORT, match=[matchers.query_param_matcher(params)], json=body, status=status)


def test_without_a_cursor_it_begins_a_little_before_now_and_then_follows_the_cursor(
    plugin: ZendeskPlugin, zendesk: responses.RequestsMock
) -> None:
    answers(zendesk, page((7, NOW - 200), (8, NOW - 100), cursor="c1", ended=False), start_time=NOW - 300)
    first = plugin.changes_since(None)
    assert (first.ids, first.more) == (("7", "8"), True)
    answers(zendesk, page((9, NOW - 70), (9, NOW - 70), cursor="c2", ended=True), cursor="c1")
    second = plugin.changes_since(first.cursor)
    assert (second.ids, second.more) == (("9",), False)
    answers(zendesk, page(cursor=None, ended=True), cursor="c2")
    third = plugin.changes_since(second.cursor)
    assert (third.ids, third.more) == ((), False)
    plugin.changes_since(third.cursor)
    # The cursor is kept where Zendesk gives no new one.
    assert [call.request.params.get("cursor") for call in zendesk.calls] == [None, "c1", "c2", "c2"]


def test_tickets_that_were_deleted_are_among_them(
    plugin: ZendeskPlugin, zendesk: responses.RequestsMock
) -> None:
    body = page(cursor="c", ended=True)
    body["tickets"] = [{"id": 3, "status": "deleted", "generated_timestamp": NOW - 90}]
    answers(zendesk, body, start_time=NOW - 300)  # a parameter that excludes them would not match
    assert plugin.changes_since(None).ids == ("3",)


@pytest.mark.parametrize("status", [400, 404, 410, 422])
def test_a_cursor_that_zendesk_gives_up_is_replaced_by_a_time_before_which_all_was_read(
    plugin: ZendeskPlugin, zendesk: responses.RequestsMock, status: int
) -> None:
    read_up_to = NOW - 7200
    answers(zendesk, {"error": "InvalidCursor"}, status=status, cursor="old")
    answers(zendesk, page((5, read_up_to), cursor="new", ended=True), start_time=read_up_to - 300)
    found = plugin.changes_since(str(Place("old", read_up_to)))
    assert found.ids == ("5",)
    place = read_place(found.cursor)
    assert place == Place("new", NOW - A_MINUTE)


def test_in_the_middle_of_the_stream_only_what_was_handed_out_counts_as_read(
    plugin: ZendeskPlugin, zendesk: responses.RequestsMock
) -> None:
    answers(zendesk, page((5, NOW - 5000), cursor="b", ended=False), cursor="a")
    assert read_place(plugin.changes_since(str(Place("a", NOW - 9000))).cursor) == Place("b", NOW - 5000)


def test_a_start_is_never_so_late_that_zendesk_refuses_it(
    plugin: ZendeskPlugin, zendesk: responses.RequestsMock
) -> None:
    # The stored time lies ahead: the bridge's clock was put back meanwhile.
    answers(zendesk, page(cursor="c", ended=True), start_time=NOW - 120)
    plugin.changes_since(str(Place(None, NOW + 86_400)))


@pytest.mark.parametrize("status", [401, 403, 503])
def test_trouble_is_not_taken_for_a_bad_cursor(
    plugin: ZendeskPlugin, zendesk: responses.RequestsMock, status: int
) -> None:
    refused = answers(zendesk, {"error": "no"}, status=status, cursor="c")
    with pytest.raises(Exception, match="changes_since"):
        plugin.changes_since(str(Place("c", NOW)))
    assert {call.request.params["cursor"] for call in refused.calls} == {"c"}  # type: ignore[attr-defined]


def test_who_is_no_admin_is_told_so(plugin: ZendeskPlugin, zendesk: responses.RequestsMock) -> None:
    answers(zendesk, {"error": {"title": "Forbidden"}}, status=403, start_time=NOW - 300)
    with pytest.raises(PermissionDenied, match="role Admin"):
        plugin.changes_since(None)


@pytest.mark.parametrize(
    "stored",
    [
        "",
        "c1",
        "[]",
        "{}",
        '{"v":2,"cursor":"c","safe":1}',
        '{"v":1,"cursor":7,"safe":1}',
        "[" * 100000,
        '{"v":1,"cursor":"c","safe":true}',
        '{"v":1,"cursor":"c","safe":-1}',
        '{"v":1,"cursor":"","safe":1}',
    ],
)
def test_a_cursor_of_somebody_else_is_refused_with_what_to_do(plugin: ZendeskPlugin, stored: str) -> None:
    with pytest.raises(Rejected, match="Begin anew"):
        plugin.changes_since(stored)


@given(st.text())
def test_no_text_whatever_breaks_the_reading_of_a_cursor(stored: str) -> None:
    place = read_place(stored)
    assert place is None or read_place(str(place)) == place


@given(st.none() | st.text(min_size=1, max_size=200), st.integers(0, 2**40))
def test_a_cursor_is_read_as_it_was_written(cursor: str | None, safe: int) -> None:
    assert read_place(str(Place(cursor, safe))) == Place(cursor, safe)


@pytest.mark.parametrize(
    "body",
    [
        page((1, NOW), cursor="c", ended=False),
        page((1, NOW), cursor=None, ended=False),
        {"tickets": [], "after_cursor": "d"},
        {"tickets": [], "after_cursor": "d", "end_of_stream": "true"},
    ],
    ids=["same cursor", "no cursor", "no end", "end is no boolean"],
)
def test_an_export_that_would_never_end_is_an_error(
    plugin: ZendeskPlugin, zendesk: responses.RequestsMock, body: Json
) -> None:
    answers(zendesk, body, cursor="c")
    with pytest.raises(UnreadableAnswer):
        plugin.changes_since(str(Place("c", NOW)))


def test_the_accounts_limit_is_kept_before_zendesk_has_to_say_so(
    make_plugin: MakePlugin, zendesk: responses.RequestsMock
) -> None:
    moment = [datetime.fromisoformat("2026-03-02T09:00:00Z")]
    plugin = make_plugin(now=lambda: moment[0])
    sent = answers(zendesk, page(cursor="c", ended=True), cursor="c")
    stored = str(Place("c", NOW))
    for _ in range(8):
        plugin.changes_since(stored)
    moment[0] += timedelta(seconds=20)
    with pytest.raises(RateLimited) as full:
        plugin.changes_since(stored)
    assert (sent.call_count, full.value.at.retry_after) == (8, 40)
    moment[0] += timedelta(seconds=40)
    plugin.changes_since(stored)
    assert sent.call_count == 9


def test_the_cursor_is_plain_text_without_anybodys_words(
    plugin: ZendeskPlugin, zendesk: responses.RequestsMock
) -> None:
    body = page((1, NOW - 100), cursor="c", ended=True)
    body["tickets"][0]["subject"] = "confidential"  # type: ignore[index]
    answers(zendesk, body, start_time=NOW - 300)
    assert json.loads(plugin.changes_since(None).cursor) == {"v": 1, "cursor": "c", "safe": NOW}
