"""Promises about files: right visibility, written once, and fetched byte for byte within the limit."""

import hashlib
from io import BytesIO

import pytest

from escalation_bridge.domain.tickets.tickets import Attachment, Comment, Visibility
from escalation_bridge.errors import FileRefused, OutcomeUnknown, Rejected
from escalation_bridge.plugged.helpdesk import Helpdesk
from escalation_bridge.plugin.files import FileDraft
from escalation_bridge.testing.conformance.bench import (
    Bench,
    Trouble,
    expect,
    need,
    new_key,
    new_subject,
)

NAME = "conformance.txt"
CONTENT = b"one line\r\nand another, \xc3\xa4\n" * 40
BOTH = pytest.mark.parametrize("visibility", list(Visibility))


def file_of(content: bytes, visibility: Visibility) -> FileDraft:
    """A file to attach."""
    digest = hashlib.sha256(content).hexdigest()
    return FileDraft(NAME, "text/plain", len(content), digest, visibility, lambda: BytesIO(content))


class FilePromises(Bench):
    """`add_attachment` and `fetch_attachment`, checked with `fetch_comments`."""

    def __opened(self, desk: Helpdesk) -> str:
        need(desk, "add_attachment", "fetch_comments")
        return self.customer_writes(new_subject(), "The checkout fails.")

    def __found(self, desk: Helpdesk, ticket_id: str) -> list[tuple[Comment, Attachment]]:
        comments = desk.fetch_comments(ticket_id, None)
        found = [(comment, file) for comment in comments for file in comment.attachments if NAME in file.name]
        if not found:
            self.cannot("the vendor's files are not at its comments")
        return found

    @BOTH
    def test_a_file_is_put_once_and_as_visible_as_asked(
        self, desk_of: Helpdesk, visibility: Visibility
    ) -> None:
        ticket_id, key = self.__opened(desk_of), new_key()
        first, again = (
            desk_of.add_attachment(ticket_id, file_of(CONTENT, visibility), key) for _ in range(2)
        )
        expect(
            first.remote_id == again.remote_id,
            f"add_attachment: one key, and two ids: {first.remote_id}, {again.remote_id}",
        )
        found = self.__found(desk_of, ticket_id)
        expect(len(found) == 1, f"add_attachment: one key, and {len(found)} files")
        expect(
            found[0][0].visibility is visibility,
            f"add_attachment: {visibility} was asked for, the file is at a {found[0][0].visibility} comment",
        )

    def test_a_file_whose_answer_is_lost_is_put_once(self, desk_of: Helpdesk) -> None:
        ticket_id, key, draft = self.__opened(desk_of), new_key(), file_of(CONTENT, Visibility.PRIVATE)
        self.arrange(Trouble.ANSWER_LOST, "add_attachment")
        with pytest.raises(OutcomeUnknown):
            desk_of.add_attachment(ticket_id, draft, key)
        desk_of.add_attachment(ticket_id, draft, key)
        count = len(self.__found(desk_of, ticket_id))
        expect(count == 1, f"add_attachment: asked again after a lost answer, there are {count} files")

    def test_a_file_comes_back_byte_for_byte_within_the_limit(self, desk_of: Helpdesk) -> None:
        need(desk_of, "fetch_attachment")
        ticket_id = self.__opened(desk_of)
        desk_of.add_attachment(ticket_id, file_of(CONTENT, Visibility.PRIVATE), new_key())
        ((_, file),) = self.__found(desk_of, ticket_id)
        into = BytesIO()
        fetched = desk_of.fetch_attachment(file, into, len(CONTENT))
        expect(into.getvalue() == CONTENT, "fetch_attachment: the content is not what was put")
        expect(
            (fetched.size, fetched.sha256) == (len(CONTENT), hashlib.sha256(CONTENT).hexdigest()),
            f"fetch_attachment: size and sha256 are returned as {fetched.size}, {fetched.sha256}",
        )
        with pytest.raises(FileRefused):
            desk_of.fetch_attachment(file, BytesIO(), len(CONTENT) - 1)

    def test_a_file_that_came_out_public_is_no_success(self, desk_of: Helpdesk) -> None:
        """A vendor that cannot keep it private refuses it, and never makes it public."""
        ticket_id = self.__opened(desk_of)
        try:
            desk_of.add_attachment(ticket_id, file_of(CONTENT, Visibility.PRIVATE), new_key())
        except Rejected:
            return
        shown = [
            comment
            for comment, _ in self.__found(desk_of, ticket_id)
            if comment.visibility is Visibility.PUBLIC
        ]
        expect(not shown, "add_attachment: a private file is at a public comment")
