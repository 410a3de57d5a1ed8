"""Policies and contracts in the configuration file: what they become, and how each mistake is reported."""

from datetime import UTC, date, datetime, timedelta

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from bridge_helpers.policy_files import (
    BASE,
    CONTRACT,
    POLICY,
    STEP,
    WRITTEN,
    only_policy,
)
from escalation_bridge.config.loading import configuration_schema, load_configuration, load_rules
from escalation_bridge.configfile import InvalidConfiguration
from escalation_bridge.domain.escalation.actions.notify import SendNotice
from escalation_bridge.domain.sla.policy import Metric, Repeat, StepClock
from escalation_bridge.domain.tickets.conditions import FIELDS, Condition, Operator, Test
from escalation_bridge.domain.tickets.tickets import Priority, Severity
from escalation_bridge.plugged.discovery import discover

# --- policies and ladders -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("enabled", ["[]", "[quiet]"])
def test_a_notice_that_nothing_could_send_is_refused(findings, enabled):
    told = findings((STEP % "").replace("[pager]", enabled))
    assert list(told) == ["policies[0].ladder[0].do[0].notify"]
    (message,) = told.values()
    assert "enable an extension that implements the hook `notify` under bridge: extensions" in message


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
        "contracts[1].organisations": "acme has the contract acme already, and the first contract applies",
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
    environ |= {
        "NOTICE_MAIL": "mailtos://u:p@smtp.acme.example?to={to}",
        "PAYMENTS_CHAT": "json://chat.acme.example",
    }
    rules = load_configuration(path, discover(), environ).rules
    assert [policy.name for policy in rules.policies] == ["vip", "standard", "shop"]
    assert [contract.name for contract in rules.contracts] == ["example-bank"]
