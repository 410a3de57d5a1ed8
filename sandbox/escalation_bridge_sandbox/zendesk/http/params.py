"""Which keys a ticket may be written with, and of which type. Unknown keys are reported, not refused."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from escalation_bridge_sandbox.zendesk.state.errors import invalid_attribute
from escalation_bridge_sandbox.zendesk.state.records import Json


def _is_int(value: Any) -> bool:
    return (isinstance(value, int) and not isinstance(value, bool)) or (
        isinstance(value, str) and value.isdigit()
    )


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool) or value in ("true", "false")


def _is_list_of(check: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, list) and all(check(item) for item in value)


def _is_field_value(value: Any) -> bool:
    return isinstance(value, dict) and _is_int(value.get("id"))


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


@dataclass(frozen=True)
class _Kind:
    wanted: str
    check: Callable[[Any], bool]
    nullable: bool = True


TEXT = _Kind("a string", _is_text)
NUMBER = _Kind("an integer", _is_int)
FLAG = _Kind("a boolean", _is_flag, nullable=False)
OBJECT = _Kind("an object", lambda value: isinstance(value, dict), nullable=False)
# A space separates tags, so a string is a list too.
TAGS = _Kind("an array of strings", lambda value: _is_text(value) or _is_list_of(_is_text)(value))
NUMBERS = _Kind("an array of integers", _is_list_of(_is_int), nullable=False)
FIELD_VALUES = _Kind("an array of objects", _is_list_of(_is_field_value))
# A single token is accepted without the array.
TOKENS = _Kind("an array of strings", lambda value: _is_text(value) or _is_list_of(_is_text)(value))

BOTH: dict[str, _Kind] = {
    "assignee_email": TEXT,
    "assignee_id": NUMBER,
    "brand_id": NUMBER,
    "collaborator_ids": NUMBERS,
    "comment": OBJECT,
    "custom_fields": FIELD_VALUES,
    "custom_status_id": NUMBER,
    "description": TEXT,
    "due_at": TEXT,
    "external_id": TEXT,
    "fields": FIELD_VALUES,
    "group_id": NUMBER,
    "metadata": OBJECT,
    "organization_id": NUMBER,
    "priority": TEXT,
    "problem_id": NUMBER,
    "requester": OBJECT,
    "requester_id": NUMBER,
    "status": TEXT,
    "subject": TEXT,
    "tags": TAGS,
    "ticket_form_id": NUMBER,
    "type": TEXT,
}
CREATE = BOTH | {
    "raw_subject": TEXT,
    "recipient": TEXT,
    "submitter_id": NUMBER,
    "via_followup_source_id": NUMBER,
}
UPDATE = BOTH | {"safe_update": FLAG, "updated_stamp": TEXT}

COMMENT: dict[str, _Kind] = {
    "author_id": NUMBER,
    "body": TEXT,
    "html_body": TEXT,
    "public": FLAG,
    "uploads": TOKENS,
}
REQUESTER: dict[str, _Kind] = {"email": TEXT, "locale_id": NUMBER, "name": TEXT}

NESTED = {"comment": COMMENT, "requester": REQUESTER}


@dataclass
class TicketParams:
    """What a request wants of a ticket, without the keys that are not permitted."""

    values: Json
    unpermitted: list[str] = field(default_factory=list)

    def warning(self, action: str) -> str | None:
        """The value of `x-zendesk-api-warn`, a Ruby hash in print, or None when there is nothing to say."""
        if not self.unpermitted:
            return None
        keys = ", ".join(f'"{key}"' for key in self.unpermitted)
        return (
            f'{{:allowed_parameters=>{{:controller=>"tickets", :action=>"{action}", '
            f":unpermitted_keys=>[{keys}], :invalid_values=>[]}}}}"
        )


def ticket_params(body: Json, permitted: dict[str, _Kind]) -> TicketParams:
    """Read the `ticket` object of a request.

    Raises:
        ApiError: 400, when it is missing or a value is of the wrong type.
    """
    given = body.get("ticket")
    if not isinstance(given, dict):
        raise invalid_attribute("ticket", "an object")
    params = TicketParams({})
    params.values = _permit(given, permitted, "ticket", params.unpermitted)
    return params


def _permit(given: Json, permitted: dict[str, _Kind], path: str, unpermitted: list[str]) -> Json:
    values: Json = {}
    for key, value in given.items():
        kind = permitted.get(key)
        if kind is None:
            unpermitted.append(f"{path}.{key}")
            continue
        if value is None and kind.nullable:
            values[key] = None
            continue
        if not kind.check(value):
            raise invalid_attribute(key, kind.wanted)
        values[key] = _normal(value, kind)
        if key in NESTED:
            values[key] = _permit(value, NESTED[key], f"{path}.{key}", unpermitted)
    return values


def _normal(value: Any, kind: _Kind) -> Any:
    if kind is NUMBER:
        return int(value)
    if kind is NUMBERS:
        return [int(item) for item in value]
    if kind is FLAG:
        return value in (True, "true")
    if kind is TAGS:
        return tag_list(value)
    if kind is TOKENS:
        return [value] if isinstance(value, str) else value
    if kind is FIELD_VALUES:
        return [{"id": int(item["id"]), "value": item.get("value")} for item in value]
    return value


def tag_list(value: str | list[str]) -> list[str]:
    """Tags in lower case, once each; a space separates them (general knowledge, not verified)."""
    words = value.split() if isinstance(value, str) else [word for item in value for word in item.split()]
    return list(dict.fromkeys(word.lower() for word in words))
