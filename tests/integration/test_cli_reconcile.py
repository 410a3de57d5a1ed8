"""`escalation-bridge reconcile`: shows what differs, has it read anew, and says what it could not search."""

from contextlib import contextmanager

import pytest
from typer.testing import CliRunner

from escalation_bridge.cli import reconcile
from escalation_bridge.cli.main import app
from escalation_bridge.domain.tickets import Role, StatusKind
from escalation_bridge.errors import AuthenticationFailed, BridgeError
from escalation_bridge.store import reconciliations


@pytest.fixture
def run(scene, monkeypatch):
    @contextmanager
    def opened(_path):
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
    assert code == 0
    for told in (
        "SUPPORT-1",
        "status",
        "New",
        "Waiting Customer",
        "comments",
        "1 missed",
        "Nothing was changed.",
    ):
        assert told in shown
    scene.worker.run_until_idle()
    assert state(scene) == before
    assert scene.view().tickets[scene.view().origin].status.kind is StatusKind.NEW


@pytest.mark.parametrize("every_case", [[], ["--all"]])
def test_what_was_missed_is_read_anew(run, scene, missed, every_case):
    assert "read anew by the worker" in run(*every_case)[1]
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
