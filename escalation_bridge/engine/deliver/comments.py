"""Carrying out what concerns one comment: written, edited, taken back."""

from collections.abc import Callable

from escalation_bridge.domain.case.cases import CaseView
from escalation_bridge.domain.case.write_records import IntentRecord, Receipt
from escalation_bridge.domain.case.writes import DeleteComment, EditComment, WriteComment
from escalation_bridge.domain.sync.comments.edits import is_wanted
from escalation_bridge.domain.tickets.messages import MessageRequest
from escalation_bridge.domain.tickets.tickets import Comment, CommentDraft, RichText, WrittenComment
from escalation_bridge.errors import Circumstances, CommentNotFound, ConcurrentChange
from escalation_bridge.plugged.helpdesk import Helpdesk


class Unwanted(ConcurrentChange):
    """What was to be carried over has been taken back or hidden since."""


class CommentWork:
    """A write that concerns one comment.

    Args:
        view: The case.
        record: The write that is due.
        helpdesk: Where to.
        before_sending: Called just before, with the plain text by which a new comment is recognised if its answer is lost.
    """

    def __init__(
        self,
        view: CaseView,
        record: IntentRecord,
        helpdesk: Helpdesk,
        before_sending: Callable[[str | None], None],
    ) -> None:
        self._view = view
        self._record = record
        self._helpdesk = helpdesk
        self._before_sending = before_sending

    def carry_out(
        self,
        intent: WriteComment | EditComment | DeleteComment,
        compose: Callable[[MessageRequest], RichText],
    ) -> tuple[Receipt, WrittenComment | None]:
        """Write a comment, put newer words into one, or take one back.

        Returns:
            The proof, and the comment as it was stored, with its ticket where the answer shows it; None where it was taken back.

        Raises:
            Unwanted: Its original must not be shown any more.
            CommentNotFound: It is not there any more.
        """
        if isinstance(intent, DeleteComment):
            _, comment_id = self._written(intent, "delete_comment")
            self._before_sending(None)
            done = self._helpdesk.delete_comment(intent.ticket.id, comment_id)
            return Receipt(intent.ticket, comment_id, done.detail), None
        unwanted = self._unwanted(intent) if isinstance(intent, WriteComment) else None
        if unwanted is not None:
            written = WrittenComment(unwanted)
        else:
            draft = CommentDraft(
                compose(intent.message),
                intent.visibility,
                first_attempt=not self._record.attempts,
                known=self._view.tickets.get(intent.ticket),
            )
            written = self._say(intent, draft)
        comment_id = written.comment.id
        return Receipt(intent.ticket, comment_id, f"comment {comment_id}"), written

    def _say(self, intent: WriteComment | EditComment, draft: CommentDraft) -> WrittenComment:
        if isinstance(intent, WriteComment):
            self._before_sending(draft.body.text)
            return self._helpdesk.write_comment(intent.ticket.id, draft, self._record.token)
        written, comment_id = self._written(intent, "edit_comment")
        self._before_sending(None)
        edited = self._helpdesk.edit_comment(intent.ticket.id, comment_id, draft, written.token)
        return WrittenComment(edited)

    def _unwanted(self, intent: WriteComment) -> Comment | None:
        """A comment whose original must not be shown any more, where an earlier attempt wrote it; None: it is wanted.

        It counts as written then, and is taken back like any other.
        """
        if is_wanted(self._view, intent):
            return None
        if self._record.attempts:
            for comment in self._helpdesk.fetch_comments(intent.ticket.id, None):
                if comment.marker == self._record.token:
                    return comment
        raise Unwanted("it was taken back, or made private", self._at("add_comment"))

    def _written(self, intent: EditComment | DeleteComment, operation: str) -> tuple[IntentRecord, str]:
        """The write whose comment this is about, and the comment's id."""
        written = self._view.intents.get(intent.written)
        comment_id = written.receipt.comment_id if written and written.receipt else None
        if written is None or comment_id is None:
            raise CommentNotFound("there is no receipt of it", self._at(operation))
        return written, comment_id

    def _at(self, operation: str) -> Circumstances:
        return Circumstances(self._helpdesk.name, operation)
