"""How many requests each hook takes where nothing is unusual."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from escalation_bridge.domain.tickets.tickets import (
    CommentDraft,
    Priority,
    TicketChange,
    TicketPointer,
    TicketRef,
    Visibility,
)
from escalation_bridge.text.rich_text import from_text
from escalation_bridge_sandbox.freshdesk.state import seed
from escalation_bridge_sandbox.kernel.journal import JournalEntry

Desk = Any
KEY = "eb-0123456789abcdef0123"
WRITE, NOTE, REPLY = "PUT /tickets/{id}", "POST /tickets/{id}/notes", "POST /tickets/{id}/reply"
TICKET, CONVERSATIONS = "GET /tickets/{id}", "GET /tickets/{id}/conversations"


@pytest.fixture
def ticket_id(desk: Desk) -> str:
    """A customer's ticket with a reply and a note; what the plugin asks once about the account was asked."""
    found = str(desk.customer_writes(subject="No receipt", body="I got none."))
    desk.agent("POST", f"/tickets/{found}/reply", {"body": "We are on it."})
    desk.agent("POST", f"/tickets/{found}/notes", {"body": "Seen.", "private": True})
    desk.plugin.fetch_with_comments(found, None)
    return found


@contextmanager
def asked(desk: Desk) -> Iterator[list[str]]:
    """What the bridge asks for within a block."""
    desk.sandbox.journal.clear()
    found: list[str] = []
    yield found
    found += map(_kind, desk.sandbox.journal.entries(user=seed.BRIDGE.email))


def _kind(entry: JournalEntry) -> str:
    steps = entry.path.removeprefix("/api/v2").split("/")
    return f"{entry.method} " + "/".join("{id}" if step.isdigit() else step for step in steps)


def test_a_ticket_and_its_comments(desk: Desk, ticket_id: str) -> None:
    with asked(desk) as requests:
        read = desk.plugin.fetch_with_comments(ticket_id, None)
    assert requests == [TICKET]
    assert read.comments == desk.plugin.fetch_comments(ticket_id, None)
    assert read.ticket == desk.plugin.fetch_ticket(ticket_id)


@pytest.mark.parametrize(("more", "listed"), [(7, []), (8, [CONVERSATIONS]), (9, [CONVERSATIONS])])
def test_more_comments_than_come_with_a_ticket(
    desk: Desk, ticket_id: str, more: int, listed: list[str]
) -> None:
    for number in range(more):
        desk.agent("POST", f"/tickets/{ticket_id}/notes", {"body": f"Note {number}", "private": True})
    with asked(desk) as requests:
        read = desk.plugin.fetch_with_comments(ticket_id, None)
    assert requests == [TICKET, *listed]
    assert len(read.comments) == 2 + more
    assert read.comments == desk.plugin.fetch_comments(ticket_id, None)


@pytest.mark.parametrize(
    "change",
    [
        TicketChange(priority=Priority.URGENT),
        TicketChange(status="Waiting on Third Party"),
        TicketChange(add_tags=("vip",), fields={seed.FIELD_ROOT_CAUSE: "Configuration"}),
    ],
)
def test_a_change(desk: Desk, ticket_id: str, change: TicketChange) -> None:
    expected = desk.plugin.fetch_ticket(ticket_id)
    with asked(desk) as requests:
        changed = desk.plugin.update_ticket(ticket_id, change, expected)
    assert requests == [TICKET, WRITE], "the answer to the write shows the ticket"
    assert changed == desk.plugin.fetch_ticket(ticket_id)
    assert changed != expected


@pytest.mark.parametrize(
    ("visibility", "wanted"), [(Visibility.PRIVATE, [NOTE]), (Visibility.PUBLIC, [TICKET, REPLY])]
)
def test_a_comment(desk: Desk, ticket_id: str, visibility: Visibility, wanted: list[str]) -> None:
    draft = CommentDraft(from_text("We are on it."), visibility, first_attempt=True)
    with asked(desk) as requests:
        written = desk.plugin.add_comment(ticket_id, draft, KEY)
    assert requests == wanted, "who is on CC of a reply is looked up just before"
    assert written.visibility is visibility
    with asked(desk) as requests:
        assert desk.plugin.add_comment(ticket_id, CommentDraft(draft.body, visibility), KEY).id == written.id
    assert requests == [CONVERSATIONS]


def test_a_link(desk: Desk, ticket_id: str) -> None:
    ref = TicketRef("engineering", "10001")
    other = TicketPointer(
        ref,
        "ENG-1",
        "https://jira.example/browse/ENG-1",
        "jira",
        "It fails",
        "To Do",
        done=False,
        first_attempt=True,
    )
    with asked(desk) as requests:
        desk.plugin.link_ticket(ticket_id, other, KEY)
    assert sorted(requests) == sorted([NOTE, TICKET, WRITE])


@pytest.fixture
def long(desk: Desk, ticket_id: str) -> str:
    """A ticket with 250 conversations, all of which were read."""
    for number in range(248):
        desk.agent("POST", f"/tickets/{ticket_id}/notes", {"body": f"Note {number}", "private": True})
    assert len(desk.plugin.fetch_comments(ticket_id, None)) == 250
    return ticket_id


def test_a_long_list_is_read_from_the_known_comment_on(desk: Desk, long: str) -> None:
    *_, last = desk.plugin.fetch_comments(long, None)
    desk.agent("POST", f"/tickets/{long}/notes", {"body": "One more.", "private": True})
    with asked(desk) as requests:
        read = desk.plugin.fetch_with_comments(long, last.id)
    assert requests == [TICKET, CONVERSATIONS]
    assert [comment.body.text for comment in read.comments] == ["One more."]
    with asked(desk) as requests:
        assert len(desk.plugin.fetch_comments(long, None)) == 251
    assert requests == [CONVERSATIONS] * 3


def test_a_long_list_of_which_something_was_deleted_is_read_from_its_beginning(desk: Desk, long: str) -> None:
    first, *_, last = desk.plugin.fetch_comments(long, None)
    desk.agent("DELETE", f"/conversations/{first.id}")
    desk.agent("POST", f"/tickets/{long}/notes", {"body": "One more.", "private": True})
    with asked(desk) as requests:
        read = desk.plugin.fetch_comments(long, last.id)
    assert requests == [CONVERSATIONS] * 4
    assert [comment.body.text for comment in read] == ["One more."]
    with asked(desk) as requests:
        assert desk.plugin.fetch_comments(long, last.id) == read
    assert requests == [CONVERSATIONS]


def test_a_page_that_is_full_to_the_last_place(desk: Desk, long: str) -> None:
    for number in range(50):
        desk.agent("POST", f"/tickets/{long}/notes", {"body": f"More {number}", "private": True})
    *_, last = desk.plugin.fetch_comments(long, None)
    desk.agent("POST", f"/tickets/{long}/notes", {"body": "On the fourth page.", "private": True})
    assert [said.body.text for said in desk.plugin.fetch_comments(long, last.id)] == ["On the fourth page."]
