"""A bridge between two helpdesks in memory, and the program run in this process."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from escalation_bridge.bridge import Bridge, open_bridge
from escalation_bridge.cli.main import main
from escalation_bridge.config.loading import load_configuration
from escalation_bridge.engine.worker import Worker
from escalation_bridge.plugged.discovery import Catalogue, FoundPlugin, PluginState
from escalation_bridge.plugin.webhooks import WebhookRequest
from escalation_bridge.store.webhooks.deliveries import IncomingDelivery, save_deliveries
from escalation_bridge.testing.memory import MemoryHelpdesk

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
        self.hears_of(ticket)
        return ticket

    def hears_of(self, ticket: str) -> None:
        body = f'{{"ticket": "{ticket}"}}'.encode()
        request = WebhookRequest.make(body, {}, received_at=self.clock[0])
        with self.bridge.database.write() as transaction:
            save_deliveries(transaction, [IncomingDelivery("support", request, None)])
        self.worker.run_until_idle()

    def passes(self, **time: float) -> None:
        self.clock[0] += timedelta(**time)
        self.worker.run_until_idle()


@pytest.fixture
def configured() -> str:
    """What a test adds to the configuration."""
    return ""


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, configured: str) -> Iterator[Office]:
    file = tmp_path / "bridge.yaml"
    file.write_text(CONFIGURATION.format(folder=tmp_path) + configured)
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


@pytest.fixture
def people(office: Office, monkeypatch: pytest.MonkeyPatch) -> Office:
    """The office, with commands that live at its time."""
    for module in ("cases.cases", "cases.case_list", "cases.by_hand", "cases.retrying", "sla.reprocess"):
        monkeypatch.setattr(f"escalation_bridge.cli.{module}.utc_now", lambda: office.clock[0])
    return office
