"""The rules of time zones that apply: those of the operating system, or of the `tzdata` package if these are newer.

Python prefers the operating system's, however old they are. Decided once per process, before any zone is used.
"""

import hashlib
import os
import re
import sysconfig
import zoneinfo
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib import import_module
from pathlib import Path

_VERSION = re.compile(r"[0-9]{4}[a-z]{1,2}")
_LATEST = {"a": (3, 31), "b": (6, 30), "c": (9, 30)}
"""The last day of a release letter in its year; later letters end with the year."""
_A_YEAR = timedelta(days=365)
_UNKNOWN = "unknown"
OLD_DATA = "Update the operating system's time zones or the package tzdata (pip install --upgrade tzdata)."


@dataclass(frozen=True, slots=True)
class ZoneData:
    """A data set of time zones.

    Attributes:
        version: As named by IANA, such as 2026f; `unknown` if the data set does not contain it.
        source: `system`, or `tzdata` for the Python package.
        passed_over: The version of the other data set; empty: there is none.
    """

    version: str
    source: str
    passed_over: str = ""

    def __str__(self) -> str:
        return f"{self.version} ({self.source})"

    def is_old(self, today: date) -> bool:
        """Whether it is more than a year old; one without a version may be."""
        if _VERSION.fullmatch(self.version) is None:
            return True
        month, day = _LATEST.get(self.version[4:], (12, 31))
        return today - date(int(self.version[:4]), month, day) > _A_YEAR


@cache
def choose() -> ZoneData:
    """Use the newer of both data sets in this process. PYTHONTZPATH has precedence."""
    system, package = _system_version(zoneinfo.TZPATH), _package_version()
    if package is None or "PYTHONTZPATH" in os.environ:
        return ZoneData(system or package or _UNKNOWN, "system" if system else "tzdata", package or "")
    if system not in (None, _UNKNOWN) and system >= package:
        return ZoneData(system, "system", package)
    zoneinfo.reset_tzpath(())
    zoneinfo.ZoneInfo.clear_cache()
    return ZoneData(package, "tzdata", system or "")


def _system_version(paths: Sequence[str]) -> str | None:
    """The version of the first data set on the search path; `unknown`: it contains none; None: there is no data
    set.
    """
    for path in map(Path, paths):
        if not (path / "UTC").exists():
            continue
        for name in ("tzdata.zi", "+VERSION", "version"):
            try:
                with (path / name).open(encoding="ascii", errors="replace") as file:
                    found = _VERSION.search(file.readline())
            except OSError:
                continue
            if found:
                return found[0]
        return _UNKNOWN
    return None


def _package_version() -> str | None:
    try:
        package = import_module("tzdata")
    except ImportError:
        return None
    return str(package.IANA_VERSION)


# --- whether they changed -----------------------------------------------------------------------------------------------


def fingerprints(zones: Iterable[str]) -> dict[str, str]:
    """By zone, a hash that differs if the zone's rules for these years differ."""
    return {name: _fingerprint(zoneinfo.ZoneInfo(name)) for name in sorted(set(zones))}


def system_fingerprints(zones: Iterable[str]) -> Mapping[str, str]:
    """The same by the operating system's rules, as far as it has the zones: Python's default."""
    found = {}
    for name in sorted(set(zones)):
        for path in _default_paths():
            file = Path(path, *name.split("/"))
            if file.is_file():
                with file.open("rb") as opened:
                    found[name] = _fingerprint(zoneinfo.ZoneInfo.from_file(opened, name))
                break
    return found


def _default_paths() -> Sequence[str]:
    return (sysconfig.get_config_var("TZPATH") or "").split(os.pathsep)


def _fingerprint(zone: zoneinfo.ZoneInfo) -> str:
    at, end, step = datetime(2024, 1, 1, tzinfo=UTC), datetime(2036, 1, 1, tzinfo=UTC), timedelta(hours=6)
    digest = hashlib.sha256()
    before = None
    while at < end:
        offset = zone.utcoffset(at.astimezone(zone))
        if offset != before:
            digest.update(f"{at.isoformat()} {offset}\n".encode())
            before = offset
        at += step
    return digest.hexdigest()[:16]
