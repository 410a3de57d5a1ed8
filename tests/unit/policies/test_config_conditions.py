"""Conditions in the configuration file: what they become, and how each mistake is reported."""

import pytest

from bridge_helpers.policy_files import CATALOGUE, POLICY, STEP, WRITTEN, only_policy
from escalation_bridge.config.loading import load_configuration
from escalation_bridge.configfile import InvalidConfiguration
from escalation_bridge.domain.tickets.conditions import Operator


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
    "{priorty: [high]}": ("when.priorty", "the key `priorty` is not allowed here; allowed: 'connection', "),
    "{custom.: [high]}": ("when['custom.']", "the key `custom.` is not allowed here; allowed: "),
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
