"""Who can be assigned: found by id or e-mail address, and remembered for a while."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from escalation_bridge.errors import UnknownPerson
from escalation_bridge_jira.desk import Desk
from escalation_bridge_jira.shapes import Part

_GOOD_FOR = timedelta(minutes=15)
_MOST_REMEMBERED = 1000
_LOOKED_AT = 100


@dataclass
class KnownAssignees:
    """Whom the look-ups of one connection found, by project and by how they were named. Shared by its threads."""

    now: Callable[[], datetime]
    _found: dict[tuple[str, str], tuple[str, datetime]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, project: str, named: str) -> str | None:
        """The user's id, if it was found not long ago."""
        with self._lock:
            found = self._found.get((project, named))
        return found[0] if found and self.now() < found[1] else None

    def put(self, project: str, named: str, identifier: str) -> None:
        with self._lock:
            if len(self._found) >= _MOST_REMEMBERED:
                self._found.clear()
            self._found[project, named] = identifier, self.now() + _GOOD_FOR


def assignee(desk: Desk, issue: Part, named: str, known: KnownAssignees) -> str:
    """The id of a user that this issue can be assigned to.

    Args:
        desk: The site.
        issue: With its key and its project.
        named: An account id (Cloud), a user name (Data Center) or an e-mail address.
        known: What was found before.

    Raises:
        UnknownPerson: Nobody is named so, several are, or the one may not be assigned here.
    """
    project = (issue / "fields" / "project" / "id").text()
    found = known.get(project, named)
    if found is None:
        found = _looked_up(desk, (issue / "key").text(), named)
        known.put(project, named, found)
    return found


def _looked_up(desk: Desk, issue_key: str, named: str) -> str:
    # Cloud matches an account id exactly, a text against the beginnings of names and addresses, hidden ones too;
    # Data Center matches the beginnings of all of them.
    by_id = desk.settings.cloud and "@" not in named
    how = ("accountId" if by_id else "query") if desk.settings.cloud else "username"
    answer = desk.jira.get(
        "/user/assignable/search", issueKey=issue_key, maxResults=_LOOKED_AT, **{how: named}
    )
    users = [user for user in answer.items() if (user / "active").flag() is not False]
    fitting = _of_id(desk, users, named) or _of_address(users, named)
    if len(fitting) != 1:
        problem = (
            f"{len(fitting)} users could be meant"
            if fitting
            else "there is nobody of this id or e-mail address whom the issue can be assigned to"
        )
        desk.refuse(UnknownPerson, f"the assignee is not known: {problem}")
    return desk.mapper.person(fitting[0]).id


def _of_id(desk: Desk, users: list[Part], named: str) -> list[Part]:
    return [user for user in users if desk.mapper.person(user).id == named]


def _of_address(users: list[Part], named: str) -> list[Part]:
    """Users of this address; else whoever Jira found by it and shows no address of."""
    if "@" not in named:
        return []
    shown = [user for user in users if str((user / "emailAddress").value).casefold() == named.casefold()]
    return shown or [user for user in users if not (user / "emailAddress").maybe_text()]
