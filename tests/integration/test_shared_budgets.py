"""Worker processes tell each other how much the vendors still take: two bridges on one database."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
import requests
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from escalation_bridge.bridge import open_bridge
from escalation_bridge.config.loading import load_configuration
from escalation_bridge.domain.tickets.tickets import Priority, TicketChange
from escalation_bridge.errors import RateLimited
from escalation_bridge.plugged.discovery import discover
from escalation_bridge.plugin.connection import Connection, utc_now
from escalation_bridge.plugin.http.budgets import ACCOUNT, Budget, Reading, Scope, Urgency, working
from escalation_bridge.plugin.http.meter import Budgets
from escalation_bridge.plugin.settings import Resolved
from escalation_bridge.store.connections.request_budgets import StoredBoard, load_budgets, save_budget
from escalation_bridge.store.database.database import Database
from escalation_bridge.store.database.schema import request_budgets
from escalation_bridge_sandbox.kernel.server import start
from escalation_bridge_sandbox.zendesk import ZendeskSandbox
from escalation_bridge_sandbox.zendesk.state import seed
from escalation_bridge_sandbox.zendesk.state.settings import Limits, ZendeskSettings
from escalation_bridge_zendesk.plugin import ZendeskPlugin
from escalation_bridge_zendesk.settings import ZendeskSettings as PluginSettings

NOW = datetime.fromisoformat("2026-03-02T09:00:00Z")
ACCOUNTS = (Scope(ACCOUNT),)


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


@pytest.fixture
def other_database(database):
    opened = Database(database.engine.url.render_as_string(hide_password=False))
    yield opened
    opened.close()


@pytest.fixture
def ours(database):
    return Budgets(StoredBoard(database, "support"))


@pytest.fixture
def theirs(other_database):
    return Budgets(StoredBoard(other_database, "support"))


def rows(database):
    with database.read() as transaction:
        return transaction.execute(sa.select(sa.func.count()).select_from(request_budgets)).scalar()


def test_a_refusal_is_heard_of_by_the_other_worker(ours, theirs):
    assert theirs.take(ACCOUNTS, Urgency.PROMISE, NOW) is None
    ours.close(ACCOUNT, 90, NOW)
    wait = theirs.take(ACCOUNTS, Urgency.PROMISE, later(1))
    assert wait.seconds == 89
    assert theirs.take((Scope("search"),), Urgency.BACKFILL, later(1)) is None
    assert theirs.take(ACCOUNTS, Urgency.PROMISE, later(90)) is None


def test_a_worker_that_has_just_been_started_knows_at_its_first_request(ours, theirs):
    ours.note([Reading("updates of ticket 35", 0, None, 468)], NOW)
    scope = Scope("updates of ticket 35")
    assert theirs.take((scope,), Urgency.PROMISE, NOW).seconds == 468


def test_a_shorter_refusal_does_not_shorten_the_longer_one_of_another_worker(database, ours, theirs):
    ours.close(ACCOUNT, 90, NOW)
    theirs.close(ACCOUNT, 5, later(0.1))
    with database.read() as transaction:
        [kept] = load_budgets(transaction, NOW)["support"]
    assert kept.closed_until == later(90)
    assert ours.take(ACCOUNTS, Urgency.PROMISE, later(30)).seconds == 60
    assert theirs.take(ACCOUNTS, Urgency.PROMISE, later(30)).seconds == 60


def test_each_connection_has_budgets_of_its_own(database, ours):
    ours.close(ACCOUNT, 90, NOW)
    assert Budgets(StoredBoard(database, "shop")).take(ACCOUNTS, Urgency.BACKFILL, NOW) is None


def test_what_is_over_is_removed(database, ours):
    for number in range(20):
        ours.note([Reading(f"updates of ticket {number}", 0, None, 60)], later(number * 30))
    assert rows(database) <= 3


def test_a_thousand_requests_are_a_handful_of_commits(database, ours):
    written = []

    def note(connection):
        written.append(connection.get_execution_options())

    sa.event.listen(database.engine, "commit", note)
    for number in range(1000):
        now = later(number / 200)
        assert ours.take(ACCOUNTS, Urgency.PROMISE, now) is None
        ours.note([Reading(ACCOUNT, 2500 - number, 2500, 60)], now)
    sa.event.remove(database.engine, "commit", note)
    assert sum(bool(options.get("escalation_bridge_writes")) for options in written) == 0


def test_threads_of_two_workers_tell_each_other_at_once(ours, theirs, database):
    ready = threading.Barrier(8)

    def close(number):
        ready.wait(10)
        (ours if number % 2 else theirs).close(ACCOUNT, 60 + number, NOW)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(close, range(8)))
    with database.read() as transaction:
        [kept] = load_budgets(transaction, NOW)["support"]
    assert kept.closed_until == later(67)


moments = st.none() | st.integers(-100, 100).map(later)


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.builds(
            Budget,
            st.just("x"),
            moments.filter(bool),
            st.none() | st.floats(0, 9),
            st.none(),
            moments,
            moments,
        ),
        min_size=1,
        max_size=5,
    )
)
def test_of_all_that_was_told_the_last_level_and_the_longest_refusal_are_kept(database, told):
    with database.write() as transaction:
        transaction.execute(request_budgets.delete())
        for budget in told:
            save_budget(transaction, "support", budget)
        found = load_budgets(transaction, NOW).get("support", [])
    until = max((each.closed_until for each in told if each.closed_until), default=None)
    last = told[-1]
    expected = Budget("x", last.noted_at, last.left, last.total, last.renews_at, until)
    assert found == ([expected] if any(at and at > NOW for at in (last.renews_at, until)) else [])


def test_the_bridge_gives_its_connections_budgets_that_are_shared(database_url, tmp_path, monkeypatch):
    monkeypatch.setenv("TOKEN", "token-1")
    path = tmp_path / "bridge.yaml"
    path.write_text(
        f"bridge:\n  database: {database_url}\n"
        "connections:\n  support:\n    plugin: zendesk\n    url: https://acme.zendesk.com\n"
        "    sign_in: {access_token: '${TOKEN}'}\n    webhook_secrets: ['${TOKEN}']\n"
        "  dev:\n    plugin: zendesk\n    url: https://dev.zendesk.com\n"
        "    sign_in: {access_token: '${TOKEN}'}\n    webhook_secrets: ['${TOKEN}']\n"
        "routes:\n  up: {from: support, to: dev}\n"
    )
    catalogue = discover()
    configuration = load_configuration(path, catalogue)
    bridges = [open_bridge(configuration, catalogue, lambda: NOW) for _ in range(2)]
    try:
        ours, theirs = (bridge.helpdesks["support"].budgets for bridge in bridges)
        ours.close(ACCOUNT, 30, NOW)
        assert theirs.take(ACCOUNTS, Urgency.PROMISE, NOW).seconds == 30
        assert bridges[1].helpdesks["dev"].budgets.take(ACCOUNTS, Urgency.PROMISE, NOW) is None
    finally:
        for bridge in bridges:
            bridge.close()


@pytest.fixture
def narrow():
    """A stand-in that takes five updates of a ticket in ten minutes."""
    with start(ZendeskSandbox(settings=ZendeskSettings(limits=Limits(updates_per_ticket=5)))) as server:
        yield server


@pytest.fixture
def workers(narrow, database, other_database):
    """The Zendesk plugins of two worker processes, and their clock, which can be put forward."""
    ahead = [timedelta()]
    values = {
        "plugin": "zendesk",
        "url": narrow.url,
        "sign_in": {
            "oauth": {"client_id": seed.OAUTH_CLIENT_ID, "client_secret": Resolved(seed.OAUTH_CLIENT_SECRET)}
        },
    }
    made = [
        ZendeskPlugin(
            Connection(
                "support",
                PluginSettings.model_validate(values),
                lambda: utc_now() + ahead[0],
                Budgets(StoredBoard(one, "support")),
            )
        )
        for one in (database, other_database)
    ]
    yield *made, ahead
    for plugin in made:
        plugin.close()


def test_two_workers_count_the_updates_of_a_ticket_together(narrow, workers):
    first, second, ahead = workers
    message = {"email": seed.CUSTOMER_DEWI.email, "body": "My order is lost."}
    written = requests.post(f"{narrow.url}/_sandbox/inbound", json=message, timeout=5).json()
    ticket_id = str(written["ticket"]["id"])
    ticket = second.fetch_ticket(ticket_id)
    with working(Urgency.PROMISE):
        for priority in (Priority.HIGH, Priority.URGENT, Priority.HIGH, Priority.URGENT, Priority.HIGH):
            ticket = first.update_ticket(ticket_id, TicketChange(priority=priority), ticket)
        ahead[0] = timedelta(seconds=1)
        before = len(narrow.vendor.journal.entries())
        with pytest.raises(RateLimited, match=f"updates of ticket {ticket_id}") as limited:
            second.update_ticket(ticket_id, TicketChange(priority=Priority.LOW), ticket)
        assert 500 < limited.value.at.retry_after <= 605
        assert [e for e in narrow.vendor.journal.entries()[before:] if e.method == "PUT"] == []
        second.fetch_ticket(ticket_id)
