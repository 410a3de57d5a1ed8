"""The fields of a route as an admin writes them: what they mean, and what is refused because it cannot work."""

from pathlib import Path

import pytest

from escalation_bridge.config.fields import check_fields
from escalation_bridge.config.routes import RouteSettings
from escalation_bridge.config.rules import make_rules
from escalation_bridge.configfile import InvalidConfiguration, Review, load_document, validate
from escalation_bridge.domain.routes.fields.assignee import AssigneeRule
from escalation_bridge.domain.routes.fields.custom import CustomRule
from escalation_bridge.domain.routes.fields.priority import PriorityRule
from escalation_bridge.domain.routes.fields.rule import Direction
from escalation_bridge.domain.routes.fields.tags import TagRule, TagsRule
from escalation_bridge.domain.routes.fields.values import Convert
from escalation_bridge.domain.routes.sides import Keep, Side
from escalation_bridge.domain.tickets.tickets import Priority, Severity


@pytest.fixture
def read(tmp_path: Path):
    """The settings of a route with these fields, and its document."""

    def read(fields: str, more: str = ""):
        file = tmp_path / "bridge.yaml"
        lines = "\n".join(f"      {line}" for line in fields.strip("\n").split("\n"))
        file.write_text(f"routes:\n  r:\n    from: a\n    to: b\n{more}    fields:\n{lines}\n")
        document = load_document(file)
        return document, validate(document, RouteSettings, ("routes", "r"))

    return read


@pytest.fixture
def route(read):
    def make(fields: str, more: str = ""):
        _, settings = read(fields, more)
        return make_rules([], [], {"r": settings}, {}).routes["r"]

    return make


@pytest.fixture
def refusals(read):
    def findings(fields: str, more: str = "") -> list[str]:
        try:
            document, settings = read(fields, more)
        except InvalidConfiguration as error:
            return [f"{each.path}: {each.message}" for each in error.findings]
        review = Review(document)
        check_fields(review, ("routes", "r"), settings)
        return [f"{each.path}: {each.message}" for each in review.findings]

    return findings


WHOLE = """
priority:
  owner: origin
  to_linked: {urgent: high, low: keep}
  to_origin: {high: keep}
  one_way: [urgent]
severity: {field: customfield_1, values: {emergency: Sev 1}}
assignee:
  users: {mira@acme.example: [acc-1, acc-2], 7: acc-3}
  default: {origin: triage@acme.example}
tags: {map: {vip: customer-vip}, same: [outage, 'product-*'], prefix: cs-}
custom:
  - {origin: 360012, linked: customfield_2, convert: number, owner: linked}
  - origin: '360013'
    linked: customfield_3
    direction: to_linked
    convert: choice
    values: {a: Payments, b: keep, c: Payments}
"""


def test_what_is_written_is_what_is_meant(route, refusals):
    assert refusals(WHOLE) == []
    made = route(WHOLE)
    priority, severity, assignee, number, choice = made.synced.single
    assert priority == PriorityRule(
        direction=Direction.BOTH,
        owner=Side.ORIGIN,
        to_linked={"urgent": "high", "low": Keep.KEEP},
        to_origin={"high": Keep.KEEP},
    )
    assert severity == CustomRule(
        key="severity",
        direction=Direction.TO_LINKED,
        ids={Side.LINKED: "customfield_1"},
        convert=Convert.CHOICE,
        values=(("emergency", "Sev 1"), ("standard", "standard")),
    )
    assert assignee == AssigneeRule(
        direction=Direction.TO_ORIGIN,
        users=(("mira@acme.example", "acc-1"), ("mira@acme.example", "acc-2"), ("7", "acc-3")),
        default={Side.ORIGIN: "triage@acme.example"},
    )
    assert number == CustomRule(
        key="custom:360012:customfield_2",
        direction=Direction.BOTH,
        owner=Side.LINKED,
        ids={Side.ORIGIN: "360012", Side.LINKED: "customfield_2"},
        convert=Convert.NUMBER,
    )
    assert choice.values == (("a", "Payments"), ("b", Keep.KEEP), ("c", "Payments"))
    assert made.synced.families == (
        TagsRule(Direction.BOTH, {"vip": "customer-vip"}, ("outage", "product-*"), "cs-"),
    )


def test_a_linked_ticket_begins_with_the_priority_that_it_would_get_at_once(route):
    assert route("priority: {to_linked: {urgent: high, low: keep}}").priorities == {
        Priority.URGENT: Priority.HIGH
    }
    assert route("priority: {direction: to_origin}", "    priorities: {low: normal}\n").priorities == {
        Priority.LOW: Priority.NORMAL
    }


def test_the_severity_may_be_labels_which_no_other_tag_becomes(route):
    made = route("severity: {labels: {emergency: sev1}}\ntags: {same: ['*']}")
    (label,) = made.synced.single
    assert label == TagRule(
        key="severity:emergency",
        direction=Direction.TO_LINKED,
        names={Side.ORIGIN: "emergency", Side.LINKED: "sev1"},
        severity=Severity.EMERGENCY,
    )
    assert made.synced.families[0].not_these == ("sev1",)


def test_a_field_is_called_by_its_label_and_else_by_its_ids(route):
    made = route("custom: [{origin: 1, linked: customfield_2, label: Sprint goal}, {origin: 3, linked: f4}]")
    assert [str(rule.name) for rule in made.synced.single] == [
        "custom field Sprint goal",
        "custom field 3 / f4",
    ]
    assert [rule.word for rule in made.synced.single] == ["Sprint goal", "custom:3:f4"]


def test_without_fields_nothing_is_kept_in_step(route):
    assert route("{}").synced is None


def test_numbers_and_boxes_are_listed_as_they_are_read(route):
    made = route(
        """
custom:
  - {origin: 1, linked: f1, convert: number, values: {'5.0': Five}}
  - {origin: 2, linked: f2, convert: yes_no, values: {'true': Flagged}}
"""
    )
    assert [rule.values for rule in made.synced.single] == [(("5", "Five"),), (("yes", "Flagged"),)]


def test_what_is_meant_to_come_back_is_found_first(route, refusals):
    fields = """
custom:
  - {origin: 1, linked: f, convert: choice, values: {old: X, new: X}, one_way: [old]}
"""
    assert refusals(fields) == []
    (rule,) = route(fields).synced.single
    assert [word for word, _ in rule.values] == ["new", "old"]


@pytest.mark.parametrize(
    ("fields", "place", "words"),
    [
        ("priority: {to_linked: {urgent: high}}", "priority.to_linked.urgent", "comes back as `high`"),
        ("priority: {to_origin: {high: urgent}}", "priority.to_linked.high", "comes back as `urgent`"),
        ("priority: {to_linked: {urgent: highest}}", "priority.to_linked.urgent", "high"),
        (
            "priority: {direction: to_linked, to_origin: {high: low}}",
            "priority.to_origin",
            "never used",
        ),
        ("severity: {}", "severity", "either a field"),
        ("severity: {field: f, labels: {emergency: a}}", "severity", "either a field"),
        ("severity: {labels: {emergency: a}, values: {standard: b}}", "severity", "belong to a field"),
        (
            "severity: {labels: {emergency: sev 1, standard: Sev-1}}",
            "severity.labels.standard",
            "stand for both",
        ),
        ("assignee: {default: {linked: x}}", "assignee.default.linked", "never used"),
        ("assignee: {users: {a: x, b: [y, X]}}", "assignee.users.b", "one agent only"),
        ("assignee: {users: {a: ''}}", "assignee.users.a", ""),
        ("tags: {}", "tags", "map, same or both"),
        ("tags: {map: {a: b}, prefix: x-}", "tags.prefix", "there are none"),
        ("tags: {map: {a: x, b: X}}", "tags.map.b", "becomes `X` already"),
        ("tags: {map: {a b: x, a_b: y}}", "tags.map.a_b", "is there already"),
        (
            "severity: {labels: {emergency: sev1}}\ntags: {map: {a: SEV1}}",
            "tags.map.a",
            "stands for the severity",
        ),
        ("custom: [{origin: 1, linked: f, convert: colour}]", "custom[0].convert", "yes_no"),
        ("custom: [{origin: 1, linked: f, values: {a: ''}}]", "custom[0].values.a", ""),
        (
            "custom: [{origin: 1, linked: f, convert: number, values: {many: X}}]",
            "custom[0].values.many",
            "kind number",
        ),
        (
            "custom: [{origin: 1, linked: f, convert: choice, values: {a: X, b: x}}]",
            "custom[0].values.b",
            "comes back as `a`",
        ),
        (
            "custom: [{origin: 1, linked: f, convert: choices, values: {a: keep}}]",
            "custom[0].values.a",
            "several",
        ),
        (
            "custom: [{origin: 1, linked: f, values: {a: X}, one_way: [b]}]",
            "custom[0].one_way[0]",
            "value",
        ),
        (
            "custom: [{origin: 1, linked: f}, {origin: 2, linked: f}]",
            "custom[1].linked",
            "another rule",
        ),
        (
            "custom: [{origin: 1, linked: f}, {origin: 1, linked: g}]",
            "custom[1].origin",
            "another rule",
        ),
        (
            "severity: {field: f}\ncustom: [{origin: 1, linked: f}]",
            "custom[0].linked",
            "another rule",
        ),
    ],
)
def test_what_cannot_work_is_refused_at_its_place(refusals, fields, place, words):
    found = refusals(fields)
    assert any(each.startswith(f"routes.r.fields.{place}: ") and words in each for each in found), found


def test_a_beginning_that_would_be_changed_at_once_is_refused(refusals):
    (found,) = refusals(
        "priority: {direction: to_linked, to_linked: {urgent: high}}", "    priorities: {urgent: low}\n"
    )
    assert found.startswith("routes.r.priorities.urgent: ")


def test_a_map_that_loses_something_may_be_meant(refusals):
    assert refusals("priority: {to_linked: {urgent: high}, one_way: [urgent]}") == []
    assert refusals("priority: {direction: to_linked, to_linked: {urgent: high}}") == []
    assert refusals("priority: {to_linked: {urgent: high}, to_origin: {high: keep, urgent: keep}}") == []


def test_one_field_may_show_in_two_of_the_linked_side(refusals):
    both = "{origin: 1, linked: f, direction: to_linked}, {origin: 1, linked: g, direction: to_linked}"
    assert refusals(f"custom: [{both}]") == []
