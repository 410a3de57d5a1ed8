"""Show a linked ticket in fields of this one, for views and lists: its key, status, assignee, last change, health.

For plugins of helpdesks with custom fields. Most tickets have one link, whose values are shown as they are; several are
distinguished by their keys: `ENG-24: Doing; OPS-3: Done`.
"""

from collections.abc import Mapping
from datetime import UTC
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, model_validator

from escalation_bridge.domain.tickets.tickets import TicketPointer
from escalation_bridge.plugin.settings import Settings

KEY = "key"
_BETWEEN_KEYS, _BETWEEN, _MORE = ", ", "; ", "…"
_SHORTEST = 12
"""Characters that each of several links keeps in a field at the least."""

FieldName = Annotated[
    str, BeforeValidator(lambda given: str(given) if type(given) is int else given), Field(min_length=1)
]
"""A field, as the vendor's plugin takes it: an id, or a name."""


class LinkFields(Settings):
    """Text fields of the account in which agents see the linked ticket. The bridge alone writes to them."""

    key: FieldName
    """The linked tickets' keys."""
    status: FieldName | None = None
    """The linked ticket's status."""
    assignee: FieldName | None = None
    """Who has it there."""
    updated: FieldName | None = None
    """When it last changed there, in UTC."""
    health: FieldName | None = None
    """Whether the link is in step, or held, why and what to do."""

    @model_validator(mode="after")
    def _different_fields(self) -> Self:
        if len(set(self.named.values())) != len(self.named):
            raise ValueError("each part needs a field of its own")
        return self

    @property
    def named(self) -> Mapping[str, str]:
        """The configured fields by part."""
        return {part: str(field) for part, field in self if field is not None}


def with_link(
    shown: Mapping[str, str], pointer: TicketPointer, longest: int, *, replaces: str | None = None
) -> dict[str, str]:
    """What the fields should show once this link is among them; what they show of other links stays.

    Args:
        shown: What they show now, by part; `key` is among the parts.
        pointer: The link to be shown.
        longest: Characters that a field takes.
        replaces: The key by which this same ticket was shown before, if it has another one now.
    """
    before = _keys(shown.get(KEY, ""))
    keys = [pointer.key if key == replaces else key for key in before]
    keys = list(dict.fromkeys(keys if pointer.key in keys else [*keys, pointer.key]))
    words = _words(pointer)
    listed = _fitting(keys, longest)
    after = {KEY: _BETWEEN_KEYS.join([*listed, *([_MORE] if listed != keys else [])])}
    for part in shown:
        if part == KEY:
            continue
        entries = _entries(shown[part], before)
        if replaces is not None and replaces in entries:
            del entries[replaces]
        entries[pointer.key] = words[part]
        after[part] = _written({key: entries.get(key, "") for key in listed}, longest)
    return after


def _words(pointer: TicketPointer) -> Mapping[str, str]:
    updated = pointer.updated_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC") if pointer.updated_at else ""
    words = {
        "status": pointer.status,
        "assignee": pointer.assignee or "",
        "updated": updated,
        "health": pointer.health,
    }
    # One line: fields for a single line refuse or swallow breaks.
    return {part: " ".join(text.split()) for part, text in words.items()}


def _keys(text: str) -> list[str]:
    return [key for part in text.split(",") if (key := part.strip()) and key != _MORE]


def _fitting(keys: list[str], longest: int) -> list[str]:
    """As many of the keys as fit: what is left out of this field is left out of all."""
    fitting = keys
    while len(_BETWEEN_KEYS.join([*fitting, *([_MORE] if fitting != keys else [])])) > longest:
        fitting = fitting[:-1]
    return fitting


def _entries(text: str, keys: list[str]) -> dict[str, str]:
    """What stands in a field about each key. A text without one is about the only key that there is."""
    marked = _BETWEEN + text
    found = sorted((marked.find(f"{_BETWEEN}{key}: "), key) for key in keys)
    starts = [(place, key) for place, key in found if place >= 0]
    if not starts or starts[0][0] > 0:
        return {keys[0]: text} if len(keys) == 1 and text else {}
    ends = [place for place, _ in starts[1:]] + [len(marked)]
    return {
        key: marked[place + len(f"{_BETWEEN}{key}: ") : end]
        for (place, key), end in zip(starts, ends, strict=True)
    }


def _written(entries: Mapping[str, str], longest: int) -> str:
    """The texts about the keys, each with an equal share of the room; whole ones, as a part would not be read again."""
    if len(entries) == 1:
        return _cut(next(iter(entries.values())), longest)
    share = longest // max(1, len(entries)) - len(_BETWEEN)
    written: list[str] = []
    for key, text in entries.items():
        entry = f"{key}: {_cut(text, max(_SHORTEST, share - len(key) - len(': ')))}"
        if text and len(_BETWEEN.join([*written, entry])) <= longest:
            written.append(entry)
    return _BETWEEN.join(written)


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"
