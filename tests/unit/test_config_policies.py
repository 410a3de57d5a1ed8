"""Policies and contracts in the configuration file: what they become, and how each mistake is told."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from escalation_bridge.config.holidays import DEFAULT_YEARS, write_out_holidays
from escalation_bridge.config.loading import configuration_schema, load_configuration, load_rules
from escalation_bridge.config.rules import rules_kept
from escalation_bridge.configfile import InvalidConfiguration
from escalation_bridge.domain.sla.calendar import CalendarError, parse_calendar
from escalation_bridge.domain.sla.policy import Metric, Repeat, SendNotice, StepClock, WorkingDays
from escalation_bridge.domain.tickets.conditions import FIELDS, Condition, Operator, Test
from escalation_bridge.domain.tickets.tickets import Priority, Severity
from escalation_bridge.plugged.discovery import Catalogue, FoundPlugin, PluginState, discover
from escalation_bridge.plugin.connection import HelpdeskPlugin
from escalation_bridge.plugin.hooks import EscalationHooks, hookimpl
from escalation_bridge.plugin.settings import ConnectionSettings


class Desk(HelpdeskPlugin[ConnectionSettings]):
    vendor = "desk"
    title = "Desk"
    settings = ConnectionSettings


class Pager(EscalationHooks):
    @hookimpl
    def notify(self, to: str, key: str) -> str | None:
        return f"paged {to} {key}"


class Quiet(EscalationHooks):
    """An extension that sends nothing."""


CATALOGUE = Catalogue(
    {
        "desk": FoundPlugin("desk", "desk", "1", PluginState.READY, Desk),
        "pager": FoundPlugin("pager", "pager", "1", PluginState.READY, Pager),
        "quiet": FoundPlugin("quiet", "quiet", "1", PluginState.READY, Quiet),
    }
)
BASE = """\
bridge: {extensions: [pager]}
connections:
  support: {plugin: desk}
  dev: {plugin: desk}
calendars:
  office: {timezone: Asia/Jakarta, hours: {mon-fri: [["09:00", "17:00"]]}}
"""
POLICY = BASE + "policies:\n  - {name: all, targets: {default: {resolution: 4h}}, %s}\n"
STEP = POLICY % "ladder: [{id: late, metric: resolution, at: due, do: [{notify: oncall}], %s}]"
CONTRACT = POLICY % "" + "contracts:\n  - {name: acme, %s}\n"


@pytest.fixture
def load(tmp_path):
    def load_text(text):
        path = tmp_path / "bridge.yaml"
        path.write_text(text, encoding="utf-8")
        return load_configuration(path, CATALOGUE, {})

    return load_text


@pytest.fixture
def findings(load):
    def find(text):
        with pytest.raises(InvalidConfiguration) as caught:
            load(text)
        return {finding.path: finding.message for finding in caught.value.findings}

    return find


def only_policy(configuration):
    (policy,) = configuration.rules.policies
    return policy


# --- conditions -----------------------------------------------------------------------------------------------------

WRITTEN = {
    "{}": Condition(),
    "{tags: [vip, gold]}": Condition((Test("tags", Operator.CONTAINS, ("vip", "gold")),)),
    "{connection: support, custom.12: 5}": Condition(
        (Test("connection", Operator.IS, ("support",)), Test("custom.12", Operator.IS, ("5",)))
    ),
    "{all: [{field: tags, contains: vip}, {field: priority, is: [high, urgent]}]}": Condition(
        (Test("tags", Operator.CONTAINS, ("vip",)), Test("priority", Operator.IS, ("high", "urgent")))
    ),
    "{any: [{field: assignee, not_present: true}], none: [{field: custom.a, is: true}]}": Condition(
        any=(Test("assignee", Operator.NOT_PRESENT),), none=(Test("custom.a", Operator.IS, ("true",)),)
    ),
    "{all: [{field: custom.seats, greater_than: 2.50}, {field: custom.n, is: 7.0}]}": Condition(
        (Test("custom.seats", Operator.GREATER_THAN, ("2.5",)), Test("custom.n", Operator.IS, ("7",)))
    ),
    "{all: [{field: created, after: 2026-03-01}, {field: requester.domain, is: shop.example}]}": Condition(
        (
            Test("created", Operator.AFTER, ("2026-03-01",)),
            Test("requester.domain", Operator.IS, ("shop.example",)),
        )
    ),
}


@pytest.mark.parametrize("text", WRITTEN)
def test_a_condition_is_what_was_written(load, text):
    assert only_policy(load(POLICY % f"when: {text}")).match == WRITTEN[text]


def test_every_operator_can_be_written(load):
    values = dict.fromkeys(Operator, "x") | {
        Operator.PRESENT: "true",
        Operator.NOT_PRESENT: "true",
        Operator.LESS_THAN: "5",
        Operator.GREATER_THAN: "5",
        Operator.BEFORE: "2026-03-01",
        Operator.AFTER: "2026-03-01T09:00:00+07:00",
    }
    tests = ", ".join(f"{{field: custom.x, {operator}: {value}}}" for operator, value in values.items())
    match = only_policy(load(POLICY % f"when: {{all: [{tests}]}}")).match
    assert [each.operator for each in match.all] == list(Operator)


A_LIST_OF_FIELDS = "found 'priorty'; allowed: 'connection', 'priority', "
WRONG = {
    "{priorty: [high]}": ("when.priorty", "the key `priorty` cannot stand here; allowed: 'connection', "),
    "{custom.: [high]}": ("when['custom.']", "the key `custom.` cannot stand here; allowed: "),
    "{tags: []}": ("when.tags", "allowed: a value, or a list of at least one"),
    "{tags: ['']}": (
        "when.tags",
        "allowed: a value that is not empty (not_present asks for fields without one)",
    ),
    "{tags: {a: b}}": ("when.tags", "allowed: a value, or a list of at least one"),
    "[vip]": ("when", "found a list; allowed: a mapping (`key: value` lines)"),
    "{created: 2026-03-01}": ("when.created", "created cannot be tested with is; allowed: before, after"),
    "{priority: medium}": (
        "when.priority",
        "unknown priority `medium`; known: `high`, `low`, `normal`, `urgent`",
    ),
    "{connection: suport}": (
        "when.connection",
        "unknown connection `suport`; did you mean `support`? known: `dev`, `support`",
    ),
    "{severity: emergancy}": (
        "when.severity",
        "unknown severity `emergancy`; did you mean `emergency`? known: `emergency`, `standard`",
    ),
    "{channel: fax}": ("when.channel", "unknown channel `fax`"),
    "{status.kind: pending}": ("when['status.kind']", "unknown status.kind `pending`"),
    "{all: []}": ("when.all", "found an empty list; allowed: at least 1 item"),
    "{all: null}": ("when", "a condition needs tests under all, any or none"),
    "{all: [{field: priorty, is: high}]}": ("when.all[0].field", A_LIST_OF_FIELDS),
    "{all: [{is: high}]}": ("when.all[0].field", "missing"),
    "{all: [{field: tags}]}": ("when.all[0]", "a test needs a field and exactly one of is, is_not, "),
    "{all: [{field: subject, is: a, is_not: b}]}": (
        "when.all[0]",
        "a test needs a field and exactly one of ",
    ),
    "{all: [{field: subject, has: a}]}": ("when.all[0].has", "unknown key `has`; known here: `after`, "),
    "{all: [{field: tags, is: a}], tags: [b]}": (
        "when.tags",
        "unknown key `tags`; known here: `all`, `any`, `none`",
    ),
    "{all: [{field: tags, is: vip}]}": (
        "when.all[0].is",
        "tags cannot be tested with is; allowed: contains, contains_not, present, not_present",
    ),
    "{any: [{field: subject, less_than: 5}]}": (
        "when.any[0].less_than",
        (
            "subject cannot be tested with less_than; allowed: is, is_not, contains, contains_not, starts_with, "
            "present, not_present"
        ),
    ),
    "{none: [{field: priority, contains: hi}]}": (
        "when.none[0].contains",
        (
            "priority cannot be tested with contains; allowed: is, is_not, less_than, greater_than, present, "
            "not_present"
        ),
    ),
    "{all: [{field: connection, present: true}]}": (
        "when.all[0].present",
        "connection cannot be tested with present; allowed: is, is_not",
    ),
    "{all: [{field: priority, less_than: 3}]}": ("when.all[0].less_than", "unknown priority `3`; known: "),
    "{all: [{field: priority, less_than: [low, high]}]}": (
        "when.all[0].less_than",
        "less_than compares with one value, not with a list",
    ),
    "{all: [{field: custom.7, greater_than: five}]}": (
        "when.all[0].greater_than",
        "found 'five'; allowed: a number",
    ),
    "{all: [{field: created, after: 2026-02-30}]}": (
        "when.all[0].after",
        "found '2026-02-30'; allowed: a date such as 2026-12-31, or an instant such as 2026-12-31T09:00:00+07:00",
    ),
    "{all: [{field: assignee, present: false}]}": (
        "when.all[0].present",
        "found false; allowed: True",
    ),
}


@pytest.mark.parametrize("text", WRONG)
def test_a_mistake_in_a_condition_is_told_where_it_is(findings, text):
    path, message = WRONG[text]
    found = findings(POLICY % f"when: {text}")
    assert found.keys() == {f"policies[0].{path}"}
    assert found[f"policies[0].{path}"].startswith(message) or message in found[f"policies[0].{path}"]


def test_conditions_are_checked_everywhere_and_beside_other_mistakes(findings):
    text = (STEP % "if: {priority: hgh}" + "contracts: [{name: acme, when: {priority: lo}}]").replace(
        "[pager]", "[pager], language: de"
    )
    assert findings(text).keys() == {
        "policies[0].ladder[0].if.priority",
        "contracts[0].when.priority",
        "contracts[0]",
        "bridge.language",
    }


def test_a_value_that_came_by_reference_is_not_told(tmp_path):
    path = tmp_path / "bridge.yaml"
    path.write_text(POLICY % "when: {priority: '${LEVEL}'}", encoding="utf-8")
    with pytest.raises(InvalidConfiguration) as caught:
        load_configuration(path, CATALOGUE, {"LEVEL": "hush-hush"})
    assert "hush-hush" not in str(caught.value)


# --- policies and ladders -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("enabled", ["[]", "[quiet]"])
def test_a_notice_that_nothing_could_send_is_refused(findings, enabled):
    told = findings((STEP % "").replace("[pager]", enabled))
    assert list(told) == ["policies[0].ladder[0].do[0].notify"]
    (message,) = told.values()
    assert "no extension that implements the hook `notify` is enabled under bridge: extensions" in message


def test_targets_are_by_severity_and_priority(load):
    written = "{default: {resolution: 8h}, urgent: {resolution: 2h}, emergency: {resolution: 1h}}"
    targets = only_policy(load(BASE + f"policies: [{{name: a, targets: {written}}}]")).targets
    assert targets.promised(Metric.RESOLUTION, Priority.LOW, Severity.STANDARD) == 8 * 3600
    assert targets.promised(Metric.RESOLUTION, Priority.URGENT, Severity.STANDARD) == 2 * 3600
    assert targets.promised(Metric.RESOLUTION, Priority.URGENT, Severity.EMERGENCY) == 3600


@pytest.mark.parametrize(
    ("written", "instant"),
    [
        ("enforce_from: 2026-03-01", datetime(2026, 2, 28, 17, tzinfo=UTC)),
        ("enforce_from: 2026-03-01T00:00:00+07:00", datetime(2026, 2, 28, 17, tzinfo=UTC)),
        ("enforce_from: 2026-03-01T00:00:00Z", datetime(2026, 3, 1, tzinfo=UTC)),
    ],
)
def test_a_date_begins_where_the_calendars_people_are(load, written, instant):
    policy = only_policy(load(POLICY % f"calendar: office, {written}"))
    assert policy.enforce_from == instant
    assert policy.enforce_from.utcoffset() == timedelta(0)


def test_enforcement_is_read(load):
    policy = only_policy(load(POLICY % "hourly_cap: 50, effective_from: 2026-01-01"))
    assert (policy.hourly_cap, policy.effective_from) == (50, datetime(2026, 1, 1, tzinfo=UTC))
    plain = only_policy(load(POLICY % ""))
    assert (plain.hourly_cap, plain.effective_from, plain.enforce_from) == (None, None, None)


@pytest.mark.parametrize(
    "written",
    [
        "enforce_from: 2026-13-01",
        "enforce_from: 2026-03-01T09:00:00",
        "enforce_from: 1",
        "effective_from: 1812-01-01",
    ],
)
def test_what_is_no_date_is_told(findings, written):
    ((path, message),) = findings(POLICY % written).items()
    assert path == f"policies[0].{written.partition(':')[0]}"
    assert "allowed: a date such as 2026-12-31, or an instant with its offset" in message


def test_a_step_is_what_was_written(load):
    written = "clock: calendar, if: {tags: vip}, repeat: {every: 30m, at_most: 3}, page: true, refire_on_retarget: true"
    (step,) = only_policy(load(STEP % written)).ladder
    assert step.clock is StepClock.CALENDAR
    assert step.condition == Condition.of({"tags": ("vip",)})
    assert step.repeat == Repeat(every_seconds=1800, at_most=3)
    assert step.page
    assert step.refire_on_retarget
    assert isinstance(step.actions[0], SendNotice)


def test_a_step_is_modest_where_nothing_is_written(load):
    (step,) = only_policy(load(STEP % "")).ladder
    assert (step.clock, step.condition, step.repeat) == (StepClock.BUSINESS, None, None)
    assert not step.page
    assert not step.refire_on_retarget


STEPS = {
    "clock: wall": ("clock", "found 'wall'; allowed: 'business' or 'calendar'"),
    "repeat: {every: 30m}": ("repeat.at_most", "missing"),
    "repeat: {every: 30m, at_most: 1}": ("repeat.at_most", "found 1; allowed: 2 or more"),
    "repeat: {every: 30m, at_most: 1000}": ("repeat.at_most", "found 1000; allowed: 100 or less"),
    "repeat: {every: 59s, at_most: 3}": ("repeat.every", "found '59s'; allowed: 1m or longer"),
    "page: perhaps": ("page", "found 'perhaps'; allowed: true or false"),
}


@pytest.mark.parametrize("written", STEPS)
def test_a_mistake_in_a_step_is_told_where_it_is(findings, written):
    path, message = STEPS[written]
    ((where, told),) = findings(STEP % written).items()
    assert where == f"policies[0].ladder[0].{path}"
    assert told.startswith(message)


@pytest.mark.parametrize("at", ["80%", "due - 10m"])
def test_nothing_repeats_before_the_due(findings, at):
    text = (STEP % "repeat: {every: 30m, at_most: 3}").replace("at: due", f"at: {at}")
    assert findings(text) == {"policies[0].ladder[0].repeat": "only a step at or after due can repeat"}


def test_only_notices_page(findings):
    text = (STEP % "page: true").replace("notify: oncall", "note: sla_breached")
    assert findings(text) == {
        "policies[0].ladder[0].page": "it says how notices go out, and this step has no `notify`"
    }


@pytest.mark.parametrize("cap", ["0", "-1", "1.5"])
def test_a_cap_is_a_number_of_steps(findings, cap):
    assert findings(POLICY % f"hourly_cap: {cap}").keys() == {"policies[0].hourly_cap"}


# --- contracts ------------------------------------------------------------------------------------------------------


def test_a_contract_is_what_was_written(load):
    text = "organisations: [Acme, 312], when: {priority: high}, calendar: office, targets: {high: {resolution: 1h}}"
    (contract,) = load(CONTRACT % f"{text}, effective_from: 2026-03-01").rules.contracts
    assert contract.name == "acme"
    assert contract.match == Condition(
        (
            Test("organisation", Operator.IS, ("Acme", "312")),
            Test("priority", Operator.IS, ("high",)),
        )
    )
    assert contract.calendar_name == "office"
    assert contract.calendar.spec.timezone == "Asia/Jakarta"
    assert contract.targets.promised(Metric.RESOLUTION, Priority.HIGH) == 3600
    assert contract.effective_from == datetime(2026, 2, 28, 17, tzinfo=UTC)


def test_a_contract_may_promise_what_the_policy_does_not(load):
    ladder = "ladder: [{id: a, metric: update, at: due, do: [{priority: raise}]}]"
    text = POLICY % ladder + "contracts: [{name: c, organisations: Acme, targets: {default: {update: 1h}}}]"
    assert load(text).rules.contracts


CONTRACTS = {
    "organisations: [], calendar: office": ("organisations", "allowed: a value, or a list of at least one"),
    "organisations: [' '], calendar: office": ("organisations", "allowed: a value that is not empty"),
    "calendar: office": ("", "a contract needs organisations, or a condition under when"),
    "when: {}, calendar: office": ("", "a contract needs organisations, or a condition under when"),
    "organisations: Acme": ("", "a contract needs a calendar or targets of its own"),
    "organisations: Acme, targets: {high: {}}": ("", "a contract needs a calendar or targets of its own"),
    "organisations: Acme, calendar: ofice": (
        ".calendar",
        "unknown calendar `ofice`; did you mean `office`, declared on line 6?",
    ),
    "organisations: Acme, targets: {high: {resolution: 1w}}": (".targets.high.resolution", "found '1w'; "),
    "organisations: Acme, targets: {critical: {}}": (".targets.critical", "unknown key `critical`"),
    "organisations: Acme, ladder: []": (".ladder", "unknown key `ladder`"),
}


@pytest.mark.parametrize("written", CONTRACTS)
def test_a_mistake_in_a_contract_is_told_where_it_is(findings, written):
    path, message = CONTRACTS[written]
    ((where, told),) = findings(CONTRACT % written).items()
    assert where.removeprefix("contracts[0]").lstrip(".") == path.lstrip(".")
    assert told.startswith(message)


def test_two_contracts_are_told_apart_by_name_and_by_customer(findings):
    second = "  - {name: acme, organisations: [Beta, acme], calendar: office}\n"
    assert findings(CONTRACT % "organisations: Acme, calendar: always" + second) == {
        "contracts[1].name": "another contract is called acme already",
        "contracts[1].organisations": "acme has the contract acme already, and the first contract counts",
    }


def test_the_first_of_two_contracts_may_be_for_some_tickets(load):
    second = "  - {name: rest, organisations: Acme, calendar: office}\n"
    first = CONTRACT % "organisations: Acme, when: {priority: urgent}, calendar: always"
    assert [contract.name for contract in load(first + second).rules.contracts] == ["acme", "rest"]


def test_rules_alone_are_read_and_checked_without_accounts(tmp_path):
    path = tmp_path / "bridge.yaml"
    path.write_text((CONTRACT % "organisations: A, calendar: office").replace("desk}", "desk, x: '${NO}'}"))
    assert [contract.name for contract in load_rules(path, {}).contracts] == ["acme"]
    path.write_text(CONTRACT % "organisations: A, calendar: ofice, when: {priority: hgh}")
    with pytest.raises(InvalidConfiguration) as caught:
        load_rules(path, {})
    assert {finding.path for finding in caught.value.findings} == {
        "contracts[0].calendar",
        "contracts[0].when.priority",
    }


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
    assert rules_kept(kept, configuration.rules.routes) == configuration.rules
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


# --- the example and the schema -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def schema():
    return Draft202012Validator(configuration_schema(discover()))


def test_the_schema_accepts_the_example(schema, pytestconfig):
    example = YAML(typ="safe").load(pytestconfig.rootpath / "examples" / "bridge.yaml")
    assert [error.message for error in schema.iter_errors(_texts(example))] == []


def _texts(value):
    """Dates as the bridge reads them: texts."""
    match value:
        case dict():
            return {str(key): _texts(each) for key, each in value.items()}
        case list():
            return [_texts(each) for each in value]
        case date():
            return value.isoformat()
        case _:
            return value


def test_the_schema_accepts_both_forms_of_a_condition_and_refuses_mistakes(schema):
    def errors(when):
        policy = {"name": "a", "targets": {}, "when": when}
        return list(schema.iter_errors({"connections": {}, "policies": [policy]}))

    for good in WRITTEN:
        assert not errors(_texts(YAML(typ="safe").load(good))), good
    assert not errors(dict.fromkeys(FIELDS, "x") | {"custom.12": [1, True, "x"]})
    for bad in (
        {"priorty": "x"},
        {"all": []},
        {"all": [{"field": "x", "is": 1}]},
        {"tags": []},
        {"all": [], "tags": "x"},
    ):
        assert errors(bad), bad


def test_the_example_is_in_order(tmp_path, pytestconfig):
    text = (pytestconfig.rootpath / "examples" / "bridge.yaml").read_text(encoding="utf-8")
    path = tmp_path / "bridge.yaml"
    path.write_text(text, encoding="utf-8")
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / "jira-webhook").write_text("0123456789abcdef0123")
    names = (
        "ZENDESK_CLIENT_SECRET",
        "ZENDESK_WEBHOOK_SECRET",
        "FRESHDESK_API_KEY",
        "FRESHDESK_WEBHOOK_SECRET",
    )
    environ = dict.fromkeys((*names, "JIRA_API_TOKEN"), "0123456789abcdef0123")
    rules = load_configuration(path, discover(), environ).rules
    assert [policy.name for policy in rules.policies] == ["vip", "standard", "shop"]
    assert [contract.name for contract in rules.contracts] == ["example-bank"]
