"""The plugin against the stand-in, over real HTTP: what is said, what is kept private, what is linked."""

from dataclasses import replace
from typing import Any

import pytest

from escalation_bridge import errors
from escalation_bridge.domain.tickets.tickets import (
    CommentDraft,
    Role,
    Ticket,
    TicketPointer,
    TicketRef,
    Visibility,
)
from escalation_bridge.text.rich_text import from_html, from_text
from escalation_bridge_sandbox.freshdesk.state import seed
from escalation_bridge_sandbox.kernel.faults import FaultKind

KEY = "eb-0123456789abcdef0123"
OTHER_KEY = "eb-ffffffffffffffffffff"

LINK = TicketPointer(
    ref=TicketRef("engineering", "10024"),
    key="ENG-24",
    url="https://acme.example/browse/ENG-24?a=1&b=2",
    vendor="jira",
    title="Checkout <fails>",
    status="In Progress",
    done=False,
)


def said(text: str, visibility: Visibility) -> CommentDraft:
    return CommentDraft(from_text(text), visibility)


# --- comments ---------------------------------------------------------------------------------------------------------

BOTH = pytest.mark.parametrize("visibility", list(Visibility))


@BOTH
def test_a_comment_is_written_as_asked_and_recognised(
    desk: Any, ticket: Ticket, visibility: Visibility
) -> None:
    comment = desk.plugin.add_comment(ticket.ref.id, said("We are on it.", visibility), KEY)
    assert (comment.visibility, comment.marker) == (visibility, KEY)
    assert comment.body.text == "We are on it."
    assert (comment.author.role, comment.author.name) == (Role.AGENT, seed.BRIDGE.name)
    assert desk.plugin.fetch_comments(ticket.ref.id, None) == (comment,)
    (stored,) = desk.conversations(ticket.ref.id)
    assert stored["private"] is (visibility is Visibility.PRIVATE)


@BOTH
def test_a_comment_is_written_once_however_often_it_is_asked_for(
    desk: Any, ticket: Ticket, visibility: Visibility
) -> None:
    first = desk.plugin.add_comment(ticket.ref.id, said("We are on it.", visibility), KEY)
    again = desk.plugin.add_comment(ticket.ref.id, said("We are on it.", visibility), KEY)
    assert first == again
    other = desk.plugin.add_comment(ticket.ref.id, said("We are on it.", visibility), OTHER_KEY)
    assert other.id != first.id
    assert len(desk.conversations(ticket.ref.id)) == 2


@BOTH
@pytest.mark.parametrize("kind", [FaultKind.TIMEOUT_AFTER_WRITE, FaultKind.DROP_CONNECTION])
def test_a_comment_whose_answer_was_lost_is_found_and_not_repeated(
    desk: Any, ticket: Ticket, visibility: Visibility, kind: FaultKind
) -> None:
    desk.fault(kind, "POST", "/(reply|notes)$", seconds=0.8)
    with pytest.raises(errors.OutcomeUnknown):
        desk.plugin.add_comment(ticket.ref.id, said("We are on it.", visibility), KEY)
    found = desk.plugin.add_comment(ticket.ref.id, said("We are on it.", visibility), KEY)
    assert (found.visibility, found.marker) == (visibility, KEY)
    assert len(desk.conversations(ticket.ref.id)) == 1


def strip_attributes(desk: Any) -> None:
    """As an account would that cleans HTML more strictly than is believed."""
    for conversation in desk.sandbox.helpdesk.desk.conversations.values():
        conversation.body = f"<div>{from_html(conversation.body).html}</div>"


def test_a_reply_is_recognised_by_its_words_where_attributes_do_not_survive(
    desk: Any, ticket: Ticket
) -> None:
    wanted = said("We are on it.\n\nMore soon.", Visibility.PUBLIC)
    first = desk.plugin.add_comment(ticket.ref.id, wanted, KEY)
    strip_attributes(desk)
    (listed,) = desk.plugin.fetch_comments(ticket.ref.id, None)
    assert listed.marker is None
    again = desk.plugin.add_comment(ticket.ref.id, wanted, KEY)
    assert (again.id, again.marker) == (first.id, KEY)
    assert len(desk.conversations(ticket.ref.id)) == 1


def test_the_same_words_count_as_the_same_reply_only_from_the_bridge_and_only_for_a_while(
    desk: Any, ticket: Ticket
) -> None:
    desk.agent("POST", f"/tickets/{ticket.ref.id}/reply", {"body": "We are on it."})
    desk.sandbox.clock.advance(-3600)
    desk.plugin.add_comment(ticket.ref.id, said("We are on it.", Visibility.PUBLIC), KEY)
    strip_attributes(desk)
    desk.sandbox.clock.advance(3600)
    desk.plugin.add_comment(ticket.ref.id, said("We are on it.", Visibility.PUBLIC), OTHER_KEY)
    assert len(desk.conversations(ticket.ref.id)) == 3


def test_a_notes_mark_survives_where_attributes_do_not(desk: Any, ticket: Ticket) -> None:
    desk.plugin.add_comment(ticket.ref.id, said("Internal.", Visibility.PRIVATE), KEY)
    strip_attributes(desk)
    (comment,) = desk.plugin.fetch_comments(ticket.ref.id, None)
    assert (comment.marker, comment.body.text) == (KEY, "Internal.")


def test_an_empty_comment_is_rejected(desk: Any, ticket: Ticket) -> None:
    with pytest.raises(errors.Rejected, match="empty"):
        desk.plugin.add_comment(ticket.ref.id, said(" ", Visibility.PRIVATE), KEY)


def test_a_note_that_came_out_public_before_the_answer_was_lost_is_still_taken_back(
    desk: Any, ticket: Ticket
) -> None:
    desk.plugin.add_comment(ticket.ref.id, said("Internal.", Visibility.PRIVATE), KEY)
    for conversation in desk.sandbox.helpdesk.desk.conversations.values():
        conversation.private = False
    with pytest.raises(errors.PrivacyBreach, match="was deleted"):
        desk.plugin.add_comment(ticket.ref.id, said("Internal.", Visibility.PRIVATE), KEY)
    assert desk.conversations(ticket.ref.id) == []


# --- links ------------------------------------------------------------------------------------------------------------


def test_a_link_is_shown_in_a_note_and_in_the_field(desk: Any, ticket: Ticket) -> None:
    receipt = desk.plugin.link_ticket(ticket.ref.id, LINK, KEY)
    (note,) = desk.conversations(ticket.ref.id)
    assert (receipt.remote_id, note["private"]) == (str(note["id"]), True)
    (comment,) = desk.plugin.fetch_comments(ticket.ref.id, None)
    assert comment.body.text == f"Jira ENG-24 ({LINK.url}): Checkout <fails> · In Progress"
    assert comment.marker == KEY
    linked = desk.plugin.fetch_ticket(ticket.ref.id)
    assert linked.custom_fields[seed.FIELD_LINKED_ISSUE] == f"ENG-24 {LINK.url}"


def test_a_link_shown_again_is_brought_up_to_date_in_place(desk: Any, ticket: Ticket) -> None:
    first = desk.plugin.link_ticket(ticket.ref.id, LINK, KEY)
    again = desk.plugin.link_ticket(ticket.ref.id, LINK, KEY)
    assert first.remote_id == again.remote_id
    writes = desk.writes()
    done = replace(LINK, status="Done", done=True)
    updated = desk.plugin.link_ticket(ticket.ref.id, done, OTHER_KEY)
    assert (updated.remote_id, desk.writes()) == (first.remote_id, writes + 1)
    (comment,) = desk.plugin.fetch_comments(ticket.ref.id, None)
    assert comment.body.text.endswith("Checkout <fails> · Done ✓")
    assert comment.marker == OTHER_KEY


def test_a_second_link_gets_a_note_of_its_own_and_stands_beside_the_first(desk: Any, ticket: Ticket) -> None:
    desk.plugin.link_ticket(ticket.ref.id, LINK, KEY)
    second = replace(
        LINK, ref=TicketRef("engineering", "10025"), key="ENG-2", url="https://acme.example/browse/ENG-2"
    )
    desk.plugin.link_ticket(ticket.ref.id, second, OTHER_KEY)
    assert len(desk.conversations(ticket.ref.id)) == 2
    shown = desk.plugin.fetch_ticket(ticket.ref.id).custom_fields[seed.FIELD_LINKED_ISSUE]
    assert shown == f"ENG-24 {LINK.url}, ENG-2 {second.url}"
