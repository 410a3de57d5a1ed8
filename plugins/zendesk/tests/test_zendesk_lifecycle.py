"""Deleted, invisible, merged: what Zendesk does not say by itself is found out or left open, never guessed."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import responses

from escalation_bridge.domain.tickets.tickets import Presence, TicketChange, TicketRef
from escalation_bridge.errors import TicketNotFound
from escalation_bridge_zendesk.plugin import ZendeskPlugin

API = "https://acme.zendesk.com/api/v2"
TICKET = f"{API}/tickets/35"
NOT_FOUND: dict[str, object] = {"error": "RecordNotFound", "description": "Not found"}

Json = dict[str, object]
Make = Callable[..., Json]
MakePlugin = Callable[..., ZendeskPlugin]


@pytest.fixture
def gone(zendesk: responses.RequestsMock) -> responses.RequestsMock:
    zendesk.get(TICKET, status=404, json=NOT_FOUND)
    return zendesk


def deleted(wire: responses.RequestsMock, *ids: int) -> responses.BaseResponse:
    listed = [
        {"id": number, "deleted_at": "2026-03-01T10:00:00Z", "previous_state": "open"} for number in ids
    ]
    return wire.get(f"{API}/deleted_tickets", json={"deleted_tickets": listed, "count": len(ids)})


def me(wire: responses.RequestsMock, **members: object) -> None:
    wire.get(f"{API}/users/me", json={"user": {"id": 900, "name": "Bridge", "role": "agent", **members}})


def why(plugin: ZendeskPlugin) -> str:
    with pytest.raises(TicketNotFound) as missing:
        plugin.fetch_ticket("35")
    return f"{missing.value.message} / {missing.value.advice}"


def test_a_deleted_ticket_is_told_with_how_to_get_it_back(
    plugin: ZendeskPlugin, gone: responses.RequestsMock
) -> None:
    listed = deleted(gone, 34, 35)
    said = why(plugin)
    assert "was deleted (2026-03-01T10:00:00Z)" in said
    assert "restore" in said
    assert listed.calls[0].request.params == {  # type: ignore[attr-defined]
        "sort_by": "deleted_at",
        "sort_order": "desc",
        "per_page": "100",
    }


def test_a_ticket_that_may_be_invisible_is_told_from_one_that_is_not_there(
    plugin: ZendeskPlugin, gone: responses.RequestsMock
) -> None:
    deleted(gone, 34)
    me(gone, ticket_restriction="groups")
    assert "may not see it (ticket access: groups) / Let the role" in why(plugin)
    gone.replace(
        responses.GET,
        f"{API}/users/me",
        json={"user": {"id": 900, "role": "admin", "ticket_restriction": None}},
    )
    assert "although the bridge's user may see all" in why(plugin)


@pytest.mark.parametrize("status", [403, 404, 500])
def test_a_role_that_may_not_look_gets_zendesks_own_answer(
    plugin: ZendeskPlugin, gone: responses.RequestsMock, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tenacity.nap.time.sleep", lambda _: None)
    gone.get(f"{API}/deleted_tickets", status=status, json={"error": "no"})
    assert why(plugin).startswith("RecordNotFound: Not found")


def test_a_change_of_a_deleted_ticket_is_explained_as_well(
    plugin: ZendeskPlugin, gone: responses.RequestsMock
) -> None:
    deleted(gone, 35)
    with pytest.raises(TicketNotFound, match="was deleted"):
        plugin.update_ticket("35", TicketChange(add_tags=("x",)), None)  # type: ignore[arg-type]


def test_many_tickets_deleted_at_once_are_looked_up_together(
    make_plugin: MakePlugin, zendesk: responses.RequestsMock
) -> None:
    moment = [datetime.fromisoformat("2026-03-02T09:00:00Z")]
    plugin = make_plugin(now=lambda: moment[0])
    listed = deleted(zendesk, *range(1, 60))
    me(zendesk)
    for number in (*range(1, 60), 70, 71):
        zendesk.get(f"{API}/tickets/{number}", status=404, json=NOT_FOUND)
        with pytest.raises(TicketNotFound):
            plugin.fetch_ticket(str(number))
    assert listed.call_count == 1
    moment[0] += timedelta(seconds=10)
    with pytest.raises(TicketNotFound):
        plugin.fetch_ticket("71")
    assert listed.call_count == 2


@pytest.fixture
def merged(
    zendesk: responses.RequestsMock, raw_ticket: Make, beside: Json
) -> Callable[[str], responses.RequestsMock]:
    """A merged ticket whose last comment says this."""

    def make(said: str) -> responses.RequestsMock:
        zendesk.get(f"{API}/custom_statuses", status=403, json={})
        ticket = raw_ticket(status="closed", tags=["closed_by_merge"], is_public=False)
        zendesk.get(TICKET, json={"ticket": ticket, **beside})
        comments(zendesk, 35, said)
        return zendesk

    return make


def comments(wire: responses.RequestsMock, number: int, *said: str, at: str = "2026-03-02T08:30:00Z") -> None:
    listed = [{"id": 1, "plain_body": text, "created_at": at} for text in said]
    wire.get(f"{API}/tickets/{number}/comments", json={"comments": listed})


SOURCE = 'This request was closed and merged into request #77 "Printer".'
TARGET = 'Request #35 "Printer" was closed and merged into this request.'


@pytest.mark.parametrize(
    ("source", "target"),
    [
        (SOURCE, TARGET),
        ("Permintaan ini ditutup dan digabungkan ke #77.", "Permintaan #35, #36 digabungkan."),
        ("merged into #77, see also #35", "#35"),
    ],
    ids=["English", "Indonesian", "edited"],
)
def test_a_merged_ticket_leads_on_where_both_tickets_name_each_other(
    plugin: ZendeskPlugin, merged: Callable[[str], responses.RequestsMock], source: str, target: str
) -> None:
    comments(merged(source), 77, "Hello", target)
    ticket = plugin.fetch_ticket("35")
    assert (ticket.presence, ticket.merged_into) == (Presence.MERGED, TicketRef("helpdesk", "77"))


@pytest.mark.parametrize(
    ("source", "target", "at"),
    [
        (SOURCE, "Request #355 was merged into this one.", "2026-03-02T08:30:00Z"),
        (SOURCE, "nothing of the kind", "2026-03-02T08:30:00Z"),
        (SOURCE, TARGET, "2026-03-01T08:30:00Z"),
        ("The agent took the number out.", TARGET, "2026-03-02T08:30:00Z"),
        ("#77 #78 #79 #80", TARGET, "2026-03-02T08:30:00Z"),
        ("order #00000000000000000000000000077", TARGET, "2026-03-02T08:30:00Z"),
        ("", TARGET, "2026-03-02T08:30:00Z"),
    ],
    ids=["longer number", "one side", "other time", "no number", "too many", "no ticket's number", "empty"],
)
def test_a_merged_ticket_that_leads_nowhere_for_sure_leads_nowhere(
    plugin: ZendeskPlugin,
    merged: Callable[[str], responses.RequestsMock],
    source: str,
    target: str,
    at: str,
) -> None:
    wire = merged(source)
    for number in (77, 78, 79, 80):
        comments(wire, number, target, at=at)
    ticket = plugin.fetch_ticket("35")
    assert (ticket.presence, ticket.merged_into) == (Presence.MERGED, None)


def test_two_tickets_that_both_fit_are_none(
    plugin: ZendeskPlugin, merged: Callable[[str], responses.RequestsMock]
) -> None:
    wire = merged("#77 or #78")
    comments(wire, 77, TARGET)
    comments(wire, 78, TARGET)
    assert plugin.fetch_ticket("35").merged_into is None


def test_a_target_that_cannot_be_read_is_not_followed(
    plugin: ZendeskPlugin, merged: Callable[[str], responses.RequestsMock]
) -> None:
    merged(SOURCE).get(f"{API}/tickets/77/comments", status=403, json={"error": "Forbidden"})
    assert plugin.fetch_ticket("35").merged_into is None
