"""Values of the domain to JSON documents and back."""

import json
from functools import cache
from typing import Annotated, Any, TypeVar

from pydantic import Field, TypeAdapter
from pydantic_core import PydanticSerializationError

from escalation_bridge.domain.case.writes import Intent

T = TypeVar("T")

AnyIntent = Annotated[Intent, Field(discriminator="kind")]


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
    """The value of type `of` that a document holds."""
    kind: Any = of
    value: T = _adapter(kind).validate_json(document)
    return value


def encode_intent(intent: Intent) -> str:
    """The JSON document of an intent of any kind."""
    return encode(intent, AnyIntent)


def decode_intent(document: str) -> Intent:
    """The intent, of whatever kind, that a document holds."""
    intent: Intent = _adapter(AnyIntent).validate_json(document)
    return intent
