"""One connection's cache of its site. Of a ticket it has only the fields that its create left out."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from escalation_bridge.plugin import (
    LeftOutByKey,
    Status,
)
from escalation_bridge_jira.workflow.workflow import Workflow

Value = TypeVar("Value")

_MOST = 1000


class Remembered(Generic[Value]):
    """Cached answers by their question; shared by the connection's threads."""

    def __init__(self, now: Callable[[], datetime], good_for: timedelta) -> None:
        self._now = now
        self._good_for = good_for
        self._found: dict[tuple[str, ...], tuple[Value, datetime]] = {}
        self._lock = threading.Lock()

    def get(self, *asked: str) -> Value | None:
        """The answer, if it is recent."""
        with self._lock:
            found = self._found.get(asked)
        return found[0] if found and self._now() < found[1] else None

    def put(self, value: Value, *asked: str) -> Value:
        """Store an answer, and return it."""
        with self._lock:
            if len(self._found) >= _MOST:
                self._found.clear()
            self._found[asked] = value, self._now() + self._good_for
        return value


class Memory:
    """The caches.

    Attributes:
        account: The id of the bridge's own account, once known.
        assignees: A user's id, by project and by the user's name.
        team: Whether a user works in a service desk, by project and user.
        ways: How to find that out, by project.
        members: The people in the roles of a service desk's team, by project.
        former: Whether a person outside the team worked on a request, by issue, user and number of comments.
        statuses: The site's statuses by id.
        workflows: By project and issue type.
        seen: The ids of the statuses that an issue could reach, by project, issue type and the status it was in.
        left_out: The fields that creates left out.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.account: str | None = None
        self.assignees: Remembered[str] = Remembered(now, timedelta(minutes=15))
        self.team: Remembered[bool] = Remembered(now, timedelta(minutes=10))
        self.ways: Remembered[str] = Remembered(now, timedelta(hours=1))
        self.members: Remembered[frozenset[str]] = Remembered(now, timedelta(minutes=10))
        self.former: Remembered[bool] = Remembered(now, timedelta(minutes=30))
        self.statuses: Remembered[dict[str, Status]] = Remembered(now, timedelta(hours=1))
        self.workflows: Remembered[Workflow] = Remembered(now, timedelta(hours=1))
        self.left_out = LeftOutByKey()
        self.seen: Remembered[tuple[str, ...]] = Remembered(now, timedelta(days=1))
