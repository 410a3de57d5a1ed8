"""Who spoke: decided here and nowhere else."""

from collections.abc import Iterable

from escalation_bridge.domain.intents import IntentRecord, WriteComment
from escalation_bridge.domain.tickets import Comment, Role


def who_spoke(comment: Comment, intents: Iterable[IntentRecord], texts: dict[str, str]) -> Role:
    """Say who a comment is from, above all whether it is the bridge's own.

    The receipt proves it first. The marker comes second, and shows another bridge's comments too. A write whose receipt
    was lost is recognised by its text (`texts`: intent key -> plain text sent), for vendors that keep no marker. The
    account that wrote it proves nothing: a person may share it.
    """
    if comment.marker is not None:
        return Role.BRIDGE
    for record in intents:
        if not isinstance(record.intent, WriteComment) or record.intent.ticket != comment.ticket:
            continue
        if record.receipt is not None and record.receipt.comment_id == comment.id:
            return Role.BRIDGE
        if (
            record.receipt is None
            and record.sent_at is not None
            and _same(texts.get(record.key), comment.body.text)
        ):
            return Role.BRIDGE
    return comment.author.role


def _same(sent: str | None, stored: str) -> bool:
    return sent is not None and " ".join(sent.split()) == " ".join(stored.split())
