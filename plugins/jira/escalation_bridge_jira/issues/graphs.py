"""Sources of the workflow of a project and an issue type.

Cloud shows it to administrators. Data Center's API does not show it, nor does Cloud to other accounts. But every issue shows
the transitions out of its own status, and reading them changes nothing: a workflow can be composed from one
issue in each status. Such a workflow is only a guide: each step is still checked at the issue itself.
"""

from collections.abc import Iterable
from dataclasses import replace

import structlog

from escalation_bridge.plugin import (
    AuthenticationFailed,
    ConcurrentChange,
    Gone,
    JsonPart,
    PermissionDenied,
    Rejected,
    Status,
    TicketNotFound,
)
from escalation_bridge_jira.site.desk import Desk
from escalation_bridge_jira.workflow import workflow
from escalation_bridge_jira.workflow.transitions import Transition, offered
from escalation_bridge_jira.workflow.workflow import Workflow

_MOST_STATUSES = 25
"""No examples are searched for workflows with more statuses: each status takes two requests."""
_log = structlog.get_logger(__name__)


def workflow_of(desk: Desk, project: str, issue_type: str) -> Workflow | None:
    """The workflow by the ids of a project and an issue type, cached for a while; None if unknown."""
    known = desk.memory.workflows.get(project, issue_type)
    if known is None:
        known = _from_workflows(desk, project, issue_type) or _from_examples(desk, project, issue_type)
        if known is None:
            return None
        desk.memory.workflows.put(known, project, issue_type)
    return _with_walks(desk, project, issue_type, known)


def note_seen(desk: Desk, issue: JsonPart, status: Status, transitions: Iterable[Transition]) -> None:
    """Store the transitions of an issue in a status, so that the next one there need not read them again."""
    place = ((issue / "fields" / name / "id").text() for name in ("project", "issuetype"))
    ends = tuple(dict.fromkeys(each.to.id for each in transitions if each.to.id != status.id))
    desk.memory.seen.put(ends, *place, status.id)


def _with_walks(desk: Desk, project: str, issue_type: str, known: Workflow) -> Workflow:
    """A workflow composed from examples, with the transitions of issues that were moved since."""
    seen = {
        status: ends
        for status in known.unseen
        if (ends := desk.memory.seen.get(project, issue_type, status)) is not None
    }
    if not seen:
        return known
    unseen = known.unseen - seen.keys()
    return replace(known, next_of={**known.next_of, **seen}, unseen=unseen, complete=not unseen)


def statuses_of(desk: Desk, project: str, issue_type: str) -> list[Status]:
    """The statuses that an issue of this type can have; both editions show them to everybody who may browse the project."""
    types = desk.jira.get(f"/project/{project}/statuses").elements()
    own = [each for each in types if (each / "id").value == issue_type]
    return [desk.mapper.status(status) for each in own for status in (each / "statuses").elements()]


def _from_workflows(desk: Desk, project: str, issue_type: str) -> Workflow | None:
    if not desk.settings.cloud:
        return None
    body = {"projectAndIssueTypes": [{"projectId": project, "issueTypeId": issue_type}]}
    try:
        answer = desk.jira.write("POST", "/workflows", body, repeatable=True)
    except (AuthenticationFailed, PermissionDenied, Rejected, TicketNotFound, Gone, ConcurrentChange):
        # 401 is what the API description has for a missing permission here; the token itself was just accepted.
        return None
    return workflow.read(answer, desk.mapper.status_of)


def _from_examples(desk: Desk, project: str, issue_type: str) -> Workflow | None:
    statuses = statuses_of(desk, project, issue_type)
    if not 0 < len(statuses) <= _MOST_STATUSES:
        return None
    shown = {status.id: _leads_to(desk, project, issue_type, status) for status in statuses}
    _log.info(
        "jira.workflow_put_together",
        connection=desk.connection.name,
        project=project,
        issue_type=issue_type,
        without_example=[status.name for status in statuses if shown[status.id] is None],
    )
    next_of = {identifier: ends or () for identifier, ends in shown.items()}
    unseen = frozenset(identifier for identifier, ends in shown.items() if ends is None)
    return Workflow({status.id: status for status in statuses}, next_of, complete=not unseen, unseen=unseen)


def _leads_to(desk: Desk, project: str, issue_type: str, status: Status) -> tuple[str, ...] | None:
    """The statuses that a status leads to, by the most recently changed issue in it; None without one."""
    jql = f"project = {project} AND issuetype = {issue_type} AND status = {status.id} ORDER BY updated DESC"
    for hit in desk.jira.search(jql, most=1):
        try:
            answer = desk.jira.get(f"/issue/{(hit / 'id').identifier()}/transitions")
        except TicketNotFound:
            return None
        ends = (each.to.id for each in offered(answer, desk.mapper.status))
        return tuple(dict.fromkeys(end for end in ends if end != status.id))
    return None
