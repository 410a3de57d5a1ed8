"""The team of a service desk.

Everybody in a company may have an Atlassian account, and Data Center does not distinguish customers from agents. The team are
those with the permission *Service project agent*. Jira shows them to the project's administrators; agents can read to
whom requests can be assigned, which are only the team.
"""

from collections.abc import Callable
from dataclasses import dataclass

from escalation_bridge.plugin import (
    JsonPart,
    PermissionDenied,
    Rejected,
    TicketNotFound,
)
from escalation_bridge_jira.site.desk import Desk

_AGENT = "SERVICEDESK_AGENT"
_LOOKED_AT = 100
_NONE = "none"


@dataclass(frozen=True)
class Team:
    """The team of one service project.

    Attributes:
        project: Its key.
    """

    desk: Desk
    project: str

    def has(self, user_id: str) -> bool | None:
        """Whether a person works in the desk; None if the account may not find out."""
        known = self.desk.memory.team.get(self.project, user_id)
        if known is not None:
            return known
        ways: dict[str, Callable[[str], bool | None]] = {
            "permission": self._by_permission,
            "roles": self._by_roles,
            "assignable": self._by_assignable,
        }
        remembered = self.desk.memory.ways.get(self.project)
        if remembered == _NONE:
            return None
        for name, way in ways.items():
            if remembered not in (None, name):
                continue
            try:
                found = way(user_id)
            except (PermissionDenied, Rejected, TicketNotFound):
                continue
            if found is not None:
                self.desk.memory.ways.put(name, self.project)
                return self.desk.memory.team.put(found, self.project, user_id)
        self.desk.memory.ways.put(_NONE, self.project)
        return None

    def _by_permission(self, user_id: str) -> bool:
        users = self.desk.jira.get(
            "/user/permission/search",
            permissions=_AGENT,
            projectKey=self.project,
            maxResults=_LOOKED_AT,
            **self._named(user_id),
        )
        return self._is_among(users, user_id)

    def _by_assignable(self, user_id: str) -> bool:
        users = self.desk.jira.get(
            "/user/assignable/search", project=self.project, maxResults=_LOOKED_AT, **self._named(user_id)
        )
        return self._is_among(users, user_id)

    def _by_roles(self, user_id: str) -> bool | None:
        """By the project's roles; None if the project has none of the configured roles."""
        members = self.desk.memory.members.get(self.project)
        if members is None:
            wanted = {name.casefold() for name in self.desk.settings.team_roles}
            roles = self.desk.jira.get(f"/project/{self.project}/role")
            urls = [url.text() for name, url in roles.members() if name.casefold() in wanted]
            if not urls:
                return None
            found = frozenset(one for url in urls for one in self._members(url.rpartition("/")[2]))
            members = self.desk.memory.members.put(found, self.project)
        return user_id in members

    def _members(self, role_id: str) -> list[str]:
        found: list[str] = []
        for actor in (self.desk.jira.get(f"/project/{self.project}/role/{role_id}") / "actors").items():
            group = (actor / "actorGroup" / "name").maybe_text()
            if (actor / "type").maybe_text() == "atlassian-group-role-actor":
                group = group or (actor / "name").maybe_text()
            if group:
                members = self.desk.jira.pages("/group/member", "values", groupname=group)
                found.extend(self.desk.mapper.person(each).id for each in members)
                continue
            user = (actor / "actorUser" / "accountId").maybe_text() or (actor / "name").maybe_text()
            found.extend([user] if user else [])
        return found

    def _named(self, user_id: str) -> dict[str, str]:
        return {("accountId" if self.desk.settings.cloud else "username"): user_id}

    def _is_among(self, users: JsonPart, user_id: str) -> bool:
        return any(self.desk.mapper.person(user).id == user_id for user in users.elements())
