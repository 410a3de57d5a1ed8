"""The exact requests, and answers that the stand-in does not give."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
import responses
from responses import matchers

from escalation_bridge import errors
from escalation_bridge.domain.tickets.tickets import (
    Attachment,
    CommentDraft,
    Role,
    StatusKind,
    TicketPointer,
    TicketRef,
    Visibility,
)
from escalation_bridge.plugin.connection import Connection
from escalation_bridge.plugin.settings import Resolved
from escalation_bridge.text.rich_text import from_text
from escalation_bridge_freshdesk.account import Account
from escalation_bridge_freshdesk.http.client import FreshdeskClient
from escalation_bridge_freshdesk.plugin import FreshdeskPlugin
from escalation_bridge_freshdesk.settings import FreshdeskSettings

HOME = "https://example.freshdesk.com"
API = f"{HOME}/api/v2"
KEY = "eb-0123456789abcdef0123"
NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
FIELDS = [
    {
        "name": "status",
        "type": "default_status",
        "choices": {"2": ["Open", "Being Processed"], "5": ["Closed", "Closed"], "9": ["Parked", "Parked"]},
    },
    {"name": "group", "type": "default_group", "choices": {"Second line": 31}},
    {"name": "agent", "type": "default_agent", "choices": {"Rina": 5}},
]
TICKET = {"id": 1, "status": 2, "created_at": "2026-03-01T00:00:00Z", "custom_fields": None, "tags": None}
NOTE = {"id": 7, "body": "<div>x</div>", "private": True, "user_id": 5, "created_at": "2026-03-01T00:00:00Z"}
ME = {"id": 5, "ticket_scope": 2, "contact": {"name": "Rina", "email": "rina@example.com"}}
PRIVATE = CommentDraft(from_text("Internal."), Visibility.PRIVATE)
PUBLIC = CommentDraft(from_text("Hello."), Visibility.PUBLIC)


@pytest.fixture
def vendor() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.get(f"{API}/ticket_fields", json=FIELDS)
        mock.get(f"{API}/agents/me", json=ME)
        yield mock


def settings(**more: object) -> FreshdeskSettings:
    plain = {"plugin": "freshdesk", "url": HOME, "api_key": Resolved("the-key")}
    return FreshdeskSettings.model_validate({**plain, **more})


@pytest.fixture
def plugin() -> Iterator[FreshdeskPlugin]:
    plugin = FreshdeskPlugin(Connection("support", settings(), lambda: NOW))
    yield plugin
    plugin.close()


def sent(vendor: responses.RequestsMock, method: str) -> list[Any]:
    bodies = [call.request.body for call in vendor.calls if call.request.method == method]
    return [json.loads(body) if body else None for body in bodies]


# --- requests ---------------------------------------------------------------------------------------------------------


def test_the_api_key_is_the_user_of_basic_auth(
    vendor: responses.RequestsMock, plugin: FreshdeskPlugin
) -> None:
    plugin.check_connection()
    # base64 of "the-key:X"
    assert vendor.calls[0].request.headers["Authorization"] == "Basic dGhlLWtleTpY"


def test_a_note_is_asked_for_as_private_in_so_many_words(
    vendor: responses.RequestsMock, plugin: FreshdeskPlugin
) -> None:
    vendor.get(f"{API}/tickets/1/conversations", json=[])
    vendor.post(f"{API}/tickets/1/notes", json=NOTE, status=201)
    plugin.add_comment("1", PRIVATE, KEY)
    (body,) = sent(vendor, "POST")
    assert body["private"] is True
    assert body["body"].startswith("<p>Internal.</p>")
    assert body["body"].endswith(f"[{KEY}]</p>")


def test_a_reply_shows_no_key_in_its_words(vendor: responses.RequestsMock, plugin: FreshdeskPlugin) -> None:
    vendor.get(f"{API}/tickets/1/conversations", json=[])
    answer = {key: value for key, value in NOTE.items() if key != "private"}
    ticket = {"id": 1, "status": 2, "created_at": "2026-03-04T05:00:00Z"}
    vendor.get(
        f"{API}/tickets/1", json={**ticket, "cc_emails": ["boss@customer.example"], "reply_cc_emails": None}
    )
    vendor.post(f"{API}/tickets/1/reply", json=answer, status=201)
    assert plugin.add_comment("1", PUBLIC, KEY).visibility is Visibility.PUBLIC
    body = f'<div data-escalation-bridge="{KEY}"><p>Hello.</p></div>'
    assert sent(vendor, "POST") == [{"body": body, "cc_emails": ["boss@customer.example"]}]


def test_pages_are_read_while_a_next_one_is_announced_or_a_page_is_full(
    vendor: responses.RequestsMock, plugin: FreshdeskPlugin
) -> None:
    def page(number: int, count: int, link: str | None) -> None:
        said = [{**NOTE, "id": number * 1000 + place} for place in range(count)]
        vendor.get(
            f"{API}/tickets/1/conversations",
            json=said,
            headers={"Link": link} if link else {},
            match=[matchers.query_param_matcher({"page": number, "per_page": 100})],
        )

    page(1, 30, f'<{API}/tickets/1/conversations?page=2>; rel="next"')  # a vendor that cuts pages shorter
    page(2, 100, None)  # a vendor that announces nothing
    page(3, 5, None)
    assert len(plugin.fetch_comments("1", None)) == 135


def test_the_newest_tickets_are_listed_only_as_far_back_as_needed(
    vendor: responses.RequestsMock, plugin: FreshdeskPlugin
) -> None:
    sent_at = NOW - timedelta(minutes=1)
    query = {"query": f"\"cf_escalation_bridge_key:'{KEY}'\"", "page": 1}
    # The index may find what is only like the key.
    near = {**TICKET, "id": 8, "custom_fields": {"cf_escalation_bridge_key": "eb-0123456789abcdef9999"}}
    vendor.get(
        f"{API}/search/tickets",
        json={"total": 1, "results": [near]},
        match=[matchers.query_param_matcher(query)],
    )
    old = {**TICKET, "created_at": "2026-03-04T04:00:00Z", "updated_at": "2026-03-04T05:06:00Z"}
    vendor.get(
        f"{API}/tickets",
        json=[old] * 100,
        match=[
            matchers.query_param_matcher(
                {
                    "updated_since": "2026-03-04T05:00:07Z",
                    "order_by": "created_at",
                    "order_type": "desc",
                    "page": 1,
                    "per_page": 100,
                }
            )
        ],
    )
    with pytest.raises(errors.NotSettled) as caught:
        plugin.find_ticket(KEY, sent_at)
    assert caught.value.at.retry_after == 240.0


# --- answers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "body", "expected", "message"),
    [
        (
            400,
            {
                "description": "Validation failed",
                "errors": [
                    {"field": "type", "message": "It should be one of these values: 'Question'", "code": "invalid_value"},
                    {"field": "cf_cause", "message": "It should not be blank", "code": "missing_field"},
                ],
            },
            errors.Rejected,
            "type: It should be one of these values: 'Question'; cf_cause: It should not be blank",
        ),
        (400, {"description": "Validation failed", "errors": []}, errors.Rejected, "Validation failed"),
        (400, {"errors": ["odd"]}, errors.Rejected, "Bad Request"),
        (400, {"errors": "odd"}, errors.Rejected, "Bad Request"),
        (
            401,
            {"code": "invalid_credentials", "message": "You have to be logged in to perform this action."},
            errors.AuthenticationFailed,
            "You have to be logged in to perform this action.",
        ),
        (403, {"code": "access_denied", "message": "You are not authorized"}, errors.PermissionDenied, "not authorized"),
        (404, None, errors.TicketNotFound, "Not Found"),
        (405, {"message": "PUT method is not allowed. It should be one of these method(s): GET"}, errors.Rejected, "PUT method"),
        (429, {"message": "You have exceeded the limit of requests per hour"}, errors.RateLimited, "exceeded the limit"),
        (500, "<html>We are sorry</html>", errors.Unavailable, "Internal Server Error"),
        (503, ["odd"], errors.Unavailable, "Service Unavailable"),
    ],
)  # fmt: skip
def test_a_refusal_says_which_field_and_why(
    vendor: responses.RequestsMock,
    plugin: FreshdeskPlugin,
    status: int,
    body: object,
    expected: type[errors.VendorError],
    message: str,
) -> None:
    vendor.get(f"{API}/tickets/1/conversations", json=[])
    text = body if isinstance(body, str) else "" if body is None else json.dumps(body)
    vendor.get(f"{API}/tickets/1", status=404 if status == 404 else 200, json=TICKET)
    headers = {"Retry-After": "900.0"} if status in (429, 503) else {}
    vendor.post(f"{API}/tickets/1/notes", status=status, body=text, headers=headers)
    with pytest.raises(errors.VendorError) as caught:
        plugin.add_comment("1", PRIVATE, KEY)
    assert type(caught.value) is expected
    assert message in caught.value.message


@pytest.mark.parametrize(
    ("answer", "place"),
    [
        ({"status": 2}, "id: missing"),
        ({"id": 1, "status": "open", "created_at": "2026-03-01T00:00:00Z"}, "status: int_parsing"),
        ({"id": 1, "status": 2, "created_at": "yesterday"}, "created_at: "),
        ({"id": 1, "status": 2, "created_at": "2026-03-01T00:00:00"}, "created_at: timezone_aware"),
        ([], "the document: model_type"),
    ],
)
def test_an_answer_of_another_shape_is_named_by_its_place_alone(
    vendor: responses.RequestsMock, plugin: FreshdeskPlugin, answer: object, place: str
) -> None:
    vendor.get(f"{API}/tickets/1", json=answer)
    with pytest.raises(errors.UnreadableAnswer) as caught:
        plugin.fetch_ticket("1")
    assert caught.value.message.startswith(place)
    assert "yesterday" not in str(caught.value)


def test_a_ticket_with_next_to_nothing_is_read(
    vendor: responses.RequestsMock, plugin: FreshdeskPlugin
) -> None:
    vendor.get(f"{API}/tickets/1", json={**TICKET, "company": {}, "stats": {}, "requester": {}})
    ticket = plugin.fetch_ticket("1")
    assert (ticket.subject, ticket.tags, ticket.priority, ticket.organisation) == ("", (), None, None)


def test_an_unknown_status_is_asked_for_once_and_then_held_as_unknown(
    vendor: responses.RequestsMock, plugin: FreshdeskPlugin
) -> None:
    vendor.get(f"{API}/tickets/1", json={**TICKET, "status": 12})
    for _ in range(2):
        status = plugin.fetch_ticket("1").status
        assert (status.kind, status.id, status.name) == (StatusKind.UNKNOWN, "12", "status 12")
    assert sum("ticket_fields" in call.request.url for call in vendor.calls) == 1


def test_a_status_that_was_just_added_is_learnt(vendor: responses.RequestsMock) -> None:
    seconds = [0.0]
    client = FreshdeskClient(
        Connection("support", settings(status_kinds={12: "waiting_third_party"}), lambda: NOW)
    )
    account = Account(
        client, client_settings := settings(status_kinds={12: "waiting_third_party"}), lambda: seconds[0]
    )
    assert client_settings.status_kinds == {"12": StatusKind.WAITING_THIRD_PARTY}
    assert account.status(12).name == "status 12"
    added = [{**FIELDS[0], "choices": {"2": ["Open", "Open"], "12": ["With engineering", "Open"]}}]
    vendor.replace(responses.GET, f"{API}/ticket_fields", json=added)
    assert account.status(12).name == "status 12"
    seconds[0] = 31.0
    assert account.status(12).name == "With engineering"
    client.close()


def test_an_agent_who_sees_only_some_tickets_is_warned_of(
    vendor: responses.RequestsMock, plugin: FreshdeskPlugin
) -> None:
    report = plugin.check_connection()
    assert any("global access" in warning for warning in report.warnings)
    assert any("'Parked' (9)" in warning for warning in report.warnings)
    assert not any("key_field" in problem for problem in report.problems)
    assert "key_field" in plugin.describe_draft({}).problems[0]


def test_fields_that_may_not_be_read_are_a_problem_and_no_crash(
    vendor: responses.RequestsMock, plugin: FreshdeskPlugin
) -> None:
    vendor.replace(responses.GET, f"{API}/ticket_fields", status=403, json={"message": "not authorized"})
    assert any("ticket fields" in problem for problem in plugin.check_connection().problems)


# --- privacy ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("private", [False, None, "absent"])
def test_a_note_that_is_not_proven_private_is_taken_back(
    vendor: responses.RequestsMock, plugin: FreshdeskPlugin, private: object
) -> None:
    answer = {key: value for key, value in NOTE.items() if key != "private"}
    vendor.get(f"{API}/tickets/1/conversations", json=[])
    vendor.post(
        f"{API}/tickets/1/notes", json=answer if private == "absent" else {**answer, "private": private}
    )
    gone = vendor.delete(f"{API}/conversations/7", status=204)
    with pytest.raises(errors.PrivacyBreach, match=r"conversation 7 .* was deleted"):
        plugin.add_comment("1", PRIVATE, KEY)
    assert gone.call_count == 1


def test_a_breach_that_cannot_be_taken_back_is_told_as_such(
    vendor: responses.RequestsMock, plugin: FreshdeskPlugin
) -> None:
    vendor.get(f"{API}/tickets/1/conversations", json=[])
    vendor.post(f"{API}/tickets/1/notes", json={**NOTE, "private": False})
    vendor.delete(f"{API}/conversations/7", status=403, json={"message": "not authorized"})
    with pytest.raises(errors.PrivacyBreach, match=r"could NOT be deleted \(not authorized"):
        plugin.add_comment("1", PRIVATE, KEY)


def test_a_refused_note_is_never_written_as_a_reply(
    vendor: responses.RequestsMock, plugin: FreshdeskPlugin
) -> None:
    vendor.get(f"{API}/tickets/1/conversations", json=[])
    vendor.post(f"{API}/tickets/1/notes", status=400, json={"description": "no notes here"})
    reply = vendor.post(f"{API}/tickets/1/reply", json=NOTE)
    with pytest.raises(errors.Rejected):
        plugin.add_comment("1", PRIVATE, KEY)
    assert reply.call_count == 0


@pytest.mark.parametrize(
    ("private", "source", "visibility"),
    [
        (False, 0, Visibility.PUBLIC),
        (False, 2, Visibility.PUBLIC),
        (True, 2, Visibility.PRIVATE),
        (None, 0, Visibility.PRIVATE),
        (False, 8, Visibility.PRIVATE),
        (True, 8, Visibility.PRIVATE),
        (False, None, Visibility.PUBLIC),
    ],
)
def test_what_is_not_known_to_be_public_is_private(
    vendor: responses.RequestsMock,
    plugin: FreshdeskPlugin,
    private: object,
    source: object,
    visibility: Visibility,
) -> None:
    vendor.get(f"{API}/tickets/1/conversations", json=[{**NOTE, "private": private, "source": source}])
    (comment,) = plugin.fetch_comments("1", None)
    assert comment.visibility is visibility


# --- people -----------------------------------------------------------------------------------------------------------


def test_authors_are_named_as_far_as_the_account_tells(
    vendor: responses.RequestsMock, plugin: FreshdeskPlugin
) -> None:
    said: list[dict[str, object]] = [
        {"user_id": 5, "incoming": False},
        {"user_id": 40, "incoming": True},
        {"user_id": 41, "incoming": True, "from_email": "Agus <agus@example.com>"},
        {"user_id": 6, "incoming": False, "from_email": "Support <support@example.com>"},
        {"user_id": None, "incoming": False},
        {"user_id": None, "incoming": True, "from_email": "maya@example.com"},
        {"user_id": 40, "incoming": True},
    ]
    listed = [{**NOTE, "id": number, **more} for number, more in enumerate(said, 1)]
    vendor.get(f"{API}/tickets/1/conversations", json=listed)
    contact = vendor.get(f"{API}/contacts/40", json={"id": 40, "name": "Sari", "email": "sari@example.com"})
    vendor.get(f"{API}/contacts/41", status=404)
    authors = [comment.author for comment in plugin.fetch_comments("1", None)]
    assert [(one.id, one.name, one.email, one.role) for one in authors] == [
        ("5", "Rina", None, Role.AGENT),
        ("40", "Sari", "sari@example.com", Role.CUSTOMER),
        ("41", "Agus", "agus@example.com", Role.CUSTOMER),
        ("6", "Support", "support@example.com", Role.AGENT),
        ("", "", None, Role.SYSTEM),
        ("", "", "maya@example.com", Role.CUSTOMER),
        ("40", "Sari", "sari@example.com", Role.CUSTOMER),
    ]
    assert contact.call_count == 1


# --- files and links --------------------------------------------------------------------------------------------------


def attachment(url: str, content_type: str = "image/png") -> Attachment:
    return Attachment("3", "a.png", content_type, 5, url)


def fetched(plugin: FreshdeskPlugin, file: Attachment) -> bytes:
    into = BytesIO()
    plugin.fetch_attachment(file, into, 1000)
    return into.getvalue()


def test_a_file_is_fetched_without_the_api_key(
    vendor: responses.RequestsMock, plugin: FreshdeskPlugin
) -> None:
    for url in ("https://files.example/a.png?Signature=1", f"{HOME}/a.png"):
        vendor.get(url, body=b"bytes", content_type="image/png")
        assert fetched(plugin, attachment(url)) == b"bytes"
        assert "Authorization" not in vendor.calls[-1].request.headers


def test_a_page_instead_of_a_file_is_noticed(vendor: responses.RequestsMock, plugin: FreshdeskPlugin) -> None:
    url = "https://files.example/a.png"
    vendor.get(url, body="<html>Sign in</html>", content_type="text/html; charset=utf-8")
    with pytest.raises(errors.UnreadableAnswer, match="a web page came"):
        fetched(plugin, attachment(url))
    assert fetched(plugin, attachment(url, "text/html")).startswith(b"<html>")
    with pytest.raises(errors.UnreadableAnswer, match="has no URL"):
        fetched(plugin, attachment(""))


@pytest.mark.parametrize("status", [403, 404, 405])
def test_a_link_note_that_may_not_be_edited_stays(
    vendor: responses.RequestsMock, plugin: FreshdeskPlugin, status: int
) -> None:
    other = TicketPointer(
        TicketRef("dev", "1"), "ENG-1", "https://dev.example/ENG-1", "jira", "Title", "Done", done=True
    )
    note = f'<p>Jira <a href="{other.url}">ENG-1</a>: Title · Open</p><p>[link eb-ffffffffffffffffffff]</p>'
    vendor.get(f"{API}/tickets/1/conversations", json=[{**NOTE, "body": note}])
    vendor.put(f"{API}/conversations/7", status=status)
    receipt = plugin.link_ticket("1", other, KEY)
    assert receipt.remote_id == "7"
    assert "not updated" in receipt.detail
