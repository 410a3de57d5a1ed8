"""Look up assignable users by id or email address, cached for a while."""

from collections.abc import Mapping

from escalation_bridge.plugin import (
    JsonPart,
    Person,
    UnknownPerson,
)
from escalation_bridge_jira.site.desk import Desk

_LOOKED_AT = 100


def assignee(desk: Desk, issue: JsonPart, named: str) -> str:
    """The id of a user who can be assigned to this issue.

    Args:
        desk: The site.
        issue: With its key and its project.
        named: An account id (Cloud), a user name (Data Center) or an email address.

    Raises:
        UnknownPerson: Nobody or more than one has this name, or the user cannot be assigned here.
    """
    project = (issue / "fields" / "project" / "id").text()
    known = desk.memory.assignees
    found = known.get(project, named)
    if found is None:
        found = _looked_up(desk, {"issueKey": (issue / "key").text()}, named).id
        known.put(found, project, named)
    return found


def assignable(desk: Desk, project: str, named: str) -> Person:
    """A user who can be assigned to issues of a project.

    Raises:
        UnknownPerson: As for `assignee`.
    """
    return _looked_up(desk, {"project": project}, named)


def _looked_up(desk: Desk, place: Mapping[str, str], named: str) -> Person:
    # Cloud matches an account id exactly, a text against the beginnings of names and addresses, hidden ones too;
    # Data Center matches the beginnings of all of them.
    by_id = desk.settings.cloud and "@" not in named
    how = ("accountId" if by_id else "query") if desk.settings.cloud else "username"
    answer = desk.jira.get("/user/assignable/search", maxResults=_LOOKED_AT, **place, **{how: named})
    users = [user for user in answer.elements() if (user / "active").maybe_flag() is not False]
    fitting = _of_id(desk, users, named) or _of_address(users, named)
    if len(fitting) != 1:
        problem = (
            f"{len(fitting)} users could be meant"
            if fitting
            else "there is nobody of this id or e-mail address whom issues here can be assigned to"
        )
        desk.refuse(UnknownPerson, f"the assignee is not known: {problem}")
    return desk.mapper.person(fitting[0])


def _of_id(desk: Desk, users: list[JsonPart], named: str) -> list[JsonPart]:
    return [user for user in users if desk.mapper.person(user).id == named]


def _of_address(users: list[JsonPart], named: str) -> list[JsonPart]:
    """Users with this address; otherwise those that Jira finds by it without showing an address."""
    if "@" not in named:
        return []
    shown = [user for user in users if str((user / "emailAddress").value).casefold() == named.casefold()]
    return shown or [user for user in users if not (user / "emailAddress").maybe_text()]
