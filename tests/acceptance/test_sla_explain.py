"""`sla explain`: what an admin reads who wants to know why a due is when it is. No account and no secret is needed for it."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from escalation_bridge.cli.main import app
from escalation_bridge.cli.sla import explain as sla_explain
from escalation_bridge.config.loading import load_rules
from escalation_bridge.config.zone_data import choose
from escalation_bridge.domain.case.cases import CaseState, Link
from escalation_bridge.domain.routes.sides import Side
from escalation_bridge.domain.sla import events
from escalation_bridge.domain.sla.native_clock import NativeClock
from escalation_bridge.domain.tickets.tickets import Priority, Role, StatusKind, TicketRef
from escalation_bridge.errors import BridgeError, ConfigurationError
from escalation_bridge.plugin.connection import Connection
from escalation_bridge.store.cases import case_file, case_tickets, case_views, stored_links, vendor_clocks
from escalation_bridge.store.database.database import Database
from escalation_bridge.testing.memory import STATUSES, MemoryHelpdesk, MemorySettings

CONFIGURATION = """
bridge:
  database: sqlite:///{database}
  language: {language}
connections:
  support:
    plugin: zendesk
    subdomain: acme
    api_token: ${{A_SECRET_THAT_IS_NOT_HERE}}
calendars:
  office:
    timezone: Asia/Jakarta
    hours: {{mon-fri: [["09:00", "12:00"], ["13:00", "17:00"]]}}
    holidays: ["2026-03-03"]
policies:
  - name: all
    calendar: {calendar}
    targets:
      default: {{first_response: 1h, resolution: 8h}}
"""
OPENED = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)  # Monday, 09:00 in Jakarta
NOW = OPENED + timedelta(hours=6)
LINKED = TicketRef("dev", "24")


class Home:
    """A store with a case in it, and the configuration beside."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.configure()
        desk = MemoryHelpdesk(Connection("support", MemorySettings(plugin="memory"), lambda: OPENED))
        self.ticket = desk.tickets[desk.customer_writes("Printer on fire", "It burns.", Priority.NORMAL)]
        self.database = Database(f"sqlite:///{folder / 'bridge.db'}")
        self.database.upgrade()
        with self.database.write() as transaction:
            self.case = case_tickets.open_case(transaction, self.ticket.ref, OPENED)
            case_file.save_events(transaction, self.case, [events.opened(self.ticket)])
        self.keep(self.ticket)

    def configure(self, language: str = "en", calendar: str = "office") -> None:
        text = CONFIGURATION.format(database=self.folder / "bridge.db", language=language, calendar=calendar)
        (self.folder / "bridge.yaml").write_text(text)

    def keep(self, ticket) -> None:
        with self.database.write() as transaction:
            case_file.save_snapshot(transaction, self.case, ticket, NOW)

    def turned(self, status: StatusKind, **later: float) -> None:
        at = OPENED + timedelta(**later)
        event = events.TicketEvent(f"status:{at}", at, events.EventKind.STATUS, status=status)
        with self.database.write() as transaction:
            case_file.save_events(transaction, self.case, [event])

    def answered(self, **later: float) -> None:
        at = OPENED + timedelta(**later)
        event = events.TicketEvent(f"said:{at}", at, events.EventKind.COMMENTED, Role.AGENT, public=True)
        with self.database.write() as transaction:
            case_file.save_events(transaction, self.case, [event])

    def explain(self, *arguments: str):
        command = ["sla", "explain", *arguments, "--config", str(self.folder / "bridge.yaml")]
        result = CliRunner().invoke(app, command, catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout) if "--json" in arguments else result.stdout.splitlines()


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setattr(sla_explain, "utc_now", lambda: NOW)
    made = Home(tmp_path)
    yield made
    made.database.close()


def test_every_clock_has_its_ledger(home):
    home.answered(minutes=45)
    home.turned(StatusKind.WAITING_CUSTOMER, hours=1)
    home.turned(StatusKind.OPEN, hours=5)
    lines = home.explain("support:1")
    assert lines == [
        "Case 1, support:1 “SUPPORT-1”, as of Mon 2026-03-02 15:00 +07:00",
        f"Time zones: {choose()}",
        "",
        "First response: met, done Mon 2026-03-02 09:45 +07:00 with 0:15:00 left",
        "Policy all, calendar office; all times in Asia/Jakarta.",
        "Start   Mon 2026-03-02 09:00 +07:00",
        "Target  1:00:00",
        "Used    0:45:00 until Mon 2026-03-02 09:45 +07:00",
        "Due     Mon 2026-03-02 10:00 +07:00",
        "Working time:",
        "  Mon 2026-03-02 09:00 - 09:45  counted 0:45:00, total 0:45:00",
        "",
        "Resolution: running, 6:00:00 left",
        "Policy all, calendar office; all times in Asia/Jakarta.",
        "Start   Mon 2026-03-02 09:00 +07:00",
        "Target  8:00:00",
        "Used    2:00:00 until Mon 2026-03-02 15:00 +07:00",
        "Due     Wed 2026-03-04 14:00 +07:00",
        "Working time:",
        "  Mon 2026-03-02 09:00 - 10:00  counted 1:00:00, total 1:00:00",
        "  Mon 2026-03-02 14:00 - 15:00  counted 1:00:00, total 2:00:00",
        "  Mon 2026-03-02 15:00 - 17:00  ahead 2:00:00, total 4:00:00",
        "  Wed 2026-03-04 09:00 - 12:00  ahead 3:00:00, total 7:00:00",
        "  Wed 2026-03-04 13:00 - 14:00  ahead 1:00:00, total 8:00:00",
        "Pauses:",
        "  Mon 2026-03-02 10:00 - 14:00  took 3:00:00 of working time",
        "Dates with other hours:",
        "  Tue 2026-03-03  holiday",
        "",
        "Status changes:",
        "  Mon 2026-03-02 10:00 +07:00  waiting for the customer, the source of the time was not recorded",
        "  Mon 2026-03-02 14:00 +07:00  open, the source of the time was not recorded",
        "",
        "Who owned the work:",
        "  Mon 2026-03-02 09:00 - 10:00  support (support)",
        "  Mon 2026-03-02 10:00 - 14:00  the customer",
        "  Mon 2026-03-02 14:00 - 15:00  support (support)",
        "  support (support): 2:00:00 of working time",
        "  the customer: 3:00:00 of working time",
        "  total: 5:00:00",
    ]
    assert home.explain(str(home.case)) == lines


def test_a_ladder_that_does_not_count_for_the_ticket_is_named(home):
    file = home.folder / "bridge.yaml"
    ladder = "    ladder: [{id: warn, metric: resolution, at: 80%, do: [{note: sla_warning}]}]\n"
    file.write_text(file.read_text() + "    enforce_from: 2026-03-05\n" + ladder)
    line = (
        "No ladder step of policy all runs for this ticket: it was opened Mon 2026-03-02 09:00 +07:00, "
        "before enforce_from Thu 2026-03-05 00:00 +07:00."
    )
    assert line in home.explain("1")
    told = home.explain("1", "--json")["ladder_silenced"]
    assert told == {"policy": "all", "enforce_from": "2026-03-04T17:00:00Z"}
    history = CliRunner().invoke(app, ["explain", "1", "--config", str(file)], catch_exceptions=False)
    assert "before enforce_from" in " ".join(history.stdout.split())
    file.write_text(file.read_text().replace("2026-03-05", "2026-03-02"))
    assert not any("enforce_from" in line for line in home.explain("1"))
    assert home.explain("1", "--json")["ladder_silenced"] is None


def test_as_json_it_says_the_same(home):
    home.answered(minutes=45)
    told = home.explain("support:1", "--json")
    assert (told["case"], told["ticket"], told["at"]) == (1, "support:1", "2026-03-02T08:00:00Z")
    first, resolution = told["clocks"]
    assert (first["result"], first["due"], first["done_at"]) == (
        "met",
        "2026-03-02T03:00:00Z",
        "2026-03-02T02:45:00Z",
    )
    assert resolution["lines"][-1]["to"] == resolution["due"] == "2026-03-04T03:00:00Z"
    assert sum(line["seconds"] for line in resolution["lines"]) == resolution["target_seconds"]
    assert resolution["special_dates"] == [{"date": "2026-03-03", "kind": "holiday", "hours": []}]
    assert told["native"] is None
    assert [hand_off["party"] for hand_off in told["hand_offs"]] == ["support"]


def test_it_speaks_indonesian(home):
    home.configure(language="id")
    lines = home.explain("1")
    assert lines[0] == "Kasus 1, support:1 “SUPPORT-1”, per Sen 2026-03-02 15:00 +07:00"
    assert "  Sel 2026-03-03  libur" in lines
    assert "  tim dukungan (support): 5:00:00 waktu kerja" in lines


def test_the_vendors_clocks_stand_beside(home):
    due = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
    clocks = (
        NativeClock("first_reply_time", due + timedelta(minutes=5), breached=True),
        NativeClock("requester_wait_time", None, breached=False, paused=True),
        NativeClock("agent_work_time", None, breached=False),
    )
    reading = vendor_clocks.NativeReading(NOW, "open normal", clocks, trouble="agents\nonly")
    with home.database.write() as transaction:
        vendor_clocks.save_native(transaction, home.case, reading)
    lines = home.explain("1")
    start = lines.index("Clocks of support, read Mon 2026-03-02 15:00 +07:00:")
    assert lines[start + 1 : start + 5] == [
        "  The last attempt failed: agents only",
        "  first_reply_time: due Mon 2026-03-02 10:05 +07:00, breached, 0:05:00 after the bridge's first response",
        "  requester_wait_time: paused, the bridge's resolution is running",
        "  agent_work_time: not running, the bridge has no such target",
    ]
    drift = home.explain("1", "--json")["native"]["clocks"][0]
    assert (drift["verdict"], drift["drift_seconds"]) == ("drifts", 300)


def test_the_team_of_a_linked_ticket_holds_the_ball(home):
    since = OPENED + timedelta(hours=1)
    link = Link("k", "engineering", home.ticket.ref, LINKED, since, {Side.ORIGIN: "open", Side.LINKED: "new"})
    fixed = replace(
        home.ticket, ref=LINKED, status=STATUSES[StatusKind.SOLVED], updated_at=OPENED + timedelta(hours=2)
    )
    with home.database.write() as transaction:
        case_tickets.add_ticket(transaction, home.case, LINKED)
        stored_links.save_link(transaction, home.case, link)
        case_file.save_snapshot(transaction, home.case, fixed, NOW)
    home.turned(StatusKind.WAITING_THIRD_PARTY, hours=1)
    lines = home.explain("1")
    assert lines[lines.index("Who owned the work:") :] == [
        "Who owned the work:",
        "  Mon 2026-03-02 09:00 - 10:00  support (support)",
        "  Mon 2026-03-02 10:00 - 11:00  dev",
        "  Mon 2026-03-02 11:00 - 15:00  support (support)",
        "  support (support): 4:00:00 of working time",
        "  dev: 1:00:00 of working time",
        "  total: 5:00:00",
    ]


def test_a_ticket_to_which_nothing_is_promised(home):
    path = home.folder / "bridge.yaml"
    path.write_text(path.read_text().split("policies:")[0])
    assert "This ticket has no SLA targets: no policy matches it." in home.explain("1")


def test_a_calendar_that_was_taken_away_is_said(home):
    home.explain("1")
    with home.database.write() as transaction:
        view = case_views.load_case(transaction, home.case)
        rules = load_rules(home.folder / "bridge.yaml")
        decision = sla_explain.decide(view, rules, NOW)
        assert decision.state is CaseState.OPEN
        case_file.save_decisions(transaction, [(view, decision)], "0123456789abcdef", NOW)
    path = home.folder / "bridge.yaml"
    path.write_text(path.read_text().split("calendars:")[0])
    lines = home.explain("1")
    assert (
        "First response 1: 5:00:00 of 1:00:00 used; the calendar office is no longer in the configuration."
        in lines
    )
    assert [each["clock"] for each in home.explain("1", "--json")["without_calendar"]] == [
        "first_response",
        "resolution",
    ]


def test_a_case_that_is_not_there(home):
    with pytest.raises(BridgeError, match="there is no case 99"):
        home.explain("99")


def test_a_mistake_in_the_rules_is_told(home):
    home.configure(calendar="ofice")
    with pytest.raises(ConfigurationError, match="office"):
        home.explain("1")


def test_it_is_among_the_commands():
    assert "explain" in CliRunner().invoke(app, ["sla", "--help"]).stdout
