"""What the bridge has said and is changed afterwards: notes in place, replies not, other people's words never."""

from typing import Any

import pytest

from escalation_bridge import errors
from escalation_bridge.domain.tickets.tickets import CommentDraft, Ticket, Visibility
from escalation_bridge.text.rich_text import from_html, from_text
from escalation_bridge_sandbox.kernel.faults import FaultKind

KEY = "eb-0123456789abcdef0123"
FIRST = CommentDraft(from_text("First wording."), Visibility.PRIVATE)
SECOND = CommentDraft(from_html("<p>Second <b>wording</b>.</p>"), Visibility.PRIVATE)
REPLY = CommentDraft(from_text("First wording."), Visibility.PUBLIC)


def test_a_note_is_edited_keeps_its_mark_and_is_not_written_twice(desk: Any, ticket: Ticket) -> None:
    written = desk.plugin.add_comment(ticket.ref.id, FIRST, KEY)
    writes = desk.writes()
    for _ in range(2):
        edited = desk.plugin.edit_comment(ticket.ref.id, written.id, SECOND, KEY)
        assert (edited.id, edited.marker, edited.visibility) == (written.id, KEY, Visibility.PRIVATE)
        assert edited.body.html == "<p>Second <b>wording</b>.</p>"
    assert desk.writes() == writes + 1
    assert desk.plugin.fetch_comments(ticket.ref.id, None) == (edited,)
    # Written again because the first answer was lost, it is found by the mark that went along.
    assert desk.plugin.add_comment(ticket.ref.id, FIRST, KEY).id == written.id


def test_a_note_whose_mark_was_edited_away_gets_it_back(desk: Any, ticket: Ticket) -> None:
    written = desk.plugin.add_comment(ticket.ref.id, FIRST, KEY)
    desk.agent("PUT", f"/conversations/{written.id}", {"body": "<p>An agent was here.</p>"})
    assert desk.plugin.edit_comment(ticket.ref.id, written.id, SECOND, KEY).marker == KEY
    assert f"[{KEY}]" in desk.conversations(ticket.ref.id)[0]["body_text"]


def test_a_reply_was_mailed_and_is_not_edited(desk: Any, ticket: Ticket) -> None:
    written = desk.plugin.add_comment(ticket.ref.id, REPLY, KEY)
    writes = desk.writes()
    with pytest.raises(errors.Rejected, match="no note"):
        desk.plugin.edit_comment(ticket.ref.id, written.id, SECOND, KEY)
    assert desk.writes() == writes


@pytest.mark.parametrize("draft", [FIRST, REPLY])
def test_a_conversation_is_deleted_once(desk: Any, ticket: Ticket, draft: CommentDraft) -> None:
    written = desk.plugin.add_comment(ticket.ref.id, draft, KEY)
    first, again = (desk.plugin.delete_comment(ticket.ref.id, written.id) for _ in range(2))
    assert first.remote_id == again.remote_id == written.id
    assert ("mail" in first.detail) is (draft is REPLY)
    assert desk.conversations(ticket.ref.id) == []


def test_what_somebody_else_deletes_meanwhile_is_gone(desk: Any, ticket: Ticket) -> None:
    written = desk.plugin.add_comment(ticket.ref.id, FIRST, KEY)
    desk.fault(FaultKind.SERVER_ERROR, "PUT", "/conversations/", status=404, body='{"code":"not_found"}')
    with pytest.raises(errors.CommentNotFound):
        desk.plugin.edit_comment(ticket.ref.id, written.id, SECOND, KEY)
    desk.fault(FaultKind.SERVER_ERROR, "DELETE", "/conversations/", status=404, body='{"code":"not_found"}')
    assert "not there" in desk.plugin.delete_comment(ticket.ref.id, written.id).detail
    desk.agent("DELETE", f"/conversations/{written.id}")
    with pytest.raises(errors.CommentNotFound, match=written.id):
        desk.plugin.edit_comment(ticket.ref.id, written.id, SECOND, KEY)


@pytest.mark.parametrize("part", ["notes", "reply"])
def test_other_peoples_words_are_not_touched(desk: Any, ticket: Ticket, part: str) -> None:
    theirs = desk.agent("POST", f"/tickets/{ticket.ref.id}/{part}", {"body": "Mine."})
    for act in (
        lambda: desk.plugin.edit_comment(ticket.ref.id, str(theirs["id"]), SECOND, KEY),
        lambda: desk.plugin.delete_comment(ticket.ref.id, str(theirs["id"])),
    ):
        with pytest.raises(errors.Rejected, match="not one of the bridge's"):
            act()
    assert desk.conversations(ticket.ref.id)[0]["body_text"] == "Mine."
    assert desk.writes() == 0


def test_a_comment_of_another_ticket_is_not_there(desk: Any, ticket: Ticket) -> None:
    other = desk.customer_writes(subject="Another", body="Text.")
    written = desk.plugin.add_comment(other, FIRST, KEY)
    with pytest.raises(errors.CommentNotFound):
        desk.plugin.edit_comment(ticket.ref.id, written.id, SECOND, KEY)
    desk.plugin.delete_comment(ticket.ref.id, written.id)
    assert len(desk.conversations(other)) == 1


def test_a_note_that_is_public_afterwards_is_taken_away_and_told(
    desk: Any, ticket: Ticket, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = desk.plugin.add_comment(ticket.ref.id, FIRST, KEY)
    stored = desk.sandbox.helpdesk.desk.conversations[int(written.id)]
    edit_note = desk.sandbox.helpdesk.edit_note

    def publish(*arguments: Any) -> None:
        edit_note(*arguments)
        stored.private = False

    monkeypatch.setattr(desk.sandbox.helpdesk, "edit_note", publish)
    with pytest.raises(errors.PrivacyBreach, match="was deleted"):
        desk.plugin.edit_comment(ticket.ref.id, written.id, SECOND, KEY)
    assert desk.conversations(ticket.ref.id) == []


def test_a_role_that_may_not_edit_is_told(desk: Any, ticket: Ticket) -> None:
    written = desk.plugin.add_comment(ticket.ref.id, FIRST, KEY)
    desk.fault(FaultKind.FORBIDDEN, "PUT", "/conversations/")
    with pytest.raises(errors.PermissionDenied):
        desk.plugin.edit_comment(ticket.ref.id, written.id, SECOND, KEY)
