"""Files at the stand-ins of both editions: streamed in and out, once, and never more visible than asked."""

import hashlib
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
import responses
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from escalation_bridge.domain.tickets.tickets import Attachment, Ticket, TicketDraft, Visibility
from escalation_bridge.errors import (
    FileRefused,
    NotApplied,
    OutcomeUnknown,
    PrivacyBreach,
    Rejected,
    UnreadableAnswer,
)
from escalation_bridge.plugin import JsonPart
from escalation_bridge.plugin.connection import Connection
from escalation_bridge.plugin.files import FileDraft
from escalation_bridge_jira.files.attached import names_in
from escalation_bridge_jira.http.multipart import Upload, clean_name
from escalation_bridge_jira.plugin import JiraPlugin
from escalation_bridge_jira.settings import JiraSettings
from escalation_bridge_sandbox.jira import seed
from escalation_bridge_sandbox.kernel.faults import FaultKind

Site = Any
KEY = "eb-0123456789abcdef0123"
PUBLIC, PRIVATE = Visibility.PUBLIC, Visibility.PRIVATE
LOG = b"line one\nline two\n" * 10_000


def file(content: bytes = LOG, visibility: Visibility = PRIVATE, **changes: Any) -> FileDraft:
    members = {
        "name": "app.log",
        "content_type": "text/plain",
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "visibility": visibility,
        "open": lambda: io.BytesIO(content),
    }
    return FileDraft(**{**members, **changes})


@pytest.fixture
def ticket(site: Site, draft: TicketDraft) -> Ticket:
    made: Ticket = site.plugin().create_ticket(draft, KEY)
    return made


@pytest.fixture
def request_id(site: Site) -> str:
    body = {"serviceDeskId": "1", "requestTypeId": "10", "requestFieldValues": {"summary": "Help"}}
    made: str = site.call(seed.CUSTOMER, "POST", "/rest/servicedeskapi/request", body)["issueId"]
    return made


def stored(site: Site, issue_id: str) -> list[Any]:
    path = f"/rest/api/2/issue/{issue_id}?fields=attachment"
    found: list[Any] = site.call(seed.ADMIN, "GET", path)["fields"]["attachment"]
    return found


def customers_files(site: Site, issue_id: str) -> list[str]:
    page = site.call(seed.CUSTOMER, "GET", f"/rest/servicedeskapi/request/{issue_id}/attachment")
    return [each["filename"] for each in page["values"]]


# --- software and business projects -------------------------------------------------------------------------------------


def test_a_file_is_put_at_an_issue_once(site: Site, ticket: Ticket) -> None:
    plugin = site.plugin()
    receipt = plugin.add_attachment(ticket.ref.id, file(), "eb-1")
    assert plugin.add_attachment(ticket.ref.id, file(), "eb-1") == receipt
    [there] = stored(site, ticket.ref.id)
    assert (there["id"], there["filename"], there["size"]) == (receipt.remote_id, "app.log", len(LOG))
    assert there["mimeType"] == "text/plain"


def test_the_same_file_under_another_key_is_another_file(site: Site, ticket: Ticket) -> None:
    plugin = site.plugin()
    ids = {plugin.add_attachment(ticket.ref.id, file(), key).remote_id for key in ("eb-1", "eb-2", "eb-1")}
    assert len(ids) == len(stored(site, ticket.ref.id)) == 2


def test_an_upload_whose_answer_was_lost_is_found_and_not_repeated(site: Site, ticket: Ticket) -> None:
    plugin = site.plugin()
    # Somebody else's file of the same name and size is not taken for it.
    other = site.plugin(seed.DEVELOPER)
    other.add_attachment(ticket.ref.id, file(), "eb-other")
    site.fault(FaultKind.TIMEOUT_AFTER_WRITE, method="POST", path="/attachments$", seconds=1)
    with pytest.raises(OutcomeUnknown):
        plugin.add_attachment(ticket.ref.id, file(), "eb-1")
    plugin.add_attachment(ticket.ref.id, file(), "eb-1")
    assert len(stored(site, ticket.ref.id)) == 2


def test_a_file_that_was_deleted_is_brought_again(site: Site, ticket: Ticket) -> None:
    plugin = site.plugin()
    first = plugin.add_attachment(ticket.ref.id, file(), "eb-1")
    site.call(seed.ADMIN, "DELETE", f"/rest/api/2/attachment/{first.remote_id}")
    assert plugin.add_attachment(ticket.ref.id, file(), "eb-1").remote_id != first.remote_id


def test_a_file_is_never_private_where_customers_read_along(site: Site, ticket: Ticket) -> None:
    plugin = site.plugin(customers_read_comments=True)
    with pytest.raises(Rejected, match="customers read the issues"):
        plugin.add_attachment(ticket.ref.id, file(), "eb-1")
    assert stored(site, ticket.ref.id) == []
    plugin.add_attachment(ticket.ref.id, file(visibility=PUBLIC), "eb-1")
    assert len(stored(site, ticket.ref.id)) == 1


def test_a_file_that_is_too_large_is_refused_with_name_size_and_limit(
    make_site: Callable[..., Site], draft: TicketDraft
) -> None:
    site = make_site("datacenter", attachment_limit=1000)
    plugin = site.plugin()
    assert plugin.describe_fields().largest_file == 1000
    ticket = plugin.create_ticket(draft, KEY)
    with pytest.raises(FileRefused, match=r"'app.log' has 1001 bytes; this site takes 1000 at the most"):
        plugin.add_attachment(ticket.ref.id, file(b"x" * 1001), "eb-1")
    # The site may know better than its settings say.
    site.fault(FaultKind.EMPTY_200, method="GET", path="/attachment/meta", body='{"enabled":true}')
    with pytest.raises(FileRefused, match=r"'app.log' \(1001 bytes\) is not taken: .*exceeds the maximum"):
        plugin.add_attachment(ticket.ref.id, file(b"x" * 1001), "eb-1")


def test_a_site_that_takes_no_files_says_so(site: Site, ticket: Ticket) -> None:
    site.fault(FaultKind.EMPTY_200, method="GET", path="/attachment/meta", body='{"enabled":false}', times=2)
    with pytest.raises(FileRefused, match="switched files off"):
        site.plugin().add_attachment(ticket.ref.id, file(), "eb-1")
    assert site.plugin().describe_fields().largest_file == 0


# --- service projects ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("visibility", [PUBLIC, PRIVATE])
def test_customers_see_public_files_and_no_private_ones(
    visibility: Visibility, site: Site, request_id: str
) -> None:
    plugin = site.plugin()
    receipt = plugin.add_attachment(request_id, file(visibility=visibility), "eb-1")
    assert plugin.add_attachment(request_id, file(visibility=visibility), "eb-1") == receipt
    assert customers_files(site, request_id) == (["app.log"] if visibility is PUBLIC else [])
    [comment] = plugin.fetch_comments(request_id, None)
    assert (comment.visibility, comment.marker) == (visibility, "eb-1")
    assert [each.id for each in comment.attachments] == [receipt.remote_id]


def test_a_request_whose_file_was_stored_unheard_gets_it_once(site: Site, request_id: str) -> None:
    plugin = site.plugin()
    site.fault(FaultKind.TIMEOUT_AFTER_WRITE, method="POST", path=r"/request/\d+/attachment$", seconds=1)
    with pytest.raises(OutcomeUnknown):
        plugin.add_attachment(request_id, file(), "eb-1")
    receipt = plugin.add_attachment(request_id, file(), "eb-1")
    assert [each["id"] for each in stored(site, request_id)] == [receipt.remote_id]
    [comment] = plugin.fetch_comments(request_id, None)
    assert (comment.visibility, comment.marker) == (PRIVATE, "eb-1")


def test_a_public_file_is_not_taken_for_the_private_one(site: Site, request_id: str) -> None:
    plugin = site.plugin()
    site.fault(FaultKind.TIMEOUT_AFTER_WRITE, method="POST", path=r"/request/\d+/attachment$", seconds=1)
    with pytest.raises(OutcomeUnknown):
        plugin.add_attachment(request_id, file(visibility=PUBLIC), "eb-1")
    plugin.add_attachment(request_id, file(), "eb-2")
    assert len(stored(site, request_id)) == 2
    assert customers_files(site, request_id) == ["app.log"]


def shown_to_the_customer(site: Site, issue_id: str) -> dict[str, Any]:
    """A file and a public comment, as an answer that says that private became public."""
    plugin = site.plugin()
    receipt = plugin.add_attachment(issue_id, file(visibility=PUBLIC), "eb-0")
    [comment] = plugin.fetch_comments(issue_id, None)
    attachment = {"_links": {"jiraRest": f"{site.running.url}/rest/api/2/attachment/{receipt.remote_id}"}}
    return {"comment": {"id": comment.id, "public": True}, "attachments": {"values": [attachment]}}


def test_a_private_file_that_came_out_public_is_deleted_and_told(site: Site, request_id: str) -> None:
    answer = shown_to_the_customer(site, request_id)
    site.fault(FaultKind.EMPTY_200, method="POST", path=r"/request/\d+/attachment$", body=json.dumps(answer))
    with pytest.raises(PrivacyBreach, match=r"'app.log' was to be private.*it was deleted"):
        site.plugin().add_attachment(request_id, file(), "eb-1")
    assert stored(site, request_id) == []
    assert site.plugin().fetch_comments(request_id, None) == ()


def test_an_internal_answer_that_the_comment_itself_belies_is_a_breach_too(
    site: Site, request_id: str
) -> None:
    answer = shown_to_the_customer(site, request_id)
    answer["comment"]["public"] = False
    site.fault(FaultKind.EMPTY_200, method="POST", path=r"/request/\d+/attachment$", body=json.dumps(answer))
    with pytest.raises(PrivacyBreach):
        site.plugin().add_attachment(request_id, file(), "eb-1")


def test_a_breach_that_cannot_be_undone_says_so(site: Site, request_id: str) -> None:
    answer = shown_to_the_customer(site, request_id)
    site.fault(FaultKind.EMPTY_200, method="POST", path=r"/request/\d+/attachment$", body=json.dumps(answer))
    site.fault(FaultKind.FORBIDDEN, method="DELETE", path="/attachment/")
    with pytest.raises(PrivacyBreach, match=r"could NOT be deleted \(You do not have permission"):
        site.plugin().add_attachment(request_id, file(), "eb-1")


def test_a_public_file_that_came_out_internal_is_no_success(site: Site, request_id: str) -> None:
    answer = shown_to_the_customer(site, request_id)
    answer["comment"]["public"] = False
    site.fault(FaultKind.EMPTY_200, method="POST", path=r"/request/\d+/attachment$", body=json.dumps(answer))
    with pytest.raises(NotApplied, match="was to be public"):
        site.plugin().add_attachment(request_id, file(visibility=PUBLIC), "eb-1")


def test_an_issue_that_is_no_request_takes_no_private_file(site: Site, draft: TicketDraft) -> None:
    plugin = site.plugin(project="HELP", issue_type="Service Request")
    site.fault(FaultKind.EMPTY_200, method="GET", path="/request/", status=404, times=-1)
    ticket = plugin.create_ticket(draft, KEY)
    with pytest.raises(Rejected, match="no request type"):
        plugin.add_attachment(ticket.ref.id, file(), "eb-1")
    assert stored(site, ticket.ref.id) == []


# --- fetching -----------------------------------------------------------------------------------------------------------


def test_a_file_that_a_comment_names_is_fetched(site: Site, ticket: Ticket) -> None:
    plugin = site.plugin()
    receipt = plugin.add_attachment(ticket.ref.id, file(), "eb-1")
    path = f"/rest/api/2/issue/{ticket.ref.id}/comment"
    site.call(seed.DEVELOPER, "POST", path, {"body": "See [^app.log] and [^other.log]"})
    site.call(seed.DEVELOPER, "POST", path, {"body": "No file here!"})
    named, other = plugin.fetch_comments(ticket.ref.id, None)
    if site.deployment == "datacenter":  # the stand-in's documents have no media
        [attachment] = named.attachments
        assert (attachment.name, attachment.content_type, attachment.size) == (
            "app.log",
            "text/plain",
            len(LOG),
        )
    else:
        attachment = Attachment(
            receipt.remote_id, "app.log", "text/plain", len(LOG), "https://elsewhere.example"
        )
    assert other.attachments == ()
    into = io.BytesIO()
    fetched = plugin.fetch_attachment(attachment, into, len(LOG))
    assert into.getvalue() == LOG
    assert (fetched.size, fetched.sha256) == (len(LOG), hashlib.sha256(LOG).hexdigest())


def test_what_is_larger_than_wanted_is_not_fetched(site: Site, ticket: Ticket) -> None:
    plugin = site.plugin()
    receipt = plugin.add_attachment(ticket.ref.id, file(), "eb-1")
    attachment = Attachment(receipt.remote_id, "app.log", "text/plain", None, "")
    with pytest.raises(FileRefused, match="larger than 100 bytes"):
        plugin.fetch_attachment(attachment, io.BytesIO(), 100)


def test_a_login_page_is_no_file(site: Site, ticket: Ticket) -> None:
    plugin = site.plugin()
    receipt = plugin.add_attachment(ticket.ref.id, file(), "eb-1")
    site.fault(FaultKind.HTML_LOGIN_PAGE, method="GET", path="attachment")
    with pytest.raises(UnreadableAnswer, match="web page"):
        plugin.fetch_attachment(
            Attachment(receipt.remote_id, "app.log", "text/plain", 9, ""), io.BytesIO(), 99
        )


def test_a_token_with_scopes_fetches_through_the_gateway_and_stays_there() -> None:
    settings = JiraSettings(
        plugin="jira",
        deployment="cloud",
        url="https://acme.atlassian.net",
        email="bridge@acme.example",
        api_token=SecretStr("t0ken"),
        cloud_id="1-2",
    )
    plugin = JiraPlugin(Connection("jira-main", settings))
    told = "https://acme.atlassian.net/rest/api/3/attachment/content/7"
    gateway = "https://api.atlassian.com/ex/jira/1-2/rest/api/3/attachment/content/7"
    with responses.RequestsMock() as wire:
        wire.get(gateway, status=303, headers={"Location": "https://8.8.8.8/file/7?token=x"})
        wire.get("https://8.8.8.8/file/7", body=b"abc", content_type="text/plain")
        fetched = plugin.fetch_attachment(Attachment("7", "a.txt", "text/plain", 3, told), io.BytesIO(), 9)
        assert fetched.size == 3
        assert "Authorization" in wire.calls[0].request.headers
        assert "Authorization" not in wire.calls[1].request.headers
    plugin.close()


# --- names and bodies ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given_name", "name"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\temp\\a.txt", "a.txt"),
        ('a"\r\nX: y.txt', "a_X_ y.txt"),
        ("50%?.png", "50__.png"),
        ("..", "file"),
        ("", "attachment"),
        ("bukti pembayaran № 1.pdf", "bukti pembayaran № 1.pdf"),
    ],
)
def test_names_are_cleaned(given_name: str, name: str) -> None:
    assert clean_name(given_name) == name


@given(st.text(max_size=300), st.text(max_size=30), st.binary(max_size=200))
def test_an_upload_is_always_one_field_of_the_promised_length(name: str, kind: str, content: bytes) -> None:
    upload = Upload(clean_name(name), file(content, content_type=kind))
    body = b"".join(upload)
    assert len(body) == len(upload)
    head, _, rest = body.partition(b"\r\n\r\n")
    assert head.count(b"\r\n") == 2
    assert head.split(b"\r\n")[1].count(b'"') == 4
    assert rest.startswith(content)


def test_names_of_files_in_both_kinds_of_text(part: Callable[[object], JsonPart]) -> None:
    wiki = "See [^a b.log] and !shot.png|thumbnail! and !plain.jpg!"
    assert list(names_in(part(wiki))) == ["a b.log", "shot.png", "plain.jpg"]
    media = {"type": "mediaGroup", "content": [{"type": "media", "attrs": {"id": "1", "alt": "a.log"}}]}
    inline = {"type": "paragraph", "content": [{"type": "mediaInline", "attrs": {"alt": "b.log"}}]}
    nameless = {"type": "mediaSingle", "content": [{"type": "media", "attrs": {"id": "2"}}]}
    document = {"type": "doc", "content": [media, inline, nameless]}
    assert list(names_in(part(document))) == ["a.log", "b.log"]


def test_an_upload_that_was_asked_to_come_later_comes_whole(site: Site, ticket: Ticket) -> None:
    plugin = site.plugin()
    object.__setattr__(plugin._transport, "sleep", lambda _: plugin.connection.budgets.forget())
    site.fault(FaultKind.RATE_LIMIT, method="POST", path="/attachments$", retry_after="1")
    plugin.add_attachment(ticket.ref.id, file(), "eb-1")
    [there] = stored(site, ticket.ref.id)
    assert there["size"] == len(LOG)
    into = io.BytesIO()
    attachment = Attachment(there["id"], "app.log", "text/plain", len(LOG), "")
    plugin.fetch_attachment(attachment, into, len(LOG))
    assert into.getvalue() == LOG
