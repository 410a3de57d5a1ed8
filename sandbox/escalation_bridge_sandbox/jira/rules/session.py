"""Who does something, by which version of the API, and who is told of it."""

from collections.abc import Callable
from dataclasses import dataclass

from escalation_bridge_sandbox.jira.errors import JiraError
from escalation_bridge_sandbox.jira.fields.kind import Frame
from escalation_bridge_sandbox.jira.model.issue import Change, ChangeItem, Comment, Issue, IssueLink
from escalation_bridge_sandbox.jira.model.people import Person
from escalation_bridge_sandbox.jira.model.project import Project
from escalation_bridge_sandbox.jira.rules.permissions import may
from escalation_bridge_sandbox.jira.site import JiraSite


@dataclass(frozen=True)
class Event:
    """Something that happened.

    Attributes:
        name: As webhooks call it, `jira:issue_updated`.
        actor: Account id of whoever did it.
        type_name: The finer name that events of issues have, `issue_assigned`.
    """

    name: str
    actor: str
    issue: Issue
    type_name: str | None = None
    change: Change | None = None
    comment: Comment | None = None
    link: IssueLink | None = None


@dataclass(frozen=True)
class Session:
    """One request's view on the site."""

    site: JiraSite
    person: Person | None
    api: int
    publish: Callable[[Event], None]

    @property
    def actor(self) -> Person:
        """Whoever is logged in; anonymous visitors can change nothing here.

        Raises:
            JiraError: Nobody is.
        """
        if self.person is None:
            raise JiraError(
                401, "You are not authenticated. Authentication required to perform this operation."
            )
        return self.person

    def frame(self, project: Project) -> Frame:
        return Frame(self.site, self.api, project)

    def may(self, permission: str, issue: Issue) -> bool:
        return may(self.person, permission, self.site.project_of(issue)) and self._is_cleared_for(issue)

    def _is_cleared_for(self, issue: Issue) -> bool:
        """Whether the issue's security level lets the visitor see it."""
        return issue.seen_by is None or (self.person is not None and self.person.account_id in issue.seen_by)

    def find_issue(self, id_or_key: str) -> Issue:
        """The issue, if it is there and may be seen; the answer does not tell the one from the other.

        Raises:
            JiraError: 404.
        """
        issue = self.site.issue(id_or_key)
        if issue is None or not self.may("BROWSE_PROJECTS", issue):
            raise no_such_issue(self.site)
        return issue

    def record(self, issue: Issue, items: list[ChangeItem]) -> Change | None:
        """Write a change into the issue's history, if it is one."""
        self.touch(issue)
        if not items:
            return None
        change = Change(self.site.next_id("change"), self.actor.account_id, issue.updated, tuple(items))
        issue.history.append(change)
        return change

    def touch(self, issue: Issue) -> None:
        """Mark an issue as changed now."""
        issue.updated = self.site.now()
        self.site.reindex(issue)

    def announce(
        self,
        name: str,
        issue: Issue,
        type_name: str | None = None,
        change: Change | None = None,
        comment: Comment | None = None,
        link: IssueLink | None = None,
    ) -> None:
        self.site.reindex(issue)
        self.publish(Event(name, self.actor.account_id, issue, type_name, change, comment, link))


def no_such_issue(site: JiraSite) -> JiraError:
    if site.edition.is_cloud:
        return JiraError(404, "Issue does not exist or you do not have permission to see it.")
    return JiraError(404, "Issue Does Not Exist")
