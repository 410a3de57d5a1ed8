"""Carrying out that a note of the bridge's own is reworded."""

import structlog

from escalation_bridge.domain.case.cases import CaseView
from escalation_bridge.domain.case.write_records import IntentRecord, Receipt
from escalation_bridge.domain.case.writes import ReviseNote
from escalation_bridge.domain.links.shared_ticket import note_to_revise
from escalation_bridge.domain.tickets.tickets import CommentDraft, WrittenComment
from escalation_bridge.errors import CommentNotFound, Rejected
from escalation_bridge.plugged.helpdesk import Helpdesk

_log = structlog.get_logger(__name__)


def revise_note(
    view: CaseView, record: IntentRecord, intent: ReviseNote, helpdesk: Helpdesk, draft: CommentDraft
) -> tuple[Receipt, WrittenComment | None]:
    """Reword a note; where the vendor lets none be, write another one if it is worth that.

    Returns:
        The proof, and the comment that was written anew; None where none was.
    """
    written = note_to_revise(view, intent)
    if written is not None and helpdesk.can("edit_comment"):
        writer, comment_id = written
        try:
            helpdesk.edit_comment(intent.ticket.id, comment_id, draft, writer.token)
            return Receipt(intent.ticket, comment_id, f"comment {comment_id}"), None
        except (Rejected, CommentNotFound) as refusal:
            _log.info("note.not_reworded", case=view.id, error=str(refusal))
    if written is not None and not intent.anew:
        return Receipt(intent.ticket, detail=f"comment {written[1]} as it was"), None
    again = helpdesk.write_comment(intent.ticket.id, draft, record.token)
    return Receipt(intent.ticket, again.comment.id, f"comment {again.comment.id}"), again
