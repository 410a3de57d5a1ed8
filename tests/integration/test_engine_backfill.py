"""Tickets that were open before the bridge: counted, taken in by a command, and looked at behind everything else."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from typer.testing import CliRunner

from escalation_bridge.cli.connections.connections import connection_lines
from escalation_bridge.cli.main import app
from escalation_bridge.cli.operation import backfill as command
from escalation_bridge.domain.escalation.actions.escalate import Escalate
from escalation_bridge.domain.sla.policy import Metric, Step
from escalation_bridge.domain.tickets.tickets import StatusKind
from escalation_bridge.engine.backfill import count_everywhere, keep_place, take_in
from escalation_bridge.errors import NotReachable, RateLimited
from escalation_bridge.plugin.accounts import OpenTickets
from escalation_bridge.plugin.http.budgets import Urgency, present_urgency
from escalation_bridge.store.cases import case_views
from escalation_bridge.store.connections import backfills
from escalation_bridge.store.database.schema import cases


def old_tickets(scene, number):
    ids = [scene.support.customer_writes(f"Old {n}", "Still broken.") for n in range(number)]
    scene.clock.advance(days=30)
    return ids


def take_all_in(scene, per_minute=60):
    desk, cursor, opened = scene.bridge.helpdesks["support"], None, 0
    while True:
        page = desk.open_tickets(cursor)
        opened += take_in(scene.bridge, "support", page, per_minute).opened
        keep_place(scene.bridge, "support", page, scene.clock())
        if page.cursor is None:
            return opened
        cursor = page.cursor


def count_cases(scene):
    with scene.bridge.database.read() as transaction:
        return transaction.execute(cases.select()).all()


def told(scene):
    with scene.bridge.database.read() as transaction:
        return connection_lines(transaction, scene.clock())


def test_how_many_there_are_is_said_until_they_are_taken_in(scene):
    old_tickets(scene, 120)
    count_everywhere(scene.bridge)
    (line,) = told(scene)
    assert line.startswith("support: 120 open tickets, 0 of them have a case.")
    assert line.endswith("escalation-bridge backfill support")
    assert not count_cases(scene), "it never begins by itself"
    assert take_all_in(scene) == 120
    assert told(scene) == ()


def test_they_are_looked_at_one_after_the_other(scene):
    old_tickets(scene, 120)
    take_all_in(scene, per_minute=60)
    wakes = sorted(row.wake_at for row in count_cases(scene))
    assert {later - earlier for earlier, later in pairwise(wakes)} == {timedelta(seconds=1)}
    assert wakes[0] == scene.clock()


def test_a_ticket_that_has_a_case_is_left_alone_and_so_is_what_is_done(scene):
    (known, done, *_) = old_tickets(scene, 5)
    scene.news(scene.support, known)
    scene.support.set_status(done, StatusKind.SOLVED)
    before = {row.id: row for row in count_cases(scene)}
    assert take_all_in(scene) == 3
    assert take_all_in(scene) == 0, "a second time there is nothing left"
    after = {row.id: row for row in count_cases(scene)}
    assert len(after) == 4
    assert {number: after[number] for number in before} == before


def test_what_is_read_for_them_leaves_the_vendors_requests_to_others(scene):
    old_tickets(scene, 1)
    take_all_in(scene)
    urgencies = []
    plain = scene.support._fail

    def note(operation):
        urgencies.append((operation, present_urgency()))
        plain(operation)

    scene.support._fail = note
    scene.run()
    assert ("fetch_ticket", Urgency.BACKFILL) in urgencies


def test_a_vendor_that_cannot_be_asked_is_no_trouble(scene):
    scene.support.faults["open_tickets"] = [NotReachable("away", scene.support.at("open_tickets"))]
    count_everywhere(scene.bridge)
    assert told(scene) == ()


def test_it_is_counted_daily_and_no_more_once_they_are_taken_in(scene):
    asked = []
    plain = scene.support._fail
    scene.support._fail = lambda operation: (asked.append(operation), plain(operation))
    old_tickets(scene, 1)
    for _ in range(3):
        count_everywhere(scene.bridge)
    assert asked.count("open_tickets") == 1
    scene.clock.advance(days=2)
    count_everywhere(scene.bridge)
    assert asked.count("open_tickets") == 2
    take_all_in(scene)
    scene.clock.advance(days=2)
    asked.clear()
    count_everywhere(scene.bridge)
    assert "open_tickets" not in asked


@pytest.fixture
def run(monkeypatch):
    def run(scene, *arguments):
        class Opened:
            def __enter__(self):
                return scene.bridge, None

            def __exit__(self, *_):
                return None

        monkeypatch.setattr(command, "opened", lambda _path, **_options: Opened())
        return CliRunner().invoke(app, ["backfill", *arguments], env={"COLUMNS": "160"})

    return run


def test_a_dry_run_counts_and_changes_nothing(scene, run):
    old_tickets(scene, 130)
    result = run(scene, "--dry-run")
    assert result.exit_code == 0
    assert "support: 130 open tickets, 0 already with a case, 130 would get one." in result.output
    assert "neither enforce_from nor hourly_cap" in result.output
    assert "Nothing was changed." in result.output
    assert not count_cases(scene)


def test_interrupted_it_goes_on_where_it_was(scene, run):
    old_tickets(scene, 250)
    waits = replace(scene.support.at("open_tickets"), retry_after=1)
    pages = []

    def stop_at_third(operation):
        if operation == "open_tickets":
            pages.append(operation)
            if len(pages) == 3:
                raise KeyboardInterrupt

    plain, scene.support._fail = scene.support._fail, stop_at_third
    assert run(scene).exit_code != 0
    assert len(count_cases(scene)) == 200
    scene.support._fail = plain
    scene.support.faults["open_tickets"] = [RateLimited("enough", waits)]
    result = run(scene)
    assert "resumes where it was interrupted" in result.output
    assert "Waiting" in result.output
    assert "support: 50 open tickets, 0 already with a case, 50 got one." in result.output
    assert len(count_cases(scene)) == 250


def test_a_list_that_does_not_move_on_is_an_error_and_no_endless_loop(scene, run, monkeypatch):
    monkeypatch.setattr(
        type(scene.bridge.helpdesks["support"]), "open_tickets", lambda *_: OpenTickets(("1",), "same", 1)
    )
    result = run(scene, "support")
    assert result.exit_code == 1
    assert "does not continue" in str(result.exception)


def test_a_connection_whose_tickets_open_no_cases_is_refused(scene, run):
    result = run(scene, "dev")
    assert "dev: its tickets open no cases" in str(result.exception)


@pytest.fixture
def database_kind():
    return "sqlite"


def test_five_thousand_old_tickets_become_no_storm(make_scene, make_policy):
    """With enforce_from in the policy nothing is written about them; with hourly_cap no more than that within an hour."""
    ladder = (Step("escalate", Metric.FIRST_RESPONSE, 100, 0, (Escalate("engineering"),)),)
    scene = make_scene(policies=(make_policy(ladder=ladder),))
    quiet = make_policy(ladder=ladder, enforce_from=scene.clock() + timedelta(days=30))
    scene = make_scene(policies=(quiet,))
    ids = old_tickets(scene, 5000)
    assert take_all_in(scene, per_minute=6000) == len(ids)
    with scene.bridge.database.read() as transaction:
        state = backfills.load_backfill(transaction, "support")
    assert (state.opened, state.finished_at is not None) == (5000, True)
    scene.run(seconds=2)  # some hundred of them are looked at by then
    assert not scene.dev.tickets
    fresh = scene.support.customer_writes("New", "It burns.")
    scene.news(scene.support, fresh)
    with scene.bridge.database.read() as transaction:
        (case,) = case_views.find_by_key(transaction, f"SUPPORT-{fresh}")
    assert scene.view(case).clocks, "a new ticket does not wait for the old ones"
