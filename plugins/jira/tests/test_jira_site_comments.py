"""Comments at the stand-ins: written once, with exactly the visibility asked for, in all kinds of projects."""

from typing import Any

import pytest

from escalation_bridge.domain.tickets.tickets import CommentDraft, Role, Ticket, TicketDraft, Visibility
from escalation_bridge.errors import (
    NotApplied,
    OutcomeUnknown,
    PrivacyBreach,
    Rejected,
    UnreadableAnswer,
    VendorError,
)
from escalation_bridge.text.rich_text import from_html, from_text
from escalation_bridge_sandbox.jira import seed
from escalation_bridge_sandbox.jira.rules.permissions import INTEGRATIONS
from escalation_bridge_sandbox.kernel.faults import FaultKind

Site = Any
KEY = "eb-0123456789abcdef0123"
PUBLIC, PRIVATE = Visibility.PUBLIC, Visibility.PRIVATE
TEXT = from_html("<p>It is the <strong>new</strong> gateway.</p><ul><li>one</li></ul>")


@pytest.fixture
def ticket(site: Site, draft: TicketDraft) -> Ticket:
    """An issue of a software project."""
    made: Ticket = site.plugin().create_ticket(draft, KEY)
    return made


@pytest.fixture
def request_id(site: Site) -> str:
    """A request that a customer made in the service project."""
    body = {
        "serviceDeskId": "1",
        "requestTypeId": "10",
        "requestFieldValues": {"summary": "Cannot pay", "description": "Since this morning"},
    }
    made = site.call(seed.CUSTOMER, "POST", "/rest/servicedeskapi/request", body)
    return str(made["issueId"])


def seen_by_customer(site: Site, request_id: str) -> list[str]:
    path = f"/rest/servicedeskapi/request/{request_id}/comment"
    return [each["body"] for each in site.call(seed.CUSTOMER, "GET", path)["values"]]


# --- software and business projects -----------------------------------------------------------------------------------


@pytest.mark.parametrize("visibility", [PUBLIC, PRIVATE])
def test_a_comment_is_written_and_recognised(visibility: Visibility, site: Site, ticket: Ticket) -> None:
    plugin = site.plugin()
    comment = plugin.add_comment(ticket.ref.id, CommentDraft(TEXT, visibility), "eb-1")
    assert comment.body.html == TEXT.html
    assert comment.marker == "eb-1"
    assert comment.visibility is PRIVATE  # nobody but colleagues reads an issue of this project
    assert plugin.fetch_comments(ticket.ref.id, None) == (comment,)


def test_others_comments_are_read_oldest_first_without_a_mark(site: Site, ticket: Ticket) -> None:
    path = f"/rest/api/2/issue/{ticket.key}/comment"
    for body in ("first *one*", "second", "third"):
        site.call(seed.DEVELOPER, "POST", path, {"body": body})
    plugin = site.plugin()
    comments = plugin.fetch_comments(ticket.ref.id, None)
    assert [comment.body.text for comment in comments] == ["first one", "second", "third"]
    assert [comment.marker for comment in comments] == [None] * 3
    assert comments[0].author.id == site.user(seed.DEVELOPER)
    assert comments[0].author.role is Role.AGENT
    assert plugin.fetch_comments(ticket.ref.id, comments[0].id) == comments[1:]
    assert plugin.fetch_comments(ticket.ref.id, comments[2].id) == ()


def test_many_comments_are_read_page_by_page(site: Site, ticket: Ticket) -> None:
    path = f"/rest/api/2/issue/{ticket.key}/comment"
    for number in range(105):
        site.call(seed.DEVELOPER, "POST", path, {"body": f"no {number}"})
        site.sandbox.clock.advance(2)  # not so fast that Cloud's limit of writes per issue is reached
    comments = site.plugin().fetch_comments(ticket.ref.id, None)
    assert [comment.body.text for comment in comments] == [f"no {number}" for number in range(105)]


@pytest.mark.parametrize("fault", [FaultKind.TIMEOUT_AFTER_WRITE, FaultKind.DROP_CONNECTION])
def test_a_comment_whose_answer_was_lost_is_found_and_not_repeated(
    fault: FaultKind, site: Site, ticket: Ticket
) -> None:
    plugin = site.plugin()
    site.fault(fault, method="POST", path="/comment", seconds=1)
    draft = CommentDraft(TEXT, PRIVATE)
    with pytest.raises(OutcomeUnknown):
        plugin.add_comment(ticket.ref.id, draft, "eb-1")
    again = plugin.add_comment(ticket.ref.id, draft, "eb-1")
    assert plugin.add_comment(ticket.ref.id, draft, "eb-1") == again
    assert [comment.marker for comment in plugin.fetch_comments(ticket.ref.id, None)] == ["eb-1"]


def test_private_comments_can_be_kept_to_a_role(site: Site, ticket: Ticket) -> None:
    plugin = site.plugin(private_comment_role=INTEGRATIONS, customers_read_comments=True)
    private = plugin.add_comment(ticket.ref.id, CommentDraft(from_text("secret"), PRIVATE), "eb-1")
    public = plugin.add_comment(ticket.ref.id, CommentDraft(from_text("open"), PUBLIC), "eb-2")
    assert (private.visibility, public.visibility) == (PRIVATE, PUBLIC)
    path = f"/rest/api/2/issue/{ticket.key}/comment"
    assert [each["body"] for each in site.call(seed.DEVELOPER, "GET", path)["comments"]] == ["open"]


def test_a_private_comment_is_never_written_where_customers_would_read_it(site: Site, ticket: Ticket) -> None:
    plugin = site.plugin(customers_read_comments=True)
    with pytest.raises(Rejected, match="private_comment_role or private_comment_group"):
        plugin.add_comment(ticket.ref.id, CommentDraft(TEXT, PRIVATE), "eb-1")
    assert plugin.fetch_comments(ticket.ref.id, None) == ()


def test_a_long_comment_is_cut_with_a_notice(site: Site, ticket: Ticket) -> None:
    long = CommentDraft(from_text("words {and} more " * 10_000), PRIVATE)
    comment = site.plugin().add_comment(ticket.ref.id, long, "eb-1")
    assert "Shortened" in comment.body.text
    there = site.call(seed.ADMIN, "GET", f"/rest/api/2/issue/{ticket.ref.id}?fields=attachment")
    [file] = there["fields"]["attachment"]
    assert file["size"] == len(long.body.text)
    assert file["filename"] in comment.body.text


# --- service projects ---------------------------------------------------------------------------------------------------


def test_private_is_internal_and_public_is_shown_to_the_customer(site: Site, request_id: str) -> None:
    plugin = site.plugin()
    private = plugin.add_comment(request_id, CommentDraft(from_text("for us"), PRIVATE), "eb-1")
    public = plugin.add_comment(request_id, CommentDraft(from_text("for you"), PUBLIC), "eb-2")
    assert (private.visibility, public.visibility) == (PRIVATE, PUBLIC)
    assert seen_by_customer(site, request_id) == ["for you"]
    read = plugin.fetch_comments(request_id, None)
    assert [(c.id, c.visibility, c.marker) for c in read] == [
        (private.id, PRIVATE, "eb-1"),
        (public.id, PUBLIC, "eb-2"),
    ]


def test_comments_of_customers_and_agents_are_told_apart(site: Site, request_id: str) -> None:
    path = f"/rest/servicedeskapi/request/{request_id}/comment"
    site.call(seed.CUSTOMER, "POST", path, {"body": "Any news?", "public": True})
    site.call(seed.DEVELOPER, "POST", path, {"body": "Not yet", "public": True})
    site.call(seed.DEVELOPER, "POST", path, {"body": "Who knows this?", "public": False})
    comments = site.plugin().fetch_comments(request_id, None)
    assert [(c.body.text, c.visibility) for c in comments] == [
        ("Any news?", PUBLIC),
        ("Not yet", PUBLIC),
        ("Who knows this?", PRIVATE),
    ]
    assert [c.author.role for c in comments] == [Role.CUSTOMER, Role.AGENT, Role.AGENT]


def test_a_private_comment_that_came_out_public_is_deleted_and_told(
    site: Site, request_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A service desk that stores what it was not asked to."""
    monkeypatch.setattr("escalation_bridge_sandbox.jira.servicedesk.requests.INTERNAL_COMMENT", "not.heeded")
    with pytest.raises(PrivacyBreach, match="was to be private and came out public; it was deleted"):
        site.plugin().add_comment(request_id, CommentDraft(from_text("for us"), PRIVATE), "eb-1")
    assert seen_by_customer(site, request_id) == []


def test_an_internal_comment_goes_the_service_desks_way(site: Site, request_id: str) -> None:
    site.plugin().add_comment(request_id, CommentDraft(from_html("<p>for <b>us</b></p>"), PRIVATE), "eb-1")
    [written] = site.writes("POST", "/comment")
    assert written.path == f"/rest/servicedeskapi/request/{request_id}/comment"
    assert written.body == {"body": "for *us*", "public": False}


@pytest.mark.parametrize(
    ("fault", "method", "path"),
    [
        (FaultKind.TIMEOUT_AFTER_WRITE, "POST", r"/request/\d+/comment$"),
        (FaultKind.FORBIDDEN, "PUT", "/properties/"),
    ],
    ids=["comment", "key"],
)
def test_an_internal_comment_whose_answer_was_lost_is_known_by_its_words(
    fault: FaultKind, method: str, path: str, site: Site, request_id: str
) -> None:
    plugin = site.plugin()
    text = from_html("<p>See <b>the log</b>:</p><ul><li>one</li><li>two</li></ul>")
    # Neither an agent's comment of these words nor a public one of the bridge is taken for it.
    there = f"/rest/servicedeskapi/request/{request_id}/comment"
    body = "See *the log*:\n\n* one\n* two"
    site.call(seed.DEVELOPER, "POST", there, {"body": body, "public": False})
    site.call(seed.BRIDGE, "POST", there, {"body": body, "public": True})
    site.fault(fault, method=method, path=path, seconds=1)
    with pytest.raises(VendorError):
        plugin.add_comment(request_id, CommentDraft(text, PRIVATE), "eb-1")
    plugin.add_comment(request_id, CommentDraft(text, PRIVATE), "eb-1")
    plugin.add_comment(request_id, CommentDraft(text, PRIVATE), "eb-2")
    comments = plugin.fetch_comments(request_id, None)
    assert [(each.visibility, each.marker) for each in comments] == [
        (PRIVATE, None),
        (PUBLIC, None),
        (PRIVATE, "eb-1"),
        (PRIVATE, "eb-2"),
    ]


def test_a_breach_that_cannot_be_undone_says_so(
    site: Site, request_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("escalation_bridge_sandbox.jira.servicedesk.requests.INTERNAL_COMMENT", "not.heeded")
    site.fault(FaultKind.FORBIDDEN, method="DELETE", path="/comment")
    with pytest.raises(PrivacyBreach, match="it could NOT be deleted"):
        site.plugin().add_comment(request_id, CommentDraft(from_text("for us"), PRIVATE), "eb-1")


def test_a_comment_found_again_is_checked_like_a_new_one(site: Site, request_id: str) -> None:
    """The first attempt wrote it, and heard no answer; meanwhile somebody shared it with the customer."""
    plugin = site.plugin()
    comment = plugin.add_comment(request_id, CommentDraft(from_text("for us"), PRIVATE), "eb-1")
    shared = {"properties": [{"key": "sd.public.comment", "value": {"internal": False}}], "body": "for us"}
    site.call(seed.BRIDGE, "PUT", f"/rest/api/2/issue/{request_id}/comment/{comment.id}", shared)
    with pytest.raises(PrivacyBreach):
        plugin.add_comment(request_id, CommentDraft(from_text("for us"), PRIVATE), "eb-1")


def test_a_public_comment_that_came_out_internal_is_no_success(site: Site, request_id: str) -> None:
    plugin = site.plugin()
    comment = plugin.add_comment(request_id, CommentDraft(from_text("for you"), PUBLIC), "eb-1")
    hidden = {"properties": [{"key": "sd.public.comment", "value": {"internal": True}}], "body": "for you"}
    site.call(seed.BRIDGE, "PUT", f"/rest/api/2/issue/{request_id}/comment/{comment.id}", hidden)
    with pytest.raises(NotApplied, match="was to be public"):
        plugin.add_comment(request_id, CommentDraft(from_text("for you"), PUBLIC), "eb-1")


def test_an_issue_of_a_service_project_that_is_no_request_takes_internal_comments(
    site: Site, draft: TicketDraft
) -> None:
    """Data Center's service desk does not know such an issue; the property that it stored tells."""
    plugin = site.plugin(project="HELP", issue_type="Service Request")
    ticket = plugin.create_ticket(draft, KEY)
    site.fault(FaultKind.SERVER_ERROR, path="/rest/servicedeskapi/", status=404)
    comment = plugin.add_comment(ticket.ref.id, CommentDraft(from_text("for us"), PRIVATE), "eb-1")
    assert comment.visibility is PRIVATE


def test_the_service_desks_clocks_are_shown(site: Site, request_id: str, ticket: Ticket) -> None:
    plugin = site.plugin()
    clocks = plugin.native_clocks(request_id)
    assert [clock.name for clock in clocks] == ["Time to first response", "Time to resolution"]
    assert all(clock.due is not None and not clock.breached for clock in clocks)
    plugin.add_comment(request_id, CommentDraft(from_text("We look at it"), PUBLIC), "eb-1")
    first, _ = plugin.native_clocks(request_id)
    assert first.due is None
    assert plugin.native_clocks(ticket.ref.id) == ()


def test_where_it_cannot_be_told_who_reads_nothing_is_written(site: Site, ticket: Ticket) -> None:
    site.fault(FaultKind.EMPTY_200, method="GET", path=rf"/issue/{ticket.ref.id}$", times=1)
    with pytest.raises(UnreadableAnswer, match="who reads comments cannot be told"):
        site.plugin().add_comment(ticket.ref.id, CommentDraft(TEXT, PRIVATE), "eb-1")
    assert site.writes("POST", "/comment") == []


@pytest.mark.parametrize("visibility", list(Visibility))
def test_where_the_site_keeps_no_properties_a_comment_is_known_by_its_words(
    visibility: Visibility, site: Site, draft: TicketDraft, capsys: pytest.CaptureFixture[str]
) -> None:
    site.call(seed.ADMIN, "PUT", "/_sandbox/comment-properties", {"kept": False})
    plugin = site.plugin()
    ticket = plugin.create_ticket(draft, KEY).ref.id
    said = CommentDraft(
        from_html("<p><b>Dewi</b>, 09:00:</p><blockquote><p>Still <i>broken</i>.</p></blockquote>"),
        visibility,
    )
    site.fault(FaultKind.DROP_CONNECTION, method="POST", path="/comment$")
    with pytest.raises(OutcomeUnknown):
        plugin.add_comment(ticket, said, "eb-1")
    again = plugin.add_comment(ticket, said, "eb-1")
    assert [each.id for each in plugin.fetch_comments(ticket, None)] == [again.id]
    other = plugin.add_comment(ticket, CommentDraft(from_text("Another one."), visibility), "eb-2")
    assert other.id != again.id
    told = capsys.readouterr().out
    assert "jira.comment_known_by_its_words" in told
    assert "jira.comment_properties_not_kept" in told


def test_what_somebody_else_says_in_the_same_words_is_not_the_bridges(site: Site, draft: TicketDraft) -> None:
    plugin = site.plugin()
    ticket = plugin.create_ticket(draft, KEY).ref.id
    site.call(seed.DEVELOPER, "POST", f"/rest/api/2/issue/{ticket}/comment", {"body": "Same words."})
    plugin.add_comment(ticket, CommentDraft(from_text("Same words."), Visibility.PRIVATE), "eb-1")
    assert len(plugin.fetch_comments(ticket, None)) == 2
