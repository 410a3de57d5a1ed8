"""Holidays and working days in the configuration file: what they become, and how each mistake is reported."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from ruamel.yaml import YAML

from bridge_helpers.policy_files import (
    BASE,
    POLICY,
    only_policy,
)
from escalation_bridge.config.holidays import DEFAULT_YEARS, write_out_holidays
from escalation_bridge.config.rules import rules_kept
from escalation_bridge.domain.sla.calendar import CalendarError, parse_calendar
from escalation_bridge.domain.sla.policy import Metric, WorkingDays

# --- public holidays ------------------------------------------------------------------------------------------------

CALENDAR = BASE.replace("]]}}", "]]}, holidays: %s}")


def holidays_of(load, written):
    return load(CALENDAR % written).promises["calendars"]["office"]["holidays"]


def test_public_holidays_are_written_out_as_dates(load):
    dates = holidays_of(load, "{country: ID, years: 2026}")
    assert dates == sorted(dates)
    assert {"2026-01-01", "2026-05-01", "2026-08-17", "2026-12-25"} < set(dates)
    assert {date.fromisoformat(day).year for day in dates} == {2026}


def test_dates_and_countries_mix(load):
    dates = holidays_of(load, '["2026-12-31", {country: ID, years: [2026]}, {country: NO, years: 2026-2027}]')
    assert {"2026-12-31", "2026-08-17", "2026-05-17", "2027-05-17"} < set(dates)
    assert len(dates) == len(set(dates))


def test_a_subdivision_has_holidays_of_its_own(load):
    of_bavaria = set(holidays_of(load, "{country: DE, subdivision: BY, years: 2026}"))
    of_germany = set(holidays_of(load, "{country: de, subdivision: null, years: 2026}"))
    assert of_germany < of_bavaria
    assert "2026-01-06" in of_bavaria - of_germany


def test_without_years_the_dates_do_not_depend_on_today(load):
    dates = holidays_of(load, "{country: ID}")
    assert {date.fromisoformat(day).year for day in dates} == set(DEFAULT_YEARS)


def test_what_was_written_out_is_a_calendar_like_any_other(load):
    configuration = load(
        CALENDAR % "[{country: ID}]" + "policies: [{name: a, calendar: office, targets: {}}]"
    )
    plain = configuration.promises["calendars"]["office"]
    assert parse_calendar(plain) == only_policy(configuration).calendar
    assert write_out_holidays(plain) == plain


def test_what_was_promised_can_be_kept_as_json_and_is_the_same_rules_again(load):
    ladder = "ladder: [{id: a, metric: resolution, at: due, if: {tags: x}, do: [{priority: raise}]}]"
    text = (
        CALENDAR % "{country: ID}"
        + (POLICY % f"calendar: office, {ladder}, enforce_from: 2026-03-01")[len(BASE) :]
    )
    configuration = load(text + "contracts: [{name: c, organisations: Acme, calendar: always}]")
    kept = json.loads(json.dumps(configuration.promises))
    assert rules_kept(kept, configuration.rules) == configuration.rules
    assert configuration.rules.contracts


def test_calendars_without_countries_stay_as_they_are(load):
    assert holidays_of(load, '["2026-12-31"]') == ["2026-12-31"]
    assert "holidays" not in load(BASE).promises["calendars"]["office"]


SKB = {  # the joint decrees of three ministers, the one of 2025 as it was changed in August
    2025: ("01-28", "03-28", "04-02", "04-03", "04-04", "04-07", "05-13", "05-30", "06-09", "08-18", "12-26"),
    2026: ("02-16", "03-18", "03-20", "03-23", "03-24", "05-15", "05-28", "12-24"),
}


@pytest.mark.parametrize("year", SKB)
def test_cuti_bersama_are_holidays_where_they_are_asked_for(load, year):
    public = set(holidays_of(load, f"{{country: ID, years: {year}}}"))
    both = set(holidays_of(load, f"{{country: ID, years: {year}, categories: [public, government]}}"))
    alone = set(holidays_of(load, f"{{country: ID, years: {year}, categories: government}}"))
    assert both - public == alone == {f"{year}-{day}" for day in SKB[year]}


TARGETS_WRITTEN = {
    "2d": WorkingDays(2),
    "1d 4h": WorkingDays(1, 4 * 3600),
    "8h": 8 * 3600,
    "1h 30m": 5400,
}


@pytest.mark.parametrize("written", TARGETS_WRITTEN)
def test_a_target_is_working_time_or_working_days(load, written):
    policy = only_policy(load((POLICY % "").replace("4h", written)))
    assert policy.targets.promised(Metric.RESOLUTION, None) == TARGETS_WRITTEN[written]


@pytest.mark.parametrize("written", ["0m", "0d", "0d 0h", "d", "2d2d", "400d", "-1d", "5", "''"])
def test_a_target_of_nothing_is_refused(findings, written):
    (message,) = findings((POLICY % "").replace("4h", written)).values()
    assert "working days of the calendar such as 2d" in message


HALVES = """calendars:
  office:
    timezone: Atlantic/Reykjavik
    hours: {mon-fri: [["09:00", "12:00"], ["13:00", "18:00"]]}
    holidays: {country: IS, years: 2026, categories: [public, half_day]}
    overrides: {"2026-12-31": [["09:00", "10:00"]]}
"""


def test_of_a_half_day_the_first_half_of_the_working_time_counts():
    plain = write_out_holidays(YAML(typ="safe").load(HALVES)["calendars"]["office"])
    assert "2026-12-25" in plain["holidays"]
    assert plain["overrides"]["2026-12-24"] == [["09:00:00", "12:00:00"], ["13:00:00", "14:00:00"]]
    assert plain["overrides"]["2026-12-31"] == [["09:00", "10:00"]]  # what the admin wrote counts
    assert not {"2026-12-24", "2026-12-31"} & set(plain["holidays"])
    at = datetime(2026, 12, 24, 9, tzinfo=UTC)
    assert parse_calendar(plain).elapsed(at, at + timedelta(days=1)) == 4 * 3600


HOLIDAYS = {
    "{country: DE, categories: [public, government]}": "holidays.categories: DE has no holidays of the category government; "
    "allowed: `catholic`, `public`",
    "[{country: GB, categories: half_day}]": "holidays[0].categories: GB has no holidays of the category half_day; allowed: ",
    "{country: ID, categories: []}": "holidays.categories: must be a list of categories",
    "{country: ID, categories: [1]}": "holidays.categories: must be a list of categories",
    "{country: ID, categories: [government], years: 2199}": "holidays: no government holidays of ID are known for 2199",
    "{country: XX}": "holidays.country: no public holidays are known of XX",
    "[{country: Indonesia}]": "holidays[0].country: no public holidays are known of Indonesia",
    "{countri: ID}": "holidays.countri: no such field; did you mean `country`?",
    "{subdivision: BY}": "holidays.country: must be a country's two letters",
    "{country: DE, subdivision: QQ}": "holidays.subdivision: DE has no QQ; known: `Augsburg`, `BB`",
    "{country: CH, subdivision: 1}": "holidays.subdivision: must be the short name",
    "[{country: ID, years: 2150}]": "holidays[0]: no public holidays of ID are known for 2150",
    "{country: BV}": "holidays: no public holidays of BV are known for 2020 to 2049",
    "{country: ID, years: soon}": "holidays.years: must be a year, a list of years or a span",
    "{country: ID, years: []}": "holidays.years: must be a year, a list of years or a span",
    "{country: ID, years: 2027-2026}": "holidays.years: must be a year, a list of years or a span",
    "{country: ID, years: 1-9999}": "holidays.years: must be a year, a list of years or a span",
    "[{country: ID}, 2026-02-30]": "holidays[1]: 2026-02-30 is not a date",
    "[{country: ID}, [1]]": "holidays[1]: [1] is not a date",
    "soon": "holidays: must be a list",
}


@pytest.mark.parametrize("written", HOLIDAYS)
def test_a_mistake_in_holidays_is_told(findings, written):
    ((path, message),) = findings(CALENDAR % written).items()
    assert path == "calendars.office"
    assert message.startswith(HOLIDAYS[written])


def test_writing_out_alone_tells_the_place_too():
    with pytest.raises(CalendarError, match=r"holidays\[1\]\.country: "):
        write_out_holidays({"holidays": ["2026-12-31", {"country": "XX"}]})


def test_what_the_library_does_not_know_for_sure_is_no_warning():
    assert write_out_holidays({"holidays": {"country": "IN"}})["holidays"]
