"""How many requests each hook takes where nothing is unusual."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from escalation_bridge.domain.tickets.tickets import CommentDraft, Priority, TicketChange, Visibility
from escalation_bridge.text.rich_text import from_text
from escalation_bridge_sandbox.zendesk import ZendeskSandbox
from escalation_bridge_sandbox.zendesk.state import seed

Act = Any
KEY = "eb-0123456789abcdef0123"
PEOPLE = "GET /users/show_many"
WRITE = "PUT /tickets/{id}"
TICKET, COMMENTS = "GET /tickets/{id}", "GET /tickets/{id}/comments"


@pytest.fixture
def ticket_id(sandbox: ZendeskSandbox, connected: Any, act: Act) -> str:
    """A customer's ticket with an answer and a note; what the plugin asks once about the account was asked."""
    opened = act("POST", "/tickets", ticket={"subject": "Lost", "comment": {"body": "My order is lost."}})
    found = str(opened["ticket"]["id"])
    for public in (True, False):
        act("PUT", f"/tickets/{found}", ticket={"comment": {"body": "Seen.", "public": public}})
    connected.fetch_with_comments(found, None)
    return found


@pytest.fixture
def asked(sandbox: ZendeskSandbox) -> Any:
    """What the bridge asks for within a block."""

    @contextmanager
    def look() -> Iterator[list[str]]:
        sandbox.journal.clear()
        found: list[str] = []
        yield found
        found += [
            f"{entry.method} {_template(entry.path)}"
            for entry in sandbox.journal.entries(user=seed.BRIDGE.email)
        ]

    return look


def _template(path: str) -> str:
    steps = path.removeprefix("/api/v2").split("/")
    return "/".join("{id}" if step.isdigit() else step for step in steps)


def test_a_ticket_and_its_comments(connected: Any, asked: Any, ticket_id: str) -> None:
    known = connected.fetch_comments(ticket_id, None)[0].id
    for after in (None, known):
        with asked() as requests:
            read = connected.fetch_with_comments(ticket_id, after)
        assert requests == [TICKET, COMMENTS]
        assert len(read.comments) == (2 if after is None else 1)
        assert read.ticket.description_visibility is not None


def test_more_comments_than_a_page_holds(
    sandbox: ZendeskSandbox, connected: Any, asked: Any, act: Act, ticket_id: str
) -> None:
    for number in range(100):
        if number % 25 == 0:
            sandbox.clock.advance(601)  # thirty updates of a ticket in ten minutes
        act("PUT", f"/tickets/{ticket_id}", ticket={"comment": {"body": "More.", "public": True}})
    with asked() as requests:
        read = connected.fetch_with_comments(ticket_id, None)
    # The description does not stand on the page of the newest ones.
    assert requests == [TICKET, COMMENTS, COMMENTS, COMMENTS]
    assert len(read.comments) == 102
    assert read.ticket == connected.fetch_ticket(ticket_id)


def test_a_description_that_became_private_is_private(connected: Any, act: Act, ticket_id: str) -> None:
    first = act("GET", f"/tickets/{ticket_id}/comments")["comments"][0]["id"]
    act("PUT", f"/tickets/{ticket_id}/comments/{first}/make_private")
    assert connected.fetch_with_comments(ticket_id, None).ticket == connected.fetch_ticket(ticket_id)


@pytest.mark.parametrize("visibility", list(Visibility))
def test_a_comment(connected: Any, asked: Any, ticket_id: str, visibility: Visibility) -> None:
    connected.check_connection()
    draft = CommentDraft(from_text("We are on it."), visibility, first_attempt=True)
    with asked() as requests:
        written = connected.add_comment(ticket_id, draft, KEY)
    assert requests == [WRITE]
    assert written.visibility is visibility
    with asked() as requests:
        assert connected.add_comment(ticket_id, CommentDraft(draft.body, visibility), KEY).id == written.id
    assert requests == [COMMENTS, PEOPLE], "who the bridge is as an author is asked once"


def test_a_public_comment_in_a_ticket_that_nobody_has_read_yet(
    connect: Any, asked: Any, ticket_id: str
) -> None:
    """It may be a conversation, in which it would reach nobody."""
    other = connect()
    other.check_connection()
    draft = CommentDraft(from_text("We are on it."), Visibility.PUBLIC, first_attempt=True)
    with asked() as requests:
        other.add_comment(ticket_id, draft, KEY)
    assert requests == [COMMENTS, PEOPLE, WRITE]


@pytest.mark.parametrize("change", [TicketChange(priority=Priority.HIGH), TicketChange(status="On-hold")])
def test_a_change(connected: Any, asked: Any, ticket_id: str, change: TicketChange) -> None:
    expected = connected.fetch_ticket(ticket_id)
    with asked() as requests:
        changed = connected.update_ticket(ticket_id, change, expected)
    assert requests == [TICKET, WRITE], "the answer to the write shows the ticket"
    assert changed == connected.fetch_ticket(ticket_id)
    assert changed != expected


def test_a_change_that_a_trigger_goes_on_with(connected: Any, asked: Any, act: Act, ticket_id: str) -> None:
    trigger = {
        "title": "High priority gets a tag",
        "conditions": {"all": [{"field": "priority", "operator": "is", "value": "high"}], "any": []},
        "actions": [{"field": "set_tags", "value": "vip"}],
    }
    act("POST", "/triggers", as_user=seed.ADMIN.email, trigger=trigger)
    expected = connected.fetch_ticket(ticket_id)
    with asked() as requests:
        changed = connected.update_ticket(ticket_id, TicketChange(priority=Priority.HIGH), expected)
    assert requests == [TICKET, WRITE, TICKET, COMMENTS]
    assert changed.tags == ("vip",)


def test_a_change_to_an_agent_who_was_not_known(connected: Any, asked: Any, ticket_id: str) -> None:
    expected = connected.fetch_ticket(ticket_id)
    with asked() as requests:
        changed = connected.update_ticket(ticket_id, TicketChange(assignee=seed.AGENT_BUDI.email), expected)
    assert requests == [TICKET, "GET /users/search", WRITE, TICKET, COMMENTS]
    assert changed == connected.fetch_ticket(ticket_id)
