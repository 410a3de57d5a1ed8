"""What accounts and calendars tell about teams, merged into the configured directory."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge_helpers.teams import BUDI, HOUSE, LEADS, PAYMENTS, RANI, SARI, organisation, team
from escalation_bridge.domain.teams.choosing import Needs, Unavailable, Workload, choose
from escalation_bridge.domain.teams.facts import GroupMember, TeamFacts, unidentified, with_facts
from escalation_bridge.domain.teams.rota import Override, Rota, RotaCalendar, Turn
from escalation_bridge.domain.teams.rota_calendar import CalendarEvent, strangers, turns
from escalation_bridge.domain.teams.team import Assignment, Member
from escalation_bridge.domain.tickets.tickets import Person, Role

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def told(name, email=None, away=None, number="7"):
    return GroupMember(Person(number, name, email, Role.AGENT), away)


def merged(*people, directory=HOUSE, team_name="payments", **facts):
    return with_facts(directory, {team_name: TeamFacts({"support": people}, **facts)}).teams[team_name]


def test_who_is_in_the_group_is_a_member():
    new = merged(told("Dewi", " Dewi@Example.com ")).member_called("dewi@example.com")
    assert new == Member("dewi@example.com", "Dewi", accounts={"support": "7"})


def test_a_configured_member_keeps_what_is_configured_and_gets_the_account():
    own = replace(BUDI, accounts={"shop": "Budi"}, capacity=3, is_lead=True)
    directory = organisation(replace(PAYMENTS, members=(own,)), LEADS)
    (budi,) = merged(told("B. Santoso", "BUDI@example.com"), directory=directory).members
    assert budi == replace(own, accounts={"shop": "Budi", "support": "7"})


def test_who_is_configured_by_account_is_known_without_an_address():
    own = replace(BUDI, accounts={"support": "Budi"})
    directory = organisation(replace(PAYMENTS, members=(own,)), LEADS)
    people = (told("Budi", None, away=True), told("Nameless"))
    (budi,) = merged(*people, directory=directory).members
    assert (budi.email, budi.accounts, budi.is_away) == (BUDI.email, {"support": "Budi"}, True)
    assert unidentified(directory.teams["payments"], "support", people) == 1


def test_who_is_away_in_one_team_is_away_in_all():
    directory = organisation(PAYMENTS, replace(LEADS, members=(RANI, BUDI)))
    facts = {
        "payments": TeamFacts({"support": (told("Budi", BUDI.email, away=True), told("Sari", SARI.email))})
    }
    teams = with_facts(directory, facts).teams
    assert [each.email for team in teams.values() for each in team.members if each.is_away] == [
        BUDI.email
    ] * 2


def test_nothing_is_given_to_who_is_away():
    needs, workload = Needs(connection="support"), Workload()
    directory = with_facts(
        HOUSE, {"payments": TeamFacts({"support": (told("Sari", SARI.email, away=True),)})}
    )
    assert choose(directory, "payments", needs, workload, NOW).person.email == BUDI.email
    both = (told("Sari", SARI.email, away=True, number="8"), told("Budi", BUDI.email, away=True))
    directory = with_facts(HOUSE, {"payments": TeamFacts({"support": both})})
    (skipped,) = choose(directory, "payments", needs, workload, NOW).skipped
    assert skipped.why is Unavailable.ALL_AWAY


def test_a_team_without_configured_members_gives_to_who_is_in_the_group():
    bare = team("payments", assignment=Assignment.ROUND_ROBIN)
    directory = organisation(bare, LEADS)
    needs = Needs(connection="support")
    assert choose(directory, "payments", needs, Workload(), NOW).person is None
    facts = {"payments": TeamFacts({"support": (told("Dewi", "dewi@example.com"),)})}
    chosen = choose(with_facts(directory, facts), "payments", needs, Workload(), NOW)
    assert chosen.person.email == "dewi@example.com"


ADDRESSES = st.sampled_from(["a@x.example", "b@x.example", "A@X.example", "c@x.example", "", None])
NAMES = st.sampled_from(["Ani", "Budi", "Citra", ""])
PEOPLE = st.lists(
    st.builds(told, NAMES, ADDRESSES, st.sampled_from([None, True, False]), st.sampled_from("123456")),
    max_size=6,
)
MEMBERS = st.lists(
    st.builds(
        Member,
        st.sampled_from(["a@x.example", "b@x.example", "d@x.example"]),
        NAMES,
        accounts=st.dictionaries(st.sampled_from(["support", "shop"]), NAMES.filter(bool), max_size=2),
        capacity=st.sampled_from([None, 4]),
    ),
    unique_by=lambda member: member.email,
    max_size=3,
)


@given(members=MEMBERS, at_support=PEOPLE, at_shop=PEOPLE)
def test_nobody_is_lost_and_nobody_is_there_twice(members, at_support, at_shop):
    directory = organisation(replace(PAYMENTS, members=tuple(members)), LEADS)
    facts = {
        "payments": TeamFacts({"support": tuple(at_support), "shop": tuple(at_shop)}),
        "gone": TeamFacts(),
    }
    after = with_facts(directory, facts)
    found = after.teams["payments"].members
    emails = [each.email for each in found]
    assert emails[: len(members)] == [each.email for each in members]
    assert len(set(emails)) == len(emails)
    for before, now in zip(members, found, strict=False):
        assert replace(now, accounts=before.accounts, is_away=False) == before
        assert {**now.accounts, **before.accounts} == now.accounts
    for connection, people in (("support", at_support), ("shop", at_shop)):
        for each in people:
            if each.person.email:
                known = after.teams["payments"].member(each.person, connection)
                assert known is not None
                assert known.is_away or each.away is not True
    assert after.teams["leads"].members == LEADS.members
    assert with_facts(after, facts).teams["payments"].members == found


# --- calendars ------------------------------------------------------------------------------------------------------


def event(summary="", *attendees, organizer="", start=NOW, end=NOW + HOUR):
    return CalendarEvent(start, end, summary, attendees, organizer)


@pytest.mark.parametrize(
    ("one", "people"),
    [
        (event("On call", SARI.email), [SARI.email]),
        (event("On call", SARI.email, "stranger@example.com", organizer=BUDI.email), [SARI.email]),
        (event("on-call: SARI DEWI"), [SARI.email]),
        (event("budi@example.com"), [BUDI.email]),
        (event("Sari Dewi / Budi Santoso"), [BUDI.email, SARI.email]),
        (event("On call", organizer=BUDI.email), [BUDI.email]),
        (event("Lunch with Sari"), []),
        (event("notbudi@example.com"), []),
        (event("Mansari Dewi"), []),
        (event("Sari Dewi, Budi"), [SARI.email]),
    ],
)
def test_an_event_is_the_turn_of_whom_it_names(one, people):
    assert turns([one], [SARI, BUDI]) == tuple(Turn(NOW, NOW + HOUR, each) for each in people)


def test_a_member_whom_only_the_group_tells_has_turns():
    rota = Rota(calendar=RotaCalendar(url="https://calendar.example/rota.ics"))
    directory = organisation(replace(PAYMENTS, rota=rota), LEADS)
    new = told("Dewi", "dewi@example.com")
    after = merged(new, directory=directory, events=(event("Dewi"), event("Sari Dewi", start=NOW - HOUR)))
    assert after.rota.on_call(NOW) == (SARI.email, "dewi@example.com")
    assert after.rota.on_call(NOW + HOUR) == ()


def test_an_override_comes_before_the_calendar():
    rota = Rota(overrides=(Override(NOW, NOW + HOUR, BUDI.email),), calendar=RotaCalendar())
    directory = organisation(replace(PAYMENTS, rota=rota), LEADS)
    after = merged(directory=directory, events=(event("Sari Dewi", end=NOW + 2 * HOUR),))
    assert after.rota.on_call(NOW) == (BUDI.email,)
    assert after.rota.on_call(NOW + HOUR) == (SARI.email,)


def test_names_of_nobody_are_told_once():
    events = [event("Left Behind"), event("Left Behind"), event("x", "gone@example.com"), event("Sari Dewi")]
    assert strangers(events, [SARI]) == ("Left Behind", "gone@example.com")
