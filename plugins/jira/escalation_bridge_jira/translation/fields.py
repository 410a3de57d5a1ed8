"""Convert fields of a route's configuration, named by name or id, to the API's form."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from escalation_bridge.plugin import (
    JsonPart,
    LeftOut,
    Rejected,
)
from escalation_bridge_jira.http.client import Jira
from escalation_bridge_jira.translation.field_shapes import Misfit, shaped
from escalation_bridge_jira.translation.mapping import rich_text

_ID = re.compile(r"customfield_\d+")
_PARENT = {"id": "parent", "name": "Parent", "schema": {"type": "issuelink", "system": "parent"}}
"""A sub-task's parent. Data Center does not list it among the fields (JRASERVER-47377), but accepts it."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """Configured fields in Jira's form.

    Attributes:
        values: By field id.
        names: The configured name of each, by field id.
        unfit: Unknown fields and those with a value that does not fit, each with the reason.
    """

    values: Mapping[str, object] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    unfit: tuple[LeftOut, ...] = ()


def resolved(jira: Jira, fields: Mapping[str, object], language: str) -> Resolved:
    """The fields by id, with plain values in the form of each field's type. Objects stay unchanged."""
    if not fields:
        return Resolved()
    known = list(jira.get("/field").elements())
    if all((each / "id").value != "parent" for each in known):
        known.append(JsonPart(_PARENT, "parent", known[0].fail if known else jira.unreadable))
    values: dict[str, object] = {}
    names: dict[str, str] = {}
    unfit: list[LeftOut] = []
    for name, value in fields.items():
        try:
            description = _described(known, name)
            identifier = (description / "id").text()
            values[identifier] = shaped(jira, description / "schema", value, language)
        except Misfit as misfit:
            unfit.append(LeftOut(name, name, str(misfit)))
        else:
            names[identifier] = name
    return Resolved(values, names, tuple(unfit))


def resolved_whole(jira: Jira, fields: Mapping[str, object], language: str) -> Mapping[str, object]:
    """As `resolved`, but every field is required.

    Raises:
        Rejected: A name is unknown or ambiguous, or a value does not fit the field.
    """
    found = resolved(jira, fields, language)
    for each in found.unfit:
        jira.transport.refuse(Rejected, jira.operation, f"{each.name}: {each.reason}")
    return found.values


def _described(known: Sequence[JsonPart], name: str) -> JsonPart:
    for each in known:
        if (each / "id").value == name:
            return each
    named = (
        []
        if _ID.fullmatch(name)
        else [f for f in known if str((f / "name").value).casefold() == name.casefold()]
    )
    if len(named) == 1:
        return named[0]
    if named:
        ids = ", ".join((each / "id").text() for each in named)
        raise Misfit(f"several fields are named so: use one of {ids}")
    raise Misfit("there is no field of this name or id")


def holds(stored: JsonPart, wanted: object) -> bool:
    """Whether a stored value is the one sent. Jira returns objects with more members."""
    if isinstance(wanted, Mapping):
        if wanted.get("type") == "doc":  # stored documents are normalised: only what they say can be compared
            written = rich_text(JsonPart(wanted, stored.path, stored.fail))
            return rich_text(stored).text.split() == written.text.split()
        return all(holds(stored / str(name), value) for name, value in wanted.items())
    if isinstance(wanted, list | tuple):
        items = list(stored.items())
        return len(items) == len(wanted) and all(any(holds(item, each) for item in items) for each in wanted)
    if isinstance(wanted, str) and isinstance(stored.value, str):
        return stored.value.split() == wanted.split() or _same_instant(stored.value, wanted)
    return stored.value == wanted


def _same_instant(one: str, other: str) -> bool:
    """Whether two texts are the same instant: Jira returns field values in the reader's time zone."""
    try:
        instants = [datetime.fromisoformat(text) for text in (one, other)]
    except ValueError:
        return False
    return all(at.tzinfo is not None for at in instants) and instants[0] == instants[1]
