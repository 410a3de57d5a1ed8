"""Several workers at once on cases that share an issue: they wake each other and do not lock each other out."""

import threading
import time
from contextlib import contextmanager

import pytest
from structlog.testing import capture_logs

from escalation_bridge.domain.tickets.tickets import Priority, Role, StatusKind
from escalation_bridge.engine.deliver.link_by_hand import LinkRequest, link_tickets
from escalation_bridge.engine.worker import Worker

CUSTOMERS = 5


@contextmanager
def running(*workers):
    threads = [threading.Thread(target=worker.run) for worker in workers]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for worker in workers:
            worker.stop()
        for thread in threads:
            thread.join()


def wait_until(reached, what, seconds=60.0):
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline, f"it takes too long until {what}"
        time.sleep(0.1)


@pytest.mark.parametrize("count", [1, 3])
def test_workers_on_one_issue_do_not_lock_each_other_out(make_scene, count):
    scene = make_scene(policies=())
    if scene.bridge.database.on_sqlite and count > 1:
        pytest.skip("SQLite serves one worker")
    issue = scene.dev.customer_writes("Printers burn", "All of them.", Priority.LOW)
    tickets = [scene.support.customer_writes(f"Printer {n}", "It burns.") for n in range(CUSTOMERS)]
    with capture_logs() as logs, running(*(Worker(scene.bridge) for _ in range(count))):
        for ticket in tickets:
            made = link_tickets(scene.bridge, LinkRequest(ticket, issue, "engineering"))
            assert made.refusal is None
        for number, ticket in enumerate(tickets):
            scene.support.says(ticket, f"WORDS-{number};", Role.CUSTOMER)
            scene.support.set_priority(ticket, Priority.HIGH)
            scene.hear(scene.support, ticket)
            scene.hear(scene.dev, issue)
        wait_until(lambda: scene.dev.tickets[issue].priority is Priority.HIGH, "it is raised")
        for ticket in tickets:
            scene.support.set_status(ticket, StatusKind.SOLVED)
            scene.hear(scene.support, ticket)
        wait_until(lambda: scene.dev.tickets[issue].status.kind is StatusKind.CLOSED, "it is closed")

        def told():
            notes = [s.body.text for s in scene.dev.comments[issue] if "linked to this one" in s.body.text]
            return (
                len(notes) == 1 and notes[0].startswith("5 customers' tickets") and ", 0 of them" in notes[0]
            )

        wait_until(told, "the note is true")
        texts = [said.body.text for said in scene.dev.comments[issue]]
    assert [sum(f"WORDS-{n};" in text for text in texts) for n in range(CUSTOMERS)] == [1] * CUSTOMERS
    trouble = [log for log in logs if log["event"] in ("case.failed", "cases.failed", "case.not_given_back")]
    assert trouble == []
