"""Echo detection: webhooks about the bridge's own writes need no read.

In doubt a webhook is no echo. Reconciliation finds what is lost, because it reads a ticket whose snapshot
comes only from the answer to a write.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from escalation_bridge.domain.tickets.tickets import Ticket


@dataclass(frozen=True, slots=True)
class ChangeEvidence:
    """What a webhook reports about a change besides the ticket's id.

    Attributes:
        by_bridge: Whether the vendor names the bridge's own account as the author.
        updated_at: The ticket's last change according to the webhook.
        comment: The id of the comment that it concerns; then it reports nothing else.
    """

    by_bridge: bool = False
    updated_at: datetime | None = None
    comment: str | None = None

    def is_echo(self, known: Ticket | None, own_comments: Collection[str]) -> bool:
        """Whether it contains no news.

        Two accounts may change a ticket within the same tick of the vendor's clock. So a time that is known does not do: the change is
        the bridge's own, or it is about a comment that the bridge has a receipt of.

        Args:
            known: The ticket's last snapshot, from a read or the answer to a write.
            own_comments: The ids of the bridge's comments in it.
        """
        if self.comment is not None:
            return self.by_bridge and self.comment in own_comments
        return (
            self.by_bridge
            and self.updated_at is not None
            and known is not None
            and known.updated_at is not None
            and self.updated_at <= known.updated_at
        )
