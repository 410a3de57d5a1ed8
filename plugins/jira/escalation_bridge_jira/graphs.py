"""Where the workflow of a project and an issue type is known from.

Cloud tells it to administrators. Data Center's API tells nobody, and other accounts of Cloud are not told. But every issue tells
the transitions out of its own status, and reading them changes nothing: so a workflow can be put together from one
issue in each status. What is learned so is only a guide: each step is still looked for at the issue that walks.
"""

import structlog

from escalation_bridge.domain.tickets import Status
from escalation_bridge.errors import (
    AuthenticationFailed,
    ConcurrentChange,
    Gone,
    PermissionDenied,
    Rejected,
    TicketNotFound,
)
from escalation_bridge_jira import workflow
from escalation_bridge_jira.desk import Desk
from escalation_bridge_jira.transitions import offered
from escalation_bridge_jira.workflow import Workflow

_MOST_STATUSES = 25
"""In workflows of more statuses no examples are looked for: it would take two requests for each."""
_log = structlog.get_logger(__name__)


def workflow_of(desk: Desk, project: str, issue_type: str) -> Workflow | None:
    """The workflow by the ids of a project and an issue type, remembered for a while; None where nothing tells."""
    known = desk.memory.workflows.get(project, issue_type)
    if known is not None:
        return known
    found = _told(desk, project, issue_type) or _from_examples(desk, project, issue_type)
    return desk.memory.workflows.put(found, project, issue_type) if found else None


def statuses_of(desk: Desk, project: str, issue_type: str) -> list[Status]:
    """The statuses that an issue of this type can have; both editions tell everybody who may browse the project."""
    types = desk.jira.get(f"/project/{project}/statuses").elements()
    own = [each for each in types if (each / "id").value == issue_type]
    return [desk.mapper.status(status) for each in own for status in (each / "statuses").elements()]


def _told(desk: Desk, project: str, issue_type: str) -> Workflow | None:
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
    complete = None not in shown.values()
    return Workflow({status.id: status for status in statuses}, next_of, complete=complete)


def _leads_to(desk: Desk, project: str, issue_type: str, status: Status) -> tuple[str, ...] | None:
    """The statuses that a status leads to, as the issue tells that changed last in it; None where there is none."""
    jql = f"project = {project} AND issuetype = {issue_type} AND status = {status.id} ORDER BY updated DESC"
    for hit in desk.jira.search(jql, most=1):
        try:
            answer = desk.jira.get(f"/issue/{(hit / 'id').identifier()}/transitions")
        except TicketNotFound:
            return None
        ends = (each.to.id for each in offered(answer, desk.mapper.status))
        return tuple(dict.fromkeys(end for end in ends if end != status.id))
    return None
