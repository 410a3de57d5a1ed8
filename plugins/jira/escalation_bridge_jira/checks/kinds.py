"""Check which statuses the issues of a project can reach, for configurations whose cases begin here."""

from collections.abc import Mapping
from dataclasses import dataclass

from escalation_bridge.plugin import (
    JsonPart,
    Status,
    TicketKind,
    TicketNotFound,
)
from escalation_bridge_jira.issues.graphs import workflow_of
from escalation_bridge_jira.issues.walk import MOST_STEPS
from escalation_bridge_jira.site.desk import Desk
from escalation_bridge_jira.workflow.transitions import for_status
from escalation_bridge_jira.workflow.workflow import Workflow

_MOST_TYPES = 10
"""Workflows are not read if there are more issue types: without administrator's rights, each takes two requests per status."""
_NOT_FOLLOWED = "follow_workflow is off, so only the transitions of the issue itself will tell"
_UNKNOWN = (
    "Jira shows the workflow to administrators of Cloud alone, and not every status has an issue that shows its "
    "transitions; look whether they lead there"
)


@dataclass(frozen=True)
class Kinds:
    """The issue types of the connection's project."""

    desk: Desk

    def describe(self) -> tuple[TicketKind, ...]:
        """The issue types with issues; all types if there are no issues yet."""
        project = self.desk.settings.project
        if not project:
            return ()
        try:
            details = self.desk.jira.get(f"/project/{project}")
            types = list(self.desk.jira.get(f"/project/{project}/statuses").elements())
        except TicketNotFound:
            return ()  # `check_connection` says so
        used = [each for each in types if self._is_used(project, each)] or types
        return tuple(
            self._described(details, each, judged=number < _MOST_TYPES) for number, each in enumerate(used)
        )

    def _is_used(self, project: str, issue_type: JsonPart) -> bool:
        return bool(
            self.desk.jira.search(
                f'project = "{project}" AND issuetype = {(issue_type / "id").text()}', most=1
            )
        )

    def _described(self, project: JsonPart, issue_type: JsonPart, *, judged: bool) -> TicketKind:
        name = f"{(issue_type / 'name').text()} in {(project / 'key').text()}"
        statuses = tuple(self.desk.mapper.status(status) for status in (issue_type / "statuses").elements())
        if not self.desk.settings.follow_workflow:
            return TicketKind(name, statuses, unjudged=reason(self.desk))
        if not judged:
            return TicketKind(
                name, statuses, unjudged=f"the workflows of {_MOST_TYPES} issue types are looked at"
            )
        graph = workflow_of(self.desk, (project / "id").text(), (issue_type / "id").text())
        if graph is None or not graph.complete:
            return TicketKind(name, statuses, unjudged=reason(self.desk))
        ways: Mapping[str, frozenset[str]] = {
            target.id: frozenset(start.id for start in statuses if self._leads(graph, start, target))
            for target in statuses
        }
        return TicketKind(name, statuses, ways)

    def _leads(self, graph: Workflow, start: Status, target: Status) -> bool:
        if start.id == target.id or for_status(self.desk.settings.status_paths, target) is not None:
            return True
        return 0 < len(graph.way(start, target, graph.next_of.get(start.id, ()), ())) <= MOST_STEPS


def reason(desk: Desk) -> str:
    """Why it is unknown where a workflow leads."""
    return _UNKNOWN if desk.settings.follow_workflow else _NOT_FOLLOWED
