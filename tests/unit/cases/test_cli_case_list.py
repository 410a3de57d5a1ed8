"""`cases`: which come first, how many there are, what is broken, and what whoever reads a pipe gets."""

import io
import json

import pytest

from escalation_bridge.cli.cases.case_list import list_cases
from escalation_bridge.cli.console.terminal import Console


def numbers(out):
    """The case numbers of a table, from its top."""
    cells = (line.split("│") for line in out.splitlines() if line.startswith("│"))
    return [int(row[1]) for row in cells if row[1].strip().isdigit()]


def test_what_burns_comes_first_and_the_broken_due_is_shown(run, office):
    for subject in ("First", "Second", "Third"):
        office.customer_writes(subject)
        office.passes(minutes=25)
    office.passes(minutes=20)  # the first two are late by now
    status, out, err = run("cases")
    assert (status, err) == (0, "")
    assert numbers(out) == [1, 2, 3]
    first, second, third = (line for line in out.splitlines() if "SUPPORT-" in line)
    assert "2026-03-02 10:00 UTC, broken" in first
    assert "2026-03-02 10:25 UTC, broken" in second
    assert "2026-03-02 10:50 UTC" in third
    assert "broken" not in third
    assert numbers(run("cases", "--order", "newest")[1]) == [3, 2, 1]


def test_it_says_how_many_there_are_besides(run, office):
    for number in range(4):
        office.customer_writes(f"Number {number}")
    assert "2 of 4; --limit N or --all" in run("cases", "--limit", "2")[1]
    for arguments in ((), ("--limit", "2", "--all")):
        told = run("cases", *arguments)[1]
        assert len(numbers(told)) == 4
        assert " of 4" not in told


def test_closed_cases_come_last(run, office):
    first = office.customer_writes("First")
    office.customer_writes("Second")
    office.support.set_status(first, "solved")
    office.hears_of(first)
    office.passes(days=60)
    told = json.loads(run("cases", "--json")[1])
    states = [case["state"] for case in told["cases"]]
    assert states == sorted(states, reverse=True)


def test_as_json_it_is_nothing_but_json(run, office):
    office.customer_writes("Printer \x1b[31mon\u202e fire")
    office.passes(minutes=75)
    status, out, err = run("cases", "--json", "--limit", "1")
    assert (status, err) == (0, "")
    told = json.loads(out)
    assert told["total"] == 1
    case = told["cases"][0]
    assert (case["case"], case["ticket"], case["key"], case["state"]) == (1, "support:1", "SUPPORT-1", "open")
    assert (case["due"], case["broken"]) == ("2026-03-02T10:00:00+00:00", True)
    assert out.isascii()
    assert "\x1b" not in out


def test_a_pipe_gets_whole_values(run, office, monkeypatch):
    monkeypatch.delenv("COLUMNS")
    subject = "A subject that goes on " * 12
    office.customer_writes(subject.strip())
    told = run("cases")[1]
    assert subject.strip() in told
    assert "…" not in told


@pytest.mark.parametrize("columns", [60, 80, 160])
def test_on_a_terminal_nothing_is_cut_off_either(run, office, monkeypatch, columns):
    subject = "ThePrinterInTheSecondRoomOfTheNorthernBuildingIsOnFire"
    office.customer_writes(subject)
    office.passes(minutes=75)
    shown = io.StringIO()
    monkeypatch.setattr(
        "escalation_bridge.cli.cases.case_list.Console",
        lambda **_: Console(file=shown, force_terminal=True, width=columns, color_system=None),
    )
    assert run("cases")[0] == 0
    lines = shown.getvalue().splitlines()
    assert max(map(len, lines)) <= columns
    cells = [line.split("│") for line in lines if line.startswith("│")]
    assert "".join(row[3].strip() for row in cells) == subject
    assert "broken" in shown.getvalue()
    assert "…" not in shown.getvalue()
    assert ("next look" in shown.getvalue()) is (columns >= 120)
    assert list_cases.__doc__


def test_every_command_that_acts_tells_it_as_json(run, office):
    office.customer_writes("Printer on fire")
    told = json.loads(run("acknowledge", "1", "--by", "rina", "--json")[1])
    assert (told["case"], told["acknowledged_by"]) == (1, "rina")
    told = json.loads(run("set-due", "1", "first_response", "2026-03-05 09:30 UTC", "--json")[1])
    assert told == {"case": 1, "metric": "first_response", "due": "2026-03-05T09:30:00+00:00"}
    told = json.loads(run("clear-due", "1", "first_response", "--json")[1])
    assert told == {"case": 1, "metric": "first_response", "due_set_by_hand": False}
    assert json.loads(run("release", "dev", "--json")[1]) == {"connection": "dev", "released": False}
    assert json.loads(run("retry", "1", "--json")[1]) == {"case": 1, "writes": 0, "changed": False}
    assert json.loads(run("retry", "--connection", "dev", "--json")[1])["writes"] == 0
    told = json.loads(run("sla", "reprocess", "--json")[1])
    assert (told["applied"], told["moves"]) == (False, [])
    status, out, err = run("choose", "1", "origin", "--json")
    assert (status, out) == (1, "")
    assert "nothing to choose" in err


def test_a_case_is_explained_as_json(run, office):
    office.customer_writes("Printer on fire")
    office.passes(minutes=75)
    status, out, err = run("explain", "1", "--json")
    assert (status, err) == (0, "")
    told = json.loads(out)
    assert (told["case"], told["ticket"], told["state"]) == (1, "support:1", "open")
    clock = told["clocks"][0]
    assert (clock["metric"], clock["due"]) == ("first_response", "2026-03-02T10:00:00+00:00")
    assert clock["broken_at"] == "2026-03-02T10:00:00+00:00"
    assert [ticket["key"] for ticket in told["tickets"]] == ["SUPPORT-1", "DEV-1"]
    assert told["links"][0]["health"][0]["code"]
    assert told["timeline"][0]["text"].startswith("Case opened")
