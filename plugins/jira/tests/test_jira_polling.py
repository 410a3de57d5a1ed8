"""What changed, read in pages: nothing left out, hardly anything told twice."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import responses
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from escalation_bridge.domain.tickets.tickets import TicketChange, TicketDraft
from escalation_bridge.errors import Rejected
from escalation_bridge.plugin.connection import Connection
from escalation_bridge_jira.plugin import JiraPlugin
from escalation_bridge_jira.settings import JiraSettings
from escalation_bridge_jira.site import polling
from escalation_bridge_jira.site.polling import wall_clock
from escalation_bridge_sandbox.jira import seed

Site = Any
SITE = "https://acme.atlassian.net"
NOW = datetime(2026, 7, 1, 8, 30, 20, tzinfo=UTC)


def changed(plugin: JiraPlugin, cursor: str) -> tuple[list[str], str]:
    """All that there is to be told, over all pages."""
    ids: list[str] = []
    for _ in range(50):
        page = plugin.changes_since(cursor)
        ids, cursor = [*ids, *page.ids], page.cursor
        if not page.more:
            return ids, cursor
    raise AssertionError("the pages do not end")


# --- at the stand-ins ---------------------------------------------------------------------------------------------------


def test_what_changed_is_told_once(site: Site, draft: TicketDraft) -> None:
    plugin = site.plugin()
    cursor = plugin.changes_since(None).cursor
    tickets = [plugin.create_ticket(draft, f"eb-{number:020}") for number in range(3)]
    ids, cursor = changed(plugin, cursor)
    assert sorted(ids) == [ticket.ref.id for ticket in tickets]
    assert changed(plugin, cursor)[0] == []
    plugin.update_ticket(tickets[1].ref.id, TicketChange(status="In Progress"), tickets[1])
    ids, cursor = changed(plugin, cursor)
    assert ids == [tickets[1].ref.id]
    assert changed(plugin, cursor)[0] == []


@pytest.mark.parametrize("zone", ["Asia/Jakarta", "America/Los_Angeles", "Pacific/Kiritimati", "UTC"])
def test_the_accounts_time_zone_makes_no_difference(zone: str, site: Site, draft: TicketDraft) -> None:
    site.call(seed.ADMIN, "PUT", f"/_sandbox/users/{seed.BRIDGE.name}", {"time_zone": zone})
    plugin = site.plugin()
    old = plugin.create_ticket(draft, "eb-old")
    site.sandbox.clock.advance(7200)
    cursor = plugin.changes_since(None).cursor
    new = plugin.create_ticket(draft, "eb-new")
    ids, _ = changed(plugin, cursor)
    assert ids == [new.ref.id]
    assert old.ref.id not in ids


def test_pages_of_many_changes_leave_nothing_out(
    site: Site, draft: TicketDraft, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polling, "ISSUES_PER_PAGE", 7)
    plugin = site.plugin()
    cursor = plugin.changes_since(None).cursor
    tickets = [plugin.create_ticket(draft, f"eb-{number:020}") for number in range(20)]
    first = plugin.changes_since(cursor)
    assert first.more
    # While the pages are read, one that was not told of yet changes, and one is deleted that was.
    fields = {"fields": {"summary": "Changed meanwhile"}}
    site.call(seed.ADMIN, "PUT", f"/rest/api/2/issue/{tickets[0].ref.id}", fields)
    site.call(seed.ADMIN, "DELETE", f"/rest/api/2/issue/{first.ids[0]}")
    rest, cursor = changed(plugin, first.cursor)
    late, cursor = changed(plugin, cursor)
    assert len([*first.ids, *rest]) == len({*first.ids, *rest})
    assert {*first.ids, *rest, *late} == {ticket.ref.id for ticket in tickets}
    assert tickets[0].ref.id in {*rest, *late}
    assert changed(plugin, cursor)[0] == []


def test_a_search_that_lags_leaves_nothing_out(make_site: Callable[..., Site], draft: TicketDraft) -> None:
    site = make_site("cloud", search_lag=40)
    plugin = site.plugin(search_lag_seconds=45)
    cursor = plugin.changes_since(None).cursor
    told: list[str] = []
    made = []
    for number in range(6):
        made.append(plugin.create_ticket(draft, f"eb-{number:020}").ref.id)
        site.sandbox.clock.advance(25)
        ids, cursor = changed(plugin, cursor)
        told += ids
    site.sandbox.clock.advance(60)
    ids, cursor = changed(plugin, cursor)
    assert sorted([*told, *ids]) == made


def test_a_page_token_that_expired_begins_the_pass_anew(
    make_site: Callable[..., Site], draft: TicketDraft, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polling, "ISSUES_PER_PAGE", 2)
    site = make_site("cloud")
    plugin = site.plugin()
    cursor = plugin.changes_since(None).cursor
    made = {plugin.create_ticket(draft, f"eb-{number:020}").ref.id for number in range(5)}
    first = plugin.changes_since(cursor)
    site.sandbox.clock.advance(8 * 86400)
    rest, _ = changed(plugin, first.cursor)
    assert {*first.ids, *rest} == made


# --- exactly what is sent -----------------------------------------------------------------------------------------------


@pytest.fixture
def wire() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as wire:
        yield wire


def plugin_of(deployment: str) -> JiraPlugin:
    sign_in: dict[str, Any] = (
        {"email": "bridge@acme.example", "api_token": SecretStr("t0ken")}
        if deployment == "cloud"
        else {"personal_access_token": SecretStr("t0ken")}
    )
    settings = JiraSettings(plugin="jira", deployment=deployment, url=SITE, search_lag_seconds=60, **sign_in)
    return JiraPlugin(Connection("jira-main", settings, lambda: NOW))


def begun(wire: responses.RequestsMock, api: str, zone: object = "Asia/Jakarta") -> None:
    wire.get(f"{SITE}{api}/serverInfo", json={"version": "x", "serverTime": "2026-07-01T15:30:20.000+0700"})
    wire.get(f"{SITE}{api}/myself", json={"accountId": "1", "timeZone": zone})


def test_the_query_of_cloud(wire: responses.RequestsMock, jira_openapi: Any) -> None:
    begun(wire, "/rest/api/3")
    wire.post(f"{SITE}/rest/api/3/search/jql", json={"issues": [], "isLast": True})
    plugin = plugin_of("cloud")
    changed(plugin, plugin.changes_since(None).cursor)
    body = json.loads(wire.calls[-1].request.body or "")
    jira_openapi.validate_request("POST", "/rest/api/3/search/jql", body)
    # Two minutes before, on the clock of the account: one for the lag, one for the seconds that JQL does not know.
    assert body == {
        "jql": 'updated >= "2026-07-01 15:28" ORDER BY updated DESC',
        "maxResults": 100,
        "fields": ["updated"],
    }


def test_the_query_of_data_center(wire: responses.RequestsMock) -> None:
    begun(wire, "/rest/api/2")
    wire.post(f"{SITE}/rest/api/2/search", json={"issues": [], "total": 0})
    plugin = plugin_of("datacenter")
    changed(plugin, plugin.changes_since(None).cursor)
    body = json.loads(wire.calls[-1].request.body or "")
    assert (body["startAt"], body["fields"]) == (0, ["updated"])


@pytest.mark.parametrize("zone", [None, "Mars/Olympus", "../etc/passwd"])
def test_an_unknown_zone_begins_early_enough_for_every_zone(
    zone: object, wire: responses.RequestsMock
) -> None:
    begun(wire, "/rest/api/2", zone)
    wire.post(f"{SITE}/rest/api/2/search", json={"issues": [], "total": 0})
    plugin = plugin_of("datacenter")
    changed(plugin, plugin.changes_since(None).cursor)
    assert '"2026-06-30 20:28"' in json.loads(wire.calls[-1].request.body or "")["jql"]


@pytest.mark.parametrize("cursor", ["", "{}", "[]", "[1,2,3,4,5,6]", '["2026",[],null,null,null,0]', "x"])
def test_a_cursor_of_somebody_else_is_rejected(cursor: str) -> None:
    with pytest.raises(Rejected, match="cursor"):
        plugin_of("cloud").changes_since(cursor)


ZONES = [
    ZoneInfo(name) for name in ("Asia/Jakarta", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe")
]


SECONDS = st.integers(1_577_836_800, 1_893_456_000)
"""Of the years 2020 to 2029."""


@given(SECONDS, st.sampled_from(ZONES))
def test_a_wall_clock_time_is_never_read_as_later_than_meant(seconds: int, zone: ZoneInfo) -> None:
    instant = datetime.fromtimestamp(seconds, UTC)
    shown = wall_clock(instant, zone)
    for fold in (0, 1):
        meant = datetime.fromisoformat(shown).replace(tzinfo=zone, fold=fold).astimezone(UTC)
        assert instant - timedelta(minutes=91) <= meant <= instant


def test_the_hour_that_comes_twice_is_gone_before() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    assert wall_clock(datetime(2026, 10, 25, 1, 30, tzinfo=UTC), berlin) == "2026-10-25 01:30"
