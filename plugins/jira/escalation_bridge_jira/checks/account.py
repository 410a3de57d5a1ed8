"""The bridge's user at a site, its permissions, and the site's statuses, groups and fields."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from escalation_bridge.plugin import (
    AccountDescription,
    ConnectionReport,
    FieldDescription,
    FileRefused,
    JsonPart,
    Status,
    TicketNotFound,
    VendorError,
)
from escalation_bridge_jira.files.files import largest_file
from escalation_bridge_jira.site.desk import Desk
from escalation_bridge_jira.site.screens import fields_of
from escalation_bridge_jira.site.team import Team
from escalation_bridge_jira.translation.mapping import is_named
from escalation_bridge_jira.vocabulary import SERVICE_PROJECT

_NEEDED = {
    "BROWSE_PROJECTS": "Browse projects",
    "CREATE_ISSUES": "Create issues",
    "EDIT_ISSUES": "Edit issues",
    "TRANSITION_ISSUES": "Transition issues",
    "ADD_COMMENTS": "Add comments",
    "LINK_ISSUES": "Link issues",
    "ASSIGN_ISSUES": "Assign issues",
    "DELETE_OWN_COMMENTS": "Delete own comments",
}
_FOR_CHANGED_COMMENTS = {"EDIT_OWN_COMMENTS": "Edit own comments"}
_FOR_FILES = {"CREATE_ATTACHMENTS": "Create attachments", "DELETE_OWN_ATTACHMENTS": "Delete own attachments"}
_OLDEST_WITH_TOKENS = (8, 14)


@dataclass(frozen=True)
class Account:
    """Reads the account for checks of a configuration."""

    desk: Desk

    def check(self) -> ConnectionReport:
        server = self.desk.jira.site()
        me = self.desk.myself()
        problems, warnings = self._missing_permissions()
        edition = "cloud" if (server / "deploymentType").value == "Cloud" else "datacenter"
        return ConnectionReport(
            user_id=me.id,
            user_name=me.name,
            edition=edition,
            version=(server / "version").text(),
            problems=(*self._wrong_edition(server, edition), *problems),
            warnings=(*self._warnings(), *self._unknown_team(me.id), *warnings),
        )

    def _wrong_edition(self, server: JsonPart, edition: str) -> Iterator[str]:
        if edition != self.desk.settings.deployment:
            yield f"this is Jira {edition}: set deployment: {edition}"
        version = tuple(number.maybe_number() or 0 for number in (server / "versionNumbers").elements())
        if edition == "datacenter" and version and version < _OLDEST_WITH_TOKENS:
            yield "personal access tokens need Jira 8.14 or newer"

    def _missing_permissions(self) -> tuple[list[str], list[str]]:
        """The permissions that the account lacks: required ones, and those that only files need."""
        project = self.desk.settings.project
        where: dict[str, object] = {}
        if project:
            where = {"projectId" if project.isdigit() else "projectKey": project}
        asked = ",".join((*_NEEDED, *_FOR_FILES, *_FOR_CHANGED_COMMENTS))
        try:
            answer = self.desk.jira.get("/mypermissions", permissions=asked, **where)
        except TicketNotFound:
            return [f"there is no project {project}, or the account may not browse it"], []
        granted = (answer / "permissions").present()
        place = f" in project {project}" if project else ""

        def missing(names: Mapping[str, str], consequence: str) -> list[str]:
            return [
                f"the account lacks the permission {name!r}{place}{consequence}"
                for key, name in names.items()
                if not (granted / key / "havePermission").maybe_flag()
            ]

        return missing(_NEEDED, ""), [
            *missing(_FOR_FILES, ", which files need"),
            *missing(_FOR_CHANGED_COMMENTS, ", which changed comments and internal ones of requests need"),
        ]

    def _warnings(self) -> Iterator[str]:
        settings = self.desk.settings
        if not settings.webhook_secrets:
            yield "without webhook_secrets every webhook is refused"
        if not settings.project:
            yield "without a project every route has to name one"

    def _unknown_team(self, me: str) -> Iterator[str]:
        """Why agents and customers cannot be distinguished in the connection's own service project."""
        project = self.desk.settings.project
        if not project:
            return
        try:
            found = self.desk.jira.get(f"/project/{project}")
        except VendorError:
            return  # what keeps it from being read is told by the permissions
        if (found / "projectTypeKey").maybe_text() != SERVICE_PROJECT:
            return
        key = (found / "key").text()
        if Team(self.desk, key).has(me) is None:
            yield (
                f"who works in the service desk of {key} cannot be told, so no clock of answers is started for its requests: give the "
                "account the project permission 'Administer projects', or 'Assign issues' and the global permission 'Browse users and groups'"
            )

    # --- the site's words -----------------------------------------------------------------------------------------------

    def describe(self) -> AccountDescription:
        fields = self._fields()
        priority = next((field for field in fields if field.id == "priority"), None)
        return AccountDescription(
            statuses=self._statuses(),
            priorities=priority.allowed_values if priority else (),
            fields=fields,
            projects=self._projects(),
            largest_file=self._largest_file(),
        )

    def _largest_file(self) -> int | None:
        try:
            return largest_file(self.desk)
        except FileRefused:
            return 0

    def _statuses(self) -> tuple[Status, ...]:
        project = self.desk.settings.project
        if not project:
            found = list(self.desk.jira.get("/status").elements())
        else:
            types = self.desk.jira.get(f"/project/{project}/statuses").elements()
            found = [status for issue_type in types for status in (issue_type / "statuses").elements()]
        statuses = [self.desk.mapper.status(status) for status in found]
        return tuple({status.id: status for status in statuses}.values())

    def _fields(self) -> tuple[FieldDescription, ...]:
        """The fields of the create screen, including required ones; then those that may be on other screens."""
        project, wanted = self.desk.settings.project, self.desk.settings.issue_type
        if not project:
            return ()
        path = f"/issue/createmeta/{project}/issuetypes"
        types = list(self.desk.jira.pages(path, "issueTypes", "values"))  # Cloud's name, Data Center's name
        chosen = next((each for each in types if is_named(each, wanted)), None)
        # Tickets that are there already may be of any of the types, and those that a route creates of the chosen one.
        return fields_of(self.desk, project, chosen, types) if chosen else ()

    def _projects(self) -> tuple[str, ...]:
        if self.desk.settings.cloud:
            projects: Sequence[JsonPart] = list(self.desk.jira.pages("/project/search", "values"))
        else:
            projects = list(self.desk.jira.get("/project").elements())
        return tuple((project / "key").text() for project in projects)
