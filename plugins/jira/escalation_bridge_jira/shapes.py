"""Reading JSON that came from Jira: every step knows its path, and what is missing is named by it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NoReturn

from escalation_bridge.plugin import (
    usable,
)

Json = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a JSON document.

    Attributes:
        value: What stands there; None where nothing does.
        path: Where it stands, for messages: "issue.fields.status".
        fail: Raises the error of whoever reads the document: an answer is `UnreadableAnswer`, a webhook `WebhookMalformed`.
    """

    value: object
    path: str
    fail: Callable[[str], NoReturn]

    def __truediv__(self, name: str) -> "Part":
        """The part under `name`; one with the value None where there is none."""
        inner = self.value.get(name) if isinstance(self.value, Mapping) else None
        return Part(inner, f"{self.path}.{name}" if self.path else name, self.fail)

    def __bool__(self) -> bool:
        return self.value is not None

    def present(self) -> "Part":
        """This part; something must stand here."""
        return self or self.fail(f"{self.path} is missing")

    def text(self) -> str:
        """The text here; it must be there and not be empty."""
        return self.maybe_text() or self.fail(f"{self.path} is missing")

    def maybe_text(self) -> str | None:
        """The text here, or a number as text; None where there is neither."""
        if isinstance(self.value, str):
            return self.value or None
        if isinstance(self.value, int) and not isinstance(self.value, bool):
            return str(self.value)
        return None

    def identifier(self) -> str:
        """An id of Jira's database: digits, sent as a number or as text."""
        found = self.maybe_text()
        if found is None or not (found.isascii() and found.isdigit()):
            self.fail(f"{self.path} is missing or is no id")
        return found

    def flag(self) -> bool | None:
        """True or false; None where neither stands here."""
        return self.value if isinstance(self.value, bool) else None

    def number(self) -> int | None:
        return self.value if isinstance(self.value, int) and not isinstance(self.value, bool) else None

    def instant(self) -> datetime:
        """The instant here, in UTC; it must be there."""
        return self.maybe_instant() or self.fail(f"{self.path} is missing or is no instant")

    def maybe_instant(self) -> datetime | None:
        if not isinstance(self.value, str):
            return None
        try:
            instant = datetime.fromisoformat(self.value)
        except ValueError:
            return None
        return instant.astimezone(UTC) if usable(instant) else None

    def mapping(self) -> Json:
        """The members of the object here; none where there is no object."""
        return self.value if isinstance(self.value, Mapping) else {}

    def members(self) -> Iterator[tuple[str, "Part"]]:
        """The object's members, each with its name."""
        for name in self.mapping():
            yield name, self / name

    def items(self) -> Iterator["Part"]:
        """The elements of the list here; none where there is no list."""
        if isinstance(self.value, list):
            for position, value in enumerate(self.value):
                yield Part(value, f"{self.path}[{position}]", self.fail)

    def elements(self) -> Iterator["Part"]:
        """The elements of the list that must be here: an answer without its list does not say that there is nothing."""
        if not isinstance(self.value, list):
            self.fail(f"{self.path or 'the answer'} is no list")
        return self.items()

    def texts(self) -> tuple[str, ...]:
        """The texts among the elements of the list here."""
        return tuple(item.value for item in self.items() if isinstance(item.value, str))
