"""What an admin is shown of the vendors' limits."""

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from escalation_bridge.cli.connections.limits import print_limits
from escalation_bridge.cli.main import app
from escalation_bridge.plugin.connection import utc_now
from escalation_bridge.plugin.http.budgets import ACCOUNT, Budget
from escalation_bridge.plugin.http.meter import Budgets
from escalation_bridge.store.connections.request_budgets import StoredBoard
from escalation_bridge.store.database.database import Database

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SOON = NOW + timedelta(seconds=90)


def shown(*budgets: Budget) -> str:
    console = Console(file=io.StringIO(), width=200)
    print_limits(console, {"support": budgets}, NOW)
    return console.file.getvalue()  # type: ignore[attr-defined]  # it is a StringIO


@pytest.mark.parametrize(
    ("budget", "line"),
    [
        (
            Budget("updates of ticket 35", NOW, closed_until=SOON),
            "Limit support: updates of ticket 35: used up until 2026-03-02 09:01:30 UTC; no requests before\n",
        ),
        (
            Budget(ACCOUNT, NOW, 12, 400, SOON),
            "Limit support: account: 12 of 400 left until 2026-03-02 09:01:30 UTC, reserved for SLA targets\n",
        ),
        (
            Budget(ACCOUNT, NOW, 60, 400, SOON),
            "Limit support: account: 60 of 400 left until 2026-03-02 09:01:30 UTC; the search for missed webhooks waits\n",
        ),
        (Budget(ACCOUNT, NOW, 399, 400, SOON), ""),
        (Budget(ACCOUNT, NOW, 0, 400, NOW), ""),
    ],
)
def test_it_says_who_has_to_wait_and_until_when(budget: Budget, line: str) -> None:
    assert shown(budget) == line


def test_the_cases_command_shows_what_a_worker_told(tmp_path: Path) -> None:
    path = tmp_path / "bridge.yaml"
    path.write_text(f"bridge:\n  database: sqlite:///{tmp_path}/bridge.db\n")
    database = Database(f"sqlite:///{tmp_path}/bridge.db")
    database.upgrade()
    Budgets(StoredBoard(database, "support")).close("search", 600, utc_now())
    database.close()
    told = CliRunner(env={"COLUMNS": "160"}).invoke(app, ["cases", "--config", str(path)])
    assert told.exit_code == 0, told.output
    assert "Limit support: search: used up until" in told.output
