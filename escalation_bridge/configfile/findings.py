"""Errors in a configuration file: place, found value, allowed values, and their wording."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import NamedTuple, TypeAlias

from escalation_bridge.errors import ConfigurationError

Path: TypeAlias = tuple[str | int, ...]
"""Keys and list positions from the top of the file: `("routes", 0, "to")`."""

_LONGEST_SHOWN = 60
_CREDENTIALS_IN_URL = re.compile(r"://\S*@")
_PLAIN_KEY = re.compile(r"[\w-]+")


class Place(NamedTuple):
    """A position in a file, counted from 1 as editors do."""

    line: int
    column: int


class Problem(NamedTuple):
    """An error in the text of a file, before it is parsed."""

    place: Place
    message: str
    path: Path = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """One error.

    Attributes:
        file: The file name as given by the user.
        place: None if it concerns the whole file.
        path: The path in the configuration, for example "policies[2].targets.first_response"; "" at the top.
        message: The whole sentence, without file, place and path.
        found: The value there, shortened; it never contains a secret or a resolved reference.
        allowed: The allowed values.
    """

    file: str
    place: Place | None
    path: str
    message: str
    found: str | None = None
    allowed: str | None = None

    def __str__(self) -> str:
        position = f"{self.file}:{self.place.line}:{self.place.column}" if self.place else self.file
        return ": ".join(part for part in (position, self.path, self.message) if part)


class InvalidConfiguration(ConfigurationError):
    """The configuration file has errors; the message lists all of them, one per line, from top to bottom."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        unique = dict.fromkeys(findings)
        self.findings = tuple(sorted(unique, key=lambda finding: (finding.place or (0, 0), finding.path)))
        super().__init__(self.findings)

    def __str__(self) -> str:
        return "\n".join(map(str, self.findings))


def write_path(path: Path) -> str:
    """Format a path: `connections.support.url`, `policies[2].targets`, `statuses["in progress"]`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif _PLAIN_KEY.fullmatch(part):
            text += f".{part}" if text else part
        else:
            text += f"[{quote(part)}]"
    return text


def quote(text: str) -> str:
    """Quote a text from the file: shortened, on one line, without control characters or a url's password."""
    text = _CREDENTIALS_IN_URL.sub("://***@", text)
    return repr(text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 1]}…")


def one_line(text: str) -> str:
    """Remove line breaks and control characters, which external texts may contain."""
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())


def name(text: str) -> str:
    """Format a key or a name from the file in backticks."""
    return f"`{quote(text)[1:-1]}`"


def list_names(names: Iterable[str]) -> str:
    return ", ".join(map(name, sorted(names))) or "none"


def suggest(wrong: str, known: Iterable[str]) -> str:
    """Return "; did you mean `...`?" with the most similar known name, or an empty text."""
    near = nearest(wrong, known)
    return f"; did you mean {name(near)}?" if near else ""


def nearest(wrong: str, known: Iterable[str]) -> str | None:
    by_lower_case = {candidate.lower(): candidate for candidate in known}
    near = get_close_matches(wrong.lower(), by_lower_case, n=1)
    return by_lower_case[near[0]] if near else None
