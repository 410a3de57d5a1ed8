"""From deliveries to cases: what cannot be read is set aside, and stops neither the others nor the worker."""

import threading
import time
from dataclasses import replace

import pytest

from escalation_bridge.domain.tickets.tickets import Role
from escalation_bridge.engine import routing
from escalation_bridge.engine import worker as working
from escalation_bridge.engine.routing import route_deliveries
from escalation_bridge.engine.worker import Worker
from escalation_bridge.errors import (
    PluginError,
    Rejected,
    UnreadableAnswer,
    WebhookMalformed,
    WebhookRefused,
)
from escalation_bridge.plugin.hooks import hookimpl
from escalation_bridge.plugin.webhooks import TicketHint, WebhookNews, WebhookRequest
from escalation_bridge.store.database.schema import deliveries
from escalation_bridge.store.webhooks.deliveries import IncomingDelivery, save_deliveries


def states(scene):
    with scene.bridge.database.read() as transaction:
        rows = transaction.execute(deliveries.select().order_by(deliveries.c.id)).all()
    return [row.state for row in rows]


class Answers:
    """Answers the first calls of `parse_webhook` with something of its own."""

    def __init__(self, answers):
        self._answers = list(answers)

    @hookimpl(tryfirst=True)
    def parse_webhook(self, request):
        answer = self._answers.pop(0) if self._answers else None
        if isinstance(answer, Exception):
            raise answer
        return answer


def hear(scene, *answers):
    """A delivery for each answer, parsed as it says, and two more."""
    scene.bridge.helpdesks["support"].extend(Answers(answers), "answers")
    for n in range(len(answers) + 2):
        scene.hear(scene.support, scene.support.customer_writes(f"{n}", "It burns."))
    scene.run()


def test_deliveries_that_cannot_be_parsed_are_set_aside(scene):
    at = scene.support.at("parse_webhook")
    troubles = (
        WebhookMalformed("ticket: missing"),
        WebhookRefused("too late"),
        PluginError("broken"),
        ValueError("a bug of the plugin"),
        UnreadableAnswer("odd", at),
        Rejected("odd", at),
    )
    hear(scene, *troubles)
    assert states(scene) == ["quarantined"] * len(troubles) + ["routed", "routed"]
    assert scene.timeline(1).count("case_opened") == 1
    assert scene.timeline(2).count("case_opened") == 1


def test_deliveries_about_what_can_be_no_ticket_are_set_aside(scene):
    ids = ("", "1\x00", "\ud83d", "9" * 300)
    hear(scene, *(WebhookNews(hints=(TicketHint(ticket_id, "changed"),)) for ticket_id in ids))
    assert states(scene) == ["quarantined"] * len(ids) + ["routed", "routed"]


def test_what_became_of_a_delivery_is_kept(scene):
    hear(
        scene,
        WebhookNews(unsupported="sla:breached"),
        WebhookNews(ignored="on purpose"),
        WebhookNews(),
        WebhookNews(hints=(TicketHint("404", "changed"),)),
    )
    assert states(scene) == ["unsupported", "ignored", "ignored", "routed", "routed", "routed"]


def test_a_linked_ticket_opens_no_case(scene):
    issue = scene.dev.customer_writes("A bug", "Nobody asked for it.")
    scene.news(scene.dev, issue)
    assert states(scene) == ["ignored"]


def test_a_connection_that_was_taken_away_sets_its_deliveries_aside(scene):
    request = WebhookRequest.make(b'{"ticket": "1"}', {}, received_at=scene.clock())
    with scene.bridge.database.write() as transaction:
        save_deliveries(transaction, [IncomingDelivery("former", request, None)])
    scene.run()
    assert states(scene) == ["quarantined"]


def test_more_than_a_batch_is_routed(scene, monkeypatch):
    monkeypatch.setattr(routing, "DELIVERIES_AT_ONCE", 10)
    tickets = [scene.support.customer_writes(f"{n}", "It burns.") for n in range(24)]
    for ticket in tickets:
        scene.hear(scene.support, ticket)
    assert [route_deliveries(scene.bridge) for _ in range(4)] == [10, 10, 4, 0]
    assert set(states(scene)) == {"routed"}


def test_a_ticket_that_the_bridge_made_opens_no_case(make_scene, make_route):
    back = make_route(name="back", origin="dev", linked="support")
    scene = make_scene(routes=(make_route(), back))
    ticket = scene.support.customer_writes("Printer on fire", "It burns.")
    scene.news(scene.support, ticket)
    scene.run(minutes=61)
    issue = next(iter(scene.dev.tickets))
    scene.news(scene.dev, issue)
    made = replace(scene.dev.tickets[issue], ref=replace(scene.dev.tickets[issue].ref, id="77"))
    scene.dev.tickets["77"] = made  # heard of before its receipt was kept
    scene.news(scene.dev, "77")
    with pytest.raises(LookupError, match="no case 2"):
        scene.view(2)
    scene.run(hours=9)
    assert len(scene.support.tickets) == 1


def test_the_worker_outlives_what_nobody_foresaw(scene, monkeypatch):
    real, failed = working.route_deliveries, []

    def fail_once(bridge):
        if not failed:
            failed.append(bridge)
            raise ValueError("a bug")
        return real(bridge)

    monkeypatch.setattr(working, "route_deliveries", fail_once)
    ticket = scene.support.customer_writes("Printer on fire", "It burns.")
    scene.support.says(ticket, "We are on it.", Role.AGENT)
    scene.hear(scene.support, ticket)
    worker = Worker(scene.bridge, poll_seconds=0.01, trouble_seconds=0.01)
    thread = threading.Thread(target=worker.run)
    thread.start()
    deadline = time.monotonic() + 20
    while "routed" not in states(scene) and thread.is_alive() and time.monotonic() < deadline:
        time.sleep(0.01)
    worker.stop()
    thread.join()
    assert failed
    assert states(scene) == ["routed"]


def test_a_worker_does_not_rest_after_a_full_batch(scene, monkeypatch):
    monkeypatch.setattr(routing, "DELIVERIES_AT_ONCE", 2)
    monkeypatch.setattr(working, "DELIVERIES_AT_ONCE", 2)
    ignored = WebhookNews(ignored="it concerns no ticket")
    scene.bridge.helpdesks["support"].extend(Answers([ignored] * 7), "answers")
    for n in range(7):
        scene.hear(scene.support, scene.support.customer_writes(f"{n}", "It burns."))
    worker = Worker(scene.bridge, poll_seconds=600)
    thread = threading.Thread(target=worker.run)
    thread.start()
    deadline = time.monotonic() + 20
    while "stored" in states(scene) and time.monotonic() < deadline:
        time.sleep(0.01)
    worker.stop()
    thread.join()
    assert set(states(scene)) == {"ignored"}
