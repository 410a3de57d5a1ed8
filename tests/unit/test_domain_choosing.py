"""Who gets an escalation: nobody beyond a capacity, nobody who is away, and in the end always somebody."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bridge_helpers.teams import organisation, team
from escalation_bridge.domain.sla.calendar import parse_calendar
from escalation_bridge.domain.teams.choosing import Needs, Skipped, Unavailable, Workload, choose
from escalation_bridge.domain.teams.rota import Override, Rota
from escalation_bridge.domain.teams.team import Assignment, Member, Place

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)  # a Monday
LATER = NOW + timedelta(hours=1)
SARI, BUDI = Member("sari@example.com", "Sari"), Member("budi@example.com", "Budi")
CLOSED = parse_calendar({"timezone": "UTC", "hours": {"tue": [["09:00", "17:00"]]}})
FIRST = team("first", level="L1", members=(SARI, BUDI), assignment=Assignment.LEAST_LOADED, next="second")
SECOND = replace(FIRST, name="second", level="L2", next=None)
LAST = replace(SECOND, name="last", level=None)
NEEDS = Needs(connection="support")


def house(first=FIRST, second=SECOND, last=LAST):
    return organisation(first, second, last, last_resort="last")


def chosen(directory, workload=None, needs=NEEDS, now=NOW):
    found = choose(directory, "first", needs, workload or Workload(), now)
    return found.team.name, found.person.name if found.person else None


def skipped(directory, workload=None, needs=NEEDS):
    return choose(directory, "first", needs, workload or Workload(), NOW).skipped


@pytest.mark.parametrize(
    ("taken", "weight", "taker"),
    [(9, 1, "first"), (10, 1, "second"), (7, 3, "first"), (8, 3, "second"), (9, 3, "second")],
)
def test_a_team_never_has_more_than_its_capacity(taken, weight, taker):
    """What an escalation weighs counts, and not only what is there already."""
    directory = house(replace(FIRST, capacity=10))
    workload = Workload(teams={"first": taken})
    assert chosen(directory, workload, replace(NEEDS, weight=weight))[0] == taker
    if taker == "second":
        assert skipped(directory, workload, replace(NEEDS, weight=weight)) == (
            Skipped("first", Unavailable.FULL),
        )


@pytest.mark.parametrize(
    ("taken", "weight", "person"), [(2, 1, "Sari"), (3, 1, "Budi"), (0, 3, "Sari"), (1, 3, "Budi")]
)
def test_a_person_never_has_more_than_the_own_capacity(taken, weight, person):
    directory = house(replace(FIRST, members=(replace(SARI, capacity=3), BUDI)))
    workload = Workload(people={SARI.email: taken, BUDI.email: 5})
    assert chosen(directory, workload, replace(NEEDS, weight=weight)) == ("first", person)


def test_where_everybody_has_too_much_the_team_is_full():
    directory = house(replace(FIRST, members=(replace(SARI, capacity=1), replace(BUDI, capacity=1))))
    assert skipped(directory, Workload(people={SARI.email: 1, BUDI.email: 1})) == (
        Skipped("first", Unavailable.FULL),
    )


def test_who_is_away_gets_nothing_until_the_very_end_of_it():
    away = Workload(away={SARI.email: LATER}, people={BUDI.email: 5})
    assert chosen(house(), away) == ("first", "Budi")
    assert chosen(house(), away, now=LATER - timedelta(seconds=1)) == ("first", "Budi")
    assert chosen(house(), away, now=LATER) == ("first", "Sari")


def test_who_is_away_in_the_helpdesk_gets_nothing():
    directory = house(replace(FIRST, members=(replace(SARI, is_away=True), BUDI)))
    assert chosen(directory, Workload(people={BUDI.email: 5})) == ("first", "Budi")


def test_a_team_of_which_everybody_is_away_is_passed_over():
    everybody = Workload(away={SARI.email: LATER, BUDI.email: LATER})
    directory = house(second=replace(SECOND, members=(Member("rani@example.com", "Rani"),)))
    assert chosen(directory, everybody) == ("second", "Rani")
    assert skipped(directory, everybody) == (Skipped("first", Unavailable.ALL_AWAY),)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"calendar": CLOSED}, Unavailable.OFF_WORK),
        ({"calendar": CLOSED, "rota": Rota()}, Unavailable.NOBODY_ON_CALL),
        ({"assignment": Assignment.ON_CALL}, Unavailable.NOBODY_ON_CALL),
        ({"places": ()}, Unavailable.NO_PLACE),
        ({"places": (Place("shop", "First"),), "routes": ("elsewhere",)}, Unavailable.NO_PLACE),
    ],
)
def test_a_team_that_cannot_take_it_is_passed_over_with_the_reason(change, why):
    directory = house(replace(FIRST, **change))
    assert chosen(directory)[0] == "second"
    assert skipped(directory) == (Skipped("first", why),)


def test_a_team_behind_a_route_of_the_customers_helpdesk_can_take_it():
    directory = house(replace(FIRST, places=(), routes=("engineering",)))
    assert chosen(directory, needs=replace(NEEDS, routes=frozenset({"engineering"})))[0] == "first"


def test_outside_of_hours_only_those_on_call_get_it():
    on_call = Rota(overrides=(Override(NOW, LATER, BUDI.email),))
    directory = house(replace(FIRST, calendar=CLOSED, rota=on_call))
    assert chosen(directory, Workload(people={BUDI.email: 5})) == ("first", "Budi")
    open_now = house(replace(FIRST, rota=on_call))
    assert chosen(open_now, Workload(people={BUDI.email: 5})) == ("first", "Sari")


def test_the_last_resort_is_asked_after_all_others_although_no_team_leads_to_it():
    directory = house(replace(FIRST, calendar=CLOSED), replace(SECOND, calendar=CLOSED))
    found = choose(directory, "first", NEEDS, Workload(), NOW)
    assert (found.team.name, found.nobody) == ("last", False)
    assert [each.team for each in found.skipped] == ["first", "second"]


def test_where_nobody_is_anywhere_the_last_resort_gets_it_all_the_same():
    directory = house(*(replace(each, calendar=CLOSED) for each in (FIRST, SECOND, LAST)))
    found = choose(directory, "first", NEEDS, Workload(), NOW)
    assert (found.team.name, found.person, found.nobody) == ("last", None, True)
    assert [each.team for each in found.skipped] == ["first", "second", "last"]


def test_a_circle_of_teams_ends():
    directory = house(replace(FIRST, calendar=CLOSED), replace(SECOND, calendar=CLOSED, next="first"))
    assert chosen(directory)[0] == "last"


def test_skills_come_before_languages_and_these_before_who_knows_the_customer():
    skilled = replace(BUDI, skills=frozenset({"payments"}))
    speaking = replace(SARI, languages=frozenset({"id"}))
    directory = house(replace(FIRST, members=(speaking, skilled)))
    knows = Workload(knows=SARI.email)
    needs = replace(NEEDS, language="id")
    assert chosen(directory, knows, replace(needs, skills=frozenset({"payments"})))[1] == "Budi"
    assert chosen(directory, Workload(knows=BUDI.email), needs)[1] == "Sari"
    assert chosen(directory, Workload(knows=BUDI.email))[1] == "Budi"


def test_there_is_nobody_in_a_team_that_does_not_exist():
    assert choose(house(), "elsewhere", NEEDS, Workload(), NOW) is None
