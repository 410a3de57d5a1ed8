"""The bridge's own comments at the stand-ins, changed and taken back, in all kinds of projects."""

from typing import Any

import pytest

from escalation_bridge.domain.tickets.tickets import Comment, CommentDraft, Ticket, TicketDraft, Visibility
from escalation_bridge.errors import (
    CommentNotFound,
    NotApplied,
    PermissionDenied,
    PrivacyBreach,
    Rejected,
    TicketNotFound,
)
from escalation_bridge.text.rich_text import from_html, from_text
from escalation_bridge_sandbox.jira import seed
from escalation_bridge_sandbox.jira.rules.permissions import INTEGRATIONS, ROLES
from escalation_bridge_sandbox.kernel.faults import FaultKind

Site = Any
KEY = "eb-0123456789abcdef0123"
PUBLIC, PRIVATE = Visibility.PUBLIC, Visibility.PRIVATE


@pytest.fixture
def ticket(site: Site, draft: TicketDraft) -> Ticket:
    made: Ticket = site.plugin().create_ticket(draft, KEY)
    return made


@pytest.fixture
def request_id(site: Site) -> str:
    body = {"serviceDeskId": "1", "requestTypeId": "10", "requestFieldValues": {"summary": "Cannot pay"}}
    return str(site.call(seed.CUSTOMER, "POST", "/rest/servicedeskapi/request", body)["issueId"])


def said(plugin: Any, ticket_id: str, text: str, visibility: Visibility = PRIVATE) -> Comment:
    made: Comment = plugin.add_comment(ticket_id, CommentDraft(from_text(text), visibility), "eb-1")
    return made


def reworded(plugin: Any, comment: Comment, text: str, visibility: Visibility = PRIVATE) -> Comment:
    draft = CommentDraft(from_text(text), visibility)
    made: Comment = plugin.edit_comment(comment.ticket.id, comment.id, draft, "eb-1")
    return made


def test_a_comment_gets_another_text_and_keeps_its_key(site: Site, ticket: Ticket) -> None:
    plugin = site.plugin()
    comment = said(plugin, ticket.ref.id, "one")
    text = from_html("<p>It is the <strong>new</strong> gateway.</p>")
    for _ in range(2):
        edited = plugin.edit_comment(ticket.ref.id, comment.id, CommentDraft(text, PRIVATE), "eb-1")
    assert (edited.id, edited.body.html, edited.marker) == (comment.id, text.html, "eb-1")
    assert plugin.fetch_comments(ticket.ref.id, None) == (edited,)
    [written] = site.writes("PUT", "/comment/")
    assert {"key": "escalation-bridge", "value": {"key": "eb-1"}} in written.body["properties"]


def test_a_change_of_the_formatting_alone_is_a_change(site: Site, ticket: Ticket) -> None:
    plugin = site.plugin()
    comment = said(plugin, ticket.ref.id, "one two")
    draft = CommentDraft(from_html("<p>one <strong>two</strong></p>"), PRIVATE)
    assert "<strong>" in plugin.edit_comment(ticket.ref.id, comment.id, draft, "eb-1").body.html


@pytest.mark.parametrize("visibility", [PUBLIC, PRIVATE])
def test_who_reads_it_is_said_again_in_a_service_project(
    visibility: Visibility, site: Site, request_id: str
) -> None:
    plugin = site.plugin()
    comment = said(plugin, request_id, "one", visibility)
    assert reworded(plugin, comment, "two", visibility).visibility is visibility
    [written] = site.writes("PUT", f"/comment/{comment.id}")[-1:]
    internal = {"key": "sd.public.comment", "value": {"internal": visibility is PRIVATE}}
    assert internal in written.body["properties"]


def test_a_restriction_to_a_role_is_said_again(site: Site, ticket: Ticket) -> None:
    plugin = site.plugin(private_comment_role=INTEGRATIONS, customers_read_comments=True)
    comment = said(plugin, ticket.ref.id, "one")
    assert reworded(plugin, comment, "two").visibility is PRIVATE
    [written] = site.writes("PUT", "/comment/")
    assert written.body["visibility"].items() >= {"type": "role", "value": INTEGRATIONS}.items()


def test_a_private_text_is_not_put_into_what_was_shared_since(site: Site, request_id: str) -> None:
    plugin = site.plugin()
    comment = said(plugin, request_id, "one")
    shared = {"properties": [{"key": "sd.public.comment", "value": {"internal": False}}]}
    site.call(seed.BRIDGE, "PUT", f"/rest/api/2/issue/{request_id}/comment/{comment.id}", shared)
    with pytest.raises(Rejected, match="customers read"):
        reworded(plugin, comment, "a secret")
    path = f"/rest/servicedeskapi/request/{request_id}/comment"
    assert [each["body"] for each in site.call(seed.CUSTOMER, "GET", path)["values"]] == ["one"]


def test_a_private_comment_that_an_edit_makes_public_is_deleted_and_told(
    site: Site, request_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A Jira that forgets what it is not told, and does not hear what it is."""
    plugin = site.plugin()
    comment = said(plugin, request_id, "one")
    change = "escalation_bridge_sandbox.jira.views.comments.change_comment"

    def forgets(session: Any, issue: Any, stored: Any, draft: Any) -> None:
        stored.body = draft.body
        stored.properties = {"sd.public.comment": {"internal": False}}

    monkeypatch.setattr(change, forgets)
    with pytest.raises(PrivacyBreach, match="it was deleted"):
        reworded(plugin, comment, "two")
    assert plugin.fetch_comments(request_id, None) == ()


def test_a_restriction_that_an_edit_loses_is_a_breach(
    site: Site, ticket: Ticket, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugin = site.plugin(private_comment_role=INTEGRATIONS)
    comment = said(plugin, ticket.ref.id, "one")

    def forgets(session: Any, issue: Any, stored: Any, draft: Any) -> None:
        stored.body, stored.visibility = draft.body, None

    monkeypatch.setattr("escalation_bridge_sandbox.jira.views.comments.change_comment", forgets)
    with pytest.raises(PrivacyBreach, match="lost its restriction"):
        reworded(plugin, comment, "two")
    assert plugin.fetch_comments(ticket.ref.id, None) == ()


def test_a_new_text_that_was_not_stored_is_no_success(site: Site, ticket: Ticket) -> None:
    plugin = site.plugin()
    comment = said(plugin, ticket.ref.id, "one")
    site.fault(FaultKind.EMPTY_200, method="PUT", path="/comment/")
    with pytest.raises(NotApplied, match="kept the old one"):
        reworded(plugin, comment, "two")


def test_nobody_elses_comment_is_touched(site: Site, ticket: Ticket) -> None:
    path = f"/rest/api/2/issue/{ticket.key}/comment"
    other = site.call(seed.DEVELOPER, "POST", path, {"body": "by hand"})["id"]
    plugin = site.plugin()
    with pytest.raises(Rejected, match="does not carry"):
        plugin.edit_comment(ticket.ref.id, other, CommentDraft(from_text("x"), PRIVATE), "eb-1")
    with pytest.raises(Rejected, match="does not carry"):
        plugin.delete_comment(ticket.ref.id, other)
    assert [each.body.text for each in plugin.fetch_comments(ticket.ref.id, None)] == ["by hand"]


def test_a_comment_is_taken_back_once_and_stays_away(site: Site, ticket: Ticket) -> None:
    plugin = site.plugin()
    comment = said(plugin, ticket.ref.id, "one")
    assert "deleted" in plugin.delete_comment(ticket.ref.id, comment.id).detail
    assert "gone already" in plugin.delete_comment(ticket.ref.id, comment.id).detail
    assert plugin.fetch_comments(ticket.ref.id, None) == ()
    with pytest.raises(CommentNotFound):
        reworded(plugin, comment, "two")


def test_a_deletion_that_did_nothing_is_no_success(site: Site, ticket: Ticket) -> None:
    plugin = site.plugin()
    comment = said(plugin, ticket.ref.id, "one")
    site.fault(FaultKind.EMPTY_200, method="DELETE", path="/comment/")
    with pytest.raises(NotApplied, match="it is there"):
        plugin.delete_comment(ticket.ref.id, comment.id)


def test_a_comment_out_of_sight_with_its_issue_is_not_called_deleted(site: Site, ticket: Ticket) -> None:
    plugin = site.plugin()
    comment = said(plugin, ticket.ref.id, "one")
    with pytest.raises(PermissionDenied):
        site.plugin(seed.CUSTOMER).delete_comment(ticket.ref.id, comment.id)
    site.call(seed.ADMIN, "DELETE", f"/rest/api/2/issue/{ticket.ref.id}")
    with pytest.raises(TicketNotFound):
        plugin.delete_comment(ticket.ref.id, comment.id)


@pytest.mark.parametrize(
    ("permission", "title"),
    [("EDIT_OWN_COMMENTS", "Edit own comments"), ("DELETE_OWN_COMMENTS", "Delete own comments")],
)
def test_a_permission_that_is_missing_is_named(
    permission: str, title: str, site: Site, ticket: Ticket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Jira says 400, in the account's language; the plugin asks which permission it is."""
    plugin = site.plugin()
    comment = said(plugin, ticket.ref.id, "one")
    for role, granted in ROLES.items():
        everybody = {permission, permission.replace("OWN", "ALL")}
        monkeypatch.setitem(ROLES, role, granted - everybody)  # type: ignore[arg-type] - a dict, as it is built
    attempts = {
        "EDIT_OWN_COMMENTS": lambda: reworded(plugin, comment, "two"),
        "DELETE_OWN_COMMENTS": lambda: plugin.delete_comment(ticket.ref.id, comment.id),
    }
    with pytest.raises(Rejected, match=f"lacks the permission '{title}'") as refused:
        attempts[permission]()
    assert "further comment" in refused.value.advice
