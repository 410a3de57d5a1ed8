"""Writing files: streamed, once, with exactly the visibility asked for, and refused with a reason."""

import hashlib
import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import BinaryIO

import pytest
import responses
from responses import matchers

from escalation_bridge.domain.tickets.tickets import CommentDraft, Visibility
from escalation_bridge.errors import (
    FileRefused,
    NotApplied,
    OutcomeUnknown,
    PrivacyBreach,
    TicketClosed,
    UnreadableAnswer,
)
from escalation_bridge.plugin.files import FileDraft
from escalation_bridge.text.rich_text import from_text
from escalation_bridge_zendesk.plugin import ZendeskPlugin

API = "https://acme.zendesk.com/api/v2"
TICKET = f"{API}/tickets/35"
COMMENTS = f"{TICKET}/comments"
KEY = "eb-0123456789abcdef0123"
LOG = b"line one\nline two\n" * 10_000

Json = dict[str, object]
Make = Callable[..., Json]


@dataclass
class Source:
    """A file that counts how often it is opened and how much of it is asked for at once."""

    content: bytes
    opened: int = 0
    largest_read: int = 0
    still_open: list[BinaryIO] = field(default_factory=list)

    def open(self) -> BinaryIO:
        source = self
        source.opened += 1

        class Counted(io.BytesIO):
            def read(self, size: int | None = -1, /) -> bytes:
                part = super().read(size)
                source.largest_read = max(source.largest_read, len(part))
                return part

            def close(self) -> None:
                source.still_open.remove(self)
                super().close()

        made = Counted(self.content)
        self.still_open.append(made)
        return made


def draft(source: Source, visibility: Visibility, **members: object) -> FileDraft:
    given_ = {
        "name": "app.log",
        "content_type": "text/plain",
        "size": len(source.content),
        "sha256": hashlib.sha256(source.content).hexdigest(),
        "visibility": visibility,
        "open": source.open,
    }
    return FileDraft(**(given_ | members))  # type: ignore[arg-type]


@pytest.fixture
def wire(zendesk: responses.RequestsMock, raw_comment: Make) -> responses.RequestsMock:
    zendesk.get(f"{API}/users/me", json={"user": {"id": 900, "name": "Bridge", "role": "admin"}})
    zendesk.get(f"{API}/users/show_many", json={"users": []})
    zendesk.get(f"{API}/account/settings", json={"settings": {"limits": {"attachment_size": 1_000_000}}})
    listed(zendesk, raw_comment(1))
    return zendesk


def listed(wire: responses.RequestsMock, *comments: Json) -> None:
    body = {"comments": list(comments), "meta": {"has_more": False}, "users": []}
    wire.upsert(responses.GET, COMMENTS, json=body)


def takes_uploads(wire: responses.RequestsMock, received: list[bytes], **upload: object) -> None:
    def take(request: object) -> tuple[int, dict[str, str], str]:
        received.append(b"".join(request.body))  # type: ignore[attr-defined]
        stored = {"id": 501, "size": len(received[-1])}
        return 201, {}, json.dumps({"upload": {"token": "t/1", "attachment": stored, **upload}})

    wire.add_callback(
        responses.POST,
        f"{API}/uploads",
        take,
        match=[
            matchers.query_param_matcher({"filename": "app.log"}),
            matchers.header_matcher({"Content-Type": "text/plain", "Content-Length": str(len(LOG))}),
        ],
    )


def accepted(*, public: bool, attachments: list[Json]) -> Json:
    event = {"id": 90, "type": "Comment", "public": public, "body": "app.log", "attachments": attachments}
    metadata = {"custom": {"escalation_bridge": KEY}}
    audit = {"author_id": 900, "created_at": "2026-03-02T09:00:01Z", "metadata": metadata, "events": [event]}
    return {"ticket": {"id": 35}, "audit": audit}


STORED: Json = {"id": 501, "file_name": "app.log", "content_type": "text/plain", "size": len(LOG)}


@pytest.mark.parametrize("visibility", list(Visibility))
def test_a_file_is_uploaded_in_pieces_and_shown_as_asked(
    plugin: ZendeskPlugin, wire: responses.RequestsMock, visibility: Visibility
) -> None:
    source, received = Source(LOG), list[bytes]()
    takes_uploads(wire, received)
    public = visibility is Visibility.PUBLIC
    put = wire.put(TICKET, json=accepted(public=public, attachments=[STORED]))
    receipt = plugin.add_attachment("35", draft(source, visibility), KEY)
    assert received == [LOG]
    assert source.largest_read <= 64 * 1024
    assert source.still_open == []
    assert json.loads(put.calls[0].request.body or b"") == {
        "ticket": {
            "comment": {"html_body": "<p>app.log</p>", "public": public, "uploads": ["t/1"]},
            "metadata": {"escalation_bridge": KEY},
        }
    }
    assert (receipt.remote_id, receipt.detail) == ("501", f"app.log: {visibility.value} comment 90")


def test_an_upload_that_has_to_wait_is_sent_from_its_beginning_again(
    plugin: ZendeskPlugin, wire: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tenacity.nap.time.sleep", lambda _: plugin.connection.budgets.forget())
    source, received = Source(LOG), list[bytes]()
    wire.post(f"{API}/uploads", status=429, headers={"Retry-After": "1"})
    takes_uploads(wire, received)
    wire.put(TICKET, json=accepted(public=False, attachments=[STORED]))
    plugin.add_attachment("35", draft(source, Visibility.PRIVATE), KEY)
    assert received == [LOG]


def test_a_file_whose_answer_was_lost_is_found_and_not_uploaded_again(
    plugin: ZendeskPlugin, wire: responses.RequestsMock, raw_comment: Make
) -> None:
    source, received = Source(LOG), list[bytes]()
    takes_uploads(wire, received)
    put = wire.put(TICKET, body=responses.ConnectionError("reset"))
    with pytest.raises(OutcomeUnknown):
        plugin.add_attachment("35", draft(source, Visibility.PRIVATE), KEY)
    metadata = {"custom": {"escalation_bridge": KEY}}
    listed(wire, raw_comment(90, public=False, metadata=metadata, attachments=[STORED]), raw_comment(1))
    assert plugin.add_attachment("35", draft(source, Visibility.PRIVATE), KEY).remote_id == "501"
    assert (put.call_count, len(received)) == (1, 1)
    # The lost update may have named the upload, so nobody takes it back.
    assert not [call for call in wire.calls if call.request.method == "DELETE"]


@pytest.mark.parametrize(
    ("settings", "limit"), [({"limits": {"attachment_size": 99}}, 99), ({}, 50 * 1024 * 1024)]
)
def test_a_file_that_is_too_large_is_not_even_sent(
    plugin: ZendeskPlugin, wire: responses.RequestsMock, settings: Json, limit: int
) -> None:
    wire.upsert(responses.GET, f"{API}/account/settings", json={"settings": settings})
    source = Source(b"")
    with pytest.raises(FileRefused) as refused:
        plugin.add_attachment("35", draft(source, Visibility.PRIVATE, size=limit + 1), KEY)
    assert f"'app.log' (text/plain, {limit + 1} bytes; the limit is {limit})" in refused.value.message
    assert source.opened == 0


@pytest.mark.parametrize("status", [413, 415, 422])
def test_a_file_that_zendesk_refuses_is_told_with_name_type_size_and_limit(
    plugin: ZendeskPlugin, wire: responses.RequestsMock, status: int
) -> None:
    wire.post(f"{API}/uploads", status=status, json={"error": "AttachmentUnprocessable", "description": "no"})
    with pytest.raises(FileRefused) as refused:
        plugin.add_attachment("35", draft(Source(LOG), Visibility.PRIVATE), KEY)
    for said in ("'app.log'", "text/plain", f"{len(LOG)} bytes", "1000000", "AttachmentUnprocessable: no"):
        assert said in refused.value.message


def test_a_file_at_a_closed_ticket_leaves_no_upload_behind(
    plugin: ZendeskPlugin, wire: responses.RequestsMock
) -> None:
    takes_uploads(wire, [])
    closed = {"status": [{"description": "Status: closed prevents ticket update"}]}
    wire.put(TICKET, status=422, json={"error": "RecordInvalid", "details": closed})
    dropped = wire.delete(f"{API}/uploads/t%2F1", status=204)
    with pytest.raises(TicketClosed):
        plugin.add_attachment("35", draft(Source(LOG), Visibility.PRIVATE), KEY)
    assert dropped.call_count == 1


def test_a_private_file_that_came_out_public_is_taken_back_and_told(
    plugin: ZendeskPlugin, wire: responses.RequestsMock
) -> None:
    takes_uploads(wire, [])
    wire.put(TICKET, json=accepted(public=True, attachments=[STORED]))
    wire.delete(f"{API}/uploads/t%2F1", status=404)
    back = wire.put(f"{COMMENTS}/90/make_private", json={})
    with pytest.raises(PrivacyBreach, match="add_attachment"):
        plugin.add_attachment("35", draft(Source(LOG), Visibility.PRIVATE), KEY)
    assert back.call_count == 1


def test_a_comment_without_its_file_is_noticed(plugin: ZendeskPlugin, wire: responses.RequestsMock) -> None:
    takes_uploads(wire, [])
    wire.put(TICKET, json=accepted(public=False, attachments=[]))
    with pytest.raises(NotApplied, match="without the file"):
        plugin.add_attachment("35", draft(Source(LOG), Visibility.PRIVATE), KEY)


def test_a_file_that_arrived_cut_short_is_not_shown(
    plugin: ZendeskPlugin, wire: responses.RequestsMock
) -> None:
    takes_uploads(wire, [], attachment={"id": 501, "size": 7})
    dropped = wire.delete(f"{API}/uploads/t%2F1", status=204)
    with pytest.raises(NotApplied, match=f"7 of the file's {len(LOG)} bytes"):
        plugin.add_attachment("35", draft(Source(LOG), Visibility.PRIVATE), KEY)
    assert dropped.call_count == 1


def test_an_upload_without_a_token_is_unreadable(plugin: ZendeskPlugin, wire: responses.RequestsMock) -> None:
    takes_uploads(wire, [], token=None)
    with pytest.raises(UnreadableAnswer, match="names no upload"):
        plugin.add_attachment("35", draft(Source(LOG), Visibility.PRIVATE), KEY)


LONG = CommentDraft(from_text("\n\n".join(["Many words."] * 9_000)), Visibility.PRIVATE)


def test_a_comment_that_is_too_long_is_cut_and_has_its_whole_text_as_a_file(
    plugin: ZendeskPlugin, wire: responses.RequestsMock
) -> None:
    received = list[bytes]()

    def take(request: object) -> tuple[int, dict[str, str], str]:
        received.append(b"".join(request.body))  # type: ignore[attr-defined]
        return 201, {}, json.dumps({"upload": {"token": "t1", "attachment": {"size": len(received[0])}}})

    name = matchers.query_param_matcher({"filename": "full-text.txt"})
    wire.add_callback(responses.POST, f"{API}/uploads", take, match=[name])
    put = wire.put(TICKET, json=accepted(public=False, attachments=[STORED]))
    assert plugin.add_comment("35", LONG, KEY).visibility is Visibility.PRIVATE
    comment = json.loads(put.calls[0].request.body or b"")["ticket"]["comment"]
    assert received == [LONG.body.text.encode()]
    assert (comment["uploads"], comment["public"]) == (["t1"], False)
    assert comment["html_body"].endswith("[… full-text.txt]</p>")


def test_a_comment_whose_whole_text_is_refused_is_written_as_far_as_it_fits(
    plugin: ZendeskPlugin, wire: responses.RequestsMock
) -> None:
    wire.post(f"{API}/uploads", status=422, json={"error": "no"})
    put = wire.put(TICKET, json=accepted(public=False, attachments=[]))
    assert plugin.add_comment("35", LONG, KEY).id == "90"
    assert "uploads" not in json.loads(put.calls[0].request.body or b"")["ticket"]["comment"]
