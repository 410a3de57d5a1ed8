"""From a stored webhook to the cases that it is about. A webhook is only a hint where to look."""

import sqlalchemy as sa
import structlog

from escalation_bridge.bridge import Bridge
from escalation_bridge.domain.tickets import TicketRef
from escalation_bridge.engine.disappearing import TOLD
from escalation_bridge.errors import BridgeError
from escalation_bridge.store import casefile, wakes
from escalation_bridge.store.deliveries import (
    DeliveryState,
    StoredDelivery,
    finish_delivery,
    note_failure,
    waiting_deliveries,
    waiting_ids,
)
from escalation_bridge.webhooks import WebhookNews

_log = structlog.get_logger(__name__)

_BATCH = 10
"""Few, because nobody else writes to SQLite meanwhile: a webhook that has just come waits for it to be over."""
_LONGEST_ID = 190
"""As long as the tables allow."""


def route_deliveries(bridge: Bridge) -> int:
    """Route a batch of waiting deliveries; say how many.

    One that cannot be read is quarantined. One whose routing fails is tried again later and set aside in the end; it stops
    no other.

    Raises:
        StoreUnavailable: The database cannot be used just now.
    """
    try:
        return _route(bridge)
    except Exception as error:  # noqa: BLE001 - whatever it is, one of them is to blame: logged where it is found
        _log.warning("routing.one_by_one", error=type(error).__name__)
    with bridge.database.read() as transaction:
        ids = waiting_ids(transaction, bridge.now(), _BATCH)
    for delivery_id in ids:
        _route_alone(bridge, delivery_id)
    return len(ids)


def _route_alone(bridge: Bridge, delivery_id: int) -> None:
    try:
        _route(bridge, delivery_id)
    except Exception as error:  # noqa: BLE001 - it is this delivery's alone
        # The database may be to blame. Then this cannot be written either, and the delivery's try does not count.
        with bridge.database.write() as transaction:
            state = note_failure(transaction, delivery_id, f"{type(error).__name__}: {error}", bridge.now())
        event = "delivery.set_aside" if state is DeliveryState.SET_ASIDE else "delivery.failed"
        _log.exception(event, delivery=delivery_id)


def _route(bridge: Bridge, only: int | None = None) -> int:
    with bridge.database.write() as transaction:
        waiting = waiting_deliveries(transaction, _BATCH, bridge.now(), only)
        read = [(delivery, *_read(bridge, delivery)) for delivery in waiting]
        concerned = {
            case_id
            for delivery, _, _, news in read
            for hint in (news.hints if news else ())
            for case_id in wakes.cases_of(transaction, TicketRef(delivery.connection, hint.id))
        }
        wakes.lock_in_order(transaction, sorted(concerned))
        for delivery, found, why, news in read:
            state, outcome = _wake(bridge, transaction, delivery, news) if news else (found, why)
            finish_delivery(transaction, delivery, state, outcome, bridge.now())
            _log.info(
                "delivery.routed", delivery=delivery.id, connection=delivery.connection, state=state.value
            )
    return len(waiting)


def _read(bridge: Bridge, delivery: StoredDelivery) -> tuple[DeliveryState, str, WebhookNews | None]:
    helpdesk = bridge.helpdesks.get(delivery.connection)
    if helpdesk is None:
        return DeliveryState.QUARANTINED, f"there is no connection {delivery.connection} any more", None
    try:
        news = helpdesk.parse_webhook(delivery.request)
    except BridgeError as error:
        return DeliveryState.QUARANTINED, str(error), None
    if news.unsupported is not None:
        return DeliveryState.UNSUPPORTED, news.unsupported, None
    if not news.hints:
        return DeliveryState.IGNORED, news.ignored or "it concerns no ticket", None
    if not all(_can_be_an_id(hint.id) for hint in news.hints):
        return DeliveryState.QUARANTINED, "what it names can be no ticket's id", None
    return DeliveryState.ROUTED, "", news


def _can_be_an_id(text: str) -> bool:
    # What the database refuses would keep all others from being routed.
    return 0 < len(text) <= _LONGEST_ID and text.isprintable()


def _wake(
    bridge: Bridge, transaction: sa.Connection, delivery: StoredDelivery, news: WebhookNews
) -> tuple[DeliveryState, str]:
    woken: list[int] = []
    for hint in news.hints:
        ref = TicketRef(delivery.connection, hint.id)
        cases = wakes.cases_of(transaction, ref)
        if not cases and bridge.opens_cases(ref.connection):
            cases = [wakes.open_case(transaction, ref, bridge.now())]
        # The case before its tickets, as everywhere: PostgreSQL locks in this order, and workers would lock each other out.
        for case_id in cases:
            wakes.wake(transaction, case_id, bridge.now(), f"webhook: {hint.what}"[:64])
        wakes.mark_stale(transaction, ref)
        if hint.deleted:
            for case_id in cases:
                casefile.save_gone(transaction, case_id, ref, TOLD)
        woken += cases
    if not woken:
        return DeliveryState.IGNORED, "the ticket is not linked to any case"
    return DeliveryState.ROUTED, "case " + ", ".join(str(case_id) for case_id in dict.fromkeys(woken))
