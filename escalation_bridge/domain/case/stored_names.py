"""Names of fields in stored documents that differ from those in the code, so that a renamed field stays readable."""

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def stored_as(**stored: str) -> Callable[[type[T]], type[T]]:
    """Keep the names that fields of a class have in documents: `@stored_as(excluded="told")`."""

    def keep(kind: type[T]) -> type[T]:
        # What the store's codec reads; nothing of it is imported here.
        kind.__pydantic_config__ = {"alias_generator": lambda name: stored.get(name, name)}  # type: ignore[attr-defined]
        return kind

    return keep
