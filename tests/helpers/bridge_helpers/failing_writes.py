"""A ticket that is handed on while operations of the helpdesks fail."""

from dataclasses import replace

from escalation_bridge.domain.case.write_records import IntentState
from escalation_bridge.errors import (
    VendorError,
)
from escalation_bridge.store.cases import outbox
from escalation_bridge.store.queue import wakes

DONE, FAILED = IntentState.DONE, IntentState.FAILED


def error(kind, plugin, operation, retry_after=None):
    if issubclass(kind, VendorError):
        return kind("no", replace(plugin.at(operation), retry_after=retry_after))
    return kind("no")


def fail(plugin, operation, kind, times=1, **more):
    plugin.faults[operation] = [error(kind, plugin, operation, **more) for _ in range(times)]


def opened(scene):
    ticket = scene.support.customer_writes("Printer on fire", "It burns.")
    scene.news(scene.support, ticket)
    return ticket


def escalated(scene):
    ticket = opened(scene)
    scene.run(minutes=61)
    (issue,) = scene.dev.tickets
    scene.clock.advance(minutes=1)
    return ticket, issue


def state(scene, kind, connection):
    (record,) = [
        r
        for r in scene.view().intents.values()
        if (r.intent.kind, r.intent.connection) == (kind, connection) and r.key.startswith(("step:", "show:"))
    ]
    return record.state


def retry(scene):
    """What `escalation-bridge retry` does."""
    with scene.bridge.database.write() as transaction:
        count = outbox.retry_failed(transaction, 1)
        wakes.wake(transaction, 1, scene.clock(), "retry")
    scene.run()
    return count
