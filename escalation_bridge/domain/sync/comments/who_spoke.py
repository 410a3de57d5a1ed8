"""The author of a comment or ticket: requester, agent or the bridge (echo). Decided only here.

Who is the customer is a matter of the ticket and not of the licence: in an internal helpdesk everybody who asks has an agent's seat.
"""

from collections.abc import Iterable

from escalation_bridge.domain.case.write import Leaves
from escalation_bridge.domain.case.write_records import IntentRecord, IntentState
from escalation_bridge.domain.case.writes.files import PassFile
from escalation_bridge.domain.tickets.same_words import same_words
from escalation_bridge.domain.tickets.tickets import Attachment, Comment, Role, Ticket, TicketRef
from escalation_bridge.domain.tickets.who_asks import asks


def who_spoke(
    comment: Comment,
    intents: Iterable[IntentRecord],
    ticket: Ticket | None = None,
) -> Role:
    """Say who a comment is from, above all whether it is the bridge's own.

    `ticket` is the customer's ticket that it stands in; None for comments of linked tickets, in which nobody is the customer.

    The receipt proves it first. The marker comes second, and shows another bridge's comments too. A write whose receipt
    was lost is recognised by the text that was sent, for vendors that keep no marker. The
    account that wrote it proves nothing: a person may share it.
    """
    if comment.marker is not None:
        return Role.BRIDGE
    records = tuple(intents)
    if _is_only_a_file_of_ours(comment, records):
        return Role.BRIDGE
    for record in records:
        if record.intent.leaves is not Leaves.COMMENT or record.intent.written_to != comment.ticket:
            continue
        if record.receipt is not None and record.receipt.comment_id == comment.id:
            return Role.BRIDGE
        if (
            record.receipt is None
            and record.sent_at is not None
            and _same(record.sent_text, comment.body.text)
        ):
            return Role.BRIDGE
    if ticket is not None and asks(comment.author, ticket):
        return Role.CUSTOMER
    return comment.author.role


def is_our_file(attachment: Attachment, ticket: TicketRef, intents: Iterable[IntentRecord]) -> bool:
    """Whether the bridge put a file there: by the receipt, or, where that was lost, by the file's name and size."""
    return any(
        record.receipt.file_id == attachment.id
        if record.receipt is not None
        else record.state is IntentState.SENT
        and (record.intent.attachment.name, record.intent.attachment.size)
        == (attachment.name, attachment.size)
        for record in intents
        if isinstance(record.intent, PassFile) and record.intent.ticket == ticket
    )


def _is_only_a_file_of_ours(comment: Comment, records: tuple[IntentRecord, ...]) -> bool:
    """Whether a comment is what a vendor needs to show a file that the bridge put there: the file, and at most its name."""
    words = comment.body.text.strip()
    return bool(comment.attachments) and all(
        words in ("", file.name) and is_our_file(file, comment.ticket, records)
        for file in comment.attachments
    )


def _same(sent: str | None, stored: str) -> bool:
    return sent is not None and same_words(sent, stored)
