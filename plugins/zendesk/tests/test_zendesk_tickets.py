"""Tickets: the exact requests, and what is made of the answers."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import responses
from responses import matchers

from escalation_bridge.domain.tickets.tickets import (
    Channel,
    Group,
    Organisation,
    Person,
    Presence,
    Priority,
    Role,
    Severity,
    Status,
    StatusKind,
    Ticket,
    TicketDraft,
    TicketRef,
    Visibility,
)
from escalation_bridge.errors import (
    NotSettled,
    OutcomeUnknown,
    PermissionDenied,
    Rejected,
    TicketNotFound,
    UnreadableAnswer,
)
from escalation_bridge.plugin.hooks import FOUND_NOTHING
from escalation_bridge.text.rich_text import from_html, from_text
from escalation_bridge_zendesk.plugin import ZendeskPlugin

API = "https://acme.zendesk.com/api/v2"
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
KEY = "eb-0123456789abcdef0123"

Json = dict[str, object]
Make = Callable[..., Json]
MakePlugin = Callable[..., ZendeskPlugin]
DRAFT = TicketDraft("Printer on fire", from_html("<p>It <b>burns</b>.</p>"), Priority.HIGH, Severity.STANDARD)


@pytest.fixture
def wire(zendesk: responses.RequestsMock) -> responses.RequestsMock:
    """An account without custom statuses whose ticket 35 began with a public comment."""
    zendesk.get(f"{API}/custom_statuses", status=404, json={"error": "InvalidEndpoint"})
    zendesk.get(f"{API}/tickets/35/comments", json={"comments": [{"id": 1, "public": True}], "meta": {}})
    return zendesk


def body(call: responses.Call) -> Json:
    parsed: Json = json.loads(call.request.body or b"{}")
    return parsed


def test_a_ticket_with_all_that_stands_beside_it(
    plugin: ZendeskPlugin, wire: responses.RequestsMock, raw_ticket: Make, beside: Json
) -> None:
    wire.get(
        f"{API}/tickets/35",
        match=[matchers.query_param_matcher({"include": "users,groups,organizations,metric_sets"})],
        json={"ticket": raw_ticket(external_id=KEY), **beside},
    )
    customer = Person("701", "Sari", "sari@customer.example", Role.CUSTOMER)
    assert plugin.fetch_ticket("35") == Ticket(
        ref=TicketRef("helpdesk", "35"),
        key="#35",
        url="https://acme.zendesk.com/agent/tickets/35",
        subject="Printer on fire",
        description=from_text("It burns.\n\nPlease help."),
        description_visibility=Visibility.PUBLIC,
        status=Status(StatusKind.OPEN, "open", "Open"),
        priority=Priority.NORMAL,
        channel=Channel.EMAIL,
        created_by=customer,
        created_at=datetime(2026, 3, 2, 8, 0, tzinfo=UTC),
        updated_at=datetime(2026, 3, 2, 8, 30, tzinfo=UTC),
        type="incident",
        requester=customer,
        organisation=Organisation("31", "Customer Ltd"),
        assignee=Person("501", "Agent One", "one@acme.example", Role.AGENT),
        group=Group("21", "Support"),
        brand="11",
        language="id",
        tags=("printer",),
        custom_fields={"360001": "B-7"},
        bridge_key=KEY,
    )


def test_a_ticket_with_nothing_but_what_is_needed(
    plugin: ZendeskPlugin, wire: responses.RequestsMock
) -> None:
    wire.get(
        f"{API}/tickets/35",
        json={"ticket": {"id": 35, "created_at": "2026-03-02T08:00:00Z", "requester_id": 701}},
    )
    ticket = plugin.fetch_ticket("35")
    assert ticket.status == Status(StatusKind.UNKNOWN, "unknown", "Unknown")
    assert ticket.description_visibility is Visibility.PRIVATE
    assert ticket.requester == Person("701", "", role=Role.CUSTOMER)
    assert (ticket.priority, ticket.assignee, ticket.group, ticket.updated_at) == (None, None, None, None)


@pytest.mark.parametrize("missing", ["id", "created_at"])
def test_an_answer_without_what_is_needed_is_named(
    plugin: ZendeskPlugin, wire: responses.RequestsMock, raw_ticket: Make, missing: str
) -> None:
    wire.get(f"{API}/tickets/35", json={"ticket": raw_ticket(**{missing: None})})
    with pytest.raises(UnreadableAnswer, match=rf"ticket\.{missing} is missing"):
        plugin.fetch_ticket("35")


def test_a_description_that_began_as_a_note_is_private_although_the_ticket_is_public(
    plugin: ZendeskPlugin, zendesk: responses.RequestsMock, raw_ticket: Make
) -> None:
    zendesk.get(f"{API}/custom_statuses", json={"custom_statuses": []})
    first = zendesk.get(
        f"{API}/tickets/35/comments",
        match=[
            matchers.query_param_matcher(
                {"page[size]": 1, "sort": "created_at", "include_inline_images": "true"}
            )
        ],
        json={"comments": [{"id": 1, "public": False}], "meta": {"has_more": True, "after_cursor": "x"}},
    )
    zendesk.get(f"{API}/tickets/35", json={"ticket": raw_ticket()})
    assert plugin.fetch_ticket("35").description_visibility is Visibility.PRIVATE
    assert first.call_count == 1


@pytest.mark.parametrize(
    ("members", "presence"),
    [
        ({"status": "closed", "tags": ["closed_by_merge"]}, Presence.MERGED),
        ({"status": "open", "tags": ["closed_by_merge"]}, Presence.PRESENT),
        ({"status": "closed"}, Presence.PRESENT),
        ({"status": "deleted"}, Presence.DELETED),
    ],
)
def test_whether_a_ticket_is_still_there(
    plugin: ZendeskPlugin, wire: responses.RequestsMock, raw_ticket: Make, members: Json, presence: Presence
) -> None:
    wire.get(f"{API}/tickets/35", json={"ticket": raw_ticket(**members)})
    assert plugin.fetch_ticket("35").presence is presence


def test_a_new_custom_status_is_looked_up_once_more(
    plugin: ZendeskPlugin, zendesk: responses.RequestsMock, raw_ticket: Make
) -> None:
    one = {"id": 1, "status_category": "open", "agent_label": "Open", "active": True, "default": True}
    two = {"id": 2, "status_category": "open", "agent_label": "In progress", "active": True}
    zendesk.get(f"{API}/custom_statuses", json={"custom_statuses": [one]})
    book = zendesk.get(f"{API}/custom_statuses", json={"custom_statuses": [one, two]})
    zendesk.get(f"{API}/tickets/35/comments", json={"comments": []})
    zendesk.get(f"{API}/tickets/35", json={"ticket": raw_ticket(custom_status_id=2)})
    for _ in range(3):
        assert plugin.fetch_ticket("35").status == Status(StatusKind.OPEN, "2", "In progress")
    assert book.call_count == 1


def test_a_ticket_that_is_not_there_or_not_to_be_seen(
    plugin: ZendeskPlugin, zendesk: responses.RequestsMock
) -> None:
    zendesk.get(f"{API}/tickets/35", status=404, json={"error": "RecordNotFound", "description": "Not found"})
    with pytest.raises(TicketNotFound, match="RecordNotFound: Not found"):
        plugin.fetch_ticket("35")
    zendesk.get(
        f"{API}/tickets/36", status=403, json={"error": {"title": "Forbidden", "message": "No access"}}
    )
    with pytest.raises(PermissionDenied, match="No access"):
        plugin.fetch_ticket("36")


def test_an_id_cannot_lead_to_another_resource(
    plugin: ZendeskPlugin, zendesk: responses.RequestsMock
) -> None:
    zendesk.get(f"{API}/tickets/35%2F..%2Fusers", status=404, json={})
    with pytest.raises(TicketNotFound):
        plugin.fetch_ticket("35/../users")


def test_a_login_page_is_no_ticket(plugin: ZendeskPlugin, zendesk: responses.RequestsMock) -> None:
    zendesk.get(f"{API}/tickets/35", body="<html>Sign in</html>", content_type="text/html")
    with pytest.raises(UnreadableAnswer, match="text/html"):
        plugin.fetch_ticket("35")


def found(wire: responses.RequestsMock, *tickets: Json) -> responses.BaseResponse:
    return wire.get(
        f"{API}/tickets",
        match=[matchers.query_param_matcher({"external_id": KEY})],
        json={"tickets": list(tickets)},
    )


def test_the_oldest_ticket_with_the_key_is_found(
    plugin: ZendeskPlugin, wire: responses.RequestsMock, raw_ticket: Make
) -> None:
    found(wire, raw_ticket(id=77, external_id=KEY), raw_ticket(external_id=KEY), raw_ticket(id=3))
    wire.get(f"{API}/tickets/35", json={"ticket": raw_ticket(external_id=KEY)})
    ticket = plugin.find_ticket(KEY, None)
    assert isinstance(ticket, Ticket)
    assert (ticket.ref.id, ticket.bridge_key) == ("35", KEY)


def test_nothing_found_is_only_believed_after_a_moment(
    plugin: ZendeskPlugin, wire: responses.RequestsMock
) -> None:
    found(wire)
    assert plugin.find_ticket(KEY, None) is FOUND_NOTHING
    assert plugin.find_ticket(KEY, NOW - timedelta(seconds=6)) is FOUND_NOTHING
    with pytest.raises(NotSettled) as unsettled:
        plugin.find_ticket(KEY, NOW - timedelta(seconds=2))
    assert unsettled.value.at.retry_after == 3


def test_a_ticket_is_created_with_the_key_in_every_place(
    make_plugin: MakePlugin, wire: responses.RequestsMock, raw_ticket: Make
) -> None:
    found(wire)
    created = wire.post(
        f"{API}/tickets",
        status=201,
        match=[matchers.header_matcher({"Idempotency-Key": KEY})],
        json={"ticket": raw_ticket(), "audit": {}},
    )
    wire.get(f"{API}/tickets/35", json={"ticket": raw_ticket(external_id=KEY)})
    draft = TicketDraft(
        summary="Printer on fire",
        description=from_html("<p>It <b>burns</b>.</p>"),
        priority=Priority.URGENT,
        severity=Severity.EMERGENCY,
        labels=("Escalated Case", "vip"),
        requester=Person("10042", "", "sari@customer.example"),
        fields={"group_id": 21, "360001": "B-7", "custom_fields": {360002: True}, "type": "problem"},
    )
    assert make_plugin().create_ticket(draft, KEY).ref.id == "35"
    assert body(created.calls[0]) == {
        "ticket": {
            "subject": "Printer on fire",
            "external_id": KEY,
            "comment": {"html_body": "<p>It <b>burns</b>.</p>", "public": False},
            "metadata": {"escalation_bridge": KEY},
            "priority": "urgent",
            "tags": ["escalated_case", "vip"],
            "requester": {"email": "sari@customer.example", "name": "sari@customer.example"},
            "group_id": 21,
            "type": "problem",
            "custom_fields": [{"id": 360001, "value": "B-7"}, {"id": 360002, "value": True}],
        }
    }


@pytest.mark.parametrize(
    ("settings", "fields", "public"),
    [
        ({}, {}, False),
        ({"new_ticket_visibility": "public"}, {}, True),
        ({"new_ticket_visibility": "public"}, {"public": False}, False),
        ({}, {"public": True}, True),
        ({}, {"public": "yes"}, False),
    ],
)
def test_a_new_ticket_is_only_public_where_that_was_said(
    make_plugin: MakePlugin,
    wire: responses.RequestsMock,
    raw_ticket: Make,
    settings: Json,
    fields: Json,
    public: bool,
) -> None:
    found(wire)
    created = wire.post(f"{API}/tickets", status=201, json={"ticket": raw_ticket()})
    wire.get(f"{API}/tickets/35", json={"ticket": raw_ticket()})
    draft = TicketDraft("Help", from_text("please"), None, Severity.STANDARD, fields=fields)
    make_plugin(**settings).create_ticket(draft, KEY)
    assert body(created.calls[0])["ticket"]["comment"]["public"] is public  # type: ignore[index]


def test_what_was_created_before_is_returned_and_not_created_again(
    plugin: ZendeskPlugin, wire: responses.RequestsMock, raw_ticket: Make
) -> None:
    found(wire, raw_ticket(external_id=KEY))
    wire.get(f"{API}/tickets/35", json={"ticket": raw_ticket(external_id=KEY)})
    assert plugin.create_ticket(DRAFT, KEY).ref.id == "35"


def test_a_field_that_zendesk_has_not_is_refused_before_anything_is_sent(
    plugin: ZendeskPlugin, wire: responses.RequestsMock
) -> None:
    found(wire)
    draft = TicketDraft("Help", from_text("please"), None, Severity.STANDARD, fields={"project": "ENG"})
    with pytest.raises(Rejected, match="no field 'project'; allowed are"):
        plugin.create_ticket(draft, KEY)


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (400, {"error": "IdempotentRequestError", "description": "Request parameters don't match"}),
        (409, {"error": "IdempotentRequestInProgress"}),
        (201, {"audit": {}}),
        (504, {}),
    ],
)
def test_a_create_that_may_have_happened_is_looked_for_before_it_is_tried_again(
    plugin: ZendeskPlugin, wire: responses.RequestsMock, status: int, answer: Json
) -> None:
    found(wire)
    wire.post(f"{API}/tickets", status=status, json=answer)
    with pytest.raises(OutcomeUnknown):
        plugin.create_ticket(DRAFT, KEY)


def test_a_created_ticket_that_cannot_be_read_back_is_not_lost(
    plugin: ZendeskPlugin, wire: responses.RequestsMock, raw_ticket: Make
) -> None:
    found(wire)
    wire.post(f"{API}/tickets", status=201, json={"ticket": raw_ticket()})
    wire.get(f"{API}/tickets/35", status=404, json={})
    with pytest.raises(OutcomeUnknown, match="ticket 35 was created"):
        plugin.create_ticket(DRAFT, KEY)


@pytest.mark.parametrize("status", [400, 422])
def test_a_refused_draft_is_explained(
    plugin: ZendeskPlugin, wire: responses.RequestsMock, status: int
) -> None:
    found(wire)
    wire.post(
        f"{API}/tickets",
        status=status,
        json={
            "error": "RecordInvalid",
            "description": "Record validation errors",
            "details": {"base": [{"description": "Building: is required", "error": "BlankValue"}]},
        },
    )
    with pytest.raises(Rejected, match="Building: is required"):
        plugin.create_ticket(DRAFT, KEY)
