"""Reading a vendor's JSON strictly: each part of a document knows its path, and an error names it.

`Transport.read_json` reads an answer, `webhook_document` a webhook's body, `refusal_document` the body of a refusal. All
three give a `JsonPart`. Where an object's members are known beforehand, a plugin may declare them as a `Shape` and read the
part as one.
"""

import json
from collections.abc import Callable, Hashable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Any, NoReturn, TypeVar, cast

import requests
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, TypeAdapter, ValidationError

from escalation_bridge.domain.tickets.instants import usable
from escalation_bridge.errors import WebhookMalformed

S = TypeVar("S")

_LONGEST_ID = 20


class JsonPart:
    """A part of a JSON document.

    `part / "name"` is the member of that name. The singular accessors come in pairs: `text()` must find a text and fails
    otherwise, `maybe_text()` gives None. The plural ones give what there is; `elements()` alone must find its list.

    Attributes:
        value: The value here; None where there is none, or JSON's null.
        place: A path, or the part above with the name or the position in it.
        fail: Raises the error of whoever reads the document: `UnreadableAnswer` for an answer, `WebhookMalformed` for a webhook.
    """

    __slots__ = ("fail", "place", "value")

    def __init__(
        self, value: object, place: "str | tuple[JsonPart, str | int]", fail: Callable[[str], NoReturn]
    ) -> None:
        """A part of a document whose reader fails by `fail`."""
        self.value = value
        self.fail = fail
        self.place = place

    @property
    def path(self) -> str:
        """The path, for messages: `issue.fields.status`; empty for the whole document."""
        path, place = "", self.place
        while not isinstance(place, str):
            above, step = place
            path = f"[{step}]{path}" if isinstance(step, int) else f".{step}{path}"
            place = above.place
        return place + path if place else path.removeprefix(".")

    def __repr__(self) -> str:
        """The path without the value, which may be a customer's text."""
        return f"JsonPart({self.path!r})"

    def __truediv__(self, name: str) -> "JsonPart":
        """The member `name`; a part with the value None where there is none."""
        value = self.value
        return JsonPart(value.get(name) if isinstance(value, dict) else None, (self, name), self.fail)

    def __bool__(self) -> bool:
        """Whether there is a value here."""
        return self.value is not None

    def present(self) -> "JsonPart":
        """This part; it must have a value."""
        return self or self.fail(f"{self.path} is missing")

    def as_object(self) -> "JsonPart":
        """This part; it must be an object."""
        return self if isinstance(self.value, dict) else self.fail(f"{self._name} is no object")

    def as_list(self) -> "JsonPart":
        """This part; it must be a list: an answer without its list does not say that there is nothing."""
        return self if isinstance(self.value, list) else self.fail(f"{self._name} is no list")

    def text(self) -> str:
        """The text here; it must not be empty."""
        return self.maybe_text() or self.fail(f"{self.path} is missing")

    def maybe_text(self) -> str | None:
        """The text here, or a number as text; None where there is neither, or the text is empty."""
        value = self.value
        if isinstance(value, str):
            return value or None
        return str(value) if isinstance(value, int) and not isinstance(value, bool) else None

    def identifier(self) -> str:
        """The number of something in the vendor's database, as text."""
        return self.maybe_identifier() or self.fail(f"{self.path} is missing or is no id")

    def maybe_identifier(self) -> str | None:
        """As `identifier`; None where there is none. Vendors write "nobody" as null, 0 or "", and numbers also as text."""
        return read_identifier(self.value)

    def number(self) -> int:
        """The whole number here."""
        found = self.maybe_number()
        return self.fail(f"{self.path} is missing or is no number") if found is None else found

    def maybe_number(self) -> int | None:
        """The whole number here; None where there is none."""
        value = self.value
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def flag(self) -> bool:
        """True or false."""
        found = self.maybe_flag()
        return self.fail(f"{self.path} is missing or is neither true nor false") if found is None else found

    def maybe_flag(self) -> bool | None:
        """True or false; None where there is neither."""
        return self.value if isinstance(self.value, bool) else None

    def instant(self) -> datetime:
        """The instant here, in UTC."""
        return self.maybe_instant() or self.fail(f"{self.path} is missing or is no instant")

    def maybe_instant(self) -> datetime | None:
        """The instant here, in UTC; None where there is none, or one without a zone."""
        return read_instant(self.value)

    def mapping(self) -> Mapping[str, object]:
        """The members of the object here as plain values."""
        return self.value if isinstance(self.value, dict) else {}

    def members(self) -> Iterator[tuple[str, "JsonPart"]]:
        """The members of the object here, each with its name."""
        for name in self.mapping():
            yield name, self / name

    def elements(self) -> Iterator["JsonPart"]:
        """The elements of the list that must be here."""
        return self.as_list().items()

    def items(self) -> Iterator["JsonPart"]:
        """The elements of the list here."""
        if isinstance(self.value, list):
            for position, value in enumerate(self.value):
                yield JsonPart(value, (self, position), self.fail)

    def objects(self) -> "tuple[JsonPart, ...]":
        """The objects among the elements of the list here."""
        return tuple(item for item in self.items() if isinstance(item.value, dict))

    def texts(self) -> tuple[str, ...]:
        """The texts among the elements of the list here."""
        return tuple(item.value for item in self.items() if isinstance(item.value, str))

    def shaped(self, shape: type[S]) -> S:
        """This part as a `Shape`, or as any type that pydantic reads; the error names the place and no value."""
        try:
            found: S = _adapter(cast(Hashable, shape)).validate_python(self.value)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False, include_context=False)[0]
            part = self
            for step in first["loc"]:
                part = JsonPart(None, (part, step), self.fail)
            self.fail(f"{part._name}: {first['type']}")
        return found

    @property
    def _name(self) -> str:
        return self.path or "the document"


class Shape(BaseModel):
    """An object whose members are known beforehand. Members that a later version of the vendor adds are no error."""

    model_config = ConfigDict(extra="ignore", frozen=True)


def _usable(at: datetime) -> datetime:
    if not usable(at):
        raise ValueError("an instant is expected, between the years 1900 and 2999")
    return at


Instant = Annotated[AwareDatetime, AfterValidator(_usable)]
"""An instant in a `Shape`: with its zone, and where one can calculate with it."""


@cache
def _adapter(shape: Any) -> TypeAdapter[Any]:
    return TypeAdapter(shape)


def read_identifier(value: object) -> str | None:
    """The number of something in a vendor's database as text, whether it came as a number or as text; None where it is none."""
    if isinstance(value, int):
        return str(value) if value is not True and 0 < value < 10**_LONGEST_ID else None
    if isinstance(value, str):
        digits = value.strip()
        if digits.isascii() and digits.isdigit() and len(digits) <= _LONGEST_ID and int(digits) > 0:
            return str(int(digits))
    return None


def read_instant(value: object) -> datetime | None:
    """The instant of a text, in UTC; None if it has none, or one without a zone."""
    if not isinstance(value, str):
        return None
    try:
        instant = datetime.fromisoformat(value)
    except ValueError:
        return None
    if not usable(instant):
        return None
    return instant if instant.tzinfo is UTC else instant.astimezone(UTC)


class NotJson(ValueError):
    """What came cannot be read as JSON; the message says why, as in "the answer is ..."."""


def parse_json(content: bytes | str) -> object:
    """The value that these bytes or this text hold.

    Raises:
        NotJson: They hold none.
    """
    try:
        return json.loads(content)
    except UnicodeDecodeError as error:
        raise NotJson(f"not UTF-8 (byte {error.start})") from error
    except json.JSONDecodeError as error:
        raise NotJson(f"not JSON (line {error.lineno}, column {error.colno})") from error
    except (ValueError, RecursionError) as error:
        raise NotJson("JSON that is nested too deeply, or has a number of too many digits") from error


def webhook_document(body: bytes | str) -> JsonPart:
    """The object that is a webhook's body.

    Raises:
        WebhookMalformed: It is no JSON object; or, later, a part is read that must be there and is not.
    """
    try:
        return webhook_object(parse_json(body))
    except NotJson as problem:
        raise WebhookMalformed(f"the body is {problem}") from problem


def webhook_object(value: object) -> JsonPart:
    """A webhook's body that was parsed already, from JSON or from a form.

    Raises:
        WebhookMalformed: As for `webhook_document`.
    """
    if not isinstance(value, dict):
        raise WebhookMalformed("the body is not a JSON object")
    return JsonPart(value, "", _malformed)


def refusal_document(response: requests.Response) -> JsonPart:
    """The body of a refusal, of which nothing must be there; empty where it is no JSON."""
    try:
        return JsonPart(parse_json(response.content), "", _never)
    except NotJson:
        return JsonPart(None, "", _never)


def _malformed(message: str) -> NoReturn:
    raise WebhookMalformed(message)


def _never(message: str) -> NoReturn:
    raise AssertionError(f"nothing must be there in a refusal: {message}")
