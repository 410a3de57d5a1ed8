"""The file of the newest tokens: each refresh token works once, so losing one locks the bridge out."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

_OWNER_ONLY = 0o600
_ROOM = 8192
"""Bytes that are reserved on the disk before a refresh token is used; a pair of tokens needs far less."""
_VERSION = 1


@dataclass(frozen=True, slots=True)
class StoredTokens:
    """A pair of tokens.

    Attributes:
        origin: A digest of the configured refresh token from which they descend.
        renew_at: When to renew the access token.
        refresh_until: When the refresh token expires; None if unknown.
    """

    origin: str
    access_token: str
    refresh_token: str
    renew_at: datetime
    refresh_until: datetime | None


class TokenFile:
    """A file with one pair of tokens, readable by its owner only, shared by the bridge's processes."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Lock out all other processes of the bridge on this machine.

        Raises:
            OSError: The directory cannot be written to.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(self._path.with_name(self._path.name + ".lock"), os.O_RDWR | os.O_CREAT, _OWNER_ONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)  # which releases the lock, too

    def read(self) -> StoredTokens | None:
        """The tokens; None if there is no file, or it is unreadable.

        Raises:
            OSError: There is a file and it may not be read.
        """
        try:
            raw = json.loads(self._path.read_text())
        except (FileNotFoundError, ValueError):
            return None
        if not isinstance(raw, dict) or raw.get("v") != _VERSION:
            return None
        origin, access, refresh = (raw.get(name) for name in ("origin", "access_token", "refresh_token"))
        renew_at = _instant(raw.get("renew_at"))
        if not (
            isinstance(origin, str) and isinstance(access, str) and isinstance(refresh, str) and renew_at
        ):
            return None
        return StoredTokens(origin, access, refresh, renew_at, _instant(raw.get("refresh_until")))

    def room(self) -> "Room":
        """Reserve disk space for new tokens before the old ones are used.

        Raises:
            OSError: There is none.
        """
        return Room(self._path)


class Room:
    """A temporary file next to the real one. Stored tokens replace the real file atomically; otherwise it is
    deleted.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._beside = path.with_name(f"{path.name}.{os.getpid()}.new")
        with suppress(FileNotFoundError):
            self._beside.unlink()  # left by a killed process with this number
        self._handle = os.open(self._beside, os.O_RDWR | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
        try:
            os.write(self._handle, b" " * _ROOM)
            os.fsync(self._handle)
        except OSError:
            self._leave()
            raise

    def keep(self, tokens: StoredTokens) -> None:
        """Replace the old tokens atomically: after a power cut there are either these or those.

        Raises:
            OSError: It failed.
        """
        body = {
            "v": _VERSION,
            "origin": tokens.origin,
            "access_token": tokens.access_token,
            "refresh_token": tokens.refresh_token,
            "renew_at": tokens.renew_at.isoformat(),
            "refresh_until": tokens.refresh_until.isoformat() if tokens.refresh_until else None,
        }
        os.pwrite(self._handle, json.dumps(body).encode().ljust(_ROOM), 0)
        os.fsync(self._handle)
        self._beside.replace(self._path)
        directory = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)

    def __enter__(self) -> Self:
        """Use it as `with`."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Delete the temporary file."""
        self._leave()

    def _leave(self) -> None:
        os.close(self._handle)
        with suppress(FileNotFoundError):
            self._beside.unlink()


def _instant(stored: object) -> datetime | None:
    try:
        instant = datetime.fromisoformat(stored) if isinstance(stored, str) else None
    except ValueError:
        return None
    return instant if instant is not None and instant.tzinfo is not None else None
