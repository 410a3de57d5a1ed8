"""Comments that are too long for Jira: cut, with all of the text in a file that the same people see."""

from typing import Any

import pytest

from escalation_bridge.domain.tickets.tickets import CommentDraft, Ticket, TicketDraft, Visibility
from escalation_bridge.errors import OutcomeUnknown
from escalation_bridge.text.rich_text import from_text
from escalation_bridge_sandbox.jira import seed
from escalation_bridge_sandbox.jira.rules.permissions import INTEGRATIONS
from escalation_bridge_sandbox.kernel.faults import FaultKind

Site = Any
PUBLIC, PRIVATE = Visibility.PUBLIC, Visibility.PRIVATE
LONG = "words {and} more " * 400
OTHER = "quite other words " * 400


@pytest.fixture(autouse=True)
def a_small_jira(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cutting at the real limit takes a second each time; `test_jira_site_comments` does it once."""
    for module in ("text.limits", "http.client"):
        monkeypatch.setattr(f"escalation_bridge_jira.{module}.LONGEST_TEXT", 3_000)


@pytest.fixture
def ticket(site: Site, draft: TicketDraft) -> Ticket:
    made: Ticket = site.plugin().create_ticket(draft, "eb-0")
    return made


@pytest.fixture
def request_id(site: Site) -> str:
    body = {"serviceDeskId": "1", "requestTypeId": "10", "requestFieldValues": {"summary": "Cannot pay"}}
    return str(site.call(seed.CUSTOMER, "POST", "/rest/servicedeskapi/request", body)["issueId"])


def long(text: str = LONG, visibility: Visibility = PRIVATE) -> CommentDraft:
    return CommentDraft(from_text(text), visibility)


def stored(site: Site, issue_id: str) -> list[Any]:
    path = f"/rest/api/2/issue/{issue_id}?fields=attachment"
    found: list[Any] = site.call(seed.ADMIN, "GET", path)["fields"]["attachment"]
    return found


def contents(site: Site, issue_id: str) -> list[str]:
    return [site.sandbox.site.files[each["id"]].decode() for each in stored(site, issue_id)]


def seen_by_customer(site: Site, request_id: str) -> list[str]:
    page = site.call(seed.CUSTOMER, "GET", f"/rest/servicedeskapi/request/{request_id}/attachment")
    return [each["filename"] for each in page["values"]]


def test_all_of_it_is_in_a_file_that_the_comment_leads_to(site: Site, ticket: Ticket) -> None:
    plugin = site.plugin()
    comment = plugin.add_comment(ticket.ref.id, long(), "eb-1")
    [file] = stored(site, ticket.ref.id)
    assert contents(site, ticket.ref.id) == [from_text(LONG).text]
    assert comment.body.text.startswith("words {and} more")
    assert f"All of it is in the file {file['filename']}" in comment.body.text
    address = f"{site.running.url}/secure/attachment/{file['id']}/{file['filename']}"
    [written] = site.writes("POST", "/comment")
    assert address in str(written.body)
    [read] = plugin.fetch_comments(ticket.ref.id, None)
    assert (read.marker, read.attachments) == ("eb-1", ())  # the file is the bridge's, and goes nowhere


@pytest.mark.parametrize("visibility", [PUBLIC, PRIVATE])
def test_the_file_is_seen_by_whom_the_comment_is(visibility: Visibility, site: Site, request_id: str) -> None:
    plugin = site.plugin()
    comment = plugin.add_comment(request_id, long(visibility=visibility), "eb-1")
    assert comment.visibility is visibility
    [file] = stored(site, request_id)
    assert file["filename"] in comment.body.text
    assert seen_by_customer(site, request_id) == ([file["filename"]] if visibility is PUBLIC else [])
    said = plugin.fetch_comments(request_id, None)
    assert {each.visibility for each in said} == {visibility}
    assert all(each.marker for each in said)  # both are the bridge's


def test_an_attempt_whose_answer_was_lost_puts_one_file(site: Site, request_id: str) -> None:
    plugin = site.plugin()
    site.fault(FaultKind.DROP_CONNECTION, method="POST", path=r"/request/\d+/comment$")
    with pytest.raises(OutcomeUnknown):
        plugin.add_comment(request_id, long(), "eb-1")
    for _ in range(2):
        plugin.add_comment(request_id, long(), "eb-1")
    assert len(stored(site, request_id)) == 1
    assert len(plugin.fetch_comments(request_id, None)) == 2  # the text, and what brought the file


def test_a_file_is_never_read_by_more_people_than_the_comment(site: Site, ticket: Ticket) -> None:
    restricted = site.plugin(private_comment_role=INTEGRATIONS)
    comment = restricted.add_comment(ticket.ref.id, long(), "eb-1")
    assert "All of it stands in the linked ticket" in comment.body.text
    along = site.plugin(private_comment_role=INTEGRATIONS, customers_read_comments=True)
    along.add_comment(ticket.ref.id, long(OTHER), "eb-2")
    assert stored(site, ticket.ref.id) == []
    along.add_comment(ticket.ref.id, long(OTHER, PUBLIC), "eb-3")
    assert len(stored(site, ticket.ref.id)) == 1


def test_what_fits_is_written_where_files_are_not_taken(site: Site, ticket: Ticket) -> None:
    site.fault(FaultKind.FORBIDDEN, method="POST", path="/attachments$")
    comment = site.plugin().add_comment(ticket.ref.id, long(), "eb-1")
    assert "All of it stands in the linked ticket" in comment.body.text


def test_the_file_follows_a_new_text_and_goes_with_it(site: Site, request_id: str) -> None:
    plugin = site.plugin()
    comment = plugin.add_comment(request_id, long(), "eb-1")
    for _ in range(2):
        edited = plugin.edit_comment(request_id, comment.id, long(OTHER), "eb-1")
        assert contents(site, request_id) == [from_text(OTHER).text]
    [file] = stored(site, request_id)
    assert file["filename"] in edited.body.text
    plugin.edit_comment(request_id, comment.id, long("short"), "eb-1")
    assert stored(site, request_id) == []
    assert [each.body.text for each in plugin.fetch_comments(request_id, None)] == ["short"]


@pytest.mark.parametrize("where", ["ticket", "request"])
def test_the_file_is_taken_back_with_the_comment(
    where: str, site: Site, ticket: Ticket, request_id: str
) -> None:
    plugin = site.plugin()
    issue_id = ticket.ref.id if where == "ticket" else request_id
    comment = plugin.add_comment(issue_id, long(), "eb-1")
    other = plugin.add_comment(issue_id, long(OTHER), "eb-11")
    plugin.delete_comment(issue_id, comment.id)
    assert contents(site, issue_id) == [from_text(OTHER).text]
    plugin.delete_comment(issue_id, other.id)
    assert (stored(site, issue_id), plugin.fetch_comments(issue_id, None)) == ([], ())
