"""Read other customers' tickets before a decision that requires them fresh: their own cases may have missed a
webhook.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import structlog

from escalation_bridge.bridge import Bridge
from escalation_bridge.domain.case.cases import CaseView
from escalation_bridge.domain.case.other_customers import Sibling
from escalation_bridge.domain.links.shared_ticket import is_out_of_work
from escalation_bridge.domain.tickets.tickets import TicketRef
from escalation_bridge.errors import BridgeError, StoreRefused, StoreUnavailable, TicketNotFound
from escalation_bridge.plugin.http.budgets import Urgency, working
from escalation_bridge.store.cases import case_tickets
from escalation_bridge.store.queue import claims, wakes

_log = structlog.get_logger(__name__)

_RETRY_SECONDS = 60.0
"""The wait before a failed read is retried. Only its own case counts the failures."""


@dataclass(frozen=True, slots=True)
class OthersRead:
    """The result.

    Attributes:
        siblings: As `CaseView.siblings`, updated.
        read: The tickets that were read.
        retry_in: Seconds until the others are retried; None if all succeeded.
    """

    siblings: Mapping[str, tuple[Sibling, ...]]
    read: frozenset[TicketRef]
    retry_in: float | None


def read_siblings(
    bridge: Bridge, view: CaseView, siblings: Mapping[str, tuple[Sibling, ...]], refs: Collection[TicketRef]
) -> OthersRead:
    """Read those of `refs` that are other customers' tickets.

    Nothing is stored about them here, because another worker may hold the lease of their cases. If one differs from
    its case's snapshot, that case is woken and reads it itself.
    """
    read: set[TicketRef] = set()
    retry_in: float | None = None
    siblings = {link: (*others,) for link, others in siblings.items()}
    for ref in sorted({one.origin for others in siblings.values() for one in others} & set(refs)):
        if ref in view.tickets:
            continue
        try:
            done = _is_done(bridge, ref)
        except (StoreUnavailable, StoreRefused):
            raise
        except BridgeError as error:
            _log.warning("gather.sibling_unread", case=view.id, ticket=str(ref), error=str(error))
            retry_in = _RETRY_SECONDS
            continue
        read.add(ref)
        for link, others in siblings.items():
            differing = [one for one in others if one.origin == ref and one.done is not done]
            for one in differing:
                _wake(bridge, one)
            siblings[link] = tuple(replace(one, done=done) if one in differing else one for one in others)
    return OthersRead(siblings, frozenset(read), retry_in)


def _is_done(bridge: Bridge, ref: TicketRef) -> bool:
    try:
        with working(Urgency.PROMISE):
            return is_out_of_work(bridge.helpdesks[ref.connection].fetch_ticket(ref.id))
    except TicketNotFound:
        return True


def _wake(bridge: Bridge, sibling: Sibling) -> None:
    """Wake the other case to read its ticket."""
    with bridge.database.write() as transaction:
        claims.lock_in_order(transaction, [sibling.case_id])
        wakes.wake(transaction, sibling.case_id, bridge.now(), "another customer's ticket")
        case_tickets.mark_stale(transaction, sibling.origin)
