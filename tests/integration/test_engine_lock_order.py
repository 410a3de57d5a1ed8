"""Several workers of one PostgreSQL database never wait for each other in a circle.

The database is slow at inserting here, so that transactions overlap: without one order for all of them PostgreSQL ends one with
"deadlock detected".
"""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from escalation_bridge.domain.teams.absence import Absence
from escalation_bridge.domain.tickets.tickets import TicketRef
from escalation_bridge.engine import routing
from escalation_bridge.engine.deliver.link_by_hand import LinkRequest, link_tickets
from escalation_bridge.engine.routing import route_deliveries
from escalation_bridge.store.cases import case_tickets
from escalation_bridge.store.cases.stored_escalations import absent, save_absences

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SLOW = """
CREATE FUNCTION slowly() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN PERFORM pg_sleep(0.2); RETURN NEW; END $$;
CREATE TRIGGER slow BEFORE INSERT ON cases FOR EACH ROW EXECUTE FUNCTION slowly();
CREATE TRIGGER slow BEFORE INSERT ON absences FOR EACH ROW EXECUTE FUNCTION slowly();
"""
AS_BEFORE = "DROP TRIGGER slow ON cases; DROP TRIGGER slow ON absences; DROP FUNCTION slowly();"


@pytest.fixture
def database_kind():
    return "postgresql"


@pytest.fixture
def slow_inserts(database):
    with database.write() as transaction:
        transaction.execute(sa.text(SLOW))
    yield
    with database.write() as transaction:
        transaction.execute(sa.text(AS_BEFORE))


def at_once(*calls):
    """Call all of these together, each in a thread; what they return."""
    start = threading.Barrier(len(calls))

    def run(call):
        start.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def test_batches_that_open_the_same_cases_in_opposite_orders(scene, slow_inserts, monkeypatch):
    monkeypatch.setattr(routing, "DELIVERIES_AT_ONCE", 2)
    a, b = (scene.support.customer_writes(f"Fire {n}", "It burns.") for n in range(2))
    for number, ticket in enumerate((a, b, b, a)):
        scene.hear(scene.support, ticket, f"delivery-{number}")
    with capture_logs() as logs:
        routed = at_once(*[lambda: route_deliveries(scene.bridge)] * 2)
    assert routed == [2, 2]
    assert [log["event"] for log in logs] == ["delivery.routed"] * 4
    with scene.bridge.database.read() as transaction:
        rows = transaction.exec_driver_sql("SELECT ticket_id, wake_count FROM cases ORDER BY ticket_id").all()
    assert rows == [(a, 2), (b, 2)]


def test_opening_cases_in_opposite_orders(database, slow_inserts):
    refs = [TicketRef("support", str(n)) for n in range(3)]

    def open_them(in_order):
        with database.write() as transaction:
            return case_tickets.open_cases(transaction, in_order, NOW)

    first, second = at_once(lambda: open_them(refs), lambda: open_them(refs[::-1]))
    assert first == second
    assert first.keys() == set(refs)


def test_a_batch_that_opens_a_case_beside_a_link_that_opens_the_same_one(make_scene, slow_inserts):
    scene = make_scene(policies=())
    issue = scene.dev.customer_writes("Printers burn", "All of them.")
    known, new = (scene.support.customer_writes(f"Printer {n}", "It burns.") for n in range(2))
    assert link_tickets(scene.bridge, LinkRequest(known, issue, "engineering")).refusal is None
    for number, ticket in enumerate((new, known)):
        scene.hear(scene.support, ticket, f"delivery-{number}")
    with capture_logs() as logs:
        _, linked = at_once(
            lambda: route_deliveries(scene.bridge),
            lambda: link_tickets(scene.bridge, LinkRequest(new, issue, "engineering")),
        )
    assert linked.refusal is None
    assert [log["event"] for log in logs] == ["delivery.routed"] * 2


def test_the_same_people_say_in_opposite_orders_that_they_are_away(database, slow_inserts):
    """None of them is known yet, so that there is no row to lock."""
    until = NOW + timedelta(days=1)
    away = [Absence(f"{name}@example.com", until, NOW) for name in ("budi", "rani", "sari")]

    def say(in_order):
        with database.write() as transaction:
            save_absences(transaction, in_order)

    at_once(lambda: say(away), lambda: say(away[::-1]))
    with database.read() as transaction:
        assert absent(transaction, NOW) == {each.person: until for each in away}
