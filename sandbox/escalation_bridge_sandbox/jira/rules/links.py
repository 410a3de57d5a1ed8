"""Links between issues, and from issues to the world outside."""

from typing import Any

from escalation_bridge_sandbox.jira.errors import JiraError, field_errors, invalid_payload
from escalation_bridge_sandbox.jira.model.issue import ChangeItem, Issue, IssueLink, RemoteLink
from escalation_bridge_sandbox.jira.model.project import LinkType
from escalation_bridge_sandbox.jira.rules.bean import Operation
from escalation_bridge_sandbox.jira.rules.session import Session
from escalation_bridge_sandbox.jira.site import JiraSite

GLOBAL_ID_LIMIT = 255
REMOTE_FIELDS = frozenset({"globalId", "application", "relationship", "object"})


def find_link_type(value: Any, site: JiraSite) -> LinkType:
    """A link type by id or name.

    Raises:
        JiraError: 404, as Jira has it here even for a type that is missing.
    """
    if isinstance(value, dict):
        for link_type in site.link_types.values():
            if value.get("id") == link_type.id:
                return link_type
            if "id" not in value and str(value.get("name", "")).lower() == link_type.name.lower():
                return link_type
    name = value.get("name", value.get("id")) if isinstance(value, dict) else value
    raise JiraError(404, f"No issue link type with name '{name}' found.")


def link_issues(session: Session, link_type: LinkType, inward: Issue, outward: Issue) -> IssueLink | None:
    """Link two issues; one that is there already is not made again, and that is no error."""
    site = session.site
    if not session.may("LINK_ISSUES", outward):
        raise JiraError(404, "You do not have permission to link issues in this project.")
    if inward.id == outward.id:
        raise JiraError(400, "You cannot link an issue to itself.")
    for link in site.links.values():
        if (link.type_id, link.inward, link.outward) == (link_type.id, inward.id, outward.id):
            return None
    link = IssueLink(site.next_id("link"), link_type.id, inward.id, outward.id)
    site.links[link.id] = link
    for issue, words, other in ((inward, link_type.outward, outward), (outward, link_type.inward, inward)):
        text = f"This issue {words} {other.key}"
        session.record(issue, [ChangeItem("Link", None, "jira", None, None, other.key, text)])
    session.announce("issuelink_created", inward, link=link)
    return link


def unlink_issues(session: Session, link: IssueLink) -> None:
    site = session.site
    inward, outward = site.issues[link.inward], site.issues[link.outward]
    if not session.may("LINK_ISSUES", inward) and not session.may("LINK_ISSUES", outward):
        raise JiraError(404, f"No issue link with id '{link.id}' exists.")
    link_type = site.link_types[link.type_id]
    del site.links[link.id]
    for issue, words, other in ((inward, link_type.outward, outward), (outward, link_type.inward, inward)):
        text = f"This issue {words} {other.key}"
        session.record(issue, [ChangeItem("Link", None, "jira", other.key, text, None, None)])
    session.announce("issuelink_deleted", inward, link=link)


def link_from_update(session: Session, issue: Issue, operation: Operation) -> None:
    """Carry out `{"issuelinks": [{"add": {"type": ..., "outwardIssue": {"key": ...}}}]}`."""
    value = operation.value
    if operation.verb != "add" or not isinstance(value, dict):
        raise field_errors({"issuelinks": f"Field does not support update '{operation.verb}'"})
    link_type = find_link_type(value.get("type"), session.site)
    if "outwardIssue" in value:
        link_issues(session, link_type, issue, find_linked(session, value["outwardIssue"]))
    elif "inwardIssue" in value:
        link_issues(session, link_type, find_linked(session, value["inwardIssue"]), issue)
    else:
        raise field_errors({"issuelinks": "The link has neither an inward nor an outward issue."})


def find_linked(session: Session, value: Any) -> Issue:
    """An issue as links point to it: by id or key.

    Raises:
        JiraError: 404.
    """
    reference = value.get("key", value.get("id")) if isinstance(value, dict) else None
    if not isinstance(reference, str):
        raise (
            invalid_payload()
            if session.site.edition.is_cloud
            else JiraError(400, "No issue to link was given.")
        )
    return session.find_issue(reference)


def put_remote_link(
    session: Session, issue: Issue, body: Any, existing: RemoteLink | None
) -> tuple[RemoteLink, bool]:
    """Create a remote link, or replace the one with the same global id; what is not sent becomes null.

    Returns:
        The link, and whether it is new.
    """
    if not session.may("LINK_ISSUES", issue):
        raise JiraError(403, "You do not have permission to link issues in this project.")
    _check_remote_link(body)
    global_id = body.get("globalId")
    if existing is None and global_id is not None:
        existing = next((link for link in issue.remote_links if link.global_id == global_id), None)
    number = existing.id if existing else int(session.site.next_id("remotelink"))
    link = RemoteLink(number, global_id, body.get("application"), body.get("relationship"), body["object"])
    if existing is None:
        issue.remote_links.append(link)
        application = (link.application or {}).get("name")
        shown = f'"{link.object["title"]}{f" ({application})" if application else ""}"'
        item = ChangeItem(
            "RemoteIssueLink", None, "jira", None, None, str(link.id), f"This issue links to {shown}"
        )
        session.record(issue, [item])
    else:
        issue.remote_links[issue.remote_links.index(existing)] = link
    return link, existing is None


def _check_remote_link(body: Any) -> None:
    if not isinstance(body, dict):
        raise invalid_payload()
    errors: dict[str, str] = {}
    shown = body.get("object")
    if not isinstance(shown, dict):
        errors["object"] = "'object' is required."
    else:
        for name in ("url", "title"):
            if not isinstance(shown.get(name), str) or not shown[name].strip():
                errors[name] = f"'{name}' is required."
    global_id = body.get("globalId")
    if global_id is not None and (not isinstance(global_id, str) or len(global_id) > GLOBAL_ID_LIMIT):
        errors["globalId"] = f"'globalId' must be a text of at most {GLOBAL_ID_LIMIT} characters."
    if body.get("application") is not None and not isinstance(body["application"], dict):
        errors["application"] = "'application' must be an object."
    if body.get("relationship") is not None and not isinstance(body["relationship"], str):
        errors["relationship"] = "'relationship' must be a text."
    if errors:
        raise field_errors(errors)
