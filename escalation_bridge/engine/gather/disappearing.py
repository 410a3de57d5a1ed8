"""Why a ticket can no longer be read: deleted, as a signed webhook proved, or as the vendor answered.

Some vendors answer the same for deleted and for hidden tickets (Jira: "Issue does not exist or you
do not have permission to see it."). Then only the webhook proves the deletion.
"""

from escalation_bridge.domain.case.cases import CaseView
from escalation_bridge.domain.tickets.tickets import TicketRef

REPORTED_DELETED = "told_deleted"
"""A webhook reported the deletion, and the ticket was not read since."""
DELETED = "deleted"


def reason_of(view: CaseView, ref: TicketRef, answered: str) -> str:
    """Why a ticket is gone that was just not found."""
    return DELETED if view.gone.get(ref) in (REPORTED_DELETED, DELETED) else answered


def is_known_gone(view: CaseView, ref: TicketRef) -> bool:
    """Whether a read has already shown that it is gone."""
    return view.gone.get(ref, REPORTED_DELETED) != REPORTED_DELETED
