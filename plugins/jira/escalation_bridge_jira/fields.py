"""Fields of a route's configuration, by name or id, in the shape that Jira's API wants."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from escalation_bridge.errors import Rejected
from escalation_bridge.richtext import from_text
from escalation_bridge_jira.client import Jira
from escalation_bridge_jira.mapping import rich_text
from escalation_bridge_jira.shapes import Part

_ID = re.compile(r"customfield_\d+")
_NAMED = frozenset({"priority", "resolution", "version", "component", "securitylevel", "group", "issuetype"})
"""Types whose values are objects with a name."""


def resolved(jira: Jira, fields: Mapping[str, object], language: str) -> dict[str, object]:
    """The fields by id, with plain values in the shape of each field's type. Objects and the like go as they are.

    Raises:
        Rejected: A name is unknown, or several fields have it.
    """
    if not fields:
        return {}
    known = list(jira.get("/field").elements())
    found: dict[str, object] = {}
    for name, value in fields.items():
        description = _described(jira, known, name)
        found[(description / "id").text()] = shaped(jira, description / "schema", value, language)
    return found


def _described(jira: Jira, known: Sequence[Part], name: str) -> Part:
    for field in known:
        if (field / "id").value == name:
            return field
    if _ID.fullmatch(name):
        jira.transport.refuse(Rejected, jira.operation, f"there is no field {name}")
    named = [f for f in known if str((f / "name").value).casefold() == name.casefold()]
    if len(named) != 1:
        ids = ", ".join((field / "id").text() for field in named)
        problem = (
            f"several fields are named {name}: use one of {ids}" if named else f"there is no field {name}"
        )
        jira.transport.refuse(Rejected, jira.operation, problem)
    return named[0]


def shaped(jira: Jira, schema: Part, value: object, language: str) -> object:
    """A plain value in the shape of the field's type: `Payments` for a select list is `{"value": "Payments"}`."""
    kind = (schema / "type").maybe_text() or ""
    if kind == "array" and isinstance(value, list | tuple):
        inner = Part({"type": (schema / "items").value}, schema.path, schema.fail)
        return [shaped(jira, inner, each, language) for each in value]
    if not isinstance(value, str):
        return value
    if kind in ("option", "option-with-child"):
        return {"value": value}
    if kind in _NAMED:
        return {"id": value} if value.isdigit() else {"name": value}
    if kind == "project":
        return project(value)
    if kind == "user":
        return jira.user(value)
    if _is_long_text(schema):
        return jira.edition.document(from_text(value), language)
    return value


def project(key_or_id: str) -> dict[str, str]:
    """How the API takes a project."""
    return {"id": key_or_id} if key_or_id.isdigit() else {"key": key_or_id}


def _is_long_text(schema: Part) -> bool:
    custom = (schema / "custom").maybe_text() or ""
    return custom.endswith(":textarea") or (schema / "system").value in ("description", "environment")


def holds(stored: Part, wanted: object) -> bool:
    """Whether a stored value is what was sent. Jira returns objects with more members than it was sent."""
    if isinstance(wanted, Mapping):
        if wanted.get("type") == "doc":  # stored documents are normalised: only what they say can be compared
            written = rich_text(Part(wanted, stored.path, stored.fail))
            return rich_text(stored).text.split() == written.text.split()
        return all(holds(stored / str(name), value) for name, value in wanted.items())
    if isinstance(wanted, list | tuple):
        items = list(stored.items())
        return len(items) == len(wanted) and all(any(holds(item, each) for item in items) for each in wanted)
    if isinstance(wanted, str) and isinstance(stored.value, str):
        return stored.value.split() == wanted.split() or _same_instant(stored.value, wanted)
    return stored.value == wanted


def _same_instant(one: str, other: str) -> bool:
    """Whether two texts are the same instant: Jira tells those of fields in the time zone of whoever asks."""
    try:
        instants = [datetime.fromisoformat(text) for text in (one, other)]
    except ValueError:
        return False
    return all(at.tzinfo is not None for at in instants) and instants[0] == instants[1]
