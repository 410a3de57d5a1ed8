"""Automation rules as the API has them: `{name, active, performer, events, conditions, actions}`.

The outline is documented. What a webhook's action consists of is from rules that others made on live accounts; of all
else only what such a rule needs is understood, the rest is refused.
"""

import json
from collections.abc import Mapping
from typing import Any

from escalation_bridge_sandbox.freshdesk.input.problems import (
    FieldProblem,
    Invalid,
    Refusal,
    invalid_value,
    it_should_be,
    it_should_be_one_of,
    missing,
    unexpected,
)
from escalation_bridge_sandbox.freshdesk.rules.rule_json import FIELDS, METHODS
from escalation_bridge_sandbox.freshdesk.rules.rules import (
    AdvancedContent,
    Condition,
    FieldTrigger,
    NoteTrigger,
    ReplyTrigger,
    Rule,
    RunsOn,
    SimpleContent,
    Trigger,
    WebhookAction,
)
from escalation_bridge_sandbox.freshdesk.state.events import Actor, NoteKind
from escalation_bridge_sandbox.freshdesk.state.form import TicketForm

KINDS = {1: RunsOn.TICKET_CREATED, 4: RunsOn.TICKET_UPDATED}
"""3, the hourly rules, are not in the stand-in."""
_RULE_KEYS = (
    "name", "description", "position", "active", "performer", "events", "operator", "conditions", "actions",
)  # fmt: skip
_ACTION_KEYS = ("request_type", "url", "content_type", "content_layout", "content", "custom_headers")
_PERFORMERS = {
    1: frozenset({Actor.AGENT}),
    2: frozenset({Actor.REQUESTER}),
    3: frozenset({Actor.AGENT, Actor.REQUESTER}),
    4: frozenset({Actor.SYSTEM}),
}
_ANY = "--"


def judge_rule(body: Mapping[str, Any], kind: int, rule_id: int, form: TicketForm) -> Rule:
    """The rule that a whole body describes.

    Raises:
        Refusal: 400 naming what is wrong, 500 for a webhook that lacks a part, as was seen on a live account.
    """
    problems = [unexpected(name) for name in body if name not in _RULE_KEYS]
    problems += [
        missing(name, it_should_be(shape))
        for name, shape in (("name", "String"), ("actions", "Array"))
        if not body.get(name)
    ]
    if kind == 1:
        # Documented: performers and events are of rules on updates only, and conditions belong to every rule.
        problems += [unexpected(name) for name in ("performer", "events") if name in body]
        problems += [] if body.get("conditions") else [missing("conditions", it_should_be("Array"))]
    else:
        problems += [] if body.get("events") else [missing("events", it_should_be("Array"))]
        if _performer(body) not in _PERFORMERS:
            problems.append(invalid_value("performer[:type]", it_should_be_one_of(_PERFORMERS)))
    if problems:
        raise Invalid(problems)
    known = {*FIELDS, *form.custom_fields}
    sets = [_condition_set(entry, known) for entry in body.get("conditions") or []]
    if len(sets) > 1:
        raise _not_understood("conditions")
    match, conditions = sets[0] if sets else ("all", ())
    return Rule(
        id=rule_id,
        name=str(body["name"]),
        on=KINDS[kind],
        webhook=_webhook(body["actions"]),
        source=dict(body),
        active=bool(body.get("active", True)),
        performed_by=_PERFORMERS[_performer(body)] if kind == 4 else frozenset(Actor),
        triggers=tuple(_trigger(entry, known) for entry in body.get("events") or []),
        conditions=conditions,
        match_any=match == "any",
    )


def show_rule(rule: Rule, position: int, made_at: str) -> dict[str, Any]:
    """A rule as the API answers it; one that was made with the stand-in's own grammar shows its webhook only."""
    shown = {name: value for name, value in rule.source.items() if name in _RULE_KEYS}
    if not isinstance(shown.get("actions"), list):
        shown = {"conditions": [], "actions": [_shown_action(rule.webhook)]}
    return {
        "description": None,
        **shown,
        "id": rule.id,
        "name": rule.name,
        "position": position,
        "active": rule.active,
        "outdated": False,
        "last_updated_by": None,
        "affected_tickets_count": 0,
        "created_at": made_at,
        "updated_at": made_at,
    }


def _performer(body: Mapping[str, Any]) -> int:
    performer = body.get("performer")
    kind = performer.get("type") if isinstance(performer, dict) else None
    return kind if isinstance(kind, int) else 0


def _trigger(entry: object, known: set[str]) -> Trigger:
    match entry:
        case {"field_name": "reply_sent", **rest} if not rest:
            return ReplyTrigger(None)
        case {"field_name": "note_type", "value": "public" | "private" as kind, **rest} if not rest:
            return NoteTrigger(NoteKind(kind))
        case {"field_name": str() as name, "from": before, "to": after, **rest} if name in known and not rest:
            return FieldTrigger(name, *(None if edge == _ANY else edge for edge in (before, after)))
        case _:
            raise _not_understood("events")


def _condition_set(entry: object, known: set[str]) -> tuple[str, tuple[Condition, ...]]:
    match entry:
        case {"name": str(), "match_type": "all" | "any" as match, "properties": [*properties]}:
            return match, tuple(_condition(one, known) for one in properties)
        case _:
            raise _not_understood("conditions")


def _condition(entry: object, known: set[str]) -> Condition:
    match entry:
        case {
            "resource_type": "ticket",
            "field_name": str() as name,
            "operator": "in" | "not_in" as operator,
            "value": [*values],
        } if name in known:
            return Condition(name, "in" if operator == "in" else "not_in", tuple(values))
        case _:
            raise _not_understood("conditions")


def _webhook(actions: object) -> WebhookAction:
    match actions:
        case [{"field_name": "trigger_webhook", **action}]:
            pass
        case _:
            raise _not_understood("actions")
    if any(name not in action for name in _ACTION_KEYS):
        raise Refusal(500, {"code": "internal_error", "message": "We're sorry, but something went wrong."})
    content, layout, headers = action["content"], action["content_layout"], action["custom_headers"]
    problems: list[FieldProblem] = []
    if action["request_type"] not in METHODS:
        problems.append(invalid_value("actions[:request_type]", it_should_be_one_of(METHODS)))
    if action["content_type"] != "JSON":
        # The vendor also has XML and forms.
        problems.append(invalid_value("actions[:content_type]", it_should_be_one_of(("JSON",))))
    if layout not in {"1", "2"} or not isinstance(content, dict) or not content:
        problems.append(invalid_value("actions[:content]", it_should_be("key/value pair")))
    if not isinstance(headers, dict):
        problems.append(invalid_value("actions[:custom_headers]", it_should_be("key/value pair")))
    if problems or not isinstance(headers, dict):
        raise Invalid(problems)
    sent = {str(name): str(value) for name, value in headers.items()}
    return WebhookAction(
        str(action["request_type"]), str(action["url"]), sent, None, AdvancedContent(json.dumps(content))
    )


def _shown_action(webhook: WebhookAction) -> dict[str, Any]:
    content: object = None
    match webhook.content:
        case SimpleContent(fields):
            content = {name: f"{{{{{name}}}}}" for name in fields}
        case AdvancedContent(text):
            content = text
    return {
        "field_name": "trigger_webhook",
        "request_type": webhook.method,
        "url": webhook.url,
        "content_type": "JSON",
        "content_layout": "1" if isinstance(webhook.content, SimpleContent) else "2",
        "content": content,
        "custom_headers": dict(webhook.headers),
    }


def _not_understood(name: str) -> Invalid:
    return Invalid(
        [invalid_value(name, "The sandbox understands only what a rule with one webhook needs here")]
    )
