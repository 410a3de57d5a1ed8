"""Leases are renewed while a batch works, and those of dead workers are freed at once."""

import subprocess
import sys
import threading
from contextlib import closing
from datetime import timedelta

import pytest

from escalation_bridge.domain.tickets.tickets import TicketRef
from escalation_bridge.engine.leases import Leases
from escalation_bridge.engine.worker import batch_size
from escalation_bridge.store.cases import case_tickets
from escalation_bridge.store.operation.presence import Presence
from escalation_bridge.store.queue import wakes
from escalation_bridge.store.queue.claims import claim_cases

LEASE = timedelta(seconds=30)
CLAIM = """
import sys, time
from datetime import UTC, datetime, timedelta
from escalation_bridge.store.queue.claims import claim_cases
from escalation_bridge.store.database.database import Database
from escalation_bridge.store.operation.presence import Presence
database = Database(sys.argv[1])
presence = Presence(database)
presence.show()
at = datetime.fromisoformat(sys.argv[2])
with database.write() as transaction:
    claims = claim_cases(transaction, presence.owner("host", 1, "b"), at, timedelta(days=1), at_most=2)
print(len(claims), flush=True)
time.sleep(600)
"""


@pytest.fixture
def now(scene):
    return scene.clock()


@pytest.fixture
def open_cases(database, now):
    def open_them(*reasons):
        with database.write() as transaction:
            ids = [
                case_tickets.open_case(transaction, TicketRef("support", str(n)), now)
                for n in range(len(reasons))
            ]
            for n, (case_id, reason) in enumerate(zip(ids, reasons, strict=True)):
                wakes.wake(transaction, case_id, now - timedelta(seconds=60 - n), reason)
        return ids

    return open_them


def claim(database, now, owner="one", at_most=9):
    with database.write() as transaction:
        return claim_cases(transaction, owner, now, LEASE, at_most=at_most)


def test_what_time_brings_goes_before_all_news_however_old(database, open_cases, now):
    ids = open_cases("webhook: changed", "webhook: changed", wakes.PLANNED, "webhook: changed", wakes.PLANNED)
    first = claim(database, now, at_most=3)
    rest = claim(database, now)
    assert [one.case_id for one in first] == [ids[2], ids[4], ids[0]]
    assert [one.case_id for one in rest] == [ids[1], ids[3]]


def test_a_batch_keeps_its_cases_for_as_long_as_it_works(scene, open_cases, now):
    open_cases("news", "news")
    database, leases = scene.bridge.database, Leases(scene.bridge, LEASE)
    claims = claim(database, now, leases.new_owner())
    with leases.kept(claims):
        for _ in range(5):
            scene.clock.advance(seconds=20)
            leases.renew()
            assert claim(database, scene.clock()) == []
    scene.clock.advance(seconds=20)
    leases.renew()  # nobody works on them any more
    scene.clock.advance(seconds=20)
    assert len(claim(database, scene.clock())) == 2


def test_a_case_that_was_taken_over_is_not_taken_back(scene, open_cases, now):
    open_cases("news")
    database, leases = scene.bridge.database, Leases(scene.bridge, LEASE)
    claims = claim(database, now, leases.new_owner())
    scene.clock.advance(seconds=31)
    (taken,) = claim(database, scene.clock(), "another")
    scene.clock.advance(seconds=20)
    with leases.kept(claims):
        leases.renew()
    assert claim(database, taken.until) == [], "the other worker has it"
    assert len(claim(database, taken.until + timedelta(seconds=1))) == 1, "its lease is not renewed for it"


@pytest.mark.parametrize(
    ("due", "threads", "case_seconds", "size"),
    [
        pytest.param(40, 1, 0.1, 5, id="a vendor that takes its time"),
        pytest.param(40, 1, 20.0, 1, id="a vendor that hardly answers"),
        pytest.param(34, 1, 0.001, 34, id="a quick one"),
        pytest.param(40, 4, 0.001, 10, id="threads share"),
        pytest.param(1, 4, 0.0, 1, id="nobody knows yet"),
    ],
)
def test_a_thread_takes_no_more_than_it_does_in_a_moment(due, threads, case_seconds, size):
    assert batch_size(due, threads, case_seconds) == size


@pytest.mark.parametrize("database_kind", ["postgresql"])
def test_the_cases_of_a_killed_worker_are_free_at_once(scene, open_cases, now, database_kind):
    open_cases("news", "news")
    database = scene.bridge.database
    url = database.engine.url.render_as_string(hide_password=False)
    with (
        closing(Presence(database)) as presence,
        subprocess.Popen(
            [sys.executable, "-c", CLAIM, url, now.isoformat()], stdout=subprocess.PIPE
        ) as other,
    ):
        presence.show()
        try:
            assert other.stdout is not None
            assert other.stdout.readline() == b"2\n"
            for _ in range(3):
                with database.write() as transaction:
                    assert presence.free_the_dead(transaction) == 0
        finally:
            other.kill()
            other.wait()
        freed = 0
        for _ in range(200):  # the server notices within a moment
            with database.write() as transaction:
                freed += presence.free_the_dead(transaction)
            if freed:
                break
            threading.Event().wait(0.05)
        assert freed == 2
        assert len(claim(database, now)) == 2
        with database.write() as transaction:  # who has no such lock is never taken for dead
            assert [presence.free_the_dead(transaction) for _ in range(3)] == [0, 0, 0]


@pytest.mark.parametrize("database_kind", ["postgresql"])
def test_a_sign_of_life_that_was_lost_is_given_again(scene, open_cases, now, database_kind):
    open_cases("news")
    database = scene.bridge.database
    with closing(Presence(database)) as one, closing(Presence(database)) as other:
        one.show()
        owner = one.owner("host", 1, "b")
        assert len(claim(database, now, owner)) == 1
        one.close()  # as when the server ended the session
        with database.write() as transaction:
            assert other.free_the_dead(transaction) == 0  # once is no proof
        one.show()
        for _ in range(3):
            with database.write() as transaction:
                assert other.free_the_dead(transaction) == 0
