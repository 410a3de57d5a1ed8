"""Which operations of Atlassian's API descriptions the plugin uses, and that each request to them is valid."""

import hashlib
import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from pydantic import SecretStr

from escalation_bridge.domain.tickets.tickets import (
    CommentDraft,
    Priority,
    TicketChange,
    TicketDraft,
    TicketPointer,
    TicketRef,
    Visibility,
)
from escalation_bridge.errors import PrivacyBreach
from escalation_bridge.plugin.connection import Connection
from escalation_bridge.plugin.files import FileDraft
from escalation_bridge.text.rich_text import from_text
from escalation_bridge_jira.plugin import JiraPlugin
from escalation_bridge_sandbox.jira import seed
from escalation_bridge_sandbox.kernel.faults import FaultKind

Site = Any
CALLBACK = "http://127.0.0.1:9/webhooks/jira-main"
PUBLIC, PRIVATE = Visibility.PUBLIC, Visibility.PRIVATE
USED = """
    DELETE /rest/api/3/attachment/{id}
    DELETE /rest/api/3/issue/{id}/comment/{id}
    DELETE /rest/api/3/webhook
    GET /rest/api/3/attachment/content/{id}
    GET /rest/api/3/attachment/meta
    GET /rest/api/3/field
    GET /rest/api/3/issue/createmeta/ENG/issuetypes
    GET /rest/api/3/issue/createmeta/ENG/issuetypes/{id}
    GET /rest/api/3/issue/{id}
    GET /rest/api/3/issue/{id}/comment
    GET /rest/api/3/issue/{id}/comment/{id}
    GET /rest/api/3/issue/{id}/editmeta
    GET /rest/api/3/issue/{id}/transitions
    GET /rest/api/3/mypermissions
    GET /rest/api/3/myself
    GET /rest/api/3/project/ENG
    GET /rest/api/3/project/ENG/statuses
    GET /rest/api/3/project/{id}/statuses
    GET /rest/api/3/project/search
    GET /rest/api/3/serverInfo
    GET /rest/api/3/user/permission/search
    GET /rest/api/3/user/assignable/search
    GET /rest/api/3/webhook
    GET /rest/servicedeskapi/request/{id}
    GET /rest/servicedeskapi/request/{id}/comment
    GET /rest/servicedeskapi/request/{id}/sla
    GET /rest/servicedeskapi/servicedesk/HELP
    GET /rest/servicedeskapi/servicedesk/HELP/customer
    GET /rest/servicedeskapi/servicedesk/{id}/requesttype
    GET /rest/servicedeskapi/servicedesk/{id}/requesttype/{id}/field
    POST /rest/api/3/issue
    POST /rest/api/3/issue/{id}/attachments
    POST /rest/api/3/issue/{id}/comment
    POST /rest/api/3/issue/{id}/remotelink
    POST /rest/api/3/issue/{id}/transitions
    POST /rest/api/3/search/jql
    POST /rest/api/3/webhook
    POST /rest/api/3/workflows
    POST /rest/servicedeskapi/request
    POST /rest/servicedeskapi/request/{id}/attachment
    POST /rest/servicedeskapi/request/{id}/comment
    POST /rest/servicedeskapi/servicedesk/{id}/attachTemporaryFile
    PUT /rest/api/3/comment/{id}/properties/escalation-bridge
    PUT /rest/api/3/issue/{id}
    PUT /rest/api/3/issue/{id}/assignee
    PUT /rest/api/3/issue/{id}/comment/{id}
    PUT /rest/api/3/issue/{id}/properties/escalation-bridge
    PUT /rest/api/3/issue/{id}/properties/escalation-bridge-files
    PUT /rest/api/3/webhook/refresh
    """
"""Keys stand for themselves. What is not here: `GET /status` without a project, `GET` of a comment at the service desk on Data Center."""


def file(visibility: Visibility) -> FileDraft:
    digest = hashlib.sha256(b"log").hexdigest()
    return FileDraft("app.log", "text/plain", 3, digest, visibility, lambda: io.BytesIO(b"log"))


def use_everything(site: Site, draft: TicketDraft) -> None:
    """Every hook, at an issue and at a request, with a token and as an app."""
    plugin = site.plugin()
    plugin.check_connection()
    cursor = plugin.changes_since(None).cursor
    ticket = plugin.create_ticket(draft, "eb-1")
    plugin.describe_fields()
    plugin.describe_draft({})
    plugin.describe_kinds()
    plugin.find_assignee(seed.DEVELOPER.email, {})
    plugin.find_ticket("eb-1", None)
    plugin.find_by_key(ticket.key)
    change = TicketChange(
        status="Closed",
        priority=Priority.URGENT,
        assignee=seed.DEVELOPER.account_id,
        add_tags=("x",),
        fields={"components": ["Payments"]},
    )
    plugin.update_ticket(ticket.ref.id, change, ticket)
    plugin.is_own_status(ticket.ref.id, ticket.status.id)
    said = plugin.add_comment(ticket.ref.id, CommentDraft(from_text("x"), PRIVATE), "eb-2")
    plugin.edit_comment(ticket.ref.id, said.id, CommentDraft(from_text("y"), PRIVATE), "eb-2")
    plugin.add_attachment(ticket.ref.id, file(PRIVATE), "eb-3")
    body = {"body": "See [^app.log]"}
    site.call(seed.DEVELOPER, "POST", f"/rest/api/2/issue/{ticket.ref.id}/comment", body)
    plugin.fetch_comments(ticket.ref.id, None)
    plugin.link_ticket(ticket.ref.id, pointer(), "eb-4")
    plugin.changes_since(cursor)
    made = {"serviceDeskId": "1", "requestTypeId": "10", "requestFieldValues": {"summary": "s"}}
    request = site.call(seed.CUSTOMER, "POST", "/rest/servicedeskapi/request", made)["issueId"]
    plugin.add_comment(request, CommentDraft(from_text("x"), PRIVATE), "eb-8")
    plugin.add_attachment(request, file(PRIVATE), "eb-5")
    [_, comment] = plugin.fetch_comments(request, None)
    plugin.fetch_attachment(comment.attachments[0], io.BytesIO(), 9)
    plugin.native_clocks(request)
    asked = {"project": "HELP", "request_type": "Get help", "raise_on_behalf_of": seed.CUSTOMER.email}
    plugin.create_ticket(replace(draft, fields=asked), "eb-9")
    breach(site, plugin, request)
    plugin.subscribe_webhooks(CALLBACK, "a-secret-of-twenty-characters")
    plugin.list_subscriptions()
    as_an_app(site)


def pointer() -> TicketPointer:
    return TicketPointer(
        TicketRef("support", "1"), "#1", "https://support.example/1", "zendesk", "s", "open", done=False
    )


def as_an_app(site: Site) -> None:
    client = {"client_id": "bridge", "client_secret": SecretStr(seed.oauth_secret(seed.BRIDGE))}
    app = site.plugin(
        email=None,
        api_token=None,
        oauth={**client, "server": site.running.url},
        cloud_id=seed.CLOUD_ID,
        api_gateway=site.running.url,
    )
    # By the stand-in's clock, for it is about to be put forward.
    app = JiraPlugin(Connection("jira-main", app.connection.settings, site.sandbox.clock.now))
    site.plugins.append(app)
    app.subscribe_webhooks("http://127.0.0.1:9/old/webhooks/jira-main", "unused")
    app.subscribe_webhooks(CALLBACK, "unused")
    site.sandbox.clock.advance(15 * 86400)
    app.subscribe_webhooks(CALLBACK, "unused")


def breach(site: Site, plugin: Any, request: str) -> None:
    """An answer that says that a private file became public; the plugin deletes the file and its comment."""
    receipt = plugin.add_attachment(request, file(PUBLIC), "eb-6")
    comment = plugin.fetch_comments(request, None)[-1]
    shown = {"_links": {"jiraRest": f"{site.running.url}/rest/api/2/attachment/{receipt.remote_id}"}}
    answer = {"comment": {"id": comment.id, "public": True}, "attachments": {"values": [shown]}}
    site.fault(FaultKind.EMPTY_200, method="POST", path=r"/request/\d+/attachment$", body=json.dumps(answer))
    with pytest.raises(PrivacyBreach):
        plugin.add_attachment(request, file(PRIVATE), "eb-7")


def test_the_readme_counts_the_operations() -> None:
    readme = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    assert f"The {len(USED.strip().splitlines())} operations that the plugin uses" in readme


def test_every_operation_that_is_used_is_described_and_valid(
    make_site: Callable[..., Site],
    draft: TicketDraft,
    jira_openapi: Any,
    capsys: pytest.CaptureFixture[str],
) -> None:
    site = make_site("cloud")
    use_everything(site, draft)
    used, elsewhere = set(), set()
    for entry in site.sandbox.journal.entries(user=seed.BRIDGE.email):
        operation = (
            f"{entry.method} {re.sub(r'(?<!api)/(?:ENG-)?[0-9]+(?=/|$)', '/{id}', unquote(entry.path))}"
        )
        if not entry.path.startswith(("/rest/api/3/", "/rest/servicedeskapi/")):
            elsewhere.add(operation)
            continue
        path = f"{entry.path}?{entry.query}" if entry.query else entry.path
        jira_openapi.validate_request(entry.method, path, entry.body)
        assert 200 <= entry.status < 400, operation
        used.add(operation)
    with capsys.disabled():
        print(  # noqa: T201 - the number is what this test is run for
            f"\nThe Jira plugin uses {len(used)} described operations, all of them validly; beside them: {sorted(elsewhere)}"
        )
    named = set(map(str.strip, USED.strip().splitlines()))
    assert (sorted(used - named), sorted(named - used)) == ([], [])
    # Of admin webhooks and file stores there is no description.
    assert {each.split("/")[1] for each in elsewhere} <= {"rest", "secure"}
