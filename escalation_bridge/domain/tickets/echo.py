"""The echo of the bridge's own writes: webhooks that tell what is known already, and need not be followed by a reading.

A webhook that is not an echo for sure is none. What is lost or doubtful is found by reconciliation, which reads a ticket that is known
only as a write answered it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from escalation_bridge.domain.tickets.tickets import Ticket


@dataclass(frozen=True, slots=True)
class ChangeEvidence:
    """What a webhook tells of a change beside the ticket's id.

    Attributes:
        by_bridge: Whether the vendor names the bridge's own account as the one who did it.
        updated_at: When the ticket last changed, as the webhook has it.
        comment: The id of the one comment that it is about; then it tells of nothing else.
    """

    by_bridge: bool = False
    updated_at: datetime | None = None
    comment: str | None = None

    def is_echo(self, known: Ticket | None, own_comments: Collection[str]) -> bool:
        """Whether it tells nothing that is not known.

        Two accounts may change a ticket within the same tick of the vendor's clock. So a time that is known does not do: the change is
        the bridge's own, or it is about a comment that the bridge has a receipt of.

        Args:
            known: The ticket as it was last read or as the last write answered it.
            own_comments: The ids of comments in it that the bridge wrote.
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
