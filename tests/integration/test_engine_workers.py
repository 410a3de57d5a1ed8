"""Several workers at once, with threads: every case is worked on, and nothing is done twice."""

import threading
import time
from collections import Counter
from contextlib import contextmanager

import pytest
from structlog.testing import capture_logs

from escalation_bridge.domain.case.write_records import IntentState
from escalation_bridge.engine.worker import Worker
from escalation_bridge.errors import ConfigurationError

CASES = 6


@contextmanager
def running(*workers):
    """Workers at work in threads of their own, until the block ends."""
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


def wait_until(reached, seconds=60.0):
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline, "it takes too long"
        time.sleep(0.05)


def at_rest(scene):
    """Whether every case is linked, has nothing left to write, and is not being worked on: more may be decided then."""
    if len(scene.dev.tickets) < CASES:
        return False
    with scene.bridge.database.read() as transaction:
        if transaction.exec_driver_sql("select count(*) from cases where lease_owner is not null").scalar():
            return False
    views = [scene.view(number) for number in range(1, CASES + 1)]
    return all(view.links for view in views) and not any(
        record.state.outstanding for view in views for record in view.intents.values()
    )


@pytest.mark.parametrize("count", [1, 3])
def test_many_threads_do_everything_once(scene, count):
    if scene.bridge.database.on_sqlite and count > 1:
        pytest.skip("SQLite serves one worker")
    tickets = [scene.support.customer_writes(f"Fire {n}", "It burns.") for n in range(CASES)]
    for _ in range(2):
        for ticket in tickets:
            scene.hear(scene.support, ticket)
    scene.run()
    scene.clock.advance(minutes=61)
    for ticket in tickets:
        scene.hear(scene.support, ticket)
    workers = [Worker(scene.bridge, threads=3, poll_seconds=0.01) for _ in range(count)]
    with capture_logs(), running(*workers):
        wait_until(lambda: at_rest(scene))
    assert Counter(op for op, _ in scene.dev.writes) == {"create_ticket": CASES, "link_ticket": CASES}
    # The note and the raised priority; then the link, the status and the word to the customer.
    assert Counter(scene.support.writes) == {
        (op, ticket): times
        for ticket in tickets
        for op, times in (("add_comment", 2), ("update_ticket", 2), ("link_ticket", 1))
    }
    for number in range(1, CASES + 1):
        states = {record.state for record in scene.view(number).intents.values()}
        assert states == {IntentState.DONE}
        assert scene.timeline(number).count("escalated") == 1


def test_a_second_worker_process_is_refused_on_sqlite(scene):
    if not scene.bridge.database.on_sqlite:
        pytest.skip("PostgreSQL serves any number")
    first, second = Worker(scene.bridge, poll_seconds=0.01), Worker(scene.bridge)
    ticket = scene.support.customer_writes("Fire", "It burns.")
    with capture_logs(), running(first):
        scene.hear(scene.support, ticket)
        wait_until(lambda: "case_opened" in scene.timeline())
        with pytest.raises(ConfigurationError, match="another worker"):
            second.run()


def test_a_stopped_worker_begins_nothing_more(scene):
    tickets = [scene.support.customer_writes(f"Fire {n}", "It burns.") for n in range(3)]
    for ticket in tickets:
        scene.hear(scene.support, ticket)
    worker = Worker(scene.bridge)
    worker.stop()
    with capture_logs():
        worker.run()
    with scene.bridge.database.read() as transaction:
        assert transaction.exec_driver_sql("SELECT count(*) FROM cases").scalar() == 0
    scene.run()
    assert scene.timeline(3)


def test_a_worker_that_is_stopped_in_the_middle_leaves_the_rest_for_the_next(scene):
    ticket = scene.support.customer_writes("Fire", "It burns.")
    scene.news(scene.support, ticket)
    scene.clock.advance(minutes=61)
    stopping = scene.worker
    written = scene.support._wrote

    def stop_after_the_first(operation, ticket_id):
        written(operation, ticket_id)
        stopping.stop()

    scene.support._wrote = stop_after_the_first
    stopping.run_until_idle()
    scene.support._wrote = written
    assert [op for op, _ in scene.support.writes] == ["add_comment"]
    assert scene.dev.tickets == {}
    scene.worker = Worker(scene.bridge)
    scene.run()
    assert len(scene.dev.tickets) == 1
    assert Counter(op for op, _ in scene.support.writes)["add_comment"] == 2
