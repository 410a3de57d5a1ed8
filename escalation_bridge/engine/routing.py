"""Route stored webhooks to their cases. A webhook is only a hint where to look."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa
import structlog

from escalation_bridge.bridge import Bridge
from escalation_bridge.domain.tickets.tickets import TicketRef
from escalation_bridge.engine.gather.disappearing import REPORTED_DELETED
from escalation_bridge.errors import BridgeError
from escalation_bridge.plugin.webhooks import TicketHint
from escalation_bridge.store.cases import case_file, case_tickets, case_views
from escalation_bridge.store.queue import claims, wakes
from escalation_bridge.store.webhooks.deliveries import (
    DeliveryState,
    Routed,
    StoredDelivery,
    finish_deliveries,
    note_failure,
    waiting_deliveries,
    waiting_ids,
)

_log = structlog.get_logger(__name__)

DELIVERIES_AT_ONCE = 50
"""Small enough to be written within a few milliseconds, because it blocks other writers to SQLite."""
_LONGEST_ID = 190
"""The column's length."""


def route_deliveries(bridge: Bridge) -> int:
    """Route a batch of waiting deliveries; return how many.

    An unreadable one is quarantined. One whose routing fails is retried, and finally set aside; it blocks
    no other.

    Raises:
        StoreUnavailable: The database is not available.
    """
    try:
        return _route(bridge)
    except Exception as error:  # noqa: BLE001 - whatever it is, one of them is to blame: logged where it is found
        _log.warning("routing.one_by_one", error=type(error).__name__)
    with bridge.database.read() as transaction:
        ids = waiting_ids(transaction, bridge.now(), DELIVERIES_AT_ONCE)
    for delivery_id in ids:
        _route_alone(bridge, delivery_id)
    return len(ids)


def _route_alone(bridge: Bridge, delivery_id: int) -> None:
    try:
        _route(bridge, delivery_id)
    except Exception as error:  # noqa: BLE001 - it is this delivery's alone
        # If the database is at fault, this cannot be stored either, and the try does not count.
        with bridge.database.write() as transaction:
            state = note_failure(transaction, delivery_id, f"{type(error).__name__}: {error}", bridge.now())
        event = "delivery.set_aside" if state is DeliveryState.SET_ASIDE else "delivery.failed"
        _log.exception(event, delivery=delivery_id)


def _route(bridge: Bridge, only: int | None = None) -> int:
    database = bridge.database
    if database.on_sqlite:
        # The receiver waits for the writer, so everything possible is done before the transaction.
        with database.read() as transaction:
            waiting = waiting_deliveries(transaction, DELIVERIES_AT_ONCE, bridge.now(), only)
        found = [_read(bridge, delivery) for delivery in waiting]
        with database.write() as transaction:
            routed = _wake(bridge, transaction, found)
    else:
        with database.write() as transaction:
            waiting = waiting_deliveries(transaction, DELIVERIES_AT_ONCE, bridge.now(), only)
            routed = _wake(bridge, transaction, [_read(bridge, delivery) for delivery in waiting])
    for one in routed:
        _log.info(
            "delivery.routed",
            delivery=one.delivery.id,
            connection=one.delivery.connection,
            state=one.state.value,
        )
    return len(routed)


@dataclass(frozen=True, slots=True)
class _Read:
    """A delivery and its content; without `hints` it is finished, with `state` and `why`."""

    delivery: StoredDelivery
    state: DeliveryState
    why: str = ""
    hints: tuple[TicketHint, ...] = ()

    @property
    def tickets(self) -> list[TicketRef]:
        """Its tickets."""
        return [TicketRef(self.delivery.connection, hint.id) for hint in self.hints]


def _read(bridge: Bridge, delivery: StoredDelivery) -> _Read:
    helpdesk = bridge.helpdesks.get(delivery.connection)
    if helpdesk is None:
        why = f"there is no connection {delivery.connection} any more"
        return _Read(delivery, DeliveryState.QUARANTINED, why)
    try:
        news = helpdesk.parse_webhook(delivery.request)
    except BridgeError as error:
        return _Read(delivery, DeliveryState.QUARANTINED, str(error))
    if news.unsupported is not None:
        return _Read(delivery, DeliveryState.UNSUPPORTED, news.unsupported)
    if not news.hints:
        return _Read(delivery, DeliveryState.IGNORED, news.ignored or "it concerns no ticket")
    if not all(_can_be_an_id(hint.id) for hint in news.hints):
        return _Read(delivery, DeliveryState.QUARANTINED, "what it names can be no ticket's id")
    return _Read(delivery, DeliveryState.ROUTED, hints=news.hints)


def _can_be_an_id(text: str) -> bool:
    # A value that the database refuses would block all others.
    return 0 < len(text) <= _LONGEST_ID and text.isprintable()


def _wake(bridge: Bridge, transaction: sa.Connection, found: Sequence[_Read]) -> list[Routed]:
    """Wake the cases of all deliveries in one batch: the cost of a statement hardly depends on its rows."""
    found = _without_echoes(transaction, found)
    tickets = dict.fromkeys(ref for one in found for ref in one.tickets)
    cases = case_tickets.cases_of_tickets(transaction, tickets)
    unknown = [ref for ref in tickets if not cases[ref] and bridge.opens_cases(ref.connection)]
    for ref, case_id in case_tickets.open_cases(transaction, unknown, bridge.now()).items():
        cases[ref] = [case_id]
    woken = {
        case_id: f"webhook: {hint.what}"[:64]
        for one in reversed(found)  # the first reason stays
        for ref, hint in zip(one.tickets, one.hints, strict=True)
        for case_id in cases[ref]
    }
    # Lock cases before their tickets, as everywhere, to avoid a deadlock between workers.
    claims.lock_in_order(transaction, sorted(woken))
    wakes.wake_all(transaction, woken, bridge.now())
    evidence = [
        (ref, hint.evidence) for one in found for ref, hint in zip(one.tickets, one.hints, strict=True)
    ]
    case_tickets.add_evidence(
        transaction, sorted(evidence, key=lambda each: (each[0].connection, each[0].id))
    )
    for one in found:
        for ref, hint in zip(one.tickets, one.hints, strict=True):
            if hint.deleted:
                for case_id in cases[ref]:
                    case_file.save_gone(transaction, case_id, ref, REPORTED_DELETED)
    routed = [_outcome(one, [case_id for ref in one.tickets for case_id in cases[ref]]) for one in found]
    finish_deliveries(transaction, routed, bridge.now())
    return routed


def _without_echoes(transaction: sa.Connection, found: Sequence[_Read]) -> list[_Read]:
    """Deliveries without echoes of the bridge's own writes, which wake no case."""
    echoes = case_views.echoes_of(
        transaction,
        [
            (ref, hint.evidence)
            for one in found
            for ref, hint in zip(one.tickets, one.hints, strict=True)
            if hint.evidence is not None and hint.evidence.by_bridge
        ],
    )

    def without(one: _Read) -> _Read:
        left = tuple(
            hint
            for ref, hint in zip(one.tickets, one.hints, strict=True)
            if hint.deleted or hint.evidence is None or (ref, hint.evidence) not in echoes
        )
        if left or not one.hints:
            return replace(one, hints=left)
        return _Read(one.delivery, DeliveryState.IGNORED, "the echo of the bridge's own write")

    return [without(one) for one in found]


def _outcome(one: _Read, woken: Sequence[int]) -> Routed:
    if not one.hints:
        return Routed(one.delivery, one.state, one.why)
    if not woken:
        return Routed(one.delivery, DeliveryState.IGNORED, "the ticket is not linked to any case")
    ids = ", ".join(str(case_id) for case_id in dict.fromkeys(woken))
    return Routed(one.delivery, DeliveryState.ROUTED, f"case {ids}")
