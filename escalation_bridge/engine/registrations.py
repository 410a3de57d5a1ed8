"""Maintain webhook registrations: once a day, and soon after reconciliation found a missed change.

Jira's dynamic webhooks expire silently after 30 days, vendors deactivate registrations, and people delete them. The running
bridge lists, renews, repairs and prunes registrations, and reports it.
"""

from datetime import datetime, timedelta

import structlog

from escalation_bridge.bridge import Bridge
from escalation_bridge.engine.background import BackgroundTask
from escalation_bridge.errors import BridgeError, ConfigurationError, StoreUnavailable
from escalation_bridge.online.healing import Healed, heal
from escalation_bridge.online.subscribing import callback_of
from escalation_bridge.plugged.helpdesk import Helpdesk
from escalation_bridge.plugin.http.budgets import Urgency, working
from escalation_bridge.store.connections import reconciliations
from escalation_bridge.store.connections.registrations import (
    Registration,
    keep_look,
    load_registrations,
    take_look,
)

_log = structlog.get_logger(__name__)

_DAILY = timedelta(days=1)
_AFTER_TROUBLE = timedelta(hours=1)
_BETWEEN_LOOKS = timedelta(minutes=15)
"""The minimum interval: consecutive missed changes have one cause."""
_TICK = timedelta(minutes=1)


class Registrar(BackgroundTask):
    """Maintains the registrations of all connections.

    Args:
        bridge: The bridge.
        public_url: The public address of the receiver.
    """

    def __init__(self, bridge: Bridge, public_url: str) -> None:
        super().__init__("registrar")
        self._bridge = bridge
        self._public_url = public_url

    def run_once(self) -> timedelta:
        """Check what is due; return the pause before the next look."""
        self.look_everywhere()
        return _TICK

    def look_everywhere(self) -> None:
        """Check every connection that is due. A failure of one is recorded and does not affect others."""
        try:
            with self._bridge.database.read() as transaction:
                known = load_registrations(transaction)
                searches = reconciliations.load_all(transaction)
        except StoreUnavailable as error:
            _log.error("registrations.store_unavailable", error=str(error))
            return
        for name, helpdesk in self._bridge.helpdesks.items():
            if self._stopping.is_set():
                return
            if not helpdesk.can("list_subscriptions") or not helpdesk.can("subscribe_webhooks"):
                continue
            one = known.get(name, Registration(name))
            missed = searches[name].missed_at if name in searches else None
            if _is_due(one, missed, self._bridge.now()):
                self._try(helpdesk, one)

    def _try(self, helpdesk: Helpdesk, known: Registration) -> None:
        try:
            with working(Urgency.BACKFILL):
                self._look(helpdesk, known)
        except StoreUnavailable as error:
            _log.error("registrations.store_unavailable", error=str(error))
        except ConfigurationError as error:
            _log.warning("registrations.not_looked_after", connection=helpdesk.name, error=str(error))
        except Exception:  # noqa: BLE001 - a thread that ended would end the care for good; logged with its traceback
            _log.exception("registrations.trouble", connection=helpdesk.name)

    def _look(self, helpdesk: Helpdesk, known: Registration) -> None:
        now = self._bridge.now()
        callback = callback_of(helpdesk.name, self._public_url, None)
        with self._bridge.database.write() as transaction:
            if not take_look(transaction, known, now, now + _AFTER_TROUBLE):
                return  # another worker checks
        try:
            healed = heal(helpdesk, callback, now, was_seen=known.seen, ended=known.expires_at is not None)
        except BridgeError as error:
            _log.warning("registrations.failed", connection=helpdesk.name, error=str(error))
            trouble = f"its webhook registrations cannot be looked after: {error}" if known.seen else None
            self._keep(_after(known, now + _AFTER_TROUBLE, problem=trouble))
            return
        self._log_result(helpdesk.name, healed)
        self._keep(_found(known.name, healed, now))

    def _keep(self, found: Registration) -> None:
        with self._bridge.database.write() as transaction:
            keep_look(transaction, found)

    @staticmethod
    def _log_result(name: str, healed: Healed) -> None:
        for action in healed.repaired:
            _log.warning("registrations.repaired", connection=name, action=action)
        for action in healed.kept:
            _log.info("registrations.kept", connection=name, action=action)
        if healed.problem is not None:
            _log.error("registrations.problem", connection=name, problem=healed.problem)


def _is_due(known: Registration, missed_at: datetime | None, now: datetime) -> bool:
    if known.due_at is None or known.due_at <= now:
        return True
    if missed_at is None or known.looked_at is None:
        return False
    return missed_at > known.looked_at and now - known.looked_at >= _BETWEEN_LOOKS


def _after(known: Registration, due_at: datetime, *, problem: str | None) -> Registration:
    return Registration(known.name, known.seen, due_at, expires_at=known.expires_at, problem=problem)


def _found(name: str, healed: Healed, now: datetime) -> Registration:
    done = "; ".join((*healed.repaired, *healed.kept))
    return Registration(
        name,
        healed.seen,
        now + _DAILY,
        expires_at=healed.expires_at,
        outcome=f"{done} ({now:%Y-%m-%d %H:%M} UTC)" if done else None,
        repaired_at=now if healed.repaired else None,
        problem=healed.problem,
    )
