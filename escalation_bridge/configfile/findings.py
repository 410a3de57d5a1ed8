"""What is wrong with a configuration file: where, what was found, what is allowed; and how that is put into words."""

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
    """What is wrong with the text of a file, before it is a document."""

    place: Place
    message: str
    path: Path = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong.

    Attributes:
        file: The file as it was named to the bridge.
        place: None when it is about the file as a whole.
        path: Where in the configuration, for example "policies[2].targets.first_response"; "" at the top.
        message: The whole sentence, without file, place and path.
        found: What stands there, shortened; a secret or a resolved reference is never in it.
        allowed: What could stand there.
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
    """The configuration file has mistakes; the message lists all of them, one per line, from top to bottom."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        unique = dict.fromkeys(findings)
        self.findings = tuple(sorted(unique, key=lambda finding: (finding.place or (0, 0), finding.path)))
        super().__init__(self.findings)

    def __str__(self) -> str:
        return "\n".join(map(str, self.findings))


def write_path(path: Path) -> str:
    """Write a path as people do: `connections.support.url`, `policies[2].targets`, `statuses["in progress"]`."""
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
    """Put a text from the file in quotes: shortened, on one line, without control characters or a url's password."""
    text = _CREDENTIALS_IN_URL.sub("://***@", text)
    return repr(text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 1]}…")


def one_line(text: str) -> str:
    """Leave out line breaks and control characters, which others' words may hold."""
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())


def name(text: str) -> str:
    """Write a key or a name from the file between backticks."""
    return f"`{quote(text)[1:-1]}`"


def list_names(names: Iterable[str]) -> str:
    return ", ".join(map(name, sorted(names))) or "none"


def suggest(wrong: str, known: Iterable[str]) -> str:
    """Return "; did you mean `...`?" with the nearest known name, or nothing when none is near."""
    near = nearest(wrong, known)
    return f"; did you mean {name(near)}?" if near else ""


def nearest(wrong: str, known: Iterable[str]) -> str | None:
    by_lower_case = {candidate.lower(): candidate for candidate in known}
    near = get_close_matches(wrong.lower(), by_lower_case, n=1)
    return by_lower_case[near[0]] if near else None
