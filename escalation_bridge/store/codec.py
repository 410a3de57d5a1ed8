"""Values of the domain to JSON documents and back."""

import json
from functools import cache, lru_cache
from typing import Annotated, Any, TypeVar, Union, get_origin

from pydantic import Field, TypeAdapter
from pydantic_core import PydanticSerializationError

from escalation_bridge.domain.case.write import Write
from escalation_bridge.domain.case.writes import KINDS

T = TypeVar("T")

_LONGEST_CACHED = 8_000
_MOST_CACHED = 8_192
"""Documents of at most so many characters, so many of them: some tens of megabytes at the most."""

_KINDS: Any = Union[tuple(KINDS.values())]  # noqa: UP007 - they are a table's
AnyIntent: Any = Annotated[_KINDS, Field(discriminator="kind")]


@cache
def _adapter(of: Any) -> TypeAdapter[Any]:
    return TypeAdapter(of)


def encode(value: object, of: Any) -> str:
    """The JSON document of a value of type `of`."""
    try:
        return _adapter(of).dump_json(value).decode()
    except PydanticSerializationError:  # half a surrogate pair somewhere: no text that could be stored
        plain = json.dumps(_adapter(of).dump_python(value, mode="json"), ensure_ascii=False)
        return plain.encode("utf-8", "replace").decode()


def decode(document: str, of: type[T]) -> T:
    """The value of type `of` that a document holds. Values are frozen: a document that was read before gives the same one."""
    kind: Any = of
    value: T = _decoded(document, kind)
    return value


def encode_intent(intent: Write) -> str:
    """The JSON document of an intent of any kind."""
    return encode(intent, AnyIntent)


def decode_intent(document: str) -> Write:
    """The intent, of whatever kind, that a document holds."""
    intent: Write = _decoded(document, AnyIntent)
    return intent


def _decoded(document: str, of: Any) -> Any:
    if len(document) > _LONGEST_CACHED or get_origin(of) in (dict, list):
        return _adapter(of).validate_json(document)
    return _decoded_before(document, of)


@lru_cache(maxsize=_MOST_CACHED)
def _decoded_before(document: str, of: Any) -> Any:
    """Cases are loaded again and again, and most of what they hold is as it was: a comment of a long talk is decoded once.

    What can be changed in place, such as a dictionary, is decoded each time.
    """
    return _adapter(of).validate_json(document)
