"""Reading a rule from `POST /_sandbox/rules`."""

from collections.abc import Collection
from typing import Any
from urllib.parse import urlsplit

from escalation_bridge_sandbox.freshdesk.rules.rule_payload import SIMPLE_FIELDS
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
from escalation_bridge_sandbox.kernel.control import ControlError

RULE_KEYS = ("name", "on", "active", "performed_by", "events", "match", "conditions", "webhook")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
WEBHOOK_KEYS = ("method", "url", "headers", "basic_auth", "api_key", "encoding", "content")
FIELDS = (
    "status", "priority", "type", "source", "group_id", "responder_id", "tags", "subject", "description", "due_by",
)  # fmt: skip
ANY = "any"

RULE_HELP = """A rule: {"name": text, "on": "ticket_created" | "ticket_updated", "active": true,
"performed_by": ["agent", "requester", "system"] (updates only; all when left out),
"events": [{"field": "status", "from": 2, "to": 4} | {"note": "private" | "public" | "any"} |
{"reply": "agent" | "requester" | "any"}] (updates only; at least one),
"match": "all" | "any", "conditions": [{"field": "priority", "operator": "in" | "not_in", "value": [3, 4]}],
"webhook": {"method": "POST", "url": text, "headers": {text: text},
"basic_auth": {"username": text, "password": text} or "api_key": text, "encoding": "json",
"content": {"simple": ["ticket_id", ...], "numeric_ids": false} or {"advanced": "text with {{ticket.id}}"}}}"""


def read_rule(body: dict[str, Any], rule_id: int, form: TicketForm) -> Rule:
    """The rule that a control request describes.

    Raises:
        ControlError: It is none; the message says what is allowed.
    """
    name = _text(body, "name")
    runs_on = RunsOn(_one_of(body.get("on"), list(RunsOn), "on"))
    fields = {*FIELDS, *form.custom_fields}
    active = body.get("active", True)
    if not isinstance(active, bool):
        raise ControlError("active must be true or false")
    triggers = tuple(_trigger(entry, fields) for entry in _list(body, "events"))
    if runs_on is RunsOn.TICKET_CREATED and ("events" in body or "performed_by" in body):
        raise ControlError("events and performed_by are for ticket_updated only")
    if runs_on is RunsOn.TICKET_UPDATED and not triggers:
        raise ControlError("events is missing: a rule on updates listens to at least one\n" + RULE_HELP)
    performed_by = body.get("performed_by", list(Actor))
    if not isinstance(performed_by, list) or not performed_by:
        raise ControlError(f"performed_by must be a list of {', '.join(Actor)}")
    return Rule(
        id=rule_id,
        name=name,
        on=runs_on,
        webhook=_webhook(body.get("webhook")),
        source=body,
        active=active,
        performed_by=frozenset(Actor(_one_of(actor, list(Actor), "performed_by")) for actor in performed_by),
        triggers=triggers,
        conditions=tuple(_condition(entry, fields) for entry in _list(body, "conditions")),
        match_any=_one_of(body.get("match", "all"), ("all", ANY), "match") == ANY,
    )


def _trigger(entry: object, fields: Collection[str]) -> Trigger:
    match entry:
        case {"field": str() as name, **edges} if set(edges) <= {"from", "to"}:
            return FieldTrigger(_one_of(name, sorted(fields), "field"), edges.get("from"), edges.get("to"))
        case {"note": kind, **rest} if not rest:
            chosen = _one_of(kind, (*NoteKind, ANY), "note")
            return NoteTrigger(None if chosen == ANY else NoteKind(chosen))
        case {"reply": by, **rest} if not rest:
            chosen = _one_of(by, (Actor.AGENT, Actor.REQUESTER, ANY), "reply")
            return ReplyTrigger(None if chosen == ANY else Actor(chosen))
        case _:
            raise ControlError("an event is not understood\n" + RULE_HELP)


def _condition(entry: object, fields: Collection[str]) -> Condition:
    match entry:
        case {"field": str() as name, "value": value, **rest} if set(rest) <= {"operator"}:
            operator = _one_of(rest.get("operator", "in"), ("in", "not_in"), "operator")
            values = tuple(value) if isinstance(value, list) else (value,)
            known = _one_of(name, sorted(fields), "field")
            return Condition(known, "in" if operator == "in" else "not_in", values)
        case _:
            raise ControlError("a condition is not understood\n" + RULE_HELP)


def _webhook(entry: object) -> WebhookAction:
    if not isinstance(entry, dict) or set(entry) - set(WEBHOOK_KEYS):
        raise ControlError(f"webhook must be an object with {', '.join(WEBHOOK_KEYS)}")
    url = _text(entry, "url")
    if urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname:
        raise ControlError("webhook.url must be an http or https URL")
    if entry.get("encoding", "json") != "json":
        raise ControlError("webhook.encoding: the stand-in sends json only (the vendor also xml and forms)")
    headers = entry.get("headers", {})
    if not isinstance(headers, dict) or not all(isinstance(value, str) for value in headers.values()):
        raise ControlError("webhook.headers must map texts to texts")
    method = _one_of(entry.get("method", "POST"), METHODS, "webhook.method")
    return WebhookAction(method, url, dict(headers), _auth(entry), _content(entry.get("content"), method))


def _auth(entry: dict[str, Any]) -> tuple[str, str] | None:
    if "basic_auth" in entry and "api_key" in entry:
        raise ControlError("either webhook.basic_auth or webhook.api_key")
    if "api_key" in entry:
        # How the key is sent is not documented; as the vendor's own API takes keys is likely.
        return _text(entry, "api_key"), "X"
    match entry.get("basic_auth"):
        case None:
            return None
        case {"username": str() as user, "password": str() as password}:
            return user, password
        case _:
            raise ControlError('webhook.basic_auth must be {"username": text, "password": text}')


def _content(entry: object, method: str) -> SimpleContent | AdvancedContent | None:
    match entry:
        case None if method in {"GET", "DELETE"}:
            return None
        case {"simple": list() as names, **rest} if names and set(rest) <= {"numeric_ids"}:
            fields = tuple(_one_of(name, SIMPLE_FIELDS, "simple") for name in names)
            return SimpleContent(fields, numeric_ids=rest.get("numeric_ids") is True)
        case {"advanced": str() as text, **rest} if not rest:
            return AdvancedContent(text)
        case _:
            raise ControlError(
                'webhook.content must be {"simple": [fields]} or {"advanced": text}; fields: '
                + ", ".join(SIMPLE_FIELDS)
            )


def _text(body: dict[str, Any], key: str) -> str:
    value = body.get(key)
    if not isinstance(value, str) or not value:
        raise ControlError(f"{key} must be a text\n{RULE_HELP}")
    return value


def _list(body: dict[str, Any], key: str) -> list[object]:
    value = body.get(key, [])
    if not isinstance(value, list):
        raise ControlError(f"{key} must be a list")
    return value


def _one_of(value: object, allowed: Collection[str], key: str) -> str:
    if not isinstance(value, str) or value not in allowed:
        raise ControlError(f"{key} must be one of {', '.join(allowed)}")
    return value
