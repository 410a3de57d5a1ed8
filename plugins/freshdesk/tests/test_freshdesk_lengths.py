"""Texts that are longer than Freshdesk takes: cut, with all of it in a file that is no more visible; and one key, one ticket."""

from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest

from escalation_bridge import errors
from escalation_bridge.domain.tickets.tickets import CommentDraft, Severity, Ticket, TicketDraft, Visibility
from escalation_bridge.text.rich_text import from_html, from_text
from escalation_bridge_sandbox.kernel.faults import FaultKind

KEY, OTHER_KEY = "eb-0123456789abcdef0123", "eb-ffffffffffffffffffff"
LONG = "\n\n".join(f"Paragraph {number} <&> of many." for number in range(3000))
BOTH = pytest.mark.parametrize("visibility", list(Visibility))


def draft(text: str = "Short.", **more: Any) -> TicketDraft:
    return TicketDraft("Long", from_text(text), None, Severity.STANDARD, **more)


def read(desk: Any, attachment: Any) -> str:
    into = BytesIO()
    desk.plugin.fetch_attachment(attachment, into, 10_000_000)
    return into.getvalue().decode()


@BOTH
def test_a_long_comment_is_cut_and_has_all_of_it_as_a_file_as_visible_as_itself(
    desk: Any, ticket: Ticket, visibility: Visibility
) -> None:
    comment = CommentDraft(from_text(LONG), visibility)
    first, again = (desk.plugin.add_comment(ticket.ref.id, comment, KEY) for _ in range(2))
    (stored,) = desk.conversations(ticket.ref.id)
    assert len(stored["body"].encode()) <= 64_000
    assert stored["private"] is (visibility is Visibility.PRIVATE)
    assert (first.id, first.visibility, first.marker) == (again.id, visibility, KEY)
    assert first.body.text.endswith("[… full-text.txt]")
    (file,) = desk.plugin.fetch_comments(ticket.ref.id, None)[0].attachments
    assert (file.name, read(desk, file)) == ("full-text.txt", comment.body.text)


@BOTH
def test_a_long_comment_whose_answer_is_lost_is_written_once(
    desk: Any, ticket: Ticket, visibility: Visibility
) -> None:
    comment = CommentDraft(from_text(LONG), visibility)
    desk.fault(FaultKind.DROP_CONNECTION, "POST", "/(reply|notes)$")
    with pytest.raises(errors.OutcomeUnknown):
        desk.plugin.add_comment(ticket.ref.id, comment, KEY)
    desk.plugin.add_comment(ticket.ref.id, comment, KEY)
    assert len(desk.conversations(ticket.ref.id)) == 1


@BOTH
def test_a_file_that_is_not_taken_does_not_keep_the_words_away(
    desk: Any, ticket: Ticket, visibility: Visibility
) -> None:
    body = '{"description":"Validation failed","errors":[{"field":"attachments","message":"too large"}]}'
    desk.fault(FaultKind.SERVER_ERROR, "POST", "/(reply|notes)$", status=400, body=body)
    written = desk.plugin.add_comment(ticket.ref.id, CommentDraft(from_text(LONG), visibility), KEY)
    (stored,) = desk.conversations(ticket.ref.id)
    assert (stored["id"], stored["attachments"]) == (int(written.id), [])
    assert stored["private"] is (visibility is Visibility.PRIVATE)


def test_a_long_text_takes_no_note_s_place(desk: Any, ticket: Ticket) -> None:
    written = desk.plugin.add_comment(
        ticket.ref.id, CommentDraft(from_text("Short."), Visibility.PRIVATE), KEY
    )
    with pytest.raises(errors.Rejected, match="too long"):
        desk.plugin.edit_comment(
            ticket.ref.id, written.id, CommentDraft(from_text(LONG), Visibility.PRIVATE), KEY
        )
    assert "Short." in desk.conversations(ticket.ref.id)[0]["body_text"]


def test_a_long_description_is_cut_and_agents_have_all_of_it(desk: Any) -> None:
    first, again = (desk.plugin.create_ticket(draft(LONG), KEY) for _ in range(2))
    assert first.ref == again.ref
    assert first.description.text.endswith("[… full-text.txt]")
    (note,) = desk.plugin.fetch_comments(first.ref.id, None)
    assert (note.visibility, note.marker) == (Visibility.PRIVATE, KEY)
    assert read(desk, note.attachments[0]) == from_text(LONG).text


def test_what_fits_keeps_its_formatting(desk: Any, ticket: Ticket) -> None:
    body = from_html("<p>We are <b>on it</b>.</p>")
    written = desk.plugin.add_comment(ticket.ref.id, CommentDraft(body, Visibility.PRIVATE), KEY)
    assert written.body.html == body.html


# --- one key, one ticket ----------------------------------------------------------------------------------------------


def test_a_key_makes_one_ticket_though_the_search_lags(desk: Any) -> None:
    first = desk.plugin.create_ticket(draft(), KEY)
    again = desk.open_plugin().create_ticket(draft("Another text."), KEY)
    other = desk.plugin.create_ticket(draft(), OTHER_KEY)
    assert first.ref == again.ref != other.ref
    assert desk.tickets() == 2


def test_long_after_the_search_finds_it_alone(desk: Any) -> None:
    first = desk.plugin.create_ticket(draft(), KEY)
    desk.sandbox.clock.advance(timedelta(days=40).total_seconds())
    listed = len(desk.sandbox.journal.entries())
    assert desk.plugin.create_ticket(draft(), KEY).ref == first.ref
    assert not [e for e in desk.sandbox.journal.entries()[listed:] if e.path.endswith("/api/v2/tickets")]


def test_a_create_whose_answer_was_lost_is_found_by_the_next_one(desk: Any) -> None:
    desk.fault(FaultKind.DROP_CONNECTION, "POST", "/tickets$")
    with pytest.raises(errors.OutcomeUnknown):
        desk.plugin.create_ticket(draft(), KEY)
    assert desk.plugin.create_ticket(draft(), KEY).bridge_key == KEY
    assert desk.tickets() == 1


def test_what_stands_between_search_and_create_creates_nothing(desk: Any) -> None:
    desk.fault(FaultKind.FORBIDDEN, "GET", "/search/tickets")
    with pytest.raises(errors.PermissionDenied):
        desk.plugin.create_ticket(draft(), KEY)
    assert desk.tickets() == 0
