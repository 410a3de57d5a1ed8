"""The whole state of a Jira site, and how things in it are found."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from escalation_bridge_sandbox.jira.edition import Edition
from escalation_bridge_sandbox.jira.model.issue import Attachment, Issue, IssueLink
from escalation_bridge_sandbox.jira.model.people import Credential, Person
from escalation_bridge_sandbox.jira.model.project import (
    Component,
    IssueType,
    LinkType,
    Priority,
    Project,
    Resolution,
)
from escalation_bridge_sandbox.jira.model.workflow import Status, Workflow
from escalation_bridge_sandbox.jira.search_index import SearchIndex

FIRST_ID = 10000


@dataclass
class JiraSite:
    """People, configuration and issues.

    Attributes:
        now: The site's clock.
        refresh_tokens: Those of apps, and whose they are.
        spent_refresh_tokens: When each of them was first spent.
        files: Contents of the attachments, by attachment id.
        temporary_files: Uploads of a service desk that belong to no request yet: name, type, contents.
        last_numbers: The last issue number of each project.
        denied: How often a user name was tried with a wrong password since it last was right.
        drops_comment_properties: Whether entity properties of comments are taken and not kept (recorded of a site that is
            no real Jira).
    """

    edition: Edition
    now: Callable[[], datetime]
    cloud_id: str
    people: dict[str, Person]
    credentials: list[Credential]
    refresh_tokens: dict[str, str]
    statuses: dict[str, Status]
    issue_types: dict[str, IssueType]
    priorities: dict[str, Priority]
    default_priority: str
    resolutions: dict[str, Resolution]
    link_types: dict[str, LinkType]
    projects: dict[str, Project]
    index: SearchIndex
    issues: dict[str, Issue] = field(default_factory=dict)
    links: dict[str, IssueLink] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    temporary_files: dict[str, tuple[str, str, bytes]] = field(default_factory=dict)
    spent_refresh_tokens: dict[str, datetime] = field(default_factory=dict)
    last_numbers: dict[str, int] = field(default_factory=dict)
    denied: dict[str, int] = field(default_factory=dict)
    drops_comment_properties: bool = False
    _ids: dict[str, Iterator[int]] = field(default_factory=dict)

    def next_id(self, kind: str) -> str:
        """A number that nothing of this kind has had yet."""
        return str(next(self._ids.setdefault(kind, itertools.count(FIRST_ID))))

    def next_key(self, project: Project) -> str:
        number = self.last_numbers.get(project.key, 0) + 1
        self.last_numbers[project.key] = number
        return f"{project.key}-{number}"

    def person(self, reference: str) -> Person | None:
        """The active account of an account id (Cloud), or of a name or key (Data Center)."""
        for person in self.people.values():
            names = (person.account_id,) if self.edition.is_cloud else (person.name, person.key)
            if reference in names and person.active:
                return person
        return None

    def project(self, id_or_key: str) -> Project | None:
        found = self.projects.get(id_or_key)
        if found is not None:
            return found
        return next((each for each in self.projects.values() if each.id == id_or_key), None)

    def set_project(self, project: Project) -> None:
        """Put a changed project in the place of the old one."""
        self.projects[project.key] = project

    def issue(self, id_or_key: str) -> Issue | None:
        """An issue by id, by key in any case, or by a key that it had before it was moved."""
        found = self.issues.get(id_or_key)
        if found is not None:
            return found
        key = id_or_key.upper()
        for issue in self.issues.values():
            if issue.key == key or key in issue.former_keys:
                return issue
        return None

    def project_of(self, issue: Issue) -> Project:
        return self.projects[issue.project_key]

    def workflow_of(self, issue: Issue) -> Workflow:
        return self.project_of(issue).workflow_of(issue.type_id)

    def component(self, component_id: str) -> Component:
        return next(
            each
            for project in self.projects.values()
            for each in project.components
            if each.id == component_id
        )

    def attachment(self, attachment_id: str) -> tuple[Issue, Attachment] | None:
        for issue in self.issues.values():
            for attachment in issue.attachments:
                if attachment.id == attachment_id:
                    return issue, attachment
        return None

    def links_of(self, issue: Issue) -> list[IssueLink]:
        return [link for link in self.links.values() if issue.id in (link.inward, link.outward)]

    def rename_status(self, status_id: str, name: str) -> None:
        self.statuses[status_id] = replace(self.statuses[status_id], name=name)

    def reindex(self, issue: Issue) -> None:
        self.index.put(issue, self.now())
