"""Check in advance how Jira would accept the issues that a route creates."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NoReturn

from escalation_bridge.plugin import (
    DraftDescription,
    JsonPart,
    Priority,
    Rejected,
    Status,
    StatusKind,
    TicketNotFound,
)
from escalation_bridge_jira.checks.kinds import reason
from escalation_bridge_jira.issues.graphs import statuses_of, workflow_of
from escalation_bridge_jira.issues.service_requests import ServiceRequests
from escalation_bridge_jira.issues.walk import MOST_STEPS
from escalation_bridge_jira.site.desk import Desk
from escalation_bridge_jira.site.screens import fields_of
from escalation_bridge_jira.translation.mapping import is_named
from escalation_bridge_jira.workflow.transitions import for_status
from escalation_bridge_jira.workflow.workflow import Workflow

_GIVEN = frozenset({"project", "issuetype", "summary", "description", "labels", "priority", "reporter"})
"""Fields that the bridge sets itself, and the reporter, which Jira sets."""


class _Problem(Exception):
    """Prevents the remaining checks."""


@dataclass(frozen=True)
class Drafting:
    """A route's `create` fields, checked against Jira."""

    desk: Desk
    fields: Mapping[str, object]

    def describe(self) -> DraftDescription:
        """Check the project, type, required fields, priorities and the workflow."""
        try:
            project, issue_type, problems, warnings = self._kind()
        except _Problem as problem:
            return DraftDescription((str(problem),))
        project_id, type_id = (project / "id").text(), (issue_type / "id").text()
        statuses = tuple(statuses_of(self.desk, project_id, type_id))
        unreachable = frozenset(self._unreachable(statuses, project_id, type_id))
        fields = fields_of(self.desk, (project / "key").text(), issue_type, [issue_type])
        graph = self._workflow(project_id, type_id)
        unjudged = "" if graph and graph.complete else reason(self.desk)
        return DraftDescription(tuple(problems), statuses, unreachable, fields, unjudged, tuple(warnings))

    # --- project and type ---------------------------------------------------------------------------------------------

    def _kind(self) -> tuple[JsonPart, JsonPart, list[str], list[str]]:
        """The project, the issue type, further problems, and what issues will lack."""
        wanted = self.fields.get("project") or self.desk.settings.project
        if not wanted:
            self._stop("there is no project: set it here or in the connection")
        try:
            project = self.desk.jira.get(f"/project/{wanted}")
        except TicketNotFound:
            self._stop(f"project: there is no project {wanted}, or the account may not browse it")
        types = list(self.desk.jira.pages(f"/issue/createmeta/{wanted}/issuetypes", "issueTypes", "values"))
        if not types:
            self._stop(f"the account may not create issues in {wanted}: give it the permission Create issues")
        if self.fields.get("request_type"):
            return project, self._type_of_request(str(wanted), types), [], []
        named = str(self.fields.get("issue_type") or self.desk.settings.issue_type)
        chosen = next((each for each in types if is_named(each, named)), None)
        if chosen is None:
            there = ", ".join(sorted((each / "name").text() for each in types))
            self._stop(f"issue_type: {wanted} has no {named}; it has {there}")
        screen = self._screen(str(wanted), chosen)
        problems = list(self._refused(str(wanted), chosen, screen))
        return project, chosen, problems, list(_lacking(str(wanted), chosen, screen))

    def _type_of_request(self, project: str, types: list[JsonPart]) -> JsonPart:
        try:
            type_id = ServiceRequests(self.desk, project).issue_type(str(self.fields["request_type"]))
        except Rejected as refusal:
            self._stop(refusal.message)
        return next((each for each in types if (each / "id").value == type_id), types[0])

    def _stop(self, message: str) -> NoReturn:
        raise _Problem(message)

    # --- fields -------------------------------------------------------------------------------------------------------

    def _screen(self, project: str, issue_type: JsonPart) -> Mapping[str, JsonPart]:
        """The fields of the create screen, by id."""
        path = f"/issue/createmeta/{project}/issuetypes/{(issue_type / 'id').text()}"
        return {_id(field): field for field in self.desk.jira.pages(path, "fields", "values")}

    def _refused(self, project: str, issue_type: JsonPart, screen: Mapping[str, JsonPart]) -> Iterator[str]:
        """Fields that the create screen requires and the route lacks, and those of the route that the screen lacks."""
        type_name = (issue_type / "name").text()
        further = self.fields.get("fields") or {}
        given = dict(further) if isinstance(further, Mapping) else {}
        for identifier, field in screen.items():
            asked = (field / "required").maybe_flag() and not (field / "hasDefaultValue").maybe_flag()
            if asked and identifier not in _GIVEN and not any(_is(field, word) for word in given):
                label = (field / "name").maybe_text() or identifier
                yield f"fields: {type_name} in {project} needs {label} ({identifier}), and the route does not give it"
        for word in given:
            if not any(_is(field, word) for field in screen.values()):
                yield f"fields: {word} is not on the create screen of {type_name} in {project}"
        there = {
            word: value for word, value in given.items() if any(_is(field, word) for field in screen.values())
        }
        for each in self.desk.fitting(there).unfit:
            yield f"fields: {each.name}: {each.reason}"
        if "labels" not in screen and "description" not in screen:
            yield (
                f"the create screen of {type_name} in {project} has neither labels nor a description, so an issue could "
                "not be found again: put one of them on the screen"
            )
        if "priority" not in screen:
            return
        names = list((screen["priority"] / "allowedValues").items())
        for priority in Priority:
            word = self.desk.mapper.vendor_priority(priority)
            if names and not any(is_named(each, word) for each in names):
                offered = ", ".join((each / "name").text() for each in names)
                yield f"connection: priorities.{priority}: {project} has no priority {word}; it has {offered}"

    # --- the workflow -------------------------------------------------------------------------------------------------

    def _workflow(self, project_id: str, type_id: str) -> Workflow | None:
        return workflow_of(self.desk, project_id, type_id) if self.desk.settings.follow_workflow else None

    def _unreachable(self, statuses: tuple[Status, ...], project_id: str, type_id: str) -> Iterator[str]:
        """Statuses to which the bridge could not lead a new issue; empty if the workflow is unknown."""
        graph = self._workflow(project_id, type_id)
        if graph is None or not graph.complete:
            return
        starts = [graph.statuses[each] for each in graph.initial if each in graph.statuses] or [
            status for status in statuses if status.kind is StatusKind.NEW
        ]
        for status in statuses:
            ways = (graph.way(start, status, graph.next_of.get(start.id, ()), ()) for start in starts)
            reached = status in starts or any(0 < len(way) <= MOST_STEPS for way in ways)
            if starts and not reached and for_status(self.desk.settings.status_paths, status) is None:
                yield status.id


def _lacking(project: str, issue_type: JsonPart, screen: Mapping[str, JsonPart]) -> Iterator[str]:
    """What the issues are created without."""
    effects = {
        "priority": "issues get Jira's default priority",
        "labels": "issues get no labels, and the bridge's key is the last line of the description",
        "description": "the text of an escalation becomes a comment",
    }
    for identifier, effect in effects.items():
        if identifier not in screen:
            yield (
                f"{identifier} is not on the create screen of {(issue_type / 'name').text()} in {project}: {effect}. "
                "Put it on the screen if you want it there"
            )


def _id(field: JsonPart) -> str:
    return (field / "fieldId").maybe_text() or (field / "key").text()


def _is(field: JsonPart, word: str) -> bool:
    name = (field / "name").maybe_text() or ""
    return word == _id(field) or word.casefold() == name.casefold()
