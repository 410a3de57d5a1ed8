"""Promises about writing comments: once, with exactly the requested visibility, and recognized as an echo."""

from dataclasses import replace

import pytest

from escalation_bridge.domain.tickets.tickets import (
    Comment,
    CommentDraft,
    TicketPointer,
    TicketRef,
    Visibility,
)
from escalation_bridge.errors import NotApplied, OutcomeUnknown, PrivacyBreach, Rejected
from escalation_bridge.plugged.helpdesk import Helpdesk
from escalation_bridge.testing.conformance.bench import (
    Bench,
    StoredComment,
    Trouble,
    expect,
    need,
    new_key,
    new_subject,
)
from escalation_bridge.text.rich_text import from_html, from_text

BOTH = pytest.mark.parametrize("visibility", list(Visibility))
POINTER = TicketPointer(
    TicketRef("elsewhere", "4711"),
    "ELSE-4711",
    "https://elsewhere.example/4711",
    "jira",
    "Checkout fails",
    "Doing",
    done=False,
)


class SpeakingPromises(Bench):
    """`add_comment` and `link_ticket`."""

    def __opened(self, desk: Helpdesk) -> str:
        need(desk, "add_comment")
        return self.customer_writes(new_subject(), "The checkout fails.")

    def __stored(self, ticket_id: str, words: str) -> list[StoredComment]:
        return [comment for comment in self.look(ticket_id).comments if words in comment.text]

    @BOTH
    def test_a_comment_is_as_visible_as_asked(self, desk_of: Helpdesk, visibility: Visibility) -> None:
        ticket_id = self.__opened(desk_of)
        draft = CommentDraft(from_html("<p>We are <b>on it</b>.</p><p>Wait & see.</p>"), visibility)
        written = desk_of.add_comment(ticket_id, draft, new_key())
        stored = self.__stored(ticket_id, "Wait")
        public = visibility is Visibility.PUBLIC
        expect(
            [comment.public for comment in stored] == [public],
            f"add_comment: one {visibility} comment was asked for; stored: {stored}",
        )
        expect(
            written.visibility is visibility,
            f"add_comment: {visibility} was asked for, returned: {written.visibility}",
        )
        for words in ("We are on it.", "Wait & see."):
            expect(words in written.body.text, f"add_comment: {words!r} is missing in {written.body.text!r}")

    def test_a_private_comment_stays_private_in_a_ticket_of_the_bridge_too(self, desk_of: Helpdesk) -> None:
        """A ticket that the bridge created may be of another kind at the vendor than a customer's."""
        need(desk_of, "create_ticket", "add_comment")
        created = desk_of.create_ticket(self.draft(new_subject()), new_key())
        draft = CommentDraft(from_text("For us only."), Visibility.PRIVATE)
        written = desk_of.add_comment(created.ref.id, draft, new_key())
        stored = self.__stored(created.ref.id, "For us only.")
        expect(
            [comment.public for comment in stored] == [False] and written.visibility is Visibility.PRIVATE,
            f"add_comment: one private comment was asked for; stored: {stored}, returned {written.visibility}",
        )

    @BOTH
    def test_a_comment_is_recognised_when_it_comes_back(
        self, desk_of: Helpdesk, visibility: Visibility
    ) -> None:
        ticket_id, key = self.__opened(desk_of), new_key()
        need(desk_of, "fetch_comments")
        written = desk_of.add_comment(ticket_id, CommentDraft(from_text("We are on it."), visibility), key)
        read = [comment for comment in desk_of.fetch_comments(ticket_id, None) if comment.id == written.id]
        expect(len(read) == 1, f"fetch_comments: the comment {written.id} that was just written is not there")
        expect(
            (read[0].marker, written.marker) == (key, key),
            f"add_comment: the key must be the marker; returned {written.marker!r}, read {read[0].marker!r}",
        )
        expect(
            read[0].visibility is visibility,
            f"fetch_comments: a {visibility} comment is {read[0].visibility}",
        )
        expect(
            read[0].body.text.strip() == "We are on it.",
            f"fetch_comments: the bridge's mark must not show in the text {read[0].body.text!r}",
        )

    @BOTH
    def test_one_key_is_one_comment(self, desk_of: Helpdesk, visibility: Visibility) -> None:
        ticket_id, key = self.__opened(desk_of), new_key()
        draft = CommentDraft(from_text("We are on it."), visibility)
        first, again = (desk_of.add_comment(ticket_id, draft, key) for _ in range(2))
        self.__one(first, again, ticket_id)

    @BOTH
    def test_a_comment_whose_answer_is_lost_is_written_once(
        self, desk_of: Helpdesk, visibility: Visibility
    ) -> None:
        ticket_id, key = self.__opened(desk_of), new_key()
        draft = CommentDraft(from_text("We are on it."), visibility)
        self.arrange(Trouble.ANSWER_LOST, "add_comment")
        with pytest.raises(OutcomeUnknown):
            desk_of.add_comment(ticket_id, draft, key)
        again = desk_of.add_comment(ticket_id, draft, key)
        expect(
            again.visibility is visibility, f"add_comment: found again, it is returned as {again.visibility}"
        )
        self.__one(again, desk_of.add_comment(ticket_id, draft, key), ticket_id)

    def __one(self, first: Comment, again: Comment, ticket_id: str) -> None:
        stored = self.__stored(ticket_id, "We are on it.")
        expect(len(stored) == 1, f"add_comment: one key, and {len(stored)} comments; it was written again")
        expect(first.id == again.id, f"add_comment: one key, and two ids: {first.id}, {again.id}")

    def test_two_keys_are_two_comments(self, desk_of: Helpdesk) -> None:
        ticket_id = self.__opened(desk_of)
        draft = CommentDraft(from_text("We are on it."), Visibility.PRIVATE)
        ids = {desk_of.add_comment(ticket_id, draft, new_key()).id for _ in range(2)}
        count = len(self.__stored(ticket_id, "We are on it."))
        expect(
            len(ids) == count == 2, f"add_comment: two keys, and {count} comments with the ids {sorted(ids)}"
        )

    def test_a_private_comment_that_comes_out_public_is_a_breach(self, desk_of: Helpdesk) -> None:
        ticket_id = self.__opened(desk_of)
        self.arrange(Trouble.MADE_PUBLIC, "add_comment")
        draft = CommentDraft(from_text("For us only."), Visibility.PRIVATE)
        with pytest.raises((PrivacyBreach, Rejected)):
            desk_of.add_comment(ticket_id, draft, new_key())
        public = [comment for comment in self.__stored(ticket_id, "For us only.") if comment.public]
        expect(not public, "add_comment: what came out public must be taken back where the vendor lets it")

    def test_a_comment_that_was_ignored_is_noticed(self, desk_of: Helpdesk) -> None:
        ticket_id = self.__opened(desk_of)
        self.arrange(Trouble.IGNORED, "add_comment")
        draft = CommentDraft(from_text("For us only."), Visibility.PRIVATE)
        try:
            written = desk_of.add_comment(ticket_id, draft, new_key())
        except Exception as error:  # noqa: BLE001 - any refusal is right, only a false yes is wrong
            expect(not isinstance(error, NotImplementedError), "add_comment: it is not implemented")
        else:
            expect(holds=False, broken=f"add_comment: nothing was stored, and {written.id} was returned")

    @BOTH
    def test_what_is_written_cannot_become_markup(self, desk_of: Helpdesk, visibility: Visibility) -> None:
        ticket_id = self.__opened(desk_of)
        words = "1 < 2 & <script>alert(1)</script> *no* _bold_ {code} [link|http://x.example]"
        written = desk_of.add_comment(ticket_id, CommentDraft(from_text(words), visibility), new_key())
        expect(
            " ".join(written.body.text.split()) == words,
            f"add_comment: plain text {words!r} came back as {written.body.text!r}",
        )
        expect("<script" not in written.body.html, "add_comment: markup that was not sanitised came back")

    def test_a_link_is_never_shown_to_customers(self, desk_of: Helpdesk) -> None:
        need(desk_of, "link_ticket")
        ticket_id = self.customer_writes(new_subject(), "The checkout fails.")
        key = new_key()
        for pointer, used in (
            (POINTER, key),
            (POINTER, key),
            (replace(POINTER, status="Done", done=True), new_key()),
        ):
            receipt = desk_of.link_ticket(ticket_id, pointer, used)
            expect(receipt.detail, "link_ticket: the receipt says in a few words what was written")
        shown = self.__stored(ticket_id, POINTER.key)
        expect(
            not any(comment.public for comment in shown),
            "link_ticket: the other system's ticket is shown to the customer",
        )
        expect(len(shown) <= 2, f"link_ticket: shown {len(shown)} times; one key is one note")

    @BOTH
    def test_an_ignored_visibility_never_passes(self, desk_of: Helpdesk, visibility: Visibility) -> None:
        """The result agrees with what is stored, whichever way it went."""
        ticket_id = self.__opened(desk_of)
        try:
            written = desk_of.add_comment(
                ticket_id, CommentDraft(from_text("We are on it."), visibility), new_key()
            )
        except (Rejected, NotApplied):
            return
        (stored,) = self.__stored(ticket_id, "We are on it.")
        expect(
            stored.public is (written.visibility is Visibility.PUBLIC),
            f"add_comment: returned {written.visibility}, stored {stored}",
        )
