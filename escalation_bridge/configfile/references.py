"""References in values: `${NAME}` and `file:`.

A value that comes from a reference is `Resolved`: it can be a secret, and is never shown.
"""

import re
from collections.abc import Mapping as EnvironmentMapping
from dataclasses import dataclass, field, replace
from pathlib import Path as FilePath

from escalation_bridge.configfile.findings import Path, Problem, name
from escalation_bridge.configfile.yamltree import Entry, Mapping, Node, Scalar, Sequence
from escalation_bridge.plugin.settings import Resolved

VARIABLE = r"\$\{[A-Za-z_][A-Za-z0-9_]*\}"
"""A reference to an environment variable, for regular expressions and for the JSON Schema."""

_REFERENCE = re.compile(r"\$\$\{|\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)\}|\$\{(?P<rest>[^}]*\}?)")
_FILE = re.compile(r"file:(?=\S)")
_LARGEST_FILE = 64 * 1024
_LARGEST_CALENDAR = 1024 * 1024


class _CannotResolve(Exception):
    """A reference cannot be resolved; the message is for the admin."""


@dataclass(frozen=True, slots=True)
class References:
    """Resolves references.

    Attributes:
        folder: The folder of the configuration file, for relative `file:` paths.
    """

    environ: EnvironmentMapping[str, str] = field(repr=False)
    folder: FilePath

    def resolve(self, root: Mapping) -> tuple[Mapping, list[Problem]]:
        """Return the tree with all references resolved, and the errors."""
        broken: list[Problem] = []
        return self._resolve_mapping(root, (), broken), broken

    def _resolve_mapping(self, node: Mapping, path: Path, broken: list[Problem]) -> Mapping:
        entries = {}
        for key, entry in node.entries.items():
            if _REFERENCE.search(key):
                broken.append(
                    Problem(entry.key_place, "a key cannot hold a reference; allowed: a name", path)
                )
            entries[key] = Entry(entry.key_place, self._resolve(entry.node, (*path, key), broken))
        return Mapping(node.place, entries)

    def _resolve(self, node: Node, path: Path, broken: list[Problem]) -> Node:
        match node:
            case Scalar():
                try:
                    return self._resolve_scalar(node)
                except _CannotResolve as error:
                    broken.append(Problem(node.place, str(error), path))
                    return replace(node, value=Resolved(), source="a reference", broken=True)
            case Sequence(place, items):
                resolved = (self._resolve(item, (*path, at), broken) for at, item in enumerate(items))
                return Sequence(place, tuple(resolved))
            case Mapping():
                return self._resolve_mapping(node, path, broken)

    def _resolve_scalar(self, scalar: Scalar) -> Scalar:
        if not isinstance(scalar.value, str):
            return scalar
        references = list(_REFERENCE.finditer(scalar.value))
        if any(reference["rest"] is not None for reference in references):
            raise _CannotResolve(
                "after `${` comes the name of an environment variable and `}`, nothing else; "
                "allowed: `${NAME}`, or `$${` for a literal `${`"
            )
        variables = [reference["name"] for reference in references if reference["name"]]
        self._check(variables)
        text = _REFERENCE.sub(lambda it: self.environ[it["name"]] if it["name"] else "${", scalar.value)
        # The written text decides whether it is a file, so that a variable's content cannot name one.
        if _FILE.match(scalar.value):
            written = name(scalar.value)
            content = self._read(text.removeprefix("file:"), written)
            return replace(scalar, value=Resolved(content), source=f"the content of {written}")
        if not variables:
            return replace(scalar, value=text)
        if not text.strip():
            raise _CannotResolve(f"empty: {_environment(variables)} set to nothing")
        source = f"the value of {' and '.join(name(f'${{{variable}}}') for variable in variables)}"
        return replace(scalar, value=Resolved(text), source=source)

    def _check(self, variables: list[str]) -> None:
        missing = [variable for variable in variables if variable not in self.environ]
        if missing:
            raise _CannotResolve(f"{_environment(missing)} not set")
        broken = [variable for variable in variables if not _is_unicode(self.environ[variable])]
        if broken:
            raise _CannotResolve(f"{_environment(broken)} not UTF-8 text")

    def _read(self, path: str, written: str) -> str:
        # Named as written, not as read: a variable may be part of the path.
        largest = _LARGEST_CALENDAR if path.endswith(".ics") else _LARGEST_FILE
        try:
            with (self.folder / path).open("rb") as file:
                content = file.read(largest + 1)
        except OSError as error:
            raise _CannotResolve(f"{written} cannot be read: {error.strerror}") from None
        except ValueError:
            raise _CannotResolve(f"{written} cannot be the path of a file") from None
        if len(content) > largest:
            raise _CannotResolve(f"{written} is too large; allowed: {largest // 1024} KiB")
        try:
            text = content.decode("utf-8-sig").rstrip("\r\n")
        except UnicodeDecodeError:
            raise _CannotResolve(f"{written} is not UTF-8 text") from None
        if not text.strip():
            raise _CannotResolve(f"{written} is empty")
        return text


def _environment(variables: list[str]) -> str:
    names = " and ".join(map(name, dict.fromkeys(variables)))
    return (
        f"the environment variable {names} is"
        if len(set(variables)) == 1
        else f"the environment variables {names} are"
    )


def _is_unicode(text: str) -> bool:
    """Whether a text has no undecodable byte of the environment (Python keeps them as lone surrogates)."""
    return not any("\ud800" <= character <= "\udfff" for character in text)
