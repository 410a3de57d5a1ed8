"""What cannot be read or written any more, and why: told apart, and never tried again in vain."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import responses

from escalation_bridge import errors
from escalation_bridge.domain.tickets.tickets import (
    CommentDraft,
    Presence,
    Priority,
    Ticket,
    TicketChange,
    Visibility,
)
from escalation_bridge.plugin.connection import Connection
from escalation_bridge.plugin.settings import Resolved
from escalation_bridge.text.rich_text import from_text
from escalation_bridge_freshdesk.plugin import FreshdeskPlugin
from escalation_bridge_freshdesk.settings import FreshdeskSettings
from escalation_bridge_sandbox.freshdesk.state import seed

HOME = "https://example.freshdesk.com"
API = f"{HOME}/api/v2"
KEY = "eb-0123456789abcdef0123"
TICKET = {"id": 1, "status": 2, "created_at": "2026-03-01T00:00:00Z", "custom_fields": {}, "tags": []}
FIELDS = [
    {"name": "status", "type": "default_status", "choices": {"2": ["Open", "Open"], "4": ["Resolved", "R"]}}
]
NOTE = CommentDraft(from_text("Internal."), Visibility.PRIVATE)
DENIED = {"code": "access_denied", "message": "You are not authorized to perform this action."}


@pytest.fixture
def vendor() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.get(f"{API}/ticket_fields", json=FIELDS)
        mock.get(f"{API}/agents/me", json={"id": 5, "ticket_scope": 1, "contact": {}})
        mock.get(f"{API}/tickets/1/conversations", json=[])
        yield mock


@pytest.fixture
def plugin() -> Iterator[FreshdeskPlugin]:
    values = {"plugin": "freshdesk", "url": HOME, "api_key": Resolved("the-key")}
    plugin = FreshdeskPlugin(Connection("support", FreshdeskSettings.model_validate(values)))
    yield plugin
    plugin.close()


def asked(vendor: responses.RequestsMock, part: str) -> int:
    return sum(part in str(call.request.url) for call in vendor.calls)


# --- the account ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "body", "expected", "words", "advice"),
    [
        (
            401,
            {"code": "invalid_credentials", "message": "You have to be logged in to perform this action."},
            errors.AuthenticationFailed,
            "logged in",
            "Renew the credentials",
        ),
        (
            403,
            {"code": "require_feature", "message": "The Api feature(s) is/are not supported in your plan."},
            errors.PermissionDenied,
            "plan does not include",
            "Choose a plan",
        ),
        (
            403,
            {"message": "Your account has been suspended. Please contact your administrator"},
            errors.AuthenticationFailed,
            "account is suspended",
            "reactivated",
        ),
        (403, {"code": "account_suspended"}, errors.AuthenticationFailed, "suspended", "reactivated"),
        (403, DENIED, errors.PermissionDenied, "not authorized", "permission that the plugin's README lists"),
        (403, "<html>blocked</html>", errors.Intercepted, "in the API's place", "a firewall"),
    ],
)
def test_a_bad_key_a_plan_and_a_suspended_account_are_told_apart(
    vendor: responses.RequestsMock,
    plugin: FreshdeskPlugin,
    status: int,
    body: object,
    expected: type[errors.VendorError],
    words: str,
    advice: str,
) -> None:
    text = body if isinstance(body, str) else json.dumps(body)
    vendor.replace(
        responses.GET, f"{API}/agents/me", status=status, body=text, headers={"X-Request-Id": "r-1"}
    )
    with pytest.raises(errors.VendorError) as caught:
        plugin.check_connection()
    assert type(caught.value) is expected
    assert words in caught.value.message
    assert advice in caught.value.advice
    assert (caught.value.at.status, caught.value.at.request_id) == (status, "r-1")
    assert "the-key" not in str(caught.value)


def test_a_domain_without_an_account_makes_no_ticket_disappear(
    vendor: responses.RequestsMock, plugin: FreshdeskPlugin
) -> None:
    vendor.get(f"{API}/tickets/1", status=404, body="\n<!DOCTYPE html><title>No such helpdesk</title>")
    with pytest.raises(errors.Intercepted):
        plugin.fetch_ticket("1")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 415])
def test_what_was_refused_is_not_sent_again(
    vendor: responses.RequestsMock, plugin: FreshdeskPlugin, status: int
) -> None:
    vendor.get(f"{API}/tickets/1", json=TICKET)
    vendor.post(f"{API}/tickets/1/notes", status=status, json={"message": "no"})
    with pytest.raises(errors.VendorError):
        plugin.add_comment("1", NOTE, KEY)
    assert asked(vendor, "/notes") == 1


@pytest.mark.parametrize("wait", ["30", "30.0"])
def test_a_long_wait_is_handed_on_and_not_sat_out(
    vendor: responses.RequestsMock, plugin: FreshdeskPlugin, wait: str
) -> None:
    vendor.post(f"{API}/tickets/1/notes", status=429, headers={"Retry-After": wait})
    with pytest.raises(errors.RateLimited) as caught:
        plugin.add_comment("1", NOTE, KEY)
    assert caught.value.at.retry_after == 30.0
    assert asked(vendor, "/notes") == 1


# --- a ticket ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "scope", "expected"),
    [
        (404, 1, errors.TicketNotFound),
        (404, None, errors.TicketNotFound),
        (404, 2, errors.PermissionDenied),
        (404, 3, errors.PermissionDenied),
        (403, 1, errors.PermissionDenied),
        (403, 2, errors.PermissionDenied),
    ],
)
def test_deleted_for_good_and_out_of_sight_are_told_apart(
    vendor: responses.RequestsMock,
    plugin: FreshdeskPlugin,
    status: int,
    scope: int | None,
    expected: type[errors.VendorError],
) -> None:
    vendor.get(f"{API}/tickets/1", status=status, json=DENIED)
    vendor.replace(responses.GET, f"{API}/agents/me", json={"id": 5, "ticket_scope": scope, "contact": {}})
    with pytest.raises(errors.VendorError) as caught:
        plugin.fetch_ticket("1")
    assert type(caught.value) is expected
    assert ("Global access" in caught.value.advice) is (scope in (2, 3))


def test_a_missing_ticket_with_a_dead_key_is_a_dead_key(
    vendor: responses.RequestsMock, plugin: FreshdeskPlugin
) -> None:
    vendor.get(f"{API}/tickets/1", status=404)
    vendor.replace(responses.GET, f"{API}/agents/me", status=401, json={"code": "invalid_credentials"})
    with pytest.raises(errors.AuthenticationFailed):
        plugin.fetch_ticket("1")


def test_probing_does_not_use_up_the_limit(vendor: responses.RequestsMock, plugin: FreshdeskPlugin) -> None:
    for number in range(5):
        vendor.get(f"{API}/tickets/{number}", status=404)
        with pytest.raises(errors.TicketNotFound):
            plugin.fetch_ticket(str(number))
    assert asked(vendor, "/agents/me") == 1


def test_required_fields_are_warned_of(vendor: responses.RequestsMock, plugin: FreshdeskPlugin) -> None:
    cause = {"name": "cf_cause", "type": "custom_text", "required_for_closure": True}
    vendor.replace(responses.GET, f"{API}/ticket_fields", json=[*FIELDS, cause])
    assert any("asks for cf_cause before" in warning for warning in plugin.check_connection().warnings)


@pytest.mark.parametrize(
    ("written", "stored", "applied"),
    [
        (5, "5.0", True),
        ("5", 5, True),
        (5, 6, False),
        ("a", "b", False),
        (0, None, False),
        (None, None, True),
    ],
)
def test_a_custom_field_is_compared_by_its_value(
    vendor: responses.RequestsMock, plugin: FreshdeskPlugin, written: object, stored: object, applied: bool
) -> None:
    before = {**TICKET, "custom_fields": {"cf_count": "old"}}
    vendor.get(f"{API}/tickets/1", json=before)
    expected = plugin.fetch_ticket("1")

    def answer(request: Any) -> tuple[int, dict[str, str], str]:
        assert json.loads(request.body) == {"custom_fields": {"cf_count": written}}
        vendor.replace(
            responses.GET, f"{API}/tickets/1", json={**TICKET, "custom_fields": {"cf_count": stored}}
        )
        return 200, {}, "{}"

    vendor.add_callback(responses.PUT, f"{API}/tickets/1", answer)
    change = TicketChange(fields={"custom_fields": {"cf_count": written}})
    if applied:
        assert plugin.update_ticket("1", change, expected).custom_fields == {"cf_count": stored}
    else:
        with pytest.raises(errors.NotApplied, match="cf_count did not change"):
            plugin.update_ticket("1", change, expected)


# --- the stand-in -----------------------------------------------------------------------------------------------------


def mark_as_spam(desk: Any, ticket_id: str, *, spam: bool = True) -> None:
    body = {"ticket_id": int(ticket_id), "spam": spam}
    assert requests.post(f"{desk.url}/_sandbox/spam", json=body, timeout=5).ok


@pytest.mark.parametrize("state", ["deleted", "spam"])
def test_a_deleted_or_spam_ticket_can_be_read_and_takes_nothing_until_it_is_restored(
    desk: Any, ticket: Ticket, state: str
) -> None:
    number = ticket.ref.id
    if state == "deleted":
        desk.agent("DELETE", f"/tickets/{number}")
    else:
        mark_as_spam(desk, number)
    assert desk.plugin.fetch_ticket(number).presence is Presence(state)
    for write in (
        lambda: desk.plugin.add_comment(number, NOTE, KEY),
        lambda: desk.plugin.add_comment(number, CommentDraft(from_text("Hello."), Visibility.PUBLIC), KEY),
        lambda: desk.plugin.update_ticket(number, TicketChange(priority=Priority.URGENT), ticket),
    ):
        with pytest.raises(errors.TicketClosed, match=r"is (deleted|marked as spam)") as caught:
            write()
        assert "Restore it" in caught.value.advice
    if state == "deleted":
        desk.agent("PUT", f"/tickets/{number}/restore")
    else:
        mark_as_spam(desk, number, spam=False)
    assert desk.plugin.fetch_ticket(number).presence is Presence.PRESENT
    assert desk.plugin.add_comment(number, NOTE, KEY).marker == KEY


def test_a_merged_ticket_is_closed_and_keeps_what_was_said(desk: Any, ticket: Ticket) -> None:
    cause = {"custom_fields": {seed.FIELD_ROOT_CAUSE: "Configuration"}}
    other = desk.customer_writes(subject="Two", body="Two.")
    desk.agent("PUT", f"/tickets/{ticket.ref.id}", cause)
    desk.agent("PUT", "/tickets/merge", {"primary_id": int(other), "ticket_ids": [int(ticket.ref.id)]})
    merged = desk.plugin.fetch_ticket(ticket.ref.id)
    # Freshdesk does not tell which tickets were merged, so it is not guessed.
    assert (merged.presence, merged.merged_into, merged.status.name) == (Presence.PRESENT, None, "Closed")
    assert [one.visibility for one in desk.plugin.fetch_comments(ticket.ref.id, None)] == [Visibility.PRIVATE]


def test_a_closed_ticket_opens_when_the_customer_answers(desk: Any, ticket: Ticket) -> None:
    cause = {seed.FIELD_ROOT_CAUSE: "Configuration"}
    desk.agent("PUT", f"/tickets/{ticket.ref.id}", {"status": 5, "custom_fields": cause})
    assert desk.plugin.fetch_ticket(ticket.ref.id).status.name == "Closed"
    desk.customer_writes(ticket_id=int(ticket.ref.id), body="It is back.")
    assert desk.plugin.fetch_ticket(ticket.ref.id).status.name == "Open"


def control(desk: Any, path: str, body: object) -> None:
    assert requests.post(f"{desk.url}/_sandbox{path}", json=body, timeout=5).ok


def test_everything_goes_on_after_the_account_is_reactivated(desk: Any, ticket: Ticket) -> None:
    control(desk, "/standing", {"standing": "suspended"})
    assert desk.plugin.fetch_ticket(ticket.ref.id).subject == ticket.subject
    for write in (
        lambda: desk.plugin.add_comment(ticket.ref.id, NOTE, KEY),
        lambda: desk.plugin.update_ticket(ticket.ref.id, TicketChange(priority=Priority.URGENT), ticket),
    ):
        with pytest.raises(errors.AuthenticationFailed, match="suspended"):
            write()
    control(desk, "/standing", {"standing": "active"})
    assert desk.plugin.add_comment(ticket.ref.id, NOTE, KEY).marker == KEY
    assert len(desk.conversations(ticket.ref.id)) == 1


def test_a_plan_without_the_api_is_named(desk: Any) -> None:
    control(desk, "/standing", {"standing": "no_api"})
    with pytest.raises(errors.PermissionDenied, match="plan does not include"):
        desk.plugin.check_connection()


def test_a_ticket_that_left_the_agents_scope_is_not_taken_for_deleted(desk: Any, ticket: Ticket) -> None:
    control(desk, "/scope", {"email": seed.BRIDGE.email, "ticket_scope": 3})
    for number in (ticket.ref.id, "4711"):
        with pytest.raises(errors.PermissionDenied, match="outside of the agent's ticket scope, or deleted"):
            desk.open_plugin().fetch_ticket(number)
    control(desk, "/scope", {"email": seed.BRIDGE.email, "ticket_scope": 1})
    plugin = desk.open_plugin()
    assert plugin.fetch_ticket(ticket.ref.id) == ticket
    with pytest.raises(errors.TicketNotFound):
        plugin.fetch_ticket("4711")
