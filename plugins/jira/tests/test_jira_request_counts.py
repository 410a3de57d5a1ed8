"""How many requests each hook takes where nothing is unusual."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from escalation_bridge.domain.tickets.tickets import (
    CommentDraft,
    Priority,
    Ticket,
    TicketChange,
    TicketDraft,
    Visibility,
)
from escalation_bridge.text.rich_text import from_text

Site = Any
KEY = "eb-0123456789abcdef0123"
ISSUE, COMMENTS = "GET /issue/{id}", "GET /issue/{id}/comment"
TRANSITIONS = "GET /issue/{id}/transitions"
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
_ID = re.compile(r"(?<=/)\d+")


@pytest.fixture
def plugin(site: Site) -> Any:
    return site.plugin()


@pytest.fixture
def ticket(plugin: Any, draft: TicketDraft) -> Ticket:
    """An issue that was moved and commented on; what the plugin asks once about the site was asked."""
    made: Ticket = plugin.create_ticket(draft, KEY)
    made = plugin.update_ticket(made.ref.id, TicketChange(status="In Progress"), made)
    plugin.add_comment(made.ref.id, CommentDraft(from_text("Seen."), Visibility.PRIVATE), "eb-1")
    plugin.fetch_with_comments(made.ref.id, None)
    return made


@contextmanager
def asked(site: Site) -> Iterator[list[str]]:
    """What the bridge asks for within a block."""
    site.sandbox.journal.clear()
    found: list[str] = []
    yield found
    found += [f"{entry.method} {_template(entry.path)}" for entry in site.sandbox.journal.entries()]


def _template(path: str) -> str:
    return _ID.sub("{id}", re.sub(r"^/rest/api/[23]", "", path))


def test_an_issue_its_comments_and_its_history(site: Site, plugin: Any, ticket: Ticket) -> None:
    with asked(site) as requests:
        read = plugin.fetch_with_comments(ticket.ref.id, None)
    assert requests == [ISSUE, COMMENTS]
    assert read.ticket == plugin.fetch_ticket(ticket.ref.id)
    assert read.comments == plugin.fetch_comments(ticket.ref.id, None)
    assert read.status_changes == plugin.fetch_status_changes(ticket.ref.id, LONG_AGO)
    assert [change.status.name for change in read.status_changes] == ["In Progress"]


def test_a_status(site: Site, plugin: Any, ticket: Ticket) -> None:
    with asked(site) as requests:
        changed = plugin.update_ticket(ticket.ref.id, TicketChange(status="Blocked"), ticket)
    assert requests == [ISSUE, TRANSITIONS, f"POST {TRANSITIONS[4:]}", ISSUE]
    assert changed == plugin.fetch_ticket(ticket.ref.id)
    assert changed.status.name == "Blocked"


def test_a_status_and_a_field(site: Site, plugin: Any, ticket: Ticket) -> None:
    change = TicketChange(status="Blocked", priority=Priority.LOW)
    with asked(site) as requests:
        changed = plugin.update_ticket(ticket.ref.id, change, ticket)
    assert requests == [ISSUE, TRANSITIONS, "PUT /issue/{id}", f"POST {TRANSITIONS[4:]}", ISSUE]
    assert changed == plugin.fetch_ticket(ticket.ref.id)


def test_a_finished_issue_that_is_reopened_and_changed(site: Site, plugin: Any, ticket: Ticket) -> None:
    done = plugin.update_ticket(ticket.ref.id, TicketChange(status="Done"), ticket)
    change = TicketChange(status="To Do", priority=Priority.LOW)
    with asked(site) as requests:
        changed = plugin.update_ticket(ticket.ref.id, change, done)
    assert requests == [ISSUE, TRANSITIONS, f"POST {TRANSITIONS[4:]}", ISSUE, "PUT /issue/{id}", ISSUE]
    assert changed == plugin.fetch_ticket(ticket.ref.id)
    assert (changed.status.name, changed.priority) == ("To Do", Priority.LOW)
