"""Serialization of domain values to JSON documents."""

import json
from functools import cache, lru_cache
from typing import Annotated, Any, TypeVar, Union, get_origin

from pydantic import Field, TypeAdapter
from pydantic_core import PydanticSerializationError

from escalation_bridge.domain.case.write import Write
from escalation_bridge.domain.case.writes import KINDS

T = TypeVar("T")

_LONGEST_CACHED = 8_000
_CACHE_SIZE = 8_192
"""A cache of this many short documents: a few dozen megabytes at most."""

_KINDS: Any = Union[tuple(KINDS.values())]  # noqa: UP007 - they are a table's
AnyIntent: Any = Annotated[_KINDS, Field(discriminator="kind")]


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def encode(value: object, kind: Any) -> str:
    """Serialize a value of type `kind`."""
    try:
        return _adapter(kind).dump_json(value, by_alias=True).decode()
    except PydanticSerializationError:  # contains half a surrogate pair, which cannot be stored
        plain = json.dumps(_adapter(kind).dump_python(value, mode="json", by_alias=True), ensure_ascii=False)
        return plain.encode("utf-8", "replace").decode()


def decode(document: str, kind: type[T]) -> T:
    """Parse a document as a value of type `kind`. Values are frozen, so equal documents share one cached value."""
    hashable: Any = kind
    value: T = _decode(document, hashable)
    return value


def encode_intent(intent: Write) -> str:
    """Serialize a write of any kind."""
    return encode(intent, AnyIntent)


def decode_intent(document: str) -> Write:
    """Parse a write of any kind."""
    intent: Write = _decode(document, AnyIntent)
    return intent


def _decode(document: str, kind: Any) -> Any:
    if len(document) > _LONGEST_CACHED or get_origin(kind) in (dict, list):
        return _adapter(kind).validate_json(document)
    return _decode_cached(document, kind)


@lru_cache(maxsize=_CACHE_SIZE)
def _decode_cached(document: str, kind: Any) -> Any:
    """A cache, because cases are loaded repeatedly and rarely change: a comment of a long conversation is parsed once.

    Mutable values, such as dictionaries, are not cached.
    """
    return _adapter(kind).validate_json(document)
