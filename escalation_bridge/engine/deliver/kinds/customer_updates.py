"""Write the customer an update."""

from dataclasses import replace
from datetime import timedelta

from escalation_bridge.domain.case.write_records import IntentState, Receipt
from escalation_bridge.domain.case.writes.customer_updates import InformCustomer
from escalation_bridge.domain.tickets.same_words import same_words
from escalation_bridge.domain.tickets.tickets import Comment, CommentDraft, Visibility, WrittenComment
from escalation_bridge.engine.deliver.failures import Unwanted
from escalation_bridge.engine.deliver.work import HistoryEntry, Kind, Result, Work
from escalation_bridge.errors import Circumstances

_STILL_TRUE = timedelta(minutes=5)
"""An update whose outcome is unknown is sent again within this time. Later it is looked for, and else decided again."""


def _inform(work: Work, intent: InformCustomer) -> Result:
    facts = intent.message.facts
    written = _found(work, intent)
    if written is None:
        now = work.bridge.now().isoformat()  # "tomorrow" is meant from when it is sent
        message = replace(intent.message, facts={**facts, "now": now})
        body = work.compose(message)
        draft = CommentDraft(
            body,
            Visibility.PUBLIC,
            first_attempt=not work.record.attempts,
            known=work.view.tickets.get(intent.ticket),
        )
        work.mark_sent(body.text)
        written = work.helpdesk.write_comment(intent.ticket.id, draft, work.record.token)
    comment_id = written.comment.id
    return Result(
        Receipt(intent.ticket, comment_id, f"comment {comment_id}"),
        ticket=written.ticket,
        comment=written.comment,
        entry=HistoryEntry("customer_informed", {"about": facts["about"], "due": facts["due"]}),
    )


def _found(work: Work, intent: InformCustomer) -> WrittenComment | None:
    """The comment of an earlier attempt that was long ago; None: it is sent now.

    Raises:
        Unwanted: There is none, and the words are too old to be sent.
    """
    record = work.record
    if record.state is not IntentState.SENT or record.sent_at is None:
        return None
    if work.bridge.now() - record.sent_at <= _STILL_TRUE:
        return None
    for comment in work.helpdesk.fetch_comments(intent.ticket.id, None):
        if comment.marker == record.token or _is_same(record.sent_text, comment):
            return WrittenComment(comment)
    raise Unwanted("it is too old to be sent", Circumstances(work.helpdesk.name, "add_comment"))


def _is_same(sent: str | None, comment: Comment) -> bool:
    """Whether a comment has the words that were sent, for vendors that may lose the mark of a public comment."""
    public = comment.visibility is Visibility.PUBLIC
    return sent is not None and public and same_words(sent, comment.body.text)


INFORM_CUSTOMER = Kind(InformCustomer, _inform)
