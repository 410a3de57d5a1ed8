"""Wakes, claims and leases, on both databases: each case one worker, and no news lost."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa

from escalation_bridge.domain.tickets.tickets import TicketRef
from escalation_bridge.engine.routing import route_deliveries
from escalation_bridge.store.cases import case_file, case_tickets, case_views
from escalation_bridge.store.database.schema import cases
from escalation_bridge.store.queue import claims, wakes
from escalation_bridge.store.queue.claims import LeaseLost

LEASE = timedelta(minutes=3)


@pytest.fixture
def now(scene):
    return scene.clock()


@pytest.fixture
def open_cases(database, now):
    """Open and wake so many cases, a second apart."""

    def make(count):
        with database.write() as transaction:
            ids = [
                case_tickets.open_case(transaction, TicketRef("support", str(n)), now) for n in range(count)
            ]
            for n, case_id in enumerate(ids):
                wakes.wake(transaction, case_id, now - timedelta(seconds=count - n), "test")
        return ids

    return make


def claim(database, now, owner="me"):
    with database.write() as transaction:
        return claims.claim_case(transaction, owner, now, LEASE)


def release(database, held, wake_at=None, reason=""):
    with database.write() as transaction:
        claims.release_case(transaction, held, wake_at, reason)


def wake(database, case_id, at, reason="news"):
    with database.write() as transaction:
        wakes.wake(transaction, case_id, at, reason)


def row(database, case_id):
    with database.read() as transaction:
        return transaction.execute(sa.select(cases).where(cases.c.id == case_id)).one()


def test_the_longest_due_is_claimed_first_and_each_once(database, open_cases, now):
    ids = open_cases(3)
    assert [claim(database, now).case_id for _ in ids] == ids
    assert claim(database, now) is None


def test_what_is_not_due_is_not_claimed(database, open_cases, now):
    (case_id,) = open_cases(1)
    release(database, claim(database, now), now + timedelta(seconds=10), "planned")
    assert claim(database, now + timedelta(seconds=9)) is None
    held = claim(database, now + timedelta(seconds=10))
    assert (held.case_id, held.reason) == (case_id, "planned")


def test_what_nothing_is_planned_for_sleeps(database, open_cases, now):
    open_cases(1)
    release(database, claim(database, now))
    assert claim(database, now + timedelta(days=9999)) is None


def test_fifty_wakes_are_one_and_the_soonest_counts(database, open_cases, now):
    (case_id,) = open_cases(1)
    release(database, claim(database, now))
    for n in range(50):
        wake(database, case_id, now + timedelta(seconds=60 - n), f"wake {n}")
        wake(database, case_id, now + timedelta(hours=1), "later")
    assert row(database, case_id).wake_at == now + timedelta(seconds=11)
    assert row(database, case_id).wake_reason == "wake 49"
    assert claim(database, now + timedelta(seconds=11)) is not None
    assert claim(database, now + timedelta(seconds=99)) is None


def test_many_workers_never_claim_the_same_case(database, open_cases, now):
    ids = open_cases(24)
    start = threading.Barrier(8)

    def work(n):
        start.wait()
        claimed = []
        while (held := claim(database, now, f"worker {n}")) is not None:
            claimed.append(held.case_id)
        return claimed

    with ThreadPoolExecutor(8) as pool:
        claimed = [case_id for part in pool.map(work, range(8)) for case_id in part]
    assert sorted(claimed) == ids


def test_a_claim_does_not_wait_for_another_one(database, open_cases, now):
    """SKIP LOCKED: while one worker's claim is not committed yet, the next gets the next case. SQLite has one writer."""
    if database.on_sqlite:
        pytest.skip("SQLite has one writer at a time")
    ids = open_cases(2)
    with database.write() as first:
        assert claims.claim_case(first, "one", now, LEASE).case_id == ids[0]
        with database.write() as second:
            assert claims.claim_case(second, "two", now, LEASE).case_id == ids[1]
            assert claims.claim_case(second, "two", now, LEASE) is None


def test_a_lease_that_ran_out_is_taken_over_and_the_old_owner_writes_nothing(database, open_cases, now):
    (case_id,) = open_cases(1)
    old = claim(database, now, "old")
    assert claim(database, now + LEASE, "new") is None
    late = now + LEASE + timedelta(seconds=1)
    new = claim(database, late, "new")
    assert new.case_id == case_id
    with database.write() as transaction, pytest.raises(LeaseLost):
        claims.hold_lease(transaction, old, late, LEASE)
    release(database, old, late + timedelta(days=1), "mine")
    assert row(database, case_id).lease_owner == "new"
    assert row(database, case_id).wake_reason == "test"
    with database.write() as transaction:
        claims.hold_lease(transaction, new, late, LEASE)


def test_what_is_written_with_a_lost_lease_is_not_kept(database, open_cases, now):
    (case_id,) = open_cases(1)
    old = claim(database, now, "old")
    with database.read() as transaction:
        view = case_views.load_case(transaction, case_id)
    claim(database, now + 2 * LEASE, "new")

    def write_too_late():
        with database.write() as transaction:
            case_file.save_gone(transaction, case_id, view.origin, "gone")
            claims.hold_lease(transaction, old, now, LEASE)

    with pytest.raises(LeaseLost):
        write_too_late()
    with database.read() as transaction:
        assert case_views.load_case(transaction, case_id) == view


def test_a_lease_is_kept_by_working(database, open_cases, now):
    open_cases(1)
    held = claim(database, now)
    for minutes in (2, 4, 6):
        with database.write() as transaction:
            claims.hold_lease(transaction, held, now + timedelta(minutes=minutes), LEASE)
    assert claim(database, now + timedelta(minutes=8)) is None
    assert claim(database, now + timedelta(minutes=10)) is not None


def test_a_released_case_cannot_be_held(database, open_cases, now):
    open_cases(1)
    held = claim(database, now)
    release(database, held)
    with pytest.raises(LeaseLost), database.write() as transaction:
        claims.hold_lease(transaction, held, now, LEASE)


def test_a_wake_during_work_is_not_lost(database, open_cases, now):
    (case_id,) = open_cases(1)
    held = claim(database, now)
    wake(database, case_id, now)
    assert claim(database, now) is None
    release(database, held, now + timedelta(days=1), "planned")
    again = claim(database, now)
    assert (again.case_id, again.reason) == (case_id, "woken meanwhile")
    release(database, again, now + timedelta(days=1), "planned")
    assert claim(database, now) is None


def test_a_wake_at_the_very_end_of_the_work_is_not_lost(database, open_cases, now):
    """The wake comes after the release has looked and before it has written."""
    (case_id,) = open_cases(1)
    held = claim(database, now)
    if database.on_sqlite:
        pytest.skip("SQLite has one writer at a time")
    waker = threading.Thread(target=wake, args=(database, case_id, now))

    def interfere(_connection, _cursor, statement, *_):
        if statement.startswith("UPDATE cases") and "wake_reason" in statement and not waker.ident:
            waker.start()
            waker.join(0.5)  # it ends at once, or has to wait for the release

    sa.event.listen(database.engine, "before_cursor_execute", interfere)
    release(database, held, None)
    sa.event.remove(database.engine, "before_cursor_execute", interfere)
    waker.join()
    assert claim(database, now) is not None


def test_a_router_and_a_worker_do_not_lock_each_other_out(scene, database):
    """Both lock the case and its tickets; PostgreSQL ends one of them if they do it in opposite orders."""
    if database.on_sqlite:
        pytest.skip("SQLite has one writer at a time")
    ticket = scene.support.customer_writes("Printer on fire", "It burns.")
    scene.news(scene.support, ticket)
    scene.hear(scene.support, ticket)
    scene.wake()
    held = claim(database, scene.clock())
    with ThreadPoolExecutor(1) as pool, database.write() as transaction:
        claims.hold_lease(transaction, held, scene.clock(), LEASE)
        routed = pool.submit(route_deliveries, scene.bridge)
        waiting = sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")
        for _ in range(200):
            with database.engine.connect() as other:
                if other.execute(waiting).scalar():
                    break
        case_file.mark_case_stale(transaction, held.case_id, [scene.view().origin])
        transaction.commit()
        assert routed.result(10) == 1
    release(database, held)
    assert claim(database, scene.clock()) is not None


def test_work_is_due_costs_no_write_and_sees_both_kinds(scene, database, now):
    def due(at=now):
        with database.read() as transaction:
            return claims.work_is_due(transaction, at)

    assert not due()
    ticket = scene.support.customer_writes("Printer on fire", "It burns.")
    scene.hear(scene.support, ticket)
    assert due()
    route_deliveries(scene.bridge)
    assert due()
    claim(database, now)
    assert not due()
    assert due(now + LEASE + timedelta(seconds=1))


def test_leases_of_a_dead_process_are_dropped(database, open_cases, now):
    ids = open_cases(2)
    claim(database, now)
    with database.write() as transaction:
        assert claims.drop_leases(transaction) == 1
    assert [claim(database, now).case_id for _ in ids] == ids


def test_a_case_is_opened_once(database, now):
    ref = TicketRef("support", "7")
    start = threading.Barrier(4)

    def open_it(_):
        start.wait()
        with database.write() as transaction:
            return case_tickets.open_case(transaction, ref, now)

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(open_it, range(4)))) == 1


@pytest.fixture
def many(database, now):
    """Twenty thousand cases, a few of which are ever woken."""
    with database.write() as transaction:
        transaction.execute(
            cases.insert(),
            [
                {
                    "connection": "support",
                    "ticket_id": str(n),
                    "state": "open",
                    "opened_at": now,
                    "clocks": "[]",
                    "wake_count": 0,
                    "wake_at": now + timedelta(minutes=n) if n % 10 == 0 else None,
                }
                for n in range(20_000)
            ],
        )
        transaction.execute(sa.text("ANALYZE"))


def test_what_is_due_is_found_by_the_wake_index(database, many, now):
    seen = []

    def listen(_connection, _cursor, statement, parameters, *_):
        seen.append((statement, parameters))

    sa.event.listen(database.engine, "before_cursor_execute", listen)
    with database.write() as transaction:
        assert claims.claim_case(transaction, "me", now, LEASE) is not None
        assert claims.work_is_due(transaction, now) is False
    sa.event.remove(database.engine, "before_cursor_execute", listen)
    looks = [(s, p) for s, p in seen if s.startswith("SELECT") and "wake_at" in s]
    assert len(looks) == 3
    for statement, parameters in looks:
        explain = "EXPLAIN QUERY PLAN " if database.on_sqlite else "EXPLAIN "
        with database.engine.connect() as connection:
            rows = connection.exec_driver_sql(explain + statement, parameters).all()
        text = "\n".join(str(r[-1]) for r in rows)
        assert "ix_cases_wake" in text
        assert "Seq Scan on cases" not in text
        assert "SCAN cases" not in text
        assert "Sort" not in text
        assert "TEMP B-TREE" not in text
