"""Moving an issue through its workflow."""

from collections.abc import Mapping
from typing import Any

from escalation_bridge_sandbox.jira.errors import JiraError
from escalation_bridge_sandbox.jira.fields.kind import not_on_screen
from escalation_bridge_sandbox.jira.model.issue import ChangeItem, Comment, Issue
from escalation_bridge_sandbox.jira.model.workflow import Transition
from escalation_bridge_sandbox.jira.rules.bean import IssueBean
from escalation_bridge_sandbox.jira.rules.comments import announce_comment
from escalation_bridge_sandbox.jira.rules.issues import comments_of
from escalation_bridge_sandbox.jira.rules.session import Session
from escalation_bridge_sandbox.jira.rules.values import put_values, read_values, require_filled

COMMENT = frozenset({"comment"})


def transition_issue(session: Session, issue: Issue, bean: IssueBean) -> None:
    """Carry out a transition with what its screen asks for.

    Raises:
        JiraError: 400; 500 on Data Center for a transition id that its workflow does not have.
    """
    site = session.site
    way = _open_way(session, issue, _wanted_id(bean.transition))
    frame = session.frame(site.project_of(issue))
    reading = read_values(bean, way.screen, issue.values, frame, elsewhere=COMMENT)
    if "comment" in bean.fields or ("comment" in bean.update and not way.screen):
        # Comments are a part of every transition screen, and of no transition without one.
        reading.errors["comment"] = not_on_screen("comment")
    require_filled(reading, way.screen, issue.values)
    reading.refuse_if_wrong()
    comments = comments_of(bean.update.get("comment", ()), session, issue)
    perform(session, issue, way, reading.values, comments)


def perform(
    session: Session, issue: Issue, way: Transition, values: Mapping[str, Any], comments: list[Comment]
) -> None:
    """Change the status and tell of it."""
    site = session.site
    cleared = {"resolution": None} if way.clears_resolution else {}
    items = put_values(issue, {**values, **cleared}, site)
    old, new = site.statuses[issue.status_id], site.statuses[way.target]
    issue.status_id = new.id
    if new.id != old.id:
        issue.status_changed = site.now()
        item = ChangeItem("status", "status", "jira", old.id, old.name, new.id, new.name)
        # Data Center names the status before the other fields, Cloud after them (recorded webhooks).
        items.insert(len(items) if site.edition.is_cloud else 0, item)
    change = session.record(issue, items)
    # On Data Center the update carries the comment that came with the transition.
    with_comment = comments[-1] if comments and not site.edition.is_cloud else None
    session.announce("jira:issue_updated", issue, way.event, change, with_comment)
    for comment in comments:
        if site.edition.is_cloud:
            announce_comment(session, "created", issue, comment)
        else:
            session.announce("comment_created", issue, comment=comment)


def _wanted_id(transition: Mapping[str, Any] | None) -> str:
    wanted = None if transition is None else transition.get("id")
    if wanted is None:
        raise JiraError(400, "Missing 'transition' identifier")
    if not str(wanted).isdecimal() or isinstance(wanted, bool):
        raise JiraError(400, "'transition' identifier must be an integer")
    return str(wanted)


def _open_way(session: Session, issue: Issue, transition_id: str) -> Transition:
    workflow = session.site.workflow_of(issue)
    way = workflow.find(transition_id)
    is_open = way is not None and way.starts_from(issue.status_id) and session.may("TRANSITION_ISSUES", issue)
    if way is not None and is_open:
        return way
    if session.site.edition.is_cloud:
        raise JiraError(400, f"Transition id '{transition_id}' is not valid for this issue.")
    if way is None:
        # Jira's own words; the Data Center API description has the status.
        raise JiraError(500, "Internal server error")
    raise JiraError(
        400,
        f"It seems that you have tried to perform a workflow operation ({way.name}) that is not valid for the "
        f"current state of this issue ({issue.key}). The likely cause is that somebody has changed the issue "
        "recently, please look at the issue history for details.",
    )
