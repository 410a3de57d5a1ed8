"""What webhooks say. On Cloud too they show the v2 form of everything: texts are wiki markup."""

from typing import Any

from escalation_bridge_sandbox.jira.model.issue import Issue, IssueLink
from escalation_bridge_sandbox.jira.render.issues import IssueRenderer, Selection
from escalation_bridge_sandbox.jira.rules.session import Event
from escalation_bridge_sandbox.jira.site import JiraSite

# All that Cloud says of the issue when a comment is written (recorded webhooks).
BESIDE_COMMENT = ("summary", "issuetype", "project", "assignee", "priority", "status")


def payload_of(event: Event, site: JiraSite, base_url: str) -> dict[str, Any]:
    """The body of the webhooks for an event."""
    renderer = IssueRenderer(site, base_url, 2, site.people[event.actor], for_webhook=True)
    payload: dict[str, Any] = {
        "timestamp": int(site.now().timestamp() * 1000),
        "webhookEvent": event.name,
    }
    if event.link is not None:
        return payload | {"issueLink": _link(event.link, renderer)}
    if event.name.startswith("comment_"):
        return payload | _comment_payload(event, renderer)
    return payload | _issue_payload(event, renderer)


def _issue_payload(event: Event, renderer: IssueRenderer) -> dict[str, Any]:
    named = {} if event.type_name is None else {"issue_event_type_name": event.type_name}
    # Cloud's issue has no comments in it, but for the one that is deleted (recorded webhooks).
    without = ("-comment",) if renderer.is_cloud and event.name != "jira:issue_deleted" else ()
    payload: dict[str, Any] = {
        **named,
        "user": renderer.person(renderer.site.people[event.actor]),
        "issue": _issue(event.issue, renderer, ("*all", *without)),
    }
    if event.change is not None:
        payload["changelog"] = {"id": event.change.id, "items": renderer.change_items(event.change)}
    if event.comment is not None:
        payload["comment"] = renderer.comment(event.issue, event.comment)
    return payload


def _comment_payload(event: Event, renderer: IssueRenderer) -> dict[str, Any]:
    payload: dict[str, Any] = {}
    if event.comment is not None:
        payload["comment"] = renderer.comment(event.issue, event.comment)
    if renderer.is_cloud:
        payload["issue"] = _issue(event.issue, renderer, BESIDE_COMMENT)
    elif event.name != "comment_created":
        # Data Center says nothing of the issue, and who did it only where the author may be another
        # (recorded webhooks).
        payload = {"user": renderer.person(renderer.site.people[event.actor]), **payload}
    return payload


def _issue(issue: Issue, renderer: IssueRenderer, fields: tuple[str, ...]) -> dict[str, Any]:
    shown = renderer.issue(issue, Selection(fields))
    return {name: shown[name] for name in ("id", "self", "key", "fields")}


def _link(link: IssueLink, renderer: IssueRenderer) -> dict[str, Any]:
    link_type = renderer.site.link_types[link.type_id]
    return {
        "id": int(link.id),
        "sourceIssueId": int(link.inward),
        "destinationIssueId": int(link.outward),
        "issueLinkType": {
            "id": int(link_type.id),
            "name": link_type.name,
            "outwardName": link_type.outward,
            "inwardName": link_type.inward,
            "isSubTaskLinkType": False,
            "isSystemLinkType": False,
        },
        "systemLink": False,
    }
