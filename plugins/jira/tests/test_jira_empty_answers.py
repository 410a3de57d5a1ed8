"""A site in trouble may answer 200 and nothing: that is no answer, and never says that there is nothing.

The conformance kit meets each request of each hook with it. Here is what the kit does not ask for, and which request is meant.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from escalation_bridge.domain.tickets.tickets import CommentDraft, TicketChange, TicketDraft, Visibility
from escalation_bridge.errors import OutcomeUnknown, TicketNotFound, UnreadableAnswer
from escalation_bridge.text.rich_text import from_text
from escalation_bridge_sandbox.jira import seed
from escalation_bridge_sandbox.kernel.faults import FaultKind

Site = Any
Ask = Callable[[Any], object]
KEY = "eb-00000000000000000001"
CALLBACK = "http://127.0.0.1:9/webhooks/jira-main"
EMPTY = pytest.mark.parametrize("body", ["", "{}"], ids=["no body", "empty object"])


@EMPTY
def test_no_answer_is_not_a_workflow_that_ends_here(site: Site, draft: TicketDraft, body: str) -> None:
    """Whoever takes it for an issue without transitions gives the status up for good."""
    plugin = site.plugin()
    ticket = plugin.create_ticket(draft, KEY)
    site.fault(FaultKind.EMPTY_200, method="GET", path="/transitions$", body=body)
    change = TicketChange(status="open")
    with pytest.raises(UnreadableAnswer, match="transitions is no list"):
        plugin.update_ticket(ticket.ref.id, change, ticket)
    assert plugin.update_ticket(ticket.ref.id, change, ticket).status.name == "In Progress"


ASKED: dict[str, tuple[Ask, str, str]] = {
    "the search for changes": (
        lambda plugin: plugin.changes_since(plugin.changes_since(None).cursor),
        "/search",
        "issues is no list",
    ),
    "where following begins": (lambda plugin: plugin.changes_since(None), "/serverInfo$", "version"),
    "the kind of site": (lambda plugin: plugin.check_connection(), "/serverInfo$", "version"),
    "the account": (lambda plugin: plugin.check_connection(), "/myself$", "own id is missing"),
    "the permissions": (lambda plugin: plugin.check_connection(), "/mypermissions$", "permissions is missing"),
    "the statuses": (lambda plugin: plugin.describe_fields(), "/project/ENG/statuses$", "is no list"),
    "the statuses of a draft": (lambda plugin: plugin.describe_draft({}), r"/project/\d+/statuses$", "is no list"),
    "the form of a request": (
        lambda plugin: plugin.describe_draft({"project": "HELP", "request_type": "Get help"}),
        r"/requesttype/\d+/field$",
        "requestTypeFields is no list",
    ),
    "the webhooks": (lambda plugin: plugin.subscribe_webhooks(CALLBACK, "secret"), "/webhooks?$", "is no list"),
}  # fmt: skip


@EMPTY
@pytest.mark.parametrize(("ask", "path", "told"), ASKED.values(), ids=ASKED)
def test_no_answer_is_told_as_such(site: Site, ask: Ask, path: str, told: str, body: str) -> None:
    site.fault(FaultKind.EMPTY_200, method=None, path=path, body=body)
    with pytest.raises(UnreadableAnswer, match=told):
        ask(site.plugin())
    assert not site.sandbox.faults.armed()
    assert site.writes("POST", "/webhook") == []


@EMPTY
def test_no_answer_is_not_a_workflow_that_nobody_may_see(make_site: Any, body: str) -> None:
    """That one is put together from examples, with a search for each status."""
    site = make_site("cloud")
    site.fault(FaultKind.EMPTY_200, method="POST", path="/workflows$", body=body)
    with pytest.raises(UnreadableAnswer, match="workflows is no list"):
        site.plugin().describe_draft({})


@EMPTY
def test_no_answer_is_no_request_without_clocks(site: Site, body: str) -> None:
    asked = {"serviceDeskId": "1", "requestTypeId": "10", "requestFieldValues": {"summary": "Help"}}
    request = site.call(seed.CUSTOMER, "POST", "/rest/servicedeskapi/request", asked)["issueId"]
    site.fault(FaultKind.EMPTY_200, method="GET", path="/sla$", body=body)
    with pytest.raises(UnreadableAnswer, match="values is no list"):
        site.plugin().native_clocks(request)


@EMPTY
def test_no_answer_about_itself_does_not_give_its_own_request_away(
    site: Site, draft: TicketDraft, body: str
) -> None:
    """A request that was cut off before it was marked is known by its opener; taken for somebody's, it would be raised again."""
    wanted = replace(draft, fields={"project": "HELP", "request_type": "Get help"})
    plugin = site.plugin()
    site.fault(FaultKind.SERVER_ERROR, method="PUT", path="/properties/", times=-1)
    with pytest.raises(OutcomeUnknown, match="was created but cannot be read"):
        plugin.create_ticket(wanted, KEY)
    site.sandbox.faults.clear()
    site.fault(FaultKind.EMPTY_200, method="GET", path="/myself$", body=body)
    with pytest.raises(UnreadableAnswer, match="own id is missing"):
        plugin.find_ticket(KEY, None)
    assert plugin.find_ticket(KEY, None).bridge_key == KEY


@EMPTY
@pytest.mark.parametrize("hook", ["edit_comment", "delete_comment"])
def test_no_answer_is_not_somebody_elses_comment(
    site: Site, draft: TicketDraft, body: str, hook: str
) -> None:
    plugin = site.plugin()
    ticket = plugin.create_ticket(draft, KEY).ref.id
    said = plugin.add_comment(ticket, CommentDraft(from_text("first"), Visibility.PRIVATE), KEY)
    second = CommentDraft(from_text("second"), Visibility.PRIVATE)
    calls = {
        "edit_comment": lambda: plugin.edit_comment(ticket, said.id, second, KEY),
        "delete_comment": lambda: plugin.delete_comment(ticket, said.id),
    }
    site.fault(FaultKind.EMPTY_200, method="GET", path=f"/comment/{said.id}$", body=body)
    with pytest.raises(UnreadableAnswer, match="id is missing"):
        calls[hook]()


@EMPTY
def test_no_answer_about_permissions_is_no_deleted_ticket(site: Site, body: str) -> None:
    """Jira says 404 of what it does not show, too, so it is asked what the account may see."""
    plugin = site.plugin()
    site.fault(FaultKind.EMPTY_200, method="GET", path="/mypermissions$", body=body)
    with pytest.raises(UnreadableAnswer, match="permissions is missing"):
        plugin.fetch_ticket("99999")
    with pytest.raises(TicketNotFound):
        plugin.fetch_ticket("99999")


@EMPTY
def test_a_reading_without_the_comment_is_no_breach(make_site: Any, body: str) -> None:
    """Data Center's service desk tells who reads a comment. An empty answer of it is asked again, and nothing is deleted."""
    site = make_site("datacenter")
    asked = {"serviceDeskId": "1", "requestTypeId": "10", "requestFieldValues": {"summary": "Help"}}
    request = site.call(seed.CUSTOMER, "POST", "/rest/servicedeskapi/request", asked)["issueId"]
    draft = CommentDraft(from_text("Ours."), Visibility.PRIVATE)
    plugin = site.plugin()
    site.fault(FaultKind.EMPTY_200, method="GET", path=r"/request/\d+/comment/\d+$", body=body)
    with pytest.raises(UnreadableAnswer, match="id is missing"):
        plugin.add_comment(request, draft, KEY)
    assert plugin.add_comment(request, draft, KEY).visibility is Visibility.PRIVATE
    assert site.writes("DELETE") == []
    assert len(site.writes("POST", "/comment")) == 1
