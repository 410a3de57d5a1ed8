"""Values of custom fields: normalized for comparison, and converted back to a helpdesk's own format.

Vendors normalise what they store: a number comes back as text, a date with a time, a choice as an object with an id. So a value
is read into words first, and only words are compared.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum


class Convert(StrEnum):
    """What a custom field holds."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    DATETIME = "datetime"
    YES_NO = "yes_no"
    CHOICE = "choice"
    CHOICES = "choices"


@dataclass(frozen=True, slots=True)
class Shown:
    """What a ticket shows in a field.

    Attributes:
        text: What two readings are compared by; empty: nothing is there. The parts of several choices stand in lines.
        parts: Each single value with all the words that it goes by, the first one of which people see.
        valid: Whether it is what the field should hold; the text of what is not is only good for comparing.
        display: What people see, where that is not the text.
    """

    text: str
    parts: tuple[tuple[str, ...], ...] = ()
    valid: bool = True
    display: str = ""

    @property
    def seen(self) -> str:
        """What people see."""
        return self.display or ", ".join(self.text.split("\n"))

    def goes_by(self, word: str) -> bool:
        """Whether this one value has that name or id; of nothing: whether nothing is asked for."""
        if not self.parts:
            return not word
        return len(self.parts) == 1 and _among(word, self.parts[0])

    def is_exactly(self, words: Sequence[str]) -> bool:
        """Whether these are its values, in any order."""
        return len(self.parts) == len(words) and all(
            any(_among(word, part) for part in self.parts) for word in words
        )


EMPTY = Shown("")
_YES, _NO = "yes", "no"
_YES_WORDS, _NO_WORDS = frozenset({"yes", "true", "1", "on"}), frozenset({"", "no", "false", "0", "off"})
_OPTION_WORDS = ("value", "name", "label", "key", "id")
"""Under which members a choice that is an object says what it is; people see the first one that it has."""


def single(text: str) -> Shown:
    """A value that goes by one word only."""
    return Shown(text, ((text,),)) if text else EMPTY


def read_value(value: object, convert: Convert) -> Shown:
    """What a field of this kind shows."""
    if convert is Convert.YES_NO:
        return _yes_or_no(value)
    if value is None or value in ("", []):
        return EMPTY
    if convert is Convert.CHOICES:
        items = value if isinstance(value, list | tuple) else [value]
        parts = tuple(sorted(_words(item) for item in items))
        return Shown("\n".join(part[0] for part in parts), parts) if all(parts) else _invalid(value)
    if isinstance(value, list | tuple):  # one choice comes as a list of one from some vendors
        return read_value(value[0], convert) if len(value) == 1 else _invalid(value)
    if convert is Convert.CHOICE:
        words = _words(value)
        return Shown(words[0], (words,)) if words else _invalid(value)
    text = _plain(value, convert)
    return _invalid(value) if text is None else single(text)


def in_words(value: object) -> str:
    """Any field's value for people, where it is not known what the field holds: choices by their names, numbers alike."""
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return ", ".join(sorted(in_words(item) for item in value))
    if isinstance(value, Mapping):
        return next(iter(_words(value)), "") or json.dumps(value, sort_keys=True, default=str)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _number(value) or str(value)
    return str(value)


def write_value(text: str, convert: Convert) -> object:
    """What is sent to a helpdesk so that the field shows `text`, which is in the form that `read_value` gives."""
    if convert is Convert.YES_NO:
        return text == _YES
    if not text:
        return None
    if convert is Convert.CHOICES:
        return text.split("\n")
    if convert is Convert.NUMBER:
        number = Decimal(text)
        return int(number) if number == number.to_integral_value() else float(number)
    if convert is Convert.DATETIME:
        # ISO 8601 in the form of the examples in Jira's API description.
        return f"{datetime.fromisoformat(text):%Y-%m-%dT%H:%M:%S}.000+0000"
    return text


def _plain(value: object, convert: Convert) -> str | None:
    if convert is Convert.NUMBER:
        return _number(value)
    if isinstance(value, Mapping):  # a choice or a user in a field that is copied as text
        return next(iter(_words(value)), None) if convert is Convert.TEXT else None
    text = str(value).replace("\r\n", "\n").strip()
    if convert is Convert.DATE:
        return _date(text)
    if convert is Convert.DATETIME:
        return _instant(text)
    return "\n".join(line.rstrip() for line in text.split("\n"))


MOST_DIGITS = 30
"""Larger and smaller numbers are none: written out, `1e999999999` fills the memory, and anybody can type it."""


def _number(value: object) -> str | None:
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    if isinstance(value, bool) or not number.is_finite() or (number and abs(number.adjusted()) > MOST_DIGITS):
        return None
    return f"{number.normalize():f}" if number else "0"


def _date(text: str) -> str | None:
    """A date, also of an instant: its own day, in any zone; Zendesk and others append a midnight."""
    try:
        return date.fromisoformat(text[:10]).isoformat() if len(text) == 10 or text[10:11] in "T " else None
    except ValueError:
        return None


def _instant(text: str) -> str | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    whole = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC).replace(microsecond=0)
    return whole.isoformat().replace("+00:00", "Z")


def _yes_or_no(value: object) -> Shown:
    word = ("" if value is None else str(value)).strip().casefold()
    if isinstance(value, list | tuple | Mapping) or word not in _YES_WORDS | _NO_WORDS:
        return _invalid(value)
    return single(_YES if word in _YES_WORDS else _NO)


def _words(value: object) -> tuple[str, ...]:
    """All names of a choice."""
    if isinstance(value, Mapping):
        found = (value.get(member) for member in _OPTION_WORDS)
        return tuple(dict.fromkeys(str(word) for word in found if isinstance(word, str | int) and word != ""))
    return (str(value).strip(),) if isinstance(value, str | int | float) and str(value).strip() else ()


def _invalid(value: object) -> Shown:
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)
    return Shown(text, valid=False)


def _among(word: str, words: Sequence[str]) -> bool:
    return word.casefold() in {each.casefold() for each in words}
