"""Linking tickets that are there already, from the command line: one by one, and many from a file."""

import csv
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from escalation_bridge.bridge import Bridge, open_bridge
from escalation_bridge.cli.links import link as link_commands
from escalation_bridge.cli.main import main
from escalation_bridge.config.loading import load_configuration
from escalation_bridge.config.models import BridgeSettings
from escalation_bridge.engine.worker import Worker
from escalation_bridge.errors import NotReachable, StoreUnavailable
from escalation_bridge.plugged.discovery import Catalogue, FoundPlugin, PluginState
from escalation_bridge.store.cases import case_lists, case_views
from escalation_bridge.testing.memory import MemoryHelpdesk

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
CONFIGURATION = """
bridge:
  database: sqlite:///{folder}/bridge.db
connections:
  support: {{plugin: memory}}
  dev: {{plugin: memory}}
routes:
  to-dev:
    from: support
    to: dev
    status:
      to_linked: {{new: keep, open: keep, solved: closed}}
      to_origin: {{new: keep, open: keep, solved: open}}
"""


@dataclass
class Office:
    """A bridge between two helpdesks in memory, with three tickets on each side."""

    bridge: Bridge
    support: MemoryHelpdesk
    dev: MemoryHelpdesk
    run: Callable[..., tuple[int, str, str]]
    folder: Path
    worker: Worker = field(init=False)

    def __post_init__(self) -> None:
        self.worker = Worker(self.bridge)
        for _ in range(3):
            self.support.customer_writes("Printer on fire", "It burns.")
            self.dev.customer_writes("Printers burn", "All of them.")

    def file(self, *lines: str) -> Path:
        file = self.folder / "tickets.csv"
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return file

    def link_file(self, *lines: str, options: tuple[str, ...] = ()) -> tuple[int, str, str]:
        return self.run("link", "--csv", str(self.file(*lines)), "--result", str(self.result), *options)

    @property
    def result(self) -> Path:
        return self.folder / "result.csv"

    def outcomes(self) -> list[tuple[str, str]]:
        with self.result.open(encoding="utf-8", newline="") as file:
            return [(row["line"], row["outcome"]) for row in csv.DictReader(file)]

    def links(self) -> list[str]:
        with self.bridge.database.read() as transaction:
            numbers = case_lists.newest(transaction, 50)
            views = case_views.load_cases(transaction, numbers).values()
        return sorted(f"{link.origin} {link.linked}" for view in views for link in view.links)


@pytest.fixture
def office(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Iterator[Office]:
    file = tmp_path / "bridge.yaml"
    file.write_text(CONFIGURATION.format(folder=tmp_path))
    monkeypatch.setenv("ESCALATION_BRIDGE_CONFIG", str(file))
    monkeypatch.setenv("USER", "sari")
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(sys.modules[main.__module__], "set_up_logs", lambda _level: None)
    made: dict[str, MemoryHelpdesk] = {}

    class Remembered(MemoryHelpdesk):
        def __init__(self, connection):
            super().__init__(connection)
            made[connection.name] = self

    catalogue = Catalogue({"memory": FoundPlugin("memory", "tests", "1", PluginState.READY, Remembered)})
    bridge = open_bridge(load_configuration(file, catalogue), catalogue, lambda: START)

    class Opened:
        """The bridge that is there: its tickets live in it."""

        def __enter__(self):
            return bridge, BridgeSettings()

        def __exit__(self, *_error):
            return None

    monkeypatch.setattr(link_commands, "opened", lambda _path, **_options: Opened())

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

    yield Office(bridge, made["support"], made["dev"], run, tmp_path)
    bridge.close()


# --- one by one ---------------------------------------------------------------------------------------------------------


def test_two_tickets_are_linked_and_unlinked(office):
    status, out, err = office.run("link", "SUPPORT-1", "dev:2", "--route", "to-dev")
    assert (status, err) == (0, "")
    assert "support:1 and dev:2 are linked in case 1" in out
    assert office.links() == ["support:1 dev:2"]
    office.worker.run_until_idle()
    assert "Existing tickets SUPPORT-1 and DEV-2 linked on route to-dev by sari." in " ".join(
        office.run("explain", "1")[1].replace("│", " ").split()
    )
    status, out, err = office.run("unlink", "1", "DEV-2", "-r", "to-dev")
    assert (status, err) == (0, "")
    assert "no longer linked" in out
    assert office.links() == []


def test_who_else_waits_is_told(office):
    for ticket in "12":
        assert office.run("link", ticket, "3", "-r", "to-dev")[0] == 0
    office.worker.run_until_idle()
    assert "SUPPORT-2 of case 2 also waits for it: open" in office.run("explain", "1")[1]


def test_a_dry_run_links_nothing(office):
    status, out, _ = office.run("link", "1", "2", "--route", "to-dev", "--dry-run")
    assert status == 0
    assert "support:1 and dev:2 would be linked. Nothing was changed." in out
    assert office.links() == []


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("1", "77", "-r", "to-dev"), "77: there is no such ticket, or the bridge has no access to it"),
        (("1", "2", "-r", "nowhere"), "nowhere: there is no such route"),
        (
            ("dev:1", "2", "-r", "to-dev"),
            "dev:1: it belongs to a different connection than the one in the route",
        ),
    ],
)
def test_a_refusal_is_told_with_its_reason(office, arguments, told):
    status, _, err = office.run("link", *arguments)
    assert (status, err.strip()) == (1, told)
    assert office.links() == []


@pytest.mark.parametrize(
    "arguments", [(), ("1",), ("1", "2"), ("1", "2", "-r", "to-dev", "--csv", "x"), ("--csv", "x")]
)
def test_what_is_missing_is_asked_for(office, arguments):
    assert office.run("link", *arguments)[0] == 2


# --- many ---------------------------------------------------------------------------------------------------------------


def test_many_are_linked_and_each_line_has_its_outcome(office):
    status, out, err = office.link_file(
        "route,note,origin,linked", "to-dev,x,1,DEV-1", "", "to-dev,,support:2,1", "to-dev,y,3,77"
    )
    assert (status, err) == (1, "")
    assert office.links() == ["support:1 dev:1", "support:2 dev:1"]
    assert office.outcomes() == [("2", "linked"), ("4", "linked"), ("5", "refused")]
    assert "line 5: refused: 77: there is no such ticket" in out
    assert "2 linked" in out
    assert "1 refused" in out


def test_run_again_it_goes_on_where_it_was(office, monkeypatch):
    lines = ("origin,linked,route", "1,1,to-dev", "2,2,to-dev", "3,3,to-dev")
    office.dev.faults["find_by_key"] = []
    honest = link_commands.link_tickets

    def dies_at_the_second(bridge, request, **options):
        if request.origin == "2":
            raise StoreUnavailable("the disk is full")
        return honest(bridge, request, **options)

    monkeypatch.setattr(link_commands, "link_tickets", dies_at_the_second)
    status, _, err = office.link_file(*lines)
    assert (status, "the disk is full" in err) == (1, True)
    assert office.outcomes() == [("2", "linked")]
    with office.result.open("a") as file:
        file.write("3,2,2,to-d")  # and the machine died while it wrote
    asked = []
    monkeypatch.setattr(
        link_commands,
        "link_tickets",
        lambda bridge, request, **options: asked.append(request.origin) or honest(bridge, request, **options),
    )
    status, out, err = office.link_file(*lines)
    assert (status, err) == (0, "")
    assert asked == ["2", "3"]
    assert office.outcomes() == [("2", "linked"), ("3", "linked"), ("4", "linked")]
    assert len(office.links()) == 3
    assert "1 already linked" in out


def test_what_failed_is_tried_again_and_stops_no_other(office):
    lines = ("origin;linked;route", "1;1;to-dev", "2;2;to-dev")
    office.support.faults["find_by_key"] = [NotReachable("no answer", office.support.at("find_by_key"))]
    status, out, _ = office.link_file(*lines)
    assert status == 1
    assert "line 2: failed: " in out
    assert office.outcomes() == [("2", "failed"), ("3", "linked")]
    assert office.link_file(*lines)[0] == 0
    assert office.outcomes() == [("2", "failed"), ("3", "linked"), ("2", "linked")]


def test_a_link_whose_outcome_was_not_written_any_more_is_no_failure(office):
    assert office.link_file("origin,linked,route", "1,1,to-dev")[0] == 0
    office.result.unlink()
    assert office.link_file("origin,linked,route", "1,1,to-dev")[0] == 0
    assert office.outcomes() == [("2", "already linked")]


def test_a_dry_run_of_many_sees_lines_that_would_be_in_each_others_way(office):
    file = office.file("origin,linked,route", "1,1,to-dev", "1,DEV-1,to-dev", "2,77,to-dev")
    status, out, _ = office.run("link", "--csv", str(file), "--dry-run")
    assert status == 1
    assert "1 would be linked" in out
    assert "1 already linked" in out
    assert "1 refused" in out
    assert "Nothing was changed." in out
    assert office.links() == []
    assert not office.result.exists()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"origin,linked\n1,1\n", "line 1: there is no column route"),
        (b"", "line 1: there is no column origin, linked, route"),
        (b"origin,linked,route\n1,1,to-dev\n2,,to-dev\n", "line 3: linked is empty"),
        (b"origin,linked,route\n1,1\n", "line 2: route is empty"),
        (b"origin,linked,route\n1,1,nowhere\n", "line 2: there is no route 'nowhere'; known: to-dev"),
        (
            b"origin,linked,route\ndev:1,1,to-dev\n",
            "line 2: 'dev:1' does not belong to the connection support, to which route to-dev goes",
        ),
        (
            b"origin,linked,route\n1,shop:1,to-dev\n",
            "line 2: 'shop:1' does not belong to the connection dev, to which route to-dev goes",
        ),
        (b"origin,linked,route\n1,1,to-dev,x\n", "line 2: 4 cells under 3 columns"),
        (b"origin,linked,route\n1,1,to-dev\n2,\xe9,to-dev\n", "line 3: it is not UTF-8"),
        (b'origin,linked,route\n1,1,to-dev\n"2,1,to-dev\n', "line 3: unexpected end of data"),
    ],
)
def test_a_file_that_is_wrong_anywhere_links_nothing(office, content, told):
    file = office.folder / "tickets.csv"
    file.write_bytes(content)
    status, _, err = office.run("link", "--csv", str(file), "--result", str(office.result))
    assert status == 1
    assert told in err
    assert office.links() == []
    assert not office.result.exists()


def test_a_file_of_a_spreadsheet_is_understood(office):
    file = office.folder / "tickets.csv"
    file.write_bytes(b"\xef\xbb\xbfOrigin;Linked;Route\r\n1;1;to-dev\r\n\r\n")
    assert office.run("link", "--csv", str(file), "--result", str(office.result))[0] == 0
    assert office.links() == ["support:1 dev:1"]


def test_many_findings_are_not_all_told(office):
    status, _, err = office.link_file("origin,linked,route", *["1,,to-dev"] * 25)
    assert status == 1
    assert err.count("linked is empty") == 20
    assert "and 5 more" in err


def test_somebody_elses_file_is_not_written_to(office):
    office.result.write_text("dear diary\n")
    status, _, err = office.link_file("origin,linked,route", "1,1,to-dev")
    assert status == 1
    assert "is not a result of `link --csv`" in err
    assert office.result.read_text() == "dear diary\n"


def test_a_missing_file_is_said_to_be_missing(office):
    status, _, err = office.run("link", "--csv", str(office.folder / "no.csv"), "--dry-run")
    assert status == 1
    assert "cannot be read: No such file or directory" in err


def test_a_route_whose_connection_is_switched_off_links_nothing(office):
    del office.bridge.helpdesks["dev"]
    status, _, err = office.link_file("origin,linked,route", "1,1,to-dev")
    assert status == 1
    assert "line 2: route to-dev needs the connection dev, which is not enabled" in err
