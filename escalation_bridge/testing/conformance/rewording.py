"""Promises about edits and deletions of comments: in place, and never of others' texts."""

import pytest

from escalation_bridge.domain.tickets.tickets import Comment, CommentDraft, Visibility
from escalation_bridge.errors import CommentNotFound, Rejected
from escalation_bridge.plugged.helpdesk import Helpdesk
from escalation_bridge.testing.conformance.bench import (
    Bench,
    StoredComment,
    expect,
    need,
    new_key,
    new_subject,
)
from escalation_bridge.text.rich_text import from_text

BOTH = pytest.mark.parametrize("visibility", list(Visibility))


class RewordingPromises(Bench):
    """`edit_comment` and `delete_comment`. A vendor whose comments cannot be changed may refuse."""

    def __written(self, desk: Helpdesk, hook: str, visibility: Visibility) -> tuple[str, str, Comment]:
        """A ticket, the key of a comment of the bridge in it, and the comment; somebody else has commented, too."""
        need(desk, "add_comment", hook)
        ticket_id, key = self.customer_writes(new_subject(), "The checkout fails."), new_key()
        self.agent_comments(ticket_id, "I look into it.", Visibility.PRIVATE)
        return (
            ticket_id,
            key,
            desk.add_comment(ticket_id, CommentDraft(from_text("First wording."), visibility), key),
        )

    def __saying(self, ticket_id: str, words: str) -> list[StoredComment]:
        return [comment for comment in self.look(ticket_id).comments if words in comment.text]

    @BOTH
    def test_a_comment_is_reworded_in_place(self, desk_of: Helpdesk, visibility: Visibility) -> None:
        ticket_id, key, written = self.__written(desk_of, "edit_comment", visibility)
        draft = CommentDraft(from_text("Second wording."), visibility)
        try:
            edited = [desk_of.edit_comment(ticket_id, written.id, draft, key) for _ in range(2)]
        except Rejected:
            expect(
                len(self.__saying(ticket_id, "First wording.")) == 1,
                "edit_comment: refused, and the comment is not as it was",
            )
            return
        stored = self.__saying(ticket_id, "Second wording.")
        public = visibility is Visibility.PUBLIC
        expect(
            [comment.public for comment in stored] == [public],
            f"edit_comment: the new text of a {visibility} comment is stored as {stored}",
        )
        expect(not self.__saying(ticket_id, "First wording."), "edit_comment: the old text is still there")
        expect(
            {(each.id, each.visibility) for each in edited} == {(written.id, visibility)},
            f"edit_comment: returned: {edited}",
        )
        expect(len(self.__saying(ticket_id, "I look into it.")) == 1, "edit_comment: another comment changed")
        back = next((each for each in desk_of.fetch_comments(ticket_id, None) if each.id == written.id), None)
        expect(
            back is not None and back.marker in (key, written.marker),
            "edit_comment: the comment is not recognised any more",
        )

    @BOTH
    def test_a_comment_is_taken_back(self, desk_of: Helpdesk, visibility: Visibility) -> None:
        ticket_id, _, written = self.__written(desk_of, "delete_comment", visibility)
        try:
            for _ in range(2):
                desk_of.delete_comment(ticket_id, written.id)
        except Rejected:
            expect(
                len(self.__saying(ticket_id, "First wording.")) == 1,
                "delete_comment: refused, and the comment is not there",
            )
            return
        expect(not self.__saying(ticket_id, "First wording."), "delete_comment: the comment is still there")
        expect(
            len(self.__saying(ticket_id, "I look into it.")) == 1, "delete_comment: another comment is gone"
        )

    def test_what_is_gone_cannot_be_reworded(self, desk_of: Helpdesk) -> None:
        need(desk_of, "delete_comment")
        ticket_id, key, written = self.__written(desk_of, "edit_comment", Visibility.PRIVATE)
        try:
            desk_of.delete_comment(ticket_id, written.id)
        except Rejected:
            return
        draft = CommentDraft(from_text("Second wording."), Visibility.PRIVATE)
        with pytest.raises((CommentNotFound, Rejected)):
            desk_of.edit_comment(ticket_id, written.id, draft, key)
        expect(not self.__saying(ticket_id, "Second wording."), "edit_comment: it wrote another comment")
