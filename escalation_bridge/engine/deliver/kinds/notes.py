"""Edit a note of the bridge."""

import structlog

from escalation_bridge.domain.case.write_records import Receipt
from escalation_bridge.domain.case.writes.notes import ReviseNote
from escalation_bridge.domain.links.shared_ticket import note_to_revise
from escalation_bridge.domain.tickets.tickets import CommentDraft, Visibility
from escalation_bridge.engine.deliver.work import Kind, Result, Work
from escalation_bridge.errors import CommentNotFound, Rejected

_log = structlog.get_logger(__name__)


def _revise(work: Work, intent: ReviseNote) -> Result:
    """Edit a note. If the vendor does not allow it, write another one, provided that the note is important enough."""
    view, record, helpdesk = work.view, work.record, work.helpdesk
    body = work.compose(intent.message)
    work.mark_sent(body.text)
    known = view.tickets.get(intent.ticket)
    draft = CommentDraft(body, Visibility.PRIVATE, first_attempt=not record.attempts, known=known)
    written = note_to_revise(view, intent)
    if written is not None and helpdesk.can("edit_comment"):
        writer, comment_id = written
        try:
            helpdesk.edit_comment(intent.ticket.id, comment_id, draft, writer.token)
            return Result(Receipt(intent.ticket, comment_id, f"comment {comment_id}"))
        except (Rejected, CommentNotFound) as refusal:
            _log.info("note.not_reworded", case=view.id, error=str(refusal))
    if written is not None and not intent.or_another:
        return Result(Receipt(intent.ticket, detail=f"comment {written[1]} as it was"))
    again = helpdesk.write_comment(intent.ticket.id, draft, record.token)
    receipt = Receipt(intent.ticket, again.comment.id, f"comment {again.comment.id}")
    return Result(receipt, ticket=again.ticket, comment=again.comment)


REVISE_NOTE = Kind(ReviseNote, _revise)
