"""Waves in the running bridge: one incident, one linked ticket for all, corrections by people, and one end for all."""

import json
import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from typer.testing import CliRunner

from bridge_helpers.ticket_streams import DEPOK
from escalation_bridge.cli.incidents.incidents import app
from escalation_bridge.domain.case.incidents import IncidentRules
from escalation_bridge.domain.tickets.tickets import Person, Priority, Role, Severity, StatusKind, Visibility
from escalation_bridge.engine.incidents.changes import end_incident, merge_incidents
from escalation_bridge.engine.worker import Worker
from escalation_bridge.errors import BridgeError
from escalation_bridge.plugin.connection import utc_now
from escalation_bridge.store.cases import stored_incidents

PRIVATE = Visibility.PRIVATE
RULES = IncidentRules(routes=("engineering",), emergency_customers=8)
MEDAN = (
    "min wifi mati total di Medan Johor dari subuh",
    "Internet outage in Medan, our shop cannot work",
    "jaringan putus nyambung parah, medan sunggal",
    "koneksi di Medan hilang, modem sudah saya restart",
    "no wifi since this morning, Medan Helvetia",
)


def with_rules(scene, rules=RULES):
    object.__setattr__(scene.bridge, "rules", replace(scene.bridge.rules, incidents=rules))
    return scene


@pytest.fixture
def quiet(make_scene):
    return with_rules(make_scene(policies=()))


def wave(scene, texts=DEPOK, minutes=3):
    """Customers write, one after the other; their tickets."""
    return [write(scene, text, minutes) for text in texts]


def write(scene, text, minutes=3):
    scene.clock.advance(minutes=minutes)
    ticket = scene.support.customer_writes(text, text, Priority.NORMAL)
    present = scene.support.tickets[ticket]
    someone = Person(ticket, f"Customer {ticket}", f"{ticket}@example.com")
    scene.support.tickets[ticket] = replace(present, requester=someone, created_at=scene.clock())
    scene.news(scene.support, ticket)
    return ticket


def notes(plugin, ticket, beginning):
    return [
        said.body.text for said in plugin.comments.get(ticket, []) if said.body.text.startswith(beginning)
    ]


def issues(scene):
    return list(scene.dev.tickets)


def links(scene, count):
    return [[link.linked.id for link in scene.view(case).links] for case in range(1, count + 1)]


def command(scene, ticket, line):
    scene.clock.advance(seconds=5)
    scene.support.says(ticket, line, Role.AGENT, PRIVATE)
    scene.news(scene.support, ticket)
    return scene.support.comments[ticket][-1].body.text


def test_a_wave_is_one_incident_with_one_linked_ticket(quiet):
    tickets = wave(quiet)
    (issue,) = issues(quiet)
    assert links(quiet, 12) == [[issue]] * 12
    for ticket in tickets:
        (note,) = notes(quiet.support, ticket, "This ticket belongs to incident I-1")
        assert "/bridge incident leave" in note
    assert "depok" in notes(quiet.support, tickets[-1], "This ticket belongs")[0]
    assert "incident_joined" in quiet.timeline(1)


def test_the_linked_ticket_shows_how_large_it_is_in_one_note(quiet):
    wave(quiet)
    (issue,) = issues(quiet)
    (state,) = notes(quiet.dev, issue, "Incident I-1")
    assert (
        "10 tickets of 10 customers" in state
    )  # it had 5 when it was written, and was edited when there were twice as many
    assert "Places: Depok" in state
    assert len(notes(quiet.dev, issue, "12 customers' tickets are linked")) == 1


def test_without_the_section_nothing_is_looked_for(make_scene):
    scene = make_scene(policies=())
    wave(scene, DEPOK[:6])
    assert issues(scene) == []
    with scene.bridge.database.read() as transaction:
        assert stored_incidents.arrivals_after(transaction, 0) == []


def test_without_a_route_only_notes_are_written(make_scene):
    scene = with_rules(make_scene(policies=()), IncidentRules())
    tickets = wave(scene, DEPOK[:6])
    assert issues(scene) == []
    assert all(notes(scene.support, ticket, "This ticket belongs to incident I-1") for ticket in tickets)


def test_two_towns_are_two_incidents(quiet):
    for one, other in zip(DEPOK[:5], MEDAN, strict=True):
        write(quiet, one)
        write(quiet, other)
    first, second = issues(quiet)
    assert links(quiet, 10) == [[first], [second]] * 5 or links(quiet, 10) == [[second], [first]] * 5


def test_a_case_with_a_linked_ticket_leads(quiet):
    first, *_ = wave(quiet, DEPOK[:2])
    issue = quiet.dev.customer_writes("Fibre cut", "In Depok.", Priority.HIGH)
    assert "not linked" not in command(quiet, first, f"/bridge link {issue}")
    wave(quiet, DEPOK[2:7])
    assert issues(quiet) == [issue]
    assert links(quiet, 7) == [[issue]] * 7


def test_many_customers_are_an_emergency(quiet):
    wave(quiet, DEPOK[:7])
    assert quiet.view(1).classification.severity is Severity.STANDARD
    write(quiet, DEPOK[7])
    assert {quiet.view(case).classification.severity for case in range(1, 9)} == {Severity.EMERGENCY}
    assert quiet.view(3).classification.reason == "many customers report the same"
    assert quiet.timeline(2).count("incident_emergency") == 1
    assert "an emergency" in notes(quiet.dev, issues(quiet)[0], "Incident I-1")[0]


def test_one_customer_with_many_tickets_is_one(quiet):
    same = Person("1", "Dewi", "dewi@example.com")
    for text in DEPOK[:9]:
        quiet.clock.advance(minutes=3)
        ticket = quiet.support.customer_writes(text, text, Priority.NORMAL)
        quiet.support.tickets[ticket] = replace(
            quiet.support.tickets[ticket], requester=same, created_at=quiet.clock()
        )
        quiet.news(quiet.support, ticket)
    assert quiet.view(1).incident.customers == 1
    assert quiet.view(1).classification.severity is Severity.STANDARD


@pytest.mark.parametrize("line", ["/bridge incident leave", "/bridge insiden keluar"])
def test_a_ticket_can_be_taken_out(quiet, line):
    tickets = wave(quiet, DEPOK[:6])
    (issue,) = issues(quiet)
    said = command(quiet, tickets[2], line)
    texts = [each.body.text for each in quiet.support.comments[tickets[2]]]
    assert any("no longer belongs to incident I-1" in text for text in texts), said
    assert any("no longer linked" in text for text in texts)
    assert quiet.view(3).links == ()
    assert quiet.view(3).incident is None
    wave(quiet, DEPOK[6:9])
    assert quiet.view(3).links == ()
    assert quiet.view(1).incident.tickets == 8
    assert issues(quiet) == [issue]
    assert "incident_left" in quiet.timeline(3)


@pytest.mark.parametrize("line", ["/bridge incident join I-1", "/bridge insiden gabung 1"])
def test_a_ticket_can_be_put_in(quiet, line):
    tickets = wave(quiet, DEPOK[:6])
    other = write(quiet, "hello, nothing works any longer")
    command(quiet, other, line)
    (note,) = notes(quiet.support, other, "This ticket belongs to incident I-1")
    assert "put it there" in note
    assert links(quiet, 7)[6] == issues(quiet)
    command(quiet, tickets[1], "/bridge incident leave")
    command(quiet, tickets[1], line)
    assert links(quiet, 7)[1] == issues(quiet)
    assert len(notes(quiet.support, tickets[1], "This ticket belongs to incident I-1")) == 2


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("/bridge incident", "belongs to no incident"),
        ("/bridge incident leave", "belongs to no incident"),
        ("/bridge incident join", "belongs to no incident"),
        ("/bridge incident join I-9", "no incident of this name"),
        ("/bridge incident join nonsense", "no incident of this name"),
        ("/bridge incident sideways", "belongs to no incident"),
    ],
)
def test_what_cannot_be_done_is_answered(quiet, line, words):
    ticket = write(quiet, "hello, where is my parcel?")
    assert words in command(quiet, ticket, line)
    assert quiet.view(1).incident is None


def test_a_ticket_is_not_put_in_twice_nor_into_an_ended_one(quiet):
    tickets = wave(quiet, DEPOK[:6])
    assert "in this incident already" in command(quiet, tickets[0], "/bridge incident join I-1")
    other = write(quiet, "hello, where is my parcel?")
    with quiet.bridge.database.write() as transaction:
        end_incident(transaction, 1, "Sari", quiet.clock())
    quiet.run()
    assert "has ended" in command(quiet, other, "/bridge incident join I-1")


def test_it_tells_why_a_ticket_is_in(quiet):
    tickets = wave(quiet, DEPOK[:6])
    said = command(quiet, tickets[5], "/bridge incident")
    assert "belongs to incident I-1 (6 tickets" in said
    assert "depok" in said


def test_when_the_linked_ticket_is_done_each_gets_its_word_once(quiet):
    tickets = wave(quiet)
    (issue,) = issues(quiet)
    quiet.dev.set_status(issue, StatusKind.SOLVED)
    quiet.news(quiet.dev, issue)
    for ticket in tickets:
        (word,) = notes(quiet.support, ticket, "Incident I-1 is over")
        assert "has been fixed" in word
        assert notes(quiet.support, ticket, "Draft reply") == []
    assert quiet.timeline(4).count("incident_ended") == 1
    quiet.dev.set_status(issue, StatusKind.OPEN)
    quiet.news(quiet.dev, issue)
    quiet.dev.set_status(issue, StatusKind.SOLVED)
    quiet.news(quiet.dev, issue)
    assert all(len(notes(quiet.support, ticket, "Incident I-1 is over")) == 1 for ticket in tickets)


def test_a_person_can_end_it(quiet):
    tickets = wave(quiet, DEPOK[:6])
    with quiet.bridge.database.write() as transaction:
        assert end_incident(transaction, 1, "Sari", quiet.clock())
        assert not end_incident(transaction, 1, "Sari", quiet.clock())
    quiet.run()
    assert all(
        "ended by Sari" in notes(quiet.support, ticket, "Incident I-1 is over")[0] for ticket in tickets
    )
    assert write(quiet, DEPOK[6])
    assert quiet.view(7).incident is None


def test_two_incidents_can_be_merged(quiet):
    for one, other in zip(DEPOK[:5], MEDAN, strict=True):
        write(quiet, one)
        write(quiet, other)
    kept = quiet.view(1).incident.id
    merged = quiet.view(2).incident.id
    with quiet.bridge.database.write() as transaction:
        assert merge_incidents(transaction, merged, kept, "Sari", quiet.clock()) == 5
    quiet.run()
    assert {quiet.view(case).incident.id for case in range(1, 11)} == {kept}
    shared = quiet.view(1).incident.linked.id
    assert all(shared in each for each in links(quiet, 10))
    assert not any(notes(quiet.support, str(ticket), "Incident") for ticket in quiet.support.tickets)
    write(quiet, "still no wifi in Medan")
    assert quiet.view(11).incident.id == kept


def test_if_the_first_customer_is_done_the_next_leads(quiet):
    quiet.dev.faults["create_ticket"] = []
    tickets = wave(quiet, DEPOK[:2])
    for ticket in tickets:
        quiet.support.set_status(ticket, StatusKind.SOLVED)
        quiet.news(quiet.support, ticket)
    wave(quiet, DEPOK[2:7])
    (issue,) = issues(quiet)
    assert all(each == [issue] for each in links(quiet, 7))


class Killed(BaseException):
    """What no handler catches, as a killed process."""


@pytest.mark.parametrize("place", ["save_arrival", "save_incident", "put_in"])
def test_a_worker_that_dies_where_a_wave_is_found_loses_and_doubles_nothing(quiet, monkeypatch, place):
    texts = [text for text in DEPOK if "LOS" not in text]
    wave(quiet, texts[:3])
    real, calls = getattr(stored_incidents, place), []

    def dies(*arguments, **named):
        calls.append(1)
        if len(calls) == 1:
            raise Killed
        return real(*arguments, **named)

    monkeypatch.setattr(stored_incidents, place, dies)
    for text in texts[3:8]:
        try:
            write(quiet, text)
        except Killed:
            quiet.clock.advance(minutes=10)
            quiet.worker = Worker(quiet.bridge)
            quiet.run()
    assert calls
    (issue,) = issues(quiet)
    assert links(quiet, 8) == [[issue]] * 8
    assert quiet.view(1).incident.tickets == 8
    for ticket in quiet.support.tickets:
        assert len(notes(quiet.support, ticket, "This ticket belongs to incident")) == 1


def test_another_process_knows_what_this_one_found(quiet):
    wave(quiet, DEPOK[:6])
    quiet.bridge.incident_memory.forget()  # as a process that has just started
    write(quiet, DEPOK[6])
    assert quiet.view(7).incident.id == 1


def test_workers_that_open_cases_at_once_find_one_incident(quiet):
    tickets = []
    for text in DEPOK:
        quiet.clock.advance(minutes=1)
        ticket = quiet.support.customer_writes(text, text, Priority.NORMAL)
        quiet.support.tickets[ticket] = replace(quiet.support.tickets[ticket], created_at=quiet.clock())
        quiet.hear(quiet.support, ticket)
        tickets.append(ticket)
    workers = [Worker(quiet.bridge) for _ in range(3)]
    threads = [threading.Thread(target=worker.run_until_idle) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    quiet.run(seconds=5)
    (issue,) = issues(quiet)
    assert {quiet.view(case).incident.id for case in range(1, 13)} == {1}
    assert links(quiet, 12) == [[issue]] * 12


def test_an_old_ticket_raises_nothing(quiet):
    for text in DEPOK[:6]:
        quiet.clock.advance(minutes=2)
        ticket = quiet.support.customer_writes(text, text, Priority.NORMAL)
        old = quiet.clock() - timedelta(days=3)
        quiet.support.tickets[ticket] = replace(quiet.support.tickets[ticket], created_at=old)
        quiet.news(quiet.support, ticket)
    assert issues(quiet) == []
    with quiet.bridge.database.read() as transaction:
        assert len(stored_incidents.arrivals_after(transaction, 0)) == 6


def test_nothing_of_a_customers_text_is_in_the_history(quiet):
    wave(quiet, [*DEPOK[:5], "my secret is 4711, and internet is down in Depok"])
    assert "4711" not in json.dumps([quiet.timeline(case) for case in range(1, 7)])


# --- on the command line ------------------------------------------------------------------------------------------------


@pytest.fixture
def cli(quiet, tmp_path):
    """Runs `escalation-bridge incidents ...` on the scene's database."""
    file = tmp_path / "incidents.yaml"
    url = quiet.bridge.database.url.render_as_string(hide_password=False)
    file.write_text(f'bridge: {{database: "{url}"}}\nconnections: {{}}\n')

    def run(*arguments):
        result = CliRunner().invoke(
            app, [*arguments, "--config", str(file)], env={"USER": "sari", "COLUMNS": "200"}
        )
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.stdout

    return run


def test_the_command_line_lists_shows_and_ends(quiet, cli):
    assert "There is no incident." in cli("list")
    tickets = wave(quiet, DEPOK[:6])
    (found,) = json.loads(cli("list", "--json"))["incidents"]
    assert (found["incident"], found["tickets"], found["places"]) == ("I-1", 6, ["Depok"])
    assert found["linked"] == f"dev:{issues(quiet)[0]}"
    assert "I-1" in cli("list")
    shown = json.loads(cli("show", "I-1", "--json"))
    assert [each["ticket"] for each in shown["members"]] == [f"support:{ticket}" for ticket in tickets]
    assert "depok" in shown["members"][0]["why"]
    assert "6 tickets of 6 customers" in cli("show", "1")
    assert "6 tickets get their note" in cli("end", "I-1")
    assert "had ended already" in cli("end", "I-1")
    quiet.clock.at = utc_now() + timedelta(minutes=1)  # as the command line's clock
    quiet.run()
    assert "ended by sari" in notes(quiet.support, tickets[0], "Incident I-1 is over")[0]
    assert "There is no incident." in cli("list")
    assert "I-1" in cli("list", "--ended")
    assert "sari" in cli("show", "I-1")


def test_the_command_line_merges(quiet, cli):
    for one, other in zip(DEPOK[:5], MEDAN, strict=True):
        write(quiet, one)
        write(quiet, other)
    assert "5 tickets of I-2 belong to I-1 now" in cli("merge", "I-2", "I-1")
    quiet.run()
    assert json.loads(cli("list", "--json"))["incidents"][0]["tickets"] == 10
    assert "merged into I-1" in cli("show", "I-2")
    for arguments, words in (
        (("merge", "I-2", "I-1"), "I-2 has ended"),
        (("merge", "I-1", "I-1"), "into itself"),
        (("show", "I-7"), "there is no incident I-7"),
        (("end", "nonsense"), "there is no incident nonsense"),
    ):
        with pytest.raises(BridgeError, match=words):
            cli(*arguments)
