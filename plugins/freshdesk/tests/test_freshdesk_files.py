"""Files at tickets: the exact requests, and the stand-in over real HTTP."""

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from email.parser import BytesParser
from email.policy import HTTP
from io import BytesIO
from typing import Any, BinaryIO

import pytest
import responses

from escalation_bridge import errors
from escalation_bridge.domain.tickets.tickets import Ticket, Visibility
from escalation_bridge.plugin.connection import Connection
from escalation_bridge.plugin.files import FileDraft
from escalation_bridge.plugin.settings import Resolved
from escalation_bridge_freshdesk.plugin import FreshdeskPlugin
from escalation_bridge_freshdesk.settings import FreshdeskSettings
from escalation_bridge_sandbox.kernel.faults import FaultKind

HOME = "https://example.freshdesk.com"
API = f"{HOME}/api/v2"
KEY = "eb-0123456789abcdef0123"
NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
CONTENT = b"\x89PNG\r\n--not-a-boundary\r\n" + bytes(range(256)) * 400
STORED = {
    "id": 3,
    "name": "a.png",
    "content_type": "image/png",
    "size": len(CONTENT),
    "attachment_url": "https://x/a",
}
NOTE = {
    "id": 7,
    "body": "<p>a.png</p>",
    "private": True,
    "user_id": 5,
    "created_at": "2026-03-04T05:00:00Z",
    "attachments": [STORED],
}
TICKET = {"id": 1, "status": 2, "created_at": "2026-03-04T05:00:00Z"}
BOTH = pytest.mark.parametrize("visibility", list(Visibility))


def draft(visibility: Visibility, name: str = "a.png", content: bytes = CONTENT) -> FileDraft:
    def open_it() -> BinaryIO:
        return BytesIO(content)

    return FileDraft(
        name, "image/png", len(content), hashlib.sha256(content).hexdigest(), visibility, open_it
    )


@pytest.fixture
def vendor() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.get(f"{API}/agents/me", json={"id": 5, "contact": {"name": "Bridge"}})
        mock.get(f"{API}/ticket_fields", json=[])
        mock.get(f"{API}/tickets/1/conversations", json=[])
        mock.get(f"{API}/tickets/1", json={**TICKET, "cc_emails": ["boss@customer.example"]})
        yield mock


@pytest.fixture
def plugin() -> Iterator[FreshdeskPlugin]:
    values = {"plugin": "freshdesk", "url": HOME, "api_key": Resolved("the-key")}
    plugin = FreshdeskPlugin(Connection("support", FreshdeskSettings.model_validate(values), lambda: NOW))
    yield plugin
    plugin.close()


def parts_of(content_type: str, body: bytes) -> dict[str, tuple[str | None, str, bytes]]:
    """The parts of a form, read by another library: name -> (file name, content type, content)."""
    message = BytesParser(policy=HTTP).parsebytes(f"Content-Type: {content_type}\r\n\r\n".encode() + body)
    return {
        str(part.get_param("name", header="content-disposition")): (
            part.get_filename(),
            part.get_content_type(),
            part.get_payload(decode=True),
        )
        for part in message.iter_parts()
    }


def sent(vendor: responses.RequestsMock) -> dict[str, tuple[str | None, str, bytes]]:
    (request,) = [call.request for call in vendor.calls if call.request.method == "POST"]
    body: Any = request.body
    whole = b"".join(body)
    assert int(request.headers["Content-Length"]) == len(whole)
    return parts_of(request.headers["Content-Type"], whole)


# --- the exact requests -----------------------------------------------------------------------------------------------


def test_a_private_file_goes_into_a_note_that_says_so(
    vendor: responses.RequestsMock, plugin: FreshdeskPlugin
) -> None:
    vendor.post(f"{API}/tickets/1/notes", json=NOTE, status=201)
    receipt = plugin.add_attachment("1", draft(Visibility.PRIVATE), KEY)
    parts = sent(vendor)
    assert parts["private"][2] == b"true"
    assert parts["attachments[]"] == ("a.png", "image/png", CONTENT)
    assert KEY.encode() in parts["body"][2]
    assert (receipt.remote_id, receipt.detail) == ("3", "a.png: private note 7")


def test_a_public_file_goes_into_a_reply(vendor: responses.RequestsMock, plugin: FreshdeskPlugin) -> None:
    answer = {name: value for name, value in NOTE.items() if name != "private"}
    vendor.post(f"{API}/tickets/1/reply", json=answer, status=201)
    receipt = plugin.add_attachment("1", draft(Visibility.PUBLIC), KEY)
    parts = sent(vendor)
    assert set(parts) == {"body", "cc_emails[]", "attachments[]"}
    assert parts["cc_emails[]"][2] == b"boss@customer.example"
    assert parts["body"][2] == f'<div data-escalation-bridge="{KEY}"><p>a.png</p></div>'.encode()
    assert receipt.detail == "a.png: public reply 7"


@pytest.mark.parametrize("private", [False, None, "absent"])
def test_a_private_file_that_came_out_public_is_taken_back(
    vendor: responses.RequestsMock, plugin: FreshdeskPlugin, private: object
) -> None:
    answer = {name: value for name, value in NOTE.items() if name != "private"}
    vendor.post(
        f"{API}/tickets/1/notes", json=answer if private == "absent" else {**answer, "private": private}
    )
    gone = vendor.delete(f"{API}/conversations/7", status=204)
    with pytest.raises(errors.PrivacyBreach):
        plugin.add_attachment("1", draft(Visibility.PRIVATE), KEY)
    assert gone.call_count == 1


def test_a_public_file_that_came_out_private_is_told(
    vendor: responses.RequestsMock, plugin: FreshdeskPlugin
) -> None:
    vendor.post(f"{API}/tickets/1/reply", json=NOTE)
    with pytest.raises(errors.NotApplied, match="came out private"):
        plugin.add_attachment("1", draft(Visibility.PUBLIC), KEY)


@BOTH
def test_a_file_that_is_too_large_is_not_sent(
    vendor: responses.RequestsMock, plugin: FreshdeskPlugin, visibility: Visibility
) -> None:
    there = {**NOTE, "attachments": [{**STORED, "size": 20 * 1024 * 1024 - len(CONTENT) + 1}]}
    vendor.replace(responses.GET, f"{API}/tickets/1/conversations", json=[there])
    with pytest.raises(
        errors.FileRefused, match=f"'a.png' has {len(CONTENT)} bytes, beside .* 20971520 together"
    ):
        plugin.add_attachment("1", draft(visibility), KEY)
    there["attachments"] = [{**STORED, "size": 20 * 1024 * 1024 - len(CONTENT)}]
    vendor.replace(responses.GET, f"{API}/tickets/1/conversations", json=[there])
    vendor.post(f"{API}/tickets/1/notes", json=NOTE)
    vendor.post(f"{API}/tickets/1/reply", json={**NOTE, "private": False})
    plugin.add_attachment("1", draft(visibility), KEY)


def test_the_limit_is_told_and_can_be_set(plugin: FreshdeskPlugin, vendor: responses.RequestsMock) -> None:
    assert plugin.describe_fields().largest_file == 20 * 1024 * 1024
    values = {"plugin": "freshdesk", "url": HOME, "api_key": Resolved("the-key"), "files_mb": 15}
    other = FreshdeskPlugin(Connection("support", FreshdeskSettings.model_validate(values)))
    assert other.describe_fields().largest_file == 15 * 1024 * 1024
    other.close()


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (400, {"errors": [{"field": "attachments", "message": "exceeds 15 MB"}]}, errors.FileRefused),
        (400, {"errors": [{"field": "attachments[]", "message": "bad type"}]}, errors.FileRefused),
        (413, "<html>too large</html>", errors.FileRefused),
        (400, {"errors": [{"field": "body", "message": "is blank"}]}, errors.Rejected),
        (400, {"errors": "odd"}, errors.Rejected),
        (400, ["odd"], errors.Rejected),
        (400, "odd", errors.Intercepted),
    ],
)
def test_what_freshdesk_does_not_take_is_told_from_what_is_wrong_otherwise(
    vendor: responses.RequestsMock,
    plugin: FreshdeskPlugin,
    status: int,
    body: object,
    expected: type[errors.VendorError],
) -> None:
    text = body if isinstance(body, str) else json.dumps(body)
    vendor.post(f"{API}/tickets/1/notes", status=status, body=text)
    reply = vendor.post(f"{API}/tickets/1/reply", json=NOTE)
    with pytest.raises(errors.VendorError) as caught:
        plugin.add_attachment("1", draft(Visibility.PRIVATE), KEY)
    assert type(caught.value) is expected
    assert reply.call_count == 0


@pytest.mark.parametrize("listed", [[], [{**STORED, "size": 5}]])
def test_a_conversation_without_the_whole_file_is_no_success(
    vendor: responses.RequestsMock, plugin: FreshdeskPlugin, listed: list[object]
) -> None:
    vendor.post(f"{API}/tickets/1/notes", json={**NOTE, "attachments": listed})
    with pytest.raises(errors.NotApplied):
        plugin.add_attachment("1", draft(Visibility.PRIVATE), KEY)


def test_an_answer_that_leaves_the_files_out_is_looked_up(
    vendor: responses.RequestsMock, plugin: FreshdeskPlugin
) -> None:
    def once(request: Any) -> tuple[int, dict[str, str], str]:
        vendor.replace(responses.GET, f"{API}/tickets/1/conversations", json=[NOTE])
        return 201, {}, json.dumps({**NOTE, "attachments": []})

    vendor.add_callback(responses.POST, f"{API}/tickets/1/notes", once)
    assert plugin.add_attachment("1", draft(Visibility.PRIVATE), KEY).remote_id == "3"


@pytest.mark.parametrize(("size", "repeated"), [(len(CONTENT), True), (len(CONTENT) + 1, False)])
def test_a_reply_whose_mark_did_not_survive_is_known_by_its_words_and_file(
    vendor: responses.RequestsMock, plugin: FreshdeskPlugin, size: int, repeated: bool
) -> None:
    earlier = {**NOTE, "private": False, "id": 6, "attachments": [{**STORED, "size": size}]}
    vendor.replace(responses.GET, f"{API}/tickets/1/conversations", json=[earlier])
    reply = vendor.post(f"{API}/tickets/1/reply", json={**NOTE, "private": False})
    plugin.add_attachment("1", draft(Visibility.PUBLIC), KEY)
    assert reply.call_count == (0 if repeated else 1)


# --- the stand-in -----------------------------------------------------------------------------------------------------


@BOTH
def test_a_file_is_there_as_asked_and_only_once(desk: Any, ticket: Ticket, visibility: Visibility) -> None:
    number = ticket.ref.id
    first = desk.plugin.add_attachment(number, draft(visibility, "rücklauf beleg.png"), KEY)
    assert desk.plugin.add_attachment(number, draft(visibility, "rücklauf beleg.png"), KEY) == first
    (comment,) = desk.plugin.fetch_comments(number, None)
    assert (comment.visibility, comment.marker) == (visibility, KEY)
    (file,) = comment.attachments
    assert (file.id, file.name, file.content_type) == (first.remote_id, "rücklauf beleg.png", "image/png")
    into = BytesIO()
    fetched = desk.plugin.fetch_attachment(file, into, 10**6)
    assert into.getvalue() == CONTENT
    assert fetched.sha256 == draft(visibility).sha256


@BOTH
def test_a_file_whose_answer_was_lost_is_found_again(
    desk: Any, ticket: Ticket, visibility: Visibility
) -> None:
    desk.fault(FaultKind.TIMEOUT_AFTER_WRITE, "POST", "/(reply|notes)$", seconds=0.8)
    with pytest.raises(errors.OutcomeUnknown):
        desk.plugin.add_attachment(ticket.ref.id, draft(visibility), KEY)
    desk.plugin.add_attachment(ticket.ref.id, draft(visibility), KEY)
    assert len(desk.conversations(ticket.ref.id)) == 1


def test_two_files_of_the_same_name_are_both_there(desk: Any, ticket: Ticket) -> None:
    for key in (KEY, "eb-ffffffffffffffffffff"):
        desk.plugin.add_attachment(ticket.ref.id, draft(Visibility.PUBLIC), key)
    assert len(desk.conversations(ticket.ref.id)) == 2


def test_the_stand_in_has_the_limit_too(desk: Any, ticket: Ticket) -> None:
    plugin = desk.open_plugin(files_mb=100, timeouts={"read": 10})
    with pytest.raises(errors.FileRefused, match="20 MB"):
        plugin.add_attachment(
            ticket.ref.id, draft(Visibility.PRIVATE, "big", bytes(20 * 1024 * 1024 + 1)), KEY
        )
    assert desk.conversations(ticket.ref.id) == []
