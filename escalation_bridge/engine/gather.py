"""Bringing a case's snapshots up to date, and writing down what happened since the last look."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import structlog

from escalation_bridge.bridge import Bridge
from escalation_bridge.domain.speakers import who_spoke
from escalation_bridge.domain.tickets import TicketRef
from escalation_bridge.engine.snapshots import write_down
from escalation_bridge.errors import BridgeError, StoreUnavailable, TicketNotFound, VendorError
from escalation_bridge.store import casefile
from escalation_bridge.store.outbox import sent_texts
from escalation_bridge.store.wakes import Claim, LeaseLost, hold_lease, wake_count

_log = structlog.get_logger(__name__)

_RETRY_SECONDS = 5.0
"""How soon a ticket that could not be read is tried again, at the least."""


@dataclass(slots=True)
class Gathered:
    """What came of reading tickets.

    Attributes:
        read: The tickets that are fresh now.
        retry_in: Seconds until the ones that could not be read are tried again; None if all could.
    """

    read: set[TicketRef] = field(default_factory=set)
    retry_in: float | None = None


def gather(bridge: Bridge, claim: Claim, refs: Sequence[TicketRef], lease: timedelta) -> Gathered:
    """Read tickets and their new comments. One that cannot be read does not keep the others from being read."""
    outcome = Gathered()
    for ref in refs:
        try:
            _read(bridge, claim, ref, lease)
        except (LeaseLost, StoreUnavailable):
            raise  # no trouble of this ticket, and nothing may be written after it
        except BridgeError as error:
            wait = _RETRY_SECONDS
            if isinstance(error, VendorError):
                wait = max(wait, error.at.retry_after or 0.0)
            outcome.retry_in = max(wait, outcome.retry_in or 0.0)
            _log.warning(
                "gather.put_off", case=claim.case_id, ticket=str(ref), error=str(error), seconds=wait
            )
            with bridge.database.write() as transaction:
                hold_lease(transaction, claim, bridge.now(), lease)
                casefile.mark_case_stale(transaction, claim.case_id, [ref])
        else:
            outcome.read.add(ref)
    return outcome


def _read(bridge: Bridge, claim: Claim, ref: TicketRef, lease: timedelta) -> None:
    helpdesk = bridge.helpdesks.get(ref.connection)
    if helpdesk is None:
        raise BridgeError(f"{ref}: there is no enabled connection {ref.connection}")
    with bridge.database.read() as transaction:
        before = casefile.load_case(transaction, claim.case_id)
        texts = sent_texts(transaction, claim.case_id)
        woken = wake_count(transaction, claim.case_id)
    known = before.comments_of(ref)
    # The bridge's own comments are known from their receipts: what was said just before them need not have been read.
    read = [comment for comment in known if (ref, comment.id) not in before.own_comments]
    try:
        ticket = helpdesk.fetch_ticket(ref.id)
        comments = helpdesk.fetch_comments(ref.id, read[-1].id if read else None)
    except TicketNotFound as error:
        with bridge.database.write() as transaction:
            hold_lease(transaction, claim, bridge.now(), lease)
            casefile.save_gone(transaction, claim.case_id, ref, error.message)
            casefile.unmark_stale(transaction, claim.case_id, ref, woken)
        return
    known_ids = {comment.id for comment in known}
    spoken = [
        (comment, who_spoke(comment, before.intents.values(), texts))
        for comment in comments
        if comment.id not in known_ids
    ]
    with bridge.database.write() as transaction:
        hold_lease(transaction, claim, bridge.now(), lease)
        write_down(bridge, transaction, before, ticket, spoken)
        casefile.unmark_stale(transaction, claim.case_id, ref, woken)
