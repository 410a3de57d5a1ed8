"""Whether a trigger's conditions hold for a change of a ticket (Zendesk's conditions reference)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from escalation_bridge_sandbox.zendesk.state.records import Comment, Json, Ticket
from escalation_bridge_sandbox.zendesk.state.state import State
from escalation_bridge_sandbox.zendesk.tickets import channels
from escalation_bridge_sandbox.zendesk.tickets.desk import Change

STATUS_RANK = {"new": 0, "open": 1, "pending": 2, "hold": 3, "solved": 4, "closed": 5}
PRIORITY_RANK = {"": 0, "low": 1, "normal": 2, "high": 3, "urgent": 4}

PLAIN_FIELDS = {
    "status": "status",
    "priority": "priority",
    "type": "type",
    "group_id": "group_id",
    "assignee_id": "assignee_id",
    "requester_id": "requester_id",
    "organization_id": "organization_id",
    "custom_status_id": "custom_status_id",
    "brand_id": "brand_id",
    "ticket_form_id": "ticket_form_id",
}
PLAIN_OPERATORS = frozenset(
    {"is", "is_not", "less_than", "greater_than", "changed", "not_changed", "value", "value_previous",
     "not_value", "not_value_previous"}
)  # fmt: skip
CUSTOM_FIELD_PREFIX = "custom_fields_"


@dataclass(frozen=True)
class Scene:
    """A change as conditions look at it."""

    state: State
    change: Change

    @property
    def ticket(self) -> Ticket:
        return self.change.ticket

    @property
    def comment(self) -> Comment | None:
        """The comment that came with this change."""
        audit_id = self.change.audit.id
        return next((comment for comment in self.ticket.comments if comment.audit_id == audit_id), None)

    def event(self, field_name: str) -> Json | None:
        """What the audit says about a field; a creation says `Create`."""
        return next(
            (event for event in self.change.audit.events if event.get("field_name") == field_name), None
        )


def conditions_hold(conditions: Json, scene: Scene) -> bool:
    """All of `all`, and one of `any` if there are some."""
    of_any = conditions.get("any") or []
    return all(_holds(condition, scene) for condition in conditions.get("all") or []) and (
        not of_any or any(_holds(condition, scene) for condition in of_any)
    )


def condition_problem(condition: Any, state: State) -> str | None:
    """What is wrong with a condition that somebody wants to store, or None."""
    if not isinstance(condition, dict) or not isinstance(condition.get("field"), str):
        return "Conditions: must be objects with field, operator and value"
    name, operator = condition["field"], condition.get("operator")
    if name in PLAIN_FIELDS or _custom_field_id(name) in state.ticket_fields:
        return None if operator in PLAIN_OPERATORS else f"Operator {operator!r} is not valid for {name}"
    if name not in SPECIAL:
        return f"Field {name!r} is not valid"
    allowed, _ = SPECIAL[name]
    return None if operator in allowed else f"Operator {operator!r} is not valid for {name}"


def _holds(condition: Json, scene: Scene) -> bool:
    name, operator, value = condition["field"], condition.get("operator", "is"), condition.get("value")
    if name in SPECIAL:
        return SPECIAL[name][1](scene, operator, value)
    field_id = _custom_field_id(name)
    if field_id is not None:
        current = scene.ticket.custom_fields.get(field_id)
        return _compare(scene, str(field_id), _text(current), operator, _text(value))
    current = getattr(scene.ticket, PLAIN_FIELDS[name])
    return _compare(scene, PLAIN_FIELDS[name], _text(current), operator, _wanted(scene, name, value))


def _wanted(scene: Scene, name: str, value: Any) -> str:
    if value == "current_user":
        return str(scene.change.deed.actor.id)
    if value == "requester_id" and name == "assignee_id":
        return str(scene.ticket.requester_id)
    return _text(value)


def _compare(scene: Scene, field_name: str, current: str, operator: str, wanted: str) -> bool:
    event = scene.event(field_name)
    is_changed = event is not None and (event["type"] == "Change" or event["value"] not in (None, []))
    previous = _text(event.get("previous_value")) if event is not None else current
    rank = PRIORITY_RANK if field_name == "priority" else STATUS_RANK
    match operator:
        case "is":
            return current == wanted
        case "is_not":
            return current != wanted
        case "less_than":
            return rank.get(current, -1) < rank.get(wanted, -1)
        case "greater_than":
            return rank.get(current, -1) > rank.get(wanted, -1)
        case "changed":
            return is_changed
        case "not_changed":
            return not is_changed
        case "value":
            return is_changed and current == wanted
        case "not_value":
            return not (is_changed and current == wanted)
        case "value_previous":
            return is_changed and previous == wanted
        case "not_value_previous":
            return not (is_changed and previous == wanted)
    return False


def _text(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _custom_field_id(name: str) -> int | None:
    number = name.removeprefix(CUSTOM_FIELD_PREFIX)
    return int(number) if name.startswith(CUSTOM_FIELD_PREFIX) and number.isdigit() else None


def _update_type(scene: Scene, _operator: str, value: Any) -> bool:
    return (scene.change.kind == "created") == (str(value).lower() == "create")


def _tags(scene: Scene, operator: str, value: Any) -> bool:
    has_one = bool(set(str(value).split()) & set(scene.ticket.tags))
    return has_one if operator == "includes" else not has_one


def _comment_is_public(scene: Scene, _operator: str, value: Any) -> bool:
    comment = scene.comment
    if comment is None:
        return False
    # "not_relevant" is the condition "is present".
    return value == "not_relevant" or comment.public == (
        str(value).lower() in ("true", "requester_can_see_comment")
    )


def _comment_words(scene: Scene, operator: str, value: Any) -> bool:
    words = str(value).lower().split()
    text = "" if scene.comment is None else scene.comment.plain_body.lower()
    match operator:
        case "includes":
            return any(word in text for word in words)
        case "not_includes":
            return not any(word in text for word in words)
        case "is":
            return str(value).lower() in text
    return str(value).lower() not in text


def _role(scene: Scene, operator: str, value: Any) -> bool:
    actor = scene.change.deed.actor
    matches = {"agent": actor.is_staff, "end_user": not actor.is_staff, "all": True}.get(
        str(value), str(actor.id) == str(value)
    )
    return matches if operator == "is" else not matches


def _via(scene: Scene, operator: str, value: Any) -> bool:
    channel = channels.BY_REST_NAME.get(scene.ticket.channel, channels.API)
    return (str(channel.via_id) == str(value)) == (operator == "is")


def _current_via(scene: Scene, operator: str, value: Any) -> bool:
    return (str(scene.change.deed.channel.via_id) == str(value)) == (operator == "is")


IS = frozenset({"is"})
IS_OR_NOT = frozenset({"is", "is_not"})
WORDS = frozenset({"includes", "not_includes", "is", "is_not"})
INCLUDES = frozenset({"includes", "not_includes"})

SPECIAL: dict[str, tuple[frozenset[str], Callable[[Scene, str, Any], bool]]] = {
    "update_type": (IS, _update_type),
    "current_tags": (INCLUDES, _tags),
    "comment_is_public": (IS, _comment_is_public),
    "comment_includes_word": (WORDS, _comment_words),
    "role": (IS_OR_NOT, _role),
    "via_id": (IS_OR_NOT, _via),
    "current_via_id": (IS_OR_NOT, _current_via),
}
