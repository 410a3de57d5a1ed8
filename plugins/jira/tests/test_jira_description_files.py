"""Files of a description at the stand-ins: what was there from the beginning, and nothing that came later or from the bridge."""

import hashlib
import io
from typing import Any

from escalation_bridge.domain.tickets.tickets import (
    CommentDraft,
    Priority,
    TicketChange,
    TicketDraft,
    Visibility,
)
from escalation_bridge.plugin.files import FileDraft
from escalation_bridge.text.rich_text import from_text
from escalation_bridge_jira.files.attached import with_files
from escalation_bridge_sandbox.jira import seed
from escalation_bridge_sandbox.jira.model.issue import Attachment
from escalation_bridge_sandbox.jira.model.people import Person
from escalation_bridge_sandbox.kernel.faults import FaultKind

Site = Any
PUBLIC, PRIVATE = Visibility.PUBLIC, Visibility.PRIVATE
DESK = "/rest/servicedeskapi"


def draft_of(visibility: Visibility) -> FileDraft:
    content = b"log"
    digest = hashlib.sha256(content).hexdigest()
    return FileDraft("app.log", "text/plain", 3, digest, visibility, lambda: io.BytesIO(content))


def opened(site: Site, **fields: Any) -> str:
    """An issue that a colleague opens."""
    wanted = {"project": {"key": "ENG"}, "issuetype": {"name": "Bug"}, "summary": "s", **fields}
    made: str = site.call(seed.DEVELOPER, "POST", "/rest/api/2/issue", {"fields": wanted})["id"]
    return made


def asked(site: Site) -> str:
    """A request that a customer makes in the portal."""
    body = {"serviceDeskId": "1", "requestTypeId": "10", "requestFieldValues": {"summary": "Cannot pay"}}
    made: str = site.call(seed.CUSTOMER, "POST", f"{DESK}/request", body)["issueId"]
    return made


def put(site: Site, issue_id: str, name: str, person: Person) -> None:
    """The portal's form, and a colleague who drops a file on the issue, store it without a comment."""
    place = site.sandbox.site
    stored = Attachment(place.next_id("attachment"), name, "text/plain", 3, person.account_id, place.now())
    place.files[stored.id] = b"log"
    place.issues[issue_id].attachments.append(stored)


def names(site: Site, issue_id: str, **settings: Any) -> list[str]:
    return [file.name for file in site.plugin(**settings).fetch_ticket(issue_id).attachments]


def test_what_came_with_an_issue_is_told_and_can_be_fetched(site: Site) -> None:
    issue_id = opened(site)
    put(site, issue_id, "app.log", seed.DEVELOPER)
    put(site, issue_id, "theirs.log", seed.OTHER_DEVELOPER)
    site.sandbox.clock.advance(120)
    put(site, issue_id, "later.log", seed.DEVELOPER)
    plugin = site.plugin()
    ticket = plugin.fetch_ticket(issue_id)
    assert [file.name for file in ticket.attachments] == ["app.log"]
    into = io.BytesIO()
    plugin.fetch_attachment(ticket.attachments[0], into, 9)
    assert into.getvalue() == b"log"
    changed = plugin.update_ticket(issue_id, TicketChange(priority=Priority.URGENT), ticket)
    assert changed.attachments == ticket.attachments


def test_what_the_description_shows_came_with_it_whoever_stored_it(site: Site, part: Any) -> None:
    """Read from a document, because the stand-in's documents have no media; Data Center's description is markup."""
    issue_id = opened(site)
    put(site, issue_id, "shot.png", seed.OTHER_DEVELOPER)
    put(site, issue_id, "theirs.log", seed.OTHER_DEVELOPER)
    site.sandbox.clock.advance(120)
    put(site, issue_id, "shot.png", seed.OTHER_DEVELOPER)
    version = 3 if site.deployment == "cloud" else 2
    raw = site.call(seed.BRIDGE, "GET", f"/rest/api/{version}/issue/{issue_id}")
    media = {"type": "media", "attrs": {"type": "file", "id": "5f", "collection": "", "alt": "shot.png"}}
    document = {"type": "doc", "version": 1, "content": [{"type": "mediaSingle", "content": [media]}]}
    raw["fields"]["description"] = document if version == 3 else "See !shot.png|thumbnail!"
    first = raw["fields"]["attachment"][0]["id"]
    ticket = with_files(site.plugin()._desk("fetch_ticket"), part(raw))
    assert [(file.id, file.name) for file in ticket.attachments] == [(first, "shot.png")]


def test_what_the_customer_gave_with_the_request_is_told(site: Site) -> None:
    request_id = asked(site)
    put(site, request_id, "receipt.pdf", seed.CUSTOMER)
    assert names(site, request_id) == ["receipt.pdf"]


def test_a_file_of_a_comment_is_not_the_descriptions(site: Site) -> None:
    """An agent opens the request for a customer and adds an internal file in the same minute."""
    body = {
        "serviceDeskId": "1",
        "requestTypeId": "10",
        "requestFieldValues": {"summary": "Cannot pay", "description": "See [^app.log]"},
        "raiseOnBehalfOf": site.user(seed.CUSTOMER),
    }
    request_id = site.call(seed.DEVELOPER, "POST", f"{DESK}/request", body)["issueId"]
    agent = site.plugin(seed.DEVELOPER)
    agent.add_attachment(request_id, draft_of(PRIVATE), "eb-other")
    site.call(seed.ADMIN, "DELETE", f"/rest/api/2/issue/{request_id}/properties/escalation-bridge-files")
    put(site, request_id, "contract.pdf", seed.DEVELOPER)
    assert names(site, request_id) == ["contract.pdf"]


def test_where_the_service_desk_does_not_tell_nothing_is_taken(site: Site) -> None:
    request_id = asked(site)
    put(site, request_id, "receipt.pdf", seed.CUSTOMER)
    site.fault(FaultKind.FORBIDDEN, path=r"/request/\d+/comment", times=-1)
    assert names(site, request_id) == []


def test_the_bridges_own_files_are_not_the_descriptions(site: Site, draft: TicketDraft) -> None:
    plugin = site.plugin()
    made = plugin.create_ticket(draft, "eb-1")
    plugin.add_attachment(made.ref.id, draft_of(PRIVATE), "eb-2")
    assert plugin.fetch_ticket(made.ref.id).attachments == ()
    site.call(seed.ADMIN, "DELETE", f"/rest/api/2/issue/{made.ref.id}/properties/escalation-bridge-files")
    assert plugin.fetch_ticket(made.ref.id).attachments == ()  # as after an upload whose answer was lost


def test_a_file_that_the_bridge_put_at_a_young_issue_is_not_the_descriptions(site: Site) -> None:
    issue_id = opened(site, description="See [^app.log]")
    site.plugin().add_attachment(issue_id, draft_of(PRIVATE), "eb-2")
    put(site, issue_id, "trace.log", seed.DEVELOPER)
    assert names(site, issue_id) == ["trace.log"]


def test_an_issue_without_early_files_costs_no_further_request(site: Site) -> None:
    request_id = asked(site)
    plugin = site.plugin()
    plugin.add_comment(request_id, CommentDraft(from_text("x"), PUBLIC), "eb-1")
    plugin.fetch_ticket(request_id)  # who works in the desk is asked once, and remembered
    site.sandbox.journal.clear()
    plugin.fetch_ticket(request_id)
    assert len(site.sandbox.journal.entries()) == 1
