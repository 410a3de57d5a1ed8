"""Facts about teams through the engine: read aside, merged into the rules, kept where a source fails."""

import threading
import time
from dataclasses import replace
from datetime import timedelta

import pytest

from bridge_helpers.calendars import calendar_of, calendar_server, turn
from bridge_helpers.teams import (
    BUDI,
    FIRST,
    LEADS,
    RANI,
    SARI,
    asked,
    escalations,
    notes,
    opened,
    organisation,
    person,
    team,
)
from escalation_bridge.bridge import KnownFacts
from escalation_bridge.cli.connections.connections import connection_lines
from escalation_bridge.cli.running import running_worker
from escalation_bridge.config.teams.rota_calendars import facts_of_files
from escalation_bridge.domain.case.escalations import Owner
from escalation_bridge.domain.teams.facts import GroupMember
from escalation_bridge.domain.teams.rota import Rota, RotaCalendar
from escalation_bridge.domain.teams.team import Assignment, Member, Place
from escalation_bridge.engine.team_facts import FactsReader
from escalation_bridge.errors import PermissionDenied

DEWI = Member("dewi@example.com", "Dewi Lestari")
GROUP = (Place("support", group="Payments", members_from_group=True),)
PAYMENTS = team(
    "payments", level="L2", places=GROUP, members=(SARI,), assignment=Assignment.ROUND_ROBIN, next="leads"
)


def in_group(*members, away=()):
    return [GroupMember(person(each), each in away or None) for each in members]


@pytest.fixture
def scene(make_house):
    made = make_house(organisation(FIRST, PAYMENTS, LEADS))
    made.support.agents = [person(each) for each in (SARI, BUDI, RANI, DEWI)]
    made.support.groups["Payments"] = in_group(SARI, DEWI)
    return made


def troubles(scene):
    return troubles_of(scene, "team ")


def troubles_of(scene, beginning):
    with scene.bridge.database.read() as transaction:
        lines = connection_lines(transaction, scene.clock())
    return [line for line in lines if line.startswith(beginning)]


def owners(scene):
    return [scene.view(case).escalations[0].owner.person for case in (1, 2)]


def test_only_configured_members_count_before_the_first_reading(scene):
    opened(scene, "One"), opened(scene, "Two")
    scene.run(minutes=61)
    assert owners(scene) == [SARI.email] * 2


def test_who_was_added_to_the_group_gets_the_next_one(scene):
    FactsReader(scene.bridge).refresh()
    opened(scene, "One"), opened(scene, "Two")
    scene.run(minutes=61)
    assert sorted(owners(scene)) == [DEWI.email, SARI.email]
    assert {each.assignee.email for each in scene.support.tickets.values()} == {DEWI.email, SARI.email}


def test_who_left_the_group_or_is_away_gets_nothing(scene):
    reader = FactsReader(scene.bridge)
    scene.support.groups["Payments"] = in_group(SARI, DEWI, BUDI, away=(SARI,))
    reader.refresh()
    scene.support.groups["Payments"] = in_group(SARI, DEWI, away=(SARI,))
    reader.refresh()
    opened(scene, "One"), opened(scene, "Two")
    scene.run(minutes=61)
    assert owners(scene) == [DEWI.email] * 2


def test_a_member_of_the_group_may_use_commands(scene):
    FactsReader(scene.bridge).refresh()
    ticket = opened(scene)
    scene.run(minutes=61)
    asked(scene, ticket, "/bridge owner dewi", by=DEWI)
    assert escalations(scene)[0].owner == Owner("payments", DEWI.email)


def test_a_source_that_fails_keeps_its_last_facts_and_is_told_until_it_is_back(scene):
    reader = FactsReader(scene.bridge)
    reader.refresh()
    refusal = PermissionDenied("You are not authorized", scene.support.at("fetch_group_members"))
    scene.support.faults["fetch_group_members"] = [refusal, refusal]
    reader.refresh()
    since = scene.clock()
    (line,) = troubles(scene)
    assert "team payments: the members of the group Payments at support cannot be read" in line
    assert "You are not authorized" in line
    scene.clock.advance(minutes=15)
    reader.refresh()
    assert f"{since:%Y-%m-%d %H:%M}" in troubles(scene)[0]
    directory = scene.bridge.rules_under(None).directory
    assert directory.teams["payments"].member_called(DEWI.email) is not None
    reader.refresh()
    assert troubles(scene) == []


def test_no_case_waits_for_a_source(scene):
    begun, may_end = threading.Event(), threading.Event()

    def hang(operation):
        if operation == "fetch_group_members":
            begun.set()
            may_end.wait(30)

    scene.support.before = hang
    with FactsReader(scene.bridge).running():
        try:
            assert begun.wait(10)
            opened(scene)
            scene.run(minutes=61)
            assert escalations(scene)[0].owner == Owner("payments", SARI.email)
        finally:
            may_end.set()


def test_the_running_worker_reads_by_itself(scene):
    def members():
        return [each.email for each in scene.bridge.rules_under(None).directory.teams["payments"].members]

    assert members() == [SARI.email]
    with running_worker(scene.bridge, 1, threading.Event()):
        deadline = time.monotonic() + 20
        while len(members()) < 2 and time.monotonic() < deadline:
            time.sleep(0.02)
    assert members() == [SARI.email, DEWI.email]


# --- roles ----------------------------------------------------------------------------------------------------------


def leading(scene, *roles):
    directory = replace(scene.bridge.rules.directory, lead_roles={"support": roles})
    scene.bridge = replace(scene.bridge, rules=replace(scene.bridge.rules, directory=directory))
    scene.__post_init__()
    return FactsReader(scene.bridge)


def test_who_loses_the_role_is_no_lead_any_more(scene):
    scene.support.roles = {"Lead": [person(BUDI)]}
    reader = leading(scene, "Lead")
    reader.refresh()
    ticket = opened(scene)
    scene.run(minutes=61)
    asked(scene, ticket, "/bridge snooze 2h", by=BUDI)
    assert len(notes(scene, ticket, "only Payments and leads may")) == 0
    scene.support.roles = {"Lead": []}
    reader.refresh()
    asked(scene, ticket, "/bridge deescalate it works again", by=BUDI)
    assert len(notes(scene, ticket, "only Payments and leads may")) == 1
    assert escalations(scene)[0].is_open


def test_a_role_counts_only_where_it_is_given(scene):
    scene.support.roles = {"Lead": [person(BUDI)]}
    reader = leading(scene, "Lead")
    reader.refresh()
    directory = scene.bridge.rules_under(None).directory
    assert directory.is_role_lead(person(BUDI), "support")
    assert not directory.is_role_lead(person(BUDI), "dev")
    assert not directory.is_role_lead(person(SARI), "support")


def test_a_role_that_cannot_be_read_is_told_and_the_last_leads_stay(scene):
    scene.support.roles = {"Lead": [person(BUDI)]}
    reader = leading(scene, "Lead")
    reader.refresh()
    del scene.support.roles["Lead"]
    reader.refresh()
    (line,) = troubles_of(scene, "leads by role: ")
    assert "who has the role Lead at support cannot be read" in line
    assert scene.bridge.rules_under(None).directory.is_role_lead(person(BUDI), "support")


# --- calendars ------------------------------------------------------------------------------------------------------


def on_call(source):
    rota = Rota(calendar=source)
    return replace(PAYMENTS, members=(SARI, BUDI), rota=rota, assignment=Assignment.ON_CALL)


@pytest.fixture
def served(scene):
    now = scene.clock()
    with calendar_server() as server:
        hours = timedelta(hours=1)
        server.text = calendar_of(
            turn(now - hours, now + 2 * hours, "SUMMARY:On call", "ATTENDEE:mailto:budi@example.com"),
            turn(now + 2 * hours, now + 3 * hours, "SUMMARY:Dewi Lestari"),
        )
        yield server


def calling(scene, source):
    rules = replace(scene.bridge.rules, directory=organisation(FIRST, on_call(source), LEADS))
    scene.bridge = replace(scene.bridge, rules=rules)
    scene.__post_init__()
    return FactsReader(scene.bridge)


def test_who_is_on_call_by_the_calendar_gets_it_and_is_named(scene, served):
    reader = calling(scene, RotaCalendar(url=f"{served.url}/secret"))
    reader.refresh()
    ticket = opened(scene)
    scene.run(minutes=61)
    assert escalations(scene)[0].owner == Owner("payments", BUDI.email)
    asked(scene, ticket, "/bridge who", by=SARI)
    assert notes(scene, ticket, "On call now: Budi Santoso.")
    served.status, served.text = 500, ""
    scene.clock.advance(minutes=70)
    reader.refresh()
    assert "secret" not in troubles(scene)[0]
    # The last calendar goes on, with the turn of somebody whom only the group tells.
    opened(scene, "Two")
    scene.run(minutes=45)
    team_now = scene.bridge.rules_under(None).directory.teams["payments"]
    assert team_now.rota.on_call(scene.clock()) == (DEWI.email,)


def test_the_calendar_of_a_file_counts_from_the_start(scene, served):
    directory = organisation(FIRST, on_call(RotaCalendar(text=served.text)), LEADS)
    rules = replace(scene.bridge.rules, directory=directory)
    bridge = replace(scene.bridge, rules=rules, known_facts=KnownFacts())
    assert bridge.rules_under(None) is rules
    bridge.known_facts.learn(facts_of_files(directory, scene.clock()))
    known = bridge.rules_under(None).directory
    assert known.teams["payments"].rota.on_call(scene.clock()) == (BUDI.email,)
    assert bridge.rules_under(None).directory is known


def test_odd_events_are_told_and_the_others_count(scene, served):
    served.text = served.text.replace(
        "END:VCALENDAR", "BEGIN:VEVENT\r\nUID:odd\r\nDTSTART:soon\r\nEND:VEVENT\r\nEND:VCALENDAR"
    )
    calling(scene, RotaCalendar(url=served.url)).refresh()
    assert scene.bridge.rules_under(None).directory.teams["payments"].rota.on_call(scene.clock()) == (
        BUDI.email,
    )
    (line,) = troubles(scene)
    assert "event 3 has a DTSTART that is no date or time" in line
