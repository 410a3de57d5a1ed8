"""The types of pydantic models: their alternatives, keys and values, and whether they contain a secret.

pydantic's error locations have their own form: a union adds a segment for the alternative that
it tried. The types distinguish these segments from real keys, and show all keys of a place.
"""

import dataclasses
import re
import types
from collections.abc import Collection, Iterator
from collections.abc import Mapping as AbstractMapping
from typing import (
    Annotated,
    Literal,
    TypeAlias,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from pydantic import BaseModel, RootModel, Secret, SecretBytes, SecretStr
from pydantic.fields import FieldInfo

Shape: TypeAlias = object
"""A type annotation of a value: `int`, `list[Route]`, `Route | None`."""

_SECRETS = (SecretStr, SecretBytes, Secret)


def alternatives(shape: Shape) -> tuple[Shape, ...]:
    """Return the types of a value, without None: one, or several if pydantic sees a union."""
    shape = _unwrap(shape)
    if get_origin(shape) not in (Union, types.UnionType):
        return (shape,)
    members = (member for member in get_args(shape) if member not in (None, types.NoneType))
    return tuple(alternative for member in members for alternative in alternatives(member))


def keys(shape: Shape) -> dict[str, Shape] | None:
    """Return the keys of a model, data class or typed dict with their types; None for anything else."""
    if fields := _fields(shape):
        return {name: info.annotation for name, info in fields.items()}
    if isinstance(shape, type) and (dataclasses.is_dataclass(shape) or hasattr(shape, "__required_keys__")):
        return get_type_hints(shape, include_extras=True)
    return {} if _model(shape) else None


def description(shape: Shape, key: str) -> str | None:
    """Return the first sentence of a model's description of a key."""
    info = _fields(shape).get(key)
    if info is None or not info.description:
        return None
    return re.split(r"\.\s|\n", info.description.strip(), maxsplit=1)[0].rstrip(".")


def below(shape: Shape, part: str | int) -> tuple[Shape, ...]:
    """Return the type under a key or at a position; empty if the type does not show it."""
    known = keys(shape)
    if known is not None:
        return (known[part],) if isinstance(part, str) and part in known else ()
    origin, arguments = get_origin(shape), get_args(shape)
    if not isinstance(origin, type) or not arguments:
        return ()
    if issubclass(origin, AbstractMapping):
        return (arguments[1],) if isinstance(part, str) else ()
    if not issubclass(origin, Collection) or not isinstance(part, int):
        return ()
    if issubclass(origin, tuple) and arguments[-1] is not Ellipsis:
        return (arguments[part],) if part < len(arguments) else ()
    return (arguments[0],)


def matching(shapes: tuple[Shape, ...], label: str, value: object) -> tuple[Shape, ...]:
    """Return the alternatives that a label of pydantic denotes; all if it is ambiguous."""
    by_tag = tuple(shape for shape in shapes if label in _tags(shape, value))
    by_name = tuple(shape for shape in shapes if _label(shape) == label.partition("[")[0])
    return by_tag or by_name or shapes


def literal_values(shape: Shape) -> tuple[str, ...]:
    return tuple(str(value) for value in get_args(shape)) if get_origin(shape) is Literal else ()


def holds_secret(shape: Shape, seen: tuple[Shape, ...] = ()) -> bool:
    """Whether a value of this type is or contains a secret."""
    shape = _unwrap(shape)
    if shape in seen or get_origin(shape) is Literal:
        return False
    kind = get_origin(shape) or shape
    if isinstance(kind, type) and issubclass(kind, _SECRETS):
        return True
    parts = (keys(shape) or {}).values() or get_args(shape)
    return any(holds_secret(part, (*seen, shape)) for part in parts)


def _unwrap(shape: Shape) -> Shape:
    """Remove wrappers that do not change the value's form: Annotated, named aliases, root models."""
    while True:
        model = _model(shape)
        if get_origin(shape) is Annotated:
            shape = get_args(shape)[0]
        elif hasattr(shape, "__value__"):
            shape = shape.__value__
        elif model and issubclass(model, RootModel):
            shape = model.model_fields["root"].annotation
        else:
            return shape


def _model(shape: Shape) -> type[BaseModel] | None:
    if isinstance(shape, type) and get_origin(shape) is None and issubclass(shape, BaseModel):
        return shape
    return None


def _fields(shape: Shape) -> dict[str, FieldInfo]:
    """Return a model's fields by their keys in the file."""
    model = _model(shape)
    fields = model.model_fields if model else {}
    return {_key(name, info): info for name, info in fields.items()}


def _key(name: str, info: FieldInfo) -> str:
    alias = info.validation_alias or info.alias
    return alias if isinstance(alias, str) else name


def _tags(shape: Shape, value: object) -> Iterator[str]:
    """Yield how a value selects this type among others: `kind: note` for `kind: Literal["note"]`."""
    if isinstance(value, AbstractMapping):
        for key, annotation in (keys(shape) or {}).items():
            yield from (tag for tag in literal_values(_unwrap(annotation)) if str(value.get(key)) == tag)


def _label(shape: Shape) -> str:
    if get_origin(shape) is Literal:
        return "literal"
    kind = get_origin(shape) or shape
    return kind.__name__ if isinstance(kind, type) else ""
