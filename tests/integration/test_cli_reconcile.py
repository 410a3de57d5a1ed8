"""`escalation-bridge reconcile`: shows what differs, has it read again, and reports what it could not search."""

from contextlib import contextmanager
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from escalation_bridge.cli.main import app
from escalation_bridge.cli.operation import reconcile
from escalation_bridge.domain.tickets.tickets import Role, StatusKind
from escalation_bridge.errors import AuthenticationFailed, BridgeError, NotReachable, RateLimited
from escalation_bridge.plugin.http.budgets import Urgency, present_urgency
from escalation_bridge.store.connections import reconciliations

MISSED = 3
"""The exit status where something was missed."""


@pytest.fixture
def run(scene, monkeypatch):
    @contextmanager
    def opened(_path, **_options):
        yield scene.bridge, None

    monkeypatch.setattr(reconcile, "opened", opened)
    runner = CliRunner(env={"COLUMNS": "120"})

    def run(*arguments: str) -> tuple[int, str]:
        result = runner.invoke(app, ["reconcile", *arguments], catch_exceptions=False)
        return result.exit_code, result.output

    assert run() == (0, "Nothing was missed.\n")  # from now on
    return run


@pytest.fixture
def missed(scene, run):
    ticket = scene.support.customer_writes("Printer on fire", "It burns.")
    scene.news(scene.support, ticket)
    scene.run(minutes=5)
    scene.support.set_status(ticket, StatusKind.WAITING_CUSTOMER)
    scene.support.says(ticket, "Which [printer]?", Role.AGENT)
    scene.clock.advance(minutes=5)
    return ticket


def state(scene):
    with scene.bridge.database.read() as transaction:
        return reconciliations.load_reconciliation(transaction, "support")


@pytest.mark.parametrize("every_case", [[], ["--all"]])
def test_a_dry_run_shows_each_field_and_changes_nothing(run, scene, missed, every_case):
    before = state(scene)
    code, shown = run("--dry-run", *every_case)
    assert code == MISSED
    for told in (
        "SUPPORT-1",
        "status",
        "New",
        "Waiting Customer",
        "comments",
        "1 missed",
        "`escalation-bridge connect support --check`",
        "Nothing was changed.",
    ):
        assert told in shown
    scene.worker.run_until_idle()
    assert state(scene) == before
    assert scene.view().tickets[scene.view().origin].status.kind is StatusKind.NEW


@pytest.fixture
def linked(scene, run):
    """A ticket and its linked issue, in step."""
    ticket = scene.support.customer_writes("Printer on fire", "It burns.")
    scene.news(scene.support, ticket)
    scene.run(minutes=61)
    scene.run(minutes=1)
    [issue] = scene.dev.tickets
    run()
    scene.worker.run_until_idle()
    return ticket, issue


def test_a_dry_run_shows_what_would_be_written_into_the_other_ticket(run, scene, linked):
    ticket, issue = linked
    scene.support.says(ticket, "It burns [again].", Role.CUSTOMER)
    scene.support.set_status(ticket, StatusKind.SOLVED)
    scene.clock.advance(minutes=5)
    written, view, course = list(scene.dev.writes), scene.view(), scene.timeline()
    code, shown = run("--dry-run")
    assert code == MISSED
    would = shown[shown.index("Would be written") :]
    for told in ("DEV-1", "status", "New", "closed", "private comment", "Customer in SUPPORT-1"):
        assert told in would
    assert "again" not in would, "what customers say is not for a terminal"
    assert (scene.dev.writes, scene.view(), scene.timeline()) == (written, view, course)
    assert run("--dry-run")[1] == shown, "it can be asked for again"
    run()
    scene.worker.run_until_idle()
    assert scene.dev.tickets[issue].status.kind is StatusKind.CLOSED


def test_a_dry_run_shows_that_a_link_would_be_put_on_hold(run, scene, linked):
    _ticket, issue = linked
    scene.dev.says(issue, "Bye.", Role.AGENT)
    scene.clock.advance(minutes=5)
    del scene.dev.tickets[issue]
    shown = run("--dry-run", "--all")[1]
    assert "on hold: ticket not readable" in shown
    assert scene.view().links[0].hold is None


def test_a_dry_run_says_of_which_case_it_cannot_tell_the_consequences(run, scene, missed, monkeypatch):
    def rehearse(*_):
        raise NotReachable("gone", scene.support.at("fetch_ticket"))

    monkeypatch.setattr(reconcile, "rehearse", rehearse)
    shown = run("--dry-run")[1]
    assert "unknown" in shown
    assert "support: fetch_ticket: gone" in shown


@pytest.mark.parametrize("every_case", [[], ["--all"]])
def test_what_was_missed_is_read_anew(run, scene, missed, every_case):
    assert "The worker reads them again" in run(*every_case)[1]
    scene.worker.run_until_idle()
    assert scene.view().tickets[scene.view().origin].status.kind is StatusKind.WAITING_CUSTOMER
    assert state(scene).missed == 1
    assert run(*every_case) == (0, "Nothing was missed.\n")


def test_one_connection_can_be_named(run, scene, missed):
    assert run("dev") == (0, "Nothing was missed.\n")
    with pytest.raises(BridgeError, match="no enabled connection sales; known: support, dev"):
        run("sales")


def test_what_could_not_be_searched_is_said_and_the_others_are(run, scene, missed):
    scene.dev.faults["changes_since"] = [AuthenticationFailed("refused", scene.dev.at("changes_since"))]
    code, told = run()
    assert code == 1
    assert "SUPPORT-1" in told
    assert "Not searched: dev: changes_since: refused" in told


@pytest.fixture
def many(scene, run, monkeypatch):
    """Five open cases, two to a page, and a vendor that breaks off in the middle."""
    monkeypatch.setattr(reconcile, "CASES_PER_PAGE", 2)
    for _ in range(5):
        ticket = scene.support.customer_writes("Printer on fire", "It burns.")
        scene.news(scene.support, ticket)
    looked = []
    compare = reconcile.compare

    def breaks_off(bridge, ref):
        if len(looked) == 3:
            looked.append("broken")
            raise NotReachable("gone", scene.support.at("fetch_ticket"))
        looked.append(ref.id)
        return compare(bridge, ref)

    monkeypatch.setattr(reconcile, "compare", breaks_off)
    return looked


def test_a_search_through_all_cases_goes_on_where_it_was(run, many):
    assert run("support", "--all")[0] == 1
    code, told = run("support", "--all")
    assert (code, "support: continues after ticket 2" in told) == (0, True)
    assert many == ["1", "2", "3", "broken", "3", "4", "5"]
    assert "continues" not in run("support", "--all")[1]
    assert many[7:] == ["1", "2", "3", "4", "5"], "at its end it begins again"


def test_a_search_through_all_cases_can_begin_anew(run, many):
    run("support", "--all")
    assert "continues" not in run("support", "--all", "--from-start")[1]
    assert many[4:] == ["1", "2", "3", "4", "5"]
    assert run("--from-start")[0] == 2


def test_a_dry_run_neither_remembers_a_place_nor_begins_at_one(run, many):
    run("support", "--all")
    run("support", "--all", "--dry-run")
    assert many[4:] == ["1", "2", "3", "4", "5"]
    run("support", "--all")
    assert many[9:] == ["3", "4", "5"]


@pytest.mark.parametrize(
    ("operation", "every_case"), [("changes_since", []), ("fetch_ticket", []), ("fetch_ticket", ["--all"])]
)
def test_it_waits_as_long_as_the_vendor_asks_and_goes_on(
    run, scene, missed, monkeypatch, operation, every_case
):
    waits = replace(scene.support.at(operation), retry_after=40)
    scene.support.faults[operation] = [RateLimited("enough", waits)]
    slept = []
    monkeypatch.setattr("escalation_bridge.cli.console.patience.time.sleep", slept.append)
    code, shown = run("support", *every_case)
    assert (code, slept) == (MISSED, [40])
    assert "Waiting 40 seconds" in shown
    assert "1 missed" in shown


def test_it_leaves_what_is_left_to_promises(run, scene, missed):
    seen = []
    scene.support.before = lambda operation: seen.append((operation, present_urgency()))
    run("support")
    assert {urgency for _, urgency in seen} == {Urgency.BACKFILL}
    assert {"changes_since", "fetch_ticket"} <= {operation for operation, _ in seen}
