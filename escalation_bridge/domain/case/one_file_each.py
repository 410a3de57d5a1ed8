"""Registration by file: each file of a folder is one kind."""

from collections.abc import Iterable, Iterator
from importlib import import_module
from pkgutil import iter_modules
from typing import TypeVar

T = TypeVar("T")


def found_in(package: str, path: Iterable[str], kind: type[T]) -> Iterator[T]:
    """The values of a type that the modules of a folder define, in the order of their names."""
    for module in sorted(found.name for found in iter_modules(path)):
        values = vars(import_module(f"{package}.{module}")).values()
        yield from (value for value in values if isinstance(value, kind))


def classes_in(package: str, path: Iterable[str], base: type[T]) -> Iterator[type[T]]:
    """The classes that the modules of a folder define and that derive from another one, in the order of their names."""
    for module in sorted(found.name for found in iter_modules(path)):
        name = f"{package}.{module}"
        for value in vars(import_module(name)).values():
            if isinstance(value, type) and issubclass(value, base) and value.__module__ == name:
                yield value
