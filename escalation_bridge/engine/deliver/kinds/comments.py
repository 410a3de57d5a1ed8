"""Create, edit and delete comments."""

from escalation_bridge.domain.case.write_records import IntentRecord, Receipt
from escalation_bridge.domain.case.writes.comments import DeleteComment, EditComment, WriteComment
from escalation_bridge.domain.sync.comments.edits import is_wanted
from escalation_bridge.domain.tickets.messages import MessageRequest
from escalation_bridge.domain.tickets.tickets import (
    Comment,
    CommentDraft,
    TicketRef,
    Visibility,
    WrittenComment,
)
from escalation_bridge.engine.deliver.failures import Unwanted
from escalation_bridge.engine.deliver.work import HistoryEntry, Kind, Result, Work
from escalation_bridge.errors import Circumstances, CommentNotFound


def _write(work: Work, intent: WriteComment) -> Result:
    unwanted = _unwanted(work, intent)
    if unwanted is not None:
        written = WrittenComment(unwanted)
    else:
        draft = _draft(work, intent.ticket, intent.message, intent.visibility)
        work.mark_sent(draft.body.text)
        written = work.helpdesk.write_comment(intent.ticket.id, draft, work.record.token)
    facts = {"message": intent.message.template, "visibility": str(intent.visibility)}
    return _result(intent.ticket, written, HistoryEntry("comment_written", facts))


def _edit(work: Work, intent: EditComment) -> Result:
    draft = _draft(work, intent.ticket, intent.message, intent.visibility)
    written, comment_id = _written(work, intent, "edit_comment")
    work.mark_sent(None)
    edited = work.helpdesk.edit_comment(intent.ticket.id, comment_id, draft, written.token)
    return _result(intent.ticket, WrittenComment(edited))


def _delete(work: Work, intent: DeleteComment) -> Result:
    _, comment_id = _written(work, intent, "delete_comment")
    work.mark_sent(None)
    done = work.helpdesk.delete_comment(intent.ticket.id, comment_id)
    return Result(Receipt(intent.ticket, comment_id, done.detail))


def _draft(work: Work, ticket: TicketRef, message: MessageRequest, visibility: Visibility) -> CommentDraft:
    return CommentDraft(
        work.compose(message),
        visibility,
        first_attempt=not work.record.attempts,
        known=work.view.tickets.get(ticket),
    )


def _result(ticket: TicketRef, written: WrittenComment, entry: HistoryEntry | None = None) -> Result:
    comment_id = written.comment.id
    receipt = Receipt(ticket, comment_id, f"comment {comment_id}")
    return Result(receipt, ticket=written.ticket, comment=written.comment, entry=entry)


def _unwanted(work: Work, intent: WriteComment) -> Comment | None:
    """The comment of an earlier attempt whose original must no longer be shown; None if the original may be shown.

    It counts as written, and is deleted like any other copy.
    """
    if is_wanted(work.view, intent):
        return None
    if work.record.attempts:
        for comment in work.helpdesk.fetch_comments(intent.ticket.id, None):
            if comment.marker == work.record.token:
                return comment
    raise Unwanted("it was taken back, or made private", Circumstances(work.helpdesk.name, "add_comment"))


def _written(work: Work, intent: EditComment | DeleteComment, operation: str) -> tuple[IntentRecord, str]:
    """The write that created the comment, and the comment's id."""
    written = work.view.intents.get(intent.written)
    comment_id = written.receipt.comment_id if written and written.receipt else None
    if written is None or comment_id is None:
        raise CommentNotFound("there is no receipt of it", Circumstances(work.helpdesk.name, operation))
    return written, comment_id


WRITE_COMMENT = Kind(WriteComment, _write)
EDIT_COMMENT = Kind(EditComment, _edit)
DELETE_COMMENT = Kind(DeleteComment, _delete)
