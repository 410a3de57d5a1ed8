"""Plain values in the shape of each type of field, and cascading selects in both directions."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any, NoReturn

import pytest

from escalation_bridge.domain.routes.fields.custom import CustomRule
from escalation_bridge.domain.routes.fields.rule import Direction
from escalation_bridge.domain.routes.fields.values import Convert
from escalation_bridge.domain.routes.sides import Side
from escalation_bridge.domain.tickets.tickets import Severity, TicketDraft
from escalation_bridge.plugin import JsonPart
from escalation_bridge_jira.translation.field_shapes import Misfit, shaped
from escalation_bridge_sandbox.jira import seed
from escalation_bridge_sandbox.jira.fields.catalogue import CATEGORY_FIELD

Site = Any
KEY = "eb-0123456789abcdef0123"
CUSTOM = "com.atlassian.jira.plugin.system.customfieldtypes"


def part(schema: dict[str, str]) -> JsonPart:
    def fail(message: str) -> NoReturn:
        raise AssertionError(message)

    return JsonPart(schema, "schema", fail)


def put(schema: dict[str, str], value: object) -> object:
    jira: Any = None  # no type here asks the site
    return shaped(jira, part(schema), value, "en")


@pytest.mark.parametrize(
    ("schema", "value", "wanted"),
    [
        ({"type": "number"}, "5", 5),
        ({"type": "number"}, " 2.50 ", 2.5),
        ({"type": "number"}, 7, 7),
        ({"type": "string"}, 5, "5"),
        ({"type": "string"}, True, "true"),
        ({"type": "date"}, date(2026, 11, 30), "2026-11-30"),
        ({"type": "date"}, "2026-11-30T23:00:00+07:00", "2026-11-30"),
        ({"type": "datetime"}, "2026-11-30T09:00:00+07:00", "2026-11-30T09:00:00.000+0700"),
        ({"type": "datetime"}, "2026-11-30T09:00:00Z", "2026-11-30T09:00:00.000+0000"),
        ({"type": "datetime"}, "2026-11-30", "2026-11-30T00:00:00.000+0000"),
        ({"type": "datetime"}, datetime(2026, 11, 30, 9, tzinfo=UTC), "2026-11-30T09:00:00.000+0000"),
        ({"type": "array", "items": "option"}, "Web", [{"value": "Web"}]),
        ({"type": "array", "items": "option"}, ["Web", "App"], [{"value": "Web"}, {"value": "App"}]),
        ({"type": "array", "items": "version"}, "1.2", [{"name": "1.2"}]),
        ({"type": "array", "items": "component"}, "10000", [{"id": "10000"}]),
        ({"type": "array", "items": "string", "system": "labels"}, "big customer", ["big-customer"]),
        ({"type": "array", "items": "group"}, "support", [{"name": "support"}]),
        ({"type": "issuelink", "system": "parent"}, "ENG-1", {"key": "ENG-1"}),
        ({"type": "issuelink", "system": "parent"}, 10001, {"id": "10001"}),
        ({"type": "issuelink", "system": "parent"}, {"key": "ENG-1"}, {"key": "ENG-1"}),
        ({"type": "project", "custom": f"{CUSTOM}:project"}, "ENG", {"key": "ENG"}),
        ({"type": "timetracking"}, "2d", {"originalEstimate": "2d"}),
        ({"type": "array", "items": "json", "custom": "com.pyxis.greenhopper.jira:gh-sprint"}, "12", [12]),
        ({"type": "option"}, ["Major"], {"value": "Major"}),
        ({"type": "securitylevel"}, "Team", {"name": "Team"}),
        ({"type": "option-with-child"}, "Hardware", {"value": "Hardware", "child": None}),
        (
            {"type": "option-with-child"},
            "Hardware - Printer",
            {"value": "Hardware", "child": {"value": "Printer"}},
        ),
        (
            {"type": "option-with-child"},
            ["Hardware", "Printer"],
            {"value": "Hardware", "child": {"value": "Printer"}},
        ),
        ({"type": "number"}, None, None),
        ({"type": "number"}, "0e999999999", 0),
        ({"type": "array", "items": "version"}, "²", [{"name": "²"}]),
    ],
    ids=str,
)
def test_a_plain_value_is_put_into_the_fields_shape(
    schema: dict[str, str], value: object, wanted: object
) -> None:
    assert put(schema, value) == wanted


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "number"}, "many"),
        ({"type": "number"}, "1e400"),
        ({"type": "number"}, "-1E+999999999"),
        ({"type": "number"}, "1e-999999999"),
        ({"type": "number"}, True),
        ({"type": "date"}, "soon"),
        ({"type": "datetime"}, "tomorrow"),
        ({"type": "option"}, ["Major", "Minor"]),
        ({"type": "array", "items": "issuelinks"}, "ENG-1"),
        ({"type": "votes"}, 3),
        ({"type": "array", "items": "json", "custom": "com.pyxis.greenhopper.jira:gh-sprint"}, "Sprint 12"),
        (
            {"type": "array", "items": "any", "custom": "com.atlassian.jira.plugins.cmdb:cmdb-object-cfield"},
            "CMDB-1",
        ),
    ],
    ids=str,
)
def test_what_cannot_be_put_into_it_is_said_before_anything_is_sent(
    schema: dict[str, str], value: object
) -> None:
    with pytest.raises(Misfit):
        put(schema, value)


def test_a_cascading_select_goes_both_ways_with_both_levels(site: Site, draft: TicketDraft) -> None:
    for screen in ("create", "edit"):
        body = {"fields": ["summary", "description", "priority", "labels", CATEGORY_FIELD]}
        site.call(seed.ADMIN, "PUT", f"/_sandbox/projects/ENG/screens/{screen}", body)
    plugin = site.plugin()
    described = {field.id: field for field in plugin.describe_draft({}).fields}[CATEGORY_FIELD]
    assert described.holds is Convert.CHOICE
    assert described.allowed_values == (
        "Hardware", "Hardware - Printer", "Hardware - Scanner", "Software", "Software - Printer",
    )  # fmt: skip
    ticket = plugin.create_ticket(replace(draft, fields={"fields": {"Category": "Hardware - Printer"}}), KEY)
    rule = CustomRule(
        key="custom:category",
        direction=Direction.BOTH,
        ids=dict.fromkeys(Side, CATEGORY_FIELD),
        convert=Convert.CHOICE,
    )
    shown = [rule.shown(Side.LINKED, ticket, Severity.STANDARD).text]
    for wish in ("Hardware - Scanner", "Software - Printer", "Software"):
        ticket = plugin.update_ticket(ticket.ref.id, rule.change(Side.LINKED, wish, ticket), ticket)
        shown.append(rule.shown(Side.LINKED, ticket, Severity.STANDARD).text)
    assert shown == ["Hardware - Printer", "Hardware - Scanner", "Software - Printer", "Software"]
