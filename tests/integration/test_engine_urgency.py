"""Who goes first where a vendor takes little: what promises depend on, then what webhooks told of, then what they missed."""

import threading
from collections import defaultdict
from dataclasses import replace
from datetime import timedelta

import pytest

from escalation_bridge.domain.tickets.tickets import Role
from escalation_bridge.engine.reconcile.reconciler import Reconciler
from escalation_bridge.errors import RateLimited
from escalation_bridge.plugin.http.budgets import ACCOUNT, Reading, Scope, Urgency, present_urgency
from escalation_bridge.plugin.http.meter import Budgets

ACCOUNTS = (Scope(ACCOUNT),)


@pytest.fixture
def seen(scene):
    """How urgent each operation was at each vendor, since it was last looked."""
    found = defaultdict(set)
    for plugin in (scene.support, scene.dev):
        plugin.before = lambda operation: found[operation].add(present_urgency())
    return found


def test_what_a_webhook_told_of_is_read_as_ordinary_work(scene, seen):
    scene.news(scene.support, scene.support.customer_writes("Printer on fire", "It burns."))
    assert seen["fetch_ticket"] == {Urgency.ORDINARY}


def test_what_a_step_depends_on_and_its_writes_are_most_urgent(scene, seen):
    scene.news(scene.support, scene.support.customer_writes("Printer on fire", "It burns."))
    seen.clear()
    scene.run(minutes=61)
    assert scene.dev.tickets
    assert Urgency.PROMISE in seen["fetch_ticket"]
    for operation in ("create_ticket", "add_comment", "update_ticket", "link_ticket"):
        assert seen[operation] == {Urgency.PROMISE}, operation


def test_what_nobody_told_of_is_looked_for_last(scene, seen):
    ticket = scene.support.customer_writes("Printer on fire", "It burns.")
    scene.news(scene.support, ticket)
    reconciler = Reconciler(scene.bridge, timedelta(minutes=5), threading.Event())
    reconciler.look_everywhere()
    scene.clock.advance(minutes=5)
    scene.support.says(ticket, "Hello?", Role.CUSTOMER)
    seen.clear()
    reconciler.look_everywhere()
    for operation in ("changes_since", "fetch_ticket", "fetch_comments"):
        assert seen[operation] == {Urgency.BACKFILL}, operation


def test_a_step_fires_though_only_enough_is_left_for_promises(scene):
    """A vendor of whose minute next to nothing is left: what was to be read ordinarily waits, the step does not."""
    scene.news(scene.support, scene.support.customer_writes("Printer on fire", "It burns."))
    budgets = Budgets()
    limit(scene.support, budgets, scene.clock)
    scene.clock.advance(minutes=61)
    budgets.note([Reading(ACCOUNT, 40, 1000, 60)], scene.clock())
    later = scene.support.customer_writes("Another", "It smokes.")
    scene.hear(scene.support, later)
    scene.run()
    assert len(scene.dev.tickets) == 1  # escalated
    assert "unreadable" in scene.timeline(2)
    scene.run(seconds=61)
    assert any(ref.id == later for ref in scene.view(2).tickets)


def limit(plugin, budgets, clock):
    def ask(operation):
        wait = budgets.take(ACCOUNTS, present_urgency(), clock())
        if wait is not None:
            raise RateLimited("enough", replace(plugin.at(operation), retry_after=wait.seconds))

    plugin.before = ask
