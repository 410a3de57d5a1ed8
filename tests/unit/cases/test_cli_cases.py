"""What an admin sees of cases, and the other chance that he gives them."""

import io
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from rich.console import Console

from escalation_bridge.bridge import open_bridge
from escalation_bridge.cli.cases.case_tables import field_labels, print_case
from escalation_bridge.config.loading import load_configuration
from escalation_bridge.configfile import load_document
from escalation_bridge.domain.case.cases import FieldState, Hold
from escalation_bridge.domain.case.hold_reasons import HoldReason
from escalation_bridge.domain.routes.sides import Side
from escalation_bridge.domain.tickets.tickets import StatusKind
from escalation_bridge.errors import Rejected
from escalation_bridge.plugged.discovery import Catalogue, FoundPlugin, PluginState
from escalation_bridge.store.cases import case_views
from escalation_bridge.store.connections import reconciliations
from escalation_bridge.store.connections.connection_troubles import Trouble, note_trouble
from escalation_bridge.testing.memory import MemoryHelpdesk

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def test_cases_are_listed_with_the_newest_first(run, office, monkeypatch):
    monkeypatch.setenv("COLUMNS", "160")
    for subject in ("Printer on [b]fire[/b]", "Lost parcel", "No light"):
        office.customer_writes(subject)
    status, out, err = run("cases")
    assert (status, err) == (0, "")
    rows = [
        [cell.strip() for cell in line.split("│")[1:-1]] for line in out.splitlines() if "SUPPORT-" in line
    ]
    assert [(row[0], row[1], row[2]) for row in rows] == [
        ("3", "support SUPPORT-3", "No light"),
        ("2", "support SUPPORT-2", "Lost parcel"),
        ("1", "support SUPPORT-1", "Printer on [b]fire[/b]"),
    ]
    assert {row[3] for row in rows} == {"open"}
    assert rows[0][4] == "2026-03-02 10:00 UTC", "when the first response is due"
    assert run("cases", "--limit", "1")[1].count("SUPPORT-") == 1


def test_an_empty_database_has_no_cases(run, office):
    status, out, err = run("cases")
    assert (status, err) == (0, "")
    assert "support:" not in out


@pytest.mark.parametrize("named", ["1", "support:1", "SUPPORT-1", "support-1"])
def test_a_case_is_explained_by_its_number_or_its_ticket(run, office, named):
    office.customer_writes("Printer on fire")
    status, out, err = run("explain", named)
    assert (status, err) == (0, "")
    assert "Case 1: open, severity emergency (a device or cable burns)" in out
    assert "https://support.example/1" in out
    assert "Case opened for support:1" in out
    assert "Clock started: first response 1, target 1 hour, due 2 Mar 2026, 10:00 UTC (policy all)." in out


def test_a_key_that_is_only_the_beginning_of_another_one_is_nobodys(run, office):
    for _ in range(10):
        office.customer_writes("Printer on fire")
    assert run("explain", "SUPPORT-10")[0] == 0
    status, _, err = run("explain", "SUPPORT-")
    assert status == 1
    assert "there is no case SUPPORT-" in err


def test_it_is_explained_in_the_bridges_language(run, office, tmp_path):
    office.customer_writes("Printer on fire")
    file = tmp_path / "bridge.yaml"
    file.write_text(file.read_text().replace("bridge:\n", "bridge:\n  language: id\n"))
    assert "Penghitung waktu SLA mulai: respons pertama 1, target 1 jam" in run("explain", "1")[1]


def test_each_field_is_shown_in_step_or_held_and_why(make_world):
    world = make_world().escalate()
    held = Hold(HoldReason.FIELD_REFUSED, START, {"error": "not on the [bold] screen"})
    values = {"origin_value": "low", "linked_value": "urgent", "field": "severity", "name": ""}
    fields = {
        "severity": FieldState(dict.fromkeys(Side, "high"), Hold(HoldReason.FIELD_CONFLICT, START, values)),
        "priority": FieldState({Side.ORIGIN: "high", Side.LINKED: "urgent"}),
        "tag:gone": FieldState({Side.ORIGIN: "", Side.LINKED: ""}),
        "tags": FieldState(),
        "custom:1:2": FieldState({Side.ORIGIN: "a customer's words", Side.LINKED: ""}, held),
    }
    console = Console(record=True, width=140, file=io.StringIO())
    print_case(console, replace(world.view, links=(replace(world.link, fields=fields),)))
    lines = [
        [cell.strip() for cell in line.split("│")[1:-1]]
        for line in console.export_text().splitlines()
        if "priority " in line or "severity " in line or "custom:" in line or "tag" in line
    ]
    assert ["priority", "high", "urgent", "in step"] in lines
    assert ["severity", "low", "urgent", "on hold since 2026-03-02 09:00 UTC: both sides changed"] in lines
    assert [
        "custom:1:2",
        "",
        "",
        "on hold since 2026-03-02 09:00 UTC: value refused, not on the [bold] screen",
    ] in lines
    assert not any(line and line[0].startswith("tag") for line in lines)


def test_fields_are_shown_by_the_names_that_the_configuration_gives_them(make_world, tmp_path):
    file = tmp_path / "bridge.yaml"
    file.write_text(
        "routes: {r: {fields: {custom: [{origin: 1, linked: 2, label: Region}, {origin: 3, linked: 4}]}}}"
    )
    world = make_world().escalate()
    fields = {f"custom:{key}": FieldState(dict.fromkeys(Side, "words")) for key in ("1:2", "3:4")}
    console = Console(record=True, width=140, file=io.StringIO())
    view = replace(world.view, links=(replace(world.link, fields=fields),))
    print_case(console, view, labels=field_labels(load_document(file)))
    told = console.export_text()
    assert "Region" in told
    assert "custom:1:2" not in told
    assert "custom:3:4" in told


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
    assert "Could not deliver to dev: new ticket." in out

    assert run("retry", "support:1")[:2] == (0, "Case 1: 1 failed write gets another chance.\n")
    assert "Retrying 1 failed update." in run("explain", "1")[1]
    office.passes(minutes=1)
    assert len(office.dev.tickets) == 1
    out = run("explain", "1")[1]
    assert "Linked to DEV-1 in dev." in out
    assert "in sync" in out
    before = run("explain", "1")[1]
    assert run("retry", "1")[1] == "Case 1: nothing failed and nothing is on hold; nothing was changed.\n"
    assert run("explain", "1")[1] == before


def test_what_failed_at_a_connection_gets_another_chance_everywhere_at_once(run, people):
    refused = Rejected("you may not create issues", people.dev.at("create_ticket"))
    people.dev.faults["create_ticket"] = [refused] * 2
    for subject in ("Printer on fire", "Lost parcel"):
        people.customer_writes(subject)
    people.passes(hours=1)
    out = " ".join(run("cases")[1].split())
    assert "dev: 2 writes in 2 cases given up, the last one" in out
    assert "you may not create issues" in out
    assert "escalation-bridge retry --connection dev" in out
    assert (
        run("retry", "--connection", "support")[1]
        == "support: 0 failed writes get another chance in 0 cases.\n"
    )
    status, out, err = run("retry", "--connection", "dev")
    assert (status, err) == (0, "")
    assert out == "dev: 2 failed writes get another chance in 2 cases.\n"
    people.passes(minutes=1)
    assert len(people.dev.tickets) == 2
    assert "given up" not in run("cases")[1]
    assert run("retry", "--connection", "dev")[1].startswith("dev: 0 failed writes")


def test_a_case_or_a_connection_is_to_be_named_and_has_to_be_there(run, office):
    for arguments in ((), ("1", "--connection", "dev")):
        status, _, err = run("retry", *arguments)
        assert (status, "name either a case or" in err) == (1, True)
    status, _, err = run("retry", "--connection", "def")
    assert (status, "there is no connection def; known: support, dev" in err) == (1, True)


def test_what_the_admin_looks_at_needs_no_secret_and_no_plugin(run, office):
    """The configuration names a plugin that is not installed where the command runs."""
    office.customer_writes("Printer on fire")
    assert run("config", "check")[0] == 1
    assert run("cases")[0] == 0
    assert run("explain", "1")[0] == 0


# --- what a person can do ---------------------------------------------------------------------------------------------


def test_who_acknowledges_stops_the_ladder_and_no_clock(run, people):
    people.customer_writes("Printer on fire")
    people.passes(minutes=30)
    status, out, err = run("acknowledge", "1", "--by", "sari")
    assert (status, err) == (0, "")
    assert "acknowledged by sari" in out
    people.passes(hours=2)
    assert not people.dev.tickets
    told = run("explain", "1")[1]
    assert "Acknowledged by sari: the ladder stops, the clocks continue." in told
    assert "Breached: first response 1" in told


def test_a_due_is_set_and_cleared_by_hand(run, people):
    people.customer_writes("Printer on fire")
    people.passes(minutes=1)
    status, out, _ = run("set-due", "1", "first_response", "2026-03-03 12:00")
    assert (status, "2026-03-03 12:00:00 UTC" in out) == (0, True)
    people.passes(hours=5)
    assert not people.dev.tickets
    assert "Due time of first response 1 set by hand to 3 Mar 2026, 12:00 UTC." in run("explain", "1")[1]
    assert run("clear-due", "1", "first_response")[0] == 0
    people.passes(minutes=1)
    assert people.dev.tickets, "it is long overdue again"
    assert "set by hand was removed" in run("explain", "1")[1]


def test_what_would_have_no_effect_is_refused_and_leaves_no_trace(run, people):
    ticket = people.customer_writes("Printer on fire")
    people.passes(minutes=1)
    status, _, err = run("set-due", "1", "resolution", "2026-03-03 12:00")
    assert (status, "case 1 has no open resolution clock; its clocks: first_response 1 (running)" in err) == (
        1,
        True,
    )
    status, _, err = run("clear-due", "1", "first_response")
    assert (status, "no due time of first_response was set by hand" in err) == (1, True)
    assert run("set-due", "1", "first_response", "2026-03-03 12:00")[0] == 0
    people.passes(minutes=1)
    assert run("clear-due", "1", "first_response")[0] == 0
    people.passes(minutes=1)
    assert run("clear-due", "1", "first_response")[0] == 1, "it is cleared already"
    people.support.set_status(ticket, StatusKind.CLOSED)
    people.hears_of(ticket)
    for command in (
        ("acknowledge", "1"),
        ("set-due", "1", "first_response", "2026-03-03 12:00"),
        ("clear-due", "1", "first_response"),
    ):
        closed = run("explain", "1")[1]
        status, _, err = run(*command)
        assert (status, "case 1 is closed" in err) == (1, True)
        assert run("explain", "1")[1] == closed


@pytest.mark.parametrize("due", ["tomorrow", "2026-13-01 12:00", ""])
def test_a_due_that_is_none_is_refused_with_what_is_allowed(run, people, due):
    people.customer_writes("Printer on fire")
    status, _, err = run("set-due", "1", "first_response", due)
    assert status == 2
    assert "%Y-%m-%d %H:%M" in err


@pytest.mark.parametrize("due", ["2300-01-01 12:00", "9999-12-31 23:59", "0206-03-03 12:00"])
def test_a_due_beyond_what_can_be_computed_is_refused_and_the_case_goes_on(run, people, due):
    people.customer_writes("Printer on fire")
    people.passes(minutes=1)
    status, _, err = run("set-due", "1", "first_response", due)
    assert (status, "more than ten years away" in err) == (1, True)
    people.passes(hours=2)
    assert people.dev.tickets


def test_reprocessing_shows_first_and_does_it_when_told(run, people, tmp_path):
    people.customer_writes("Printer on fire")
    file = tmp_path / "bridge.yaml"
    file.write_text(file.read_text().replace("first_response: 1h", "first_response: 3h"))
    catalogue = Catalogue({"memory": FoundPlugin("memory", "tests", "1", PluginState.READY, MemoryHelpdesk)})
    open_bridge(load_configuration(file, catalogue), catalogue, lambda: people.clock[0]).close()

    status, out, err = run("sla", "reprocess")
    assert (status, err) == (0, "")
    assert "2026-03-02 10:00:00" in out
    assert "2026-03-02 12:00:00" in out
    assert "Nothing was changed" in out
    assert "version 2" in run("sla", "reprocess", "--apply", "1")[1]
    assert "already" in run("sla", "reprocess")[1]
    assert "Moved to the rules in force since" in run("explain", "1")[1]


def test_time_that_was_used_stays_used_when_a_reprocess_brings_another_calendar(run, people, tmp_path):
    people.customer_writes("Printer on fire")
    people.passes(minutes=30)
    file = tmp_path / "bridge.yaml"
    afternoon = 'calendars:\n  afternoon: {timezone: UTC, hours: {mon-fri: [["12:00", "17:00"]]}}\n'
    file.write_text(
        file.read_text().replace("  - name: all\n", "  - name: all\n    calendar: afternoon\n") + afternoon
    )
    catalogue = Catalogue({"memory": FoundPlugin("memory", "tests", "1", PluginState.READY, MemoryHelpdesk)})
    open_bridge(load_configuration(file, catalogue), catalogue, lambda: people.clock[0]).close()
    assert "2026-03-02 12:30:00" in run("sla", "reprocess", "--apply", "1")[1]
    people.passes(hours=2)
    told = run("explain", "1")[1]
    assert "now counts by calendar afternoon (was always)" in " ".join(told.split())
    assert not people.dev.tickets
    with people.bridge.database.read() as transaction:
        (clock,) = case_views.load_case(transaction, 1).clocks
    assert (clock.used_seconds, clock.due) == (1800, datetime(2026, 3, 2, 12, 30, tzinfo=UTC))


def test_a_connection_is_released(run, people):
    assert "was not held" in run("release", "support")[1]
    with people.bridge.database.write() as transaction:
        note_trouble(transaction, "support", Trouble.PRIVACY, "came out public", people.clock[0])
    assert "support: released." in run("release", "support")[1]
    assert "was not held" in run("release", "support")[1]
    status, _, err = run("release", "suport")
    assert (status, "there is no connection suport; known: support, dev" in err) == (1, True)


def test_what_a_person_has_to_look_at_is_told_below_the_cases(run, people):
    assert "Attention" not in run("cases")[1]
    now = people.clock[0]
    with people.bridge.database.write() as transaction:
        note_trouble(transaction, "support", Trouble.PRIVACY, "came out public", now)
        reconciliations.note_missed(transaction, "dev", now)
        reconciliations.note_missed(transaction, "dev", now)
        reconciliations.note_search_trouble(transaction, "support", "no right to [export]")
    out = " ".join(run("cases")[1].split())
    assert "came out public. After you have checked it: escalation-bridge release support" in out
    assert "dev: missed webhooks" in out
    assert "2 tickets in all" in out
    assert "missed webhooks cannot be searched for: no right to [export]" in out
    people.passes(hours=7 * 24)
    assert "dev: missed webhooks" not in run("cases")[1]


def test_there_must_be_something_to_choose(run, office):
    office.customer_writes("Printer on fire")
    status, _, err = run("choose", "SUPPORT-1", "origin")
    assert status == 1
    assert "there is nothing to choose" in err
