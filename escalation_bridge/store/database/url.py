"""Parse `bridge.database`, or refuse it with an error that never shows a password."""

import os
import re
from pathlib import Path

import sqlalchemy as sa

from escalation_bridge.errors import ConfigurationError

_FORMS = "sqlite:///path/to/bridge.db or postgresql+psycopg://user:password@host/name"
_SQLITE = frozenset({"sqlite", "sqlite+pysqlite"})
_POSTGRESQL = frozenset({"postgres", "postgresql", "postgresql+psycopg"})
_OPTION = re.compile("[a-z_]{1,60}")
_LARGEST_PORT = 65535


def parse_database_url(text: str, folder: Path | None = None) -> sa.URL:
    """Parse the URL of a database.

    Args:
        text: The configured value.
        folder: The configuration file's folder, for relative paths of a SQLite file. None: relative to the current
            directory.

    Raises:
        ConfigurationError: It is invalid. The message quotes nothing: if a password is not escaped, it is unknown
            which part of the URL belongs to it.
    """
    if not text.isprintable():
        raise _refusal("holds a line break or another control character")
    try:
        url = sa.make_url(text)
    except (sa.exc.ArgumentError, ValueError):  # the second if the port is no number
        raise _refusal(f"is not a database URL; write {_FORMS}. {_ESCAPES}") from None
    if url.drivername in _SQLITE:
        return _sqlite(url, folder)
    if url.drivername in _POSTGRESQL:
        return _postgresql(url, text)
    raise _refusal(f"names a database or driver that is not supported; write {_FORMS}")


_ESCAPES = "In a user name or password write @ as %40, : as %3A, / as %2F, ? as %3F, # as %23 and % as %25"


def _refusal(reason: str) -> ConfigurationError:
    return ConfigurationError(f"bridge.database {reason}")


def _sqlite(url: sa.URL, folder: Path | None) -> sa.URL:
    if url.host or url.username or url.password or url.port:
        raise _refusal(
            "needs three slashes before a relative path and four before an absolute one: sqlite:///bridge.db, sqlite:////var/lib/bridge.db"
        )
    if url.query:
        raise _refusal("takes no options after ? for SQLite; write a ? of the path as %3F")
    path = url.database or ""
    if not path or path == ":memory:" or path.startswith("file:"):
        raise _refusal("needs the path of a file for SQLite: sqlite:///path/to/bridge.db")
    if not path.isprintable():
        raise _refusal("holds a control character")
    if folder is None or Path(path).is_absolute():
        return url
    placed, former = Path(os.path.abspath(folder / path)), Path(os.path.abspath(path))  # noqa: PTH100 - symbolic links stay as they are
    if former != placed and former.exists() and not placed.exists():
        raise _refusal(
            f"is relative to the configuration file's directory, where there is no {placed}; but there is {former} in the current "
            "directory. If that is the bridge's database, move it there or write its absolute path; if not, write the absolute "
            "path of the new one"
        )
    return url.set(database=str(placed))


def _postgresql(url: sa.URL, text: str) -> sa.URL:
    _, _, options = text.partition("?") if "?" in text else ("", "", "")
    parts = (url.host or "", url.database or "", options)
    if any("@" in part for part in parts):
        raise _refusal(f"has too many @; only one is allowed, before the host. {_ESCAPES}")
    if any(
        _OPTION.fullmatch(each.partition("=")[0]) is None or "=" not in each
        for each in options.split("&")
        if each
    ):
        raise _refusal(f"has something after ? that is no option of the form name=value. {_ESCAPES}")
    if url.port is not None and not 0 < url.port <= _LARGEST_PORT:
        raise _refusal("names a port that does not exist; allowed: 1 to 65535")
    return url.set(drivername="postgresql+psycopg")
