"""Why a ticket can no longer be read: deleted, as the vendor's own signed webhook told, or as the answer to a read has it.

Some vendors answer a read of a deleted ticket as they answer one that the account may not see (Jira: "Issue does not exist or you
do not have permission to see it."). Then the webhook about the deletion is the only one who knows.
"""

from escalation_bridge.domain.case.cases import CaseView
from escalation_bridge.domain.tickets.tickets import TicketRef

TOLD = "told_deleted"
"""A webhook told of the deletion, and nobody has looked yet."""
DELETED = "deleted"


def reason_of(view: CaseView, ref: TicketRef, answered: str) -> str:
    """Why a ticket is gone that was not found just now."""
    return DELETED if view.gone.get(ref) in (TOLD, DELETED) else answered


def is_known_gone(view: CaseView, ref: TicketRef) -> bool:
    """Whether a read has shown already that it is gone."""
    return view.gone.get(ref, TOLD) != TOLD
