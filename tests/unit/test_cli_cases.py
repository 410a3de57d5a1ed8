"""What an admin sees of cases, and the other chance that he gives them."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from escalation_bridge.bridge import Bridge, open_bridge
from escalation_bridge.cli.main import main
from escalation_bridge.config import load_configuration
from escalation_bridge.engine.worker import Worker
from escalation_bridge.errors import Rejected
from escalation_bridge.plugins import Catalogue, FoundPlugin, PluginState
from escalation_bridge.store.deliveries import IncomingDelivery, save_deliveries
from escalation_bridge.testing.memory import MemoryHelpdesk
from escalation_bridge.webhooks import WebhookRequest

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
CONFIGURATION = """
bridge:
  database: sqlite:///{folder}/bridge.db
connections:
  support: {{plugin: memory}}
  dev: {{plugin: memory}}
policies:
  - name: all
    targets:
      default: {{first_response: 1h}}
    ladder:
      - {{id: hand-on, metric: first_response, at: due, do: [{{escalate: support-to-dev}}]}}
routes:
  support-to-dev:
    from: support
    to: dev
    status:
      to_linked: {{new: keep, open: keep, solved: closed}}
      to_origin: {{new: keep, open: keep, solved: open}}
"""


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Run the program in this process: exit status, standard output, standard error."""
    monkeypatch.setattr(sys.modules[main.__module__], "set_up_logs", lambda _level: None)
    monkeypatch.setenv("COLUMNS", "160")

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["escalation-bridge", *arguments])
        capfd.readouterr()
        status = 0
        try:
            main()
        except SystemExit as end:
            status = int(end.code or 0)
        told = capfd.readouterr()
        return status, told.out, told.err

    return run


@dataclass
class Office:
    """A bridge between two helpdesks in memory, and what happens there."""

    bridge: Bridge
    support: MemoryHelpdesk
    dev: MemoryHelpdesk
    clock: list[datetime]
    worker: Worker = field(init=False)

    def __post_init__(self) -> None:
        self.worker = Worker(self.bridge)

    def customer_writes(self, subject: str) -> str:
        ticket = self.support.customer_writes(subject, "It burns.")
        body = f'{{"ticket": "{ticket}"}}'.encode()
        request = WebhookRequest.make(body, {}, received_at=self.clock[0])
        with self.bridge.database.write() as transaction:
            save_deliveries(transaction, [IncomingDelivery("support", request, None)])
        self.worker.run_until_idle()
        return ticket

    def passes(self, **time: float) -> None:
        self.clock[0] += timedelta(**time)
        self.worker.run_until_idle()


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    file = tmp_path / "bridge.yaml"
    file.write_text(CONFIGURATION.format(folder=tmp_path))
    monkeypatch.setenv("ESCALATION_BRIDGE_CONFIG", str(file))
    clock = [START]
    made: dict[str, MemoryHelpdesk] = {}

    class Remembered(MemoryHelpdesk):
        def __init__(self, connection):
            super().__init__(connection)
            made[connection.name] = self

    catalogue = Catalogue({"memory": FoundPlugin("memory", "tests", "1", PluginState.READY, Remembered)})
    bridge = open_bridge(load_configuration(file, catalogue), catalogue, lambda: clock[0])
    yield Office(bridge, made["support"], made["dev"], clock)
    bridge.close()


def test_cases_are_listed_with_the_newest_first(run, office):
    for subject in ("Printer on fire", "Lost parcel", "No light"):
        office.customer_writes(subject)
    status, out, err = run("cases")
    assert (status, err) == (0, "")
    shown = [line for line in out.splitlines() if "support:" in line]
    assert [line.split("│")[1].strip() for line in shown] == ["3", "2", "1"]
    assert all(" open " in line for line in shown)
    assert "2026-03-02 10:00:0" in shown[0]  # when the first response is due
    assert run("cases", "--limit", "1")[1].count("support:") == 1


def test_an_empty_database_has_no_cases(run, office):
    status, out, err = run("cases")
    assert (status, err) == (0, "")
    assert "support:" not in out


@pytest.mark.parametrize("named", ["1", "support:1"])
def test_a_case_is_explained_by_its_number_or_its_ticket(run, office, named):
    office.customer_writes("Printer on fire")
    status, out, err = run("explain", named)
    assert (status, err) == (0, "")
    assert "Case 1: open, severity standard" in out
    assert "https://support.example/1" in out
    assert "Case opened for support:1" in out
    assert "Clock started: first response 1, target 1 hour, due 2026-03-02 10:00 UTC (policy all)." in out


def test_it_is_explained_in_the_bridges_language(run, office, tmp_path):
    office.customer_writes("Printer on fire")
    file = tmp_path / "bridge.yaml"
    file.write_text(file.read_text().replace("bridge:\n", "bridge:\n  language: id\n"))
    assert "Jam SLA mulai: respons pertama 1, target 1 jam" in run("explain", "1")[1]


def test_what_stands_in_a_ticket_is_not_taken_for_markup(run, office):
    office.customer_writes("Printer [red]on fire[/red]")
    office.dev.faults["create_ticket"] = [Rejected("field [/bold] is odd", office.dev.at("create_ticket"))]
    office.passes(hours=1)
    status, out, err = run("explain", "1")
    assert (status, err) == (0, "")
    assert "field [/bold] is odd" in out


@pytest.mark.parametrize(
    "named", ["7", "support:7", "nobody:1", "support", "", ":", "99999999999999999999", "-1", "1.0"]
)
@pytest.mark.parametrize("command", ["explain", "retry"])
def test_a_case_that_is_not_there_is_told_in_one_line(run, office, command, named):
    status, out, err = run(command, "--", named)
    assert (status, out) == (1, "")
    assert err.strip() == f"there is no case {named}; `escalation-bridge cases` lists them"


def test_what_failed_is_shown_and_gets_another_chance(run, office):
    office.dev.faults["create_ticket"] = [Rejected("priority: is required", office.dev.at("create_ticket"))]
    office.customer_writes("Printer on fire")
    office.passes(hours=1)
    assert not office.dev.tickets

    out = run("explain", "1")[1]
    assert "create_ticket at dev: failed. dev: create_ticket: priority: is required (HTTP 500)" in out
    assert "Ticket created at dev given up" in out

    assert run("retry", "support:1")[:2] == (0, "Case 1: 1 failed writes get another chance.\n")
    assert "1 failed writes get another chance." in run("explain", "1")[1]
    office.passes(minutes=1)
    assert len(office.dev.tickets) == 1
    out = run("explain", "1")[1]
    assert "Linked to DEV-1 at dev." in out
    assert "in step" in out
    assert run("retry", "1")[1] == "Case 1: 0 failed writes get another chance.\n"


def test_what_the_admin_looks_at_needs_no_secret_and_no_plugin(run, office):
    """The configuration names a plugin that is not installed where the command runs."""
    office.customer_writes("Printer on fire")
    assert run("config", "check")[0] == 1
    assert run("cases")[0] == 0
    assert run("explain", "1")[0] == 0
