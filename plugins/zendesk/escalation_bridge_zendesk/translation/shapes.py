"""Reading JSON that Zendesk sent: members may be missing, null, empty, or a string where a number was documented."""

from collections.abc import Mapping
from datetime import datetime

from escalation_bridge.plugin import (
    usable,
)

Json = Mapping[str, object]

_LONGEST_ID = 20


class MissingMember(ValueError):
    """A member without which the answer cannot be used is missing or of another shape."""

    def __init__(self, path: str) -> None:
        super().__init__(f"{path} is missing or of another shape")
        self.path = path


def member(of: Json, name: str) -> Json:
    """The object under this name; empty where there is none."""
    value = of.get(name)
    return value if isinstance(value, dict) else {}


def entries(of: Json, name: str) -> tuple[Json, ...]:
    """The objects of the list under this name."""
    value = of.get(name)
    return tuple(entry for entry in value if isinstance(entry, dict)) if isinstance(value, list) else ()


def words(of: Json, name: str) -> tuple[str, ...]:
    """The strings of the list under this name."""
    value = of.get(name)
    return tuple(entry for entry in value if isinstance(entry, str)) if isinstance(value, list) else ()


def text(of: Json, name: str) -> str | None:
    """The string under this name; None where it is missing or empty."""
    value = of.get(name)
    return value if isinstance(value, str) and value else None


def identifier(value: object) -> str | None:
    """An id as text, whether it came as a number or as a string; None where it is no id.

    Zendesk's REST answers carry numbers, its event webhooks strings, and both write "nobody" as null, 0 or "".
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return str(value) if value > 0 else None
    if isinstance(value, str):
        digits = value.strip()
        if digits.isascii() and digits.isdigit() and len(digits) <= _LONGEST_ID and int(digits) > 0:
            return str(int(digits))
    return None


def needed_id(of: Json, name: str, where: str) -> str:
    """The id under this name.

    Raises:
        MissingMember: There is none.
    """
    found = identifier(of.get(name))
    if found is None:
        raise MissingMember(f"{where}.{name}")
    return found


def instant(value: object) -> datetime | None:
    """An instant with its zone; None where it is missing or none."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment if usable(moment) else None


def needed_instant(of: Json, name: str, where: str) -> datetime:
    """The instant under this name.

    Raises:
        MissingMember: There is none.
    """
    found = instant(of.get(name))
    if found is None:
        raise MissingMember(f"{where}.{name}")
    return found
