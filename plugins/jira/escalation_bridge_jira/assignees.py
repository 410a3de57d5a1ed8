"""Who can be assigned: found by id or e-mail address, and remembered for a while."""

from escalation_bridge.errors import UnknownPerson
from escalation_bridge_jira.desk import Desk
from escalation_bridge_jira.shapes import Part

_LOOKED_AT = 100


def assignee(desk: Desk, issue: Part, named: str) -> str:
    """The id of a user that this issue can be assigned to.

    Args:
        desk: The site.
        issue: With its key and its project.
        named: An account id (Cloud), a user name (Data Center) or an e-mail address.

    Raises:
        UnknownPerson: Nobody is named so, several are, or the one may not be assigned here.
    """
    project = (issue / "fields" / "project" / "id").text()
    known = desk.memory.assignees
    return known.get(project, named) or known.put(
        _looked_up(desk, (issue / "key").text(), named), project, named
    )


def _looked_up(desk: Desk, issue_key: str, named: str) -> str:
    # Cloud matches an account id exactly, a text against the beginnings of names and addresses, hidden ones too;
    # Data Center matches the beginnings of all of them.
    by_id = desk.settings.cloud and "@" not in named
    how = ("accountId" if by_id else "query") if desk.settings.cloud else "username"
    answer = desk.jira.get(
        "/user/assignable/search", issueKey=issue_key, maxResults=_LOOKED_AT, **{how: named}
    )
    users = [user for user in answer.elements() if (user / "active").flag() is not False]
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
