"""Issues, comments, attachments and the history, as answers show them."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from escalation_bridge_sandbox.jira.fields.catalogue import EDITABLE, FIELDS, REQUEST_TYPE_FIELD
from escalation_bridge_sandbox.jira.model.issue import (
    Attachment,
    Change,
    Comment,
    Issue,
    IssueLink,
    RemoteLink,
)
from escalation_bridge_sandbox.jira.render.basics import Basics
from escalation_bridge_sandbox.jira.render.meta import screen_metadata, transition
from escalation_bridge_sandbox.jira.rules.permissions import may, role_id, sees_comment

EXPANDABLE = "renderedFields,names,schema,operations,editmeta,changelog,versionedRepresentations"


@dataclass(frozen=True)
class Selection:
    """Which parts of an issue are asked for.

    Attributes:
        fields: Field ids, `*all`, `*navigable`, and `-id` for all but that.
        properties: Property keys or `*all`.
    """

    fields: tuple[str, ...] = ("*all",)
    expand: frozenset[str] = frozenset()
    properties: tuple[str, ...] = ()

    def field_ids(self) -> list[str]:
        """The selected fields that exist; unknown names are ignored, as Jira does."""
        without = {name[1:] for name in self.fields if name.startswith("-")}
        names = [name for name in self.fields if not name.startswith("-")]
        if "*all" in names or not names:
            chosen: Collection[str] = FIELDS
        elif "*navigable" in names:
            chosen = [each.id for each in FIELDS.values() if each.navigable or each.id in names]
        else:
            chosen = [each for each in FIELDS if each in names]
        return [each for each in chosen if each not in without]


ALL = Selection()


class IssueRenderer(Basics):
    """Shows issues and what hangs on them."""

    def issue(self, issue: Issue, selection: Selection = ALL) -> dict[str, Any]:
        fields = selection.field_ids()
        shown: dict[str, Any] = {
            "expand": EXPANDABLE,
            "id": issue.id,
            "self": self.url(f"issue/{issue.id}"),
            "key": issue.key,
        }
        if selection.properties:
            shown["properties"] = {
                key: value
                for key, value in issue.properties.items()
                if key in selection.properties or "*all" in selection.properties
            }
        shown["fields"] = self.fields(issue, fields)
        expansions: dict[str, Callable[[], Any]] = {
            "renderedFields": lambda: self._rendered(issue, fields),
            "names": lambda: {each: FIELDS[each].name for each in fields},
            "schema": lambda: {each: dict(FIELDS[each].schema) for each in fields},
            "transitions": lambda: self.transitions(issue, with_fields=False),
            "changelog": lambda: self._changelog(issue),
            "editmeta": lambda: {"fields": self.edit_metadata(issue)},
        }
        return shown | {name: make() for name, make in expansions.items() if name in selection.expand}

    def fields(self, issue: Issue, wanted: Collection[str]) -> dict[str, Any]:
        return {each: self._field(issue, each) for each in wanted}

    def _field(self, issue: Issue, field_id: str) -> Any:
        kind = EDITABLE.get(field_id)
        if kind is not None:
            kept = issue.values[field_id]
            return None if kept is None else kind.show(kept, self)
        site = self.site
        match field_id:
            case "status":
                return self.status(site.statuses[issue.status_id])
            case "project":
                return self.project_reference(site.project_of(issue))
            case "issuetype":
                return self.issue_type(site.issue_types[issue.type_id])
            case "creator":
                return self.person(site.people[issue.creator])
            case "created":
                return self.time(issue.created)
            case "updated":
                return self.time(issue.updated)
            case "resolutiondate":
                return None if issue.resolved is None else self.time(issue.resolved)
            case "issuelinks":
                return [self.link_from(issue, each) for each in site.links_of(issue)]
            case "attachment":
                return [self.attachment(each) for each in issue.attachments]
            case "comment":
                return self._comments_field(issue)
            case "watches":
                return {"self": self.url(f"issue/{issue.key}/watchers"), "watchCount": 1, "isWatching": False}
            case "votes":
                return {"self": self.url(f"issue/{issue.key}/votes"), "votes": 0, "hasVoted": False}
            case "subtasks" | "fixVersions" | "versions":
                return []
            case _:
                return self._request_type(issue) if field_id == REQUEST_TYPE_FIELD else None

    def _request_type(self, issue: Issue) -> Any:
        desk = self.site.project_of(issue).service_desk
        if desk is None or issue.request_type is None:
            return None
        found = next(each for each in desk.request_types if each.id == issue.request_type)
        return {"requestType": {"id": found.id, "name": found.name, "serviceDeskId": desk.id}}

    def _comments_field(self, issue: Issue) -> dict[str, Any]:
        comments = [self.comment(issue, each) for each in self.visible_comments(issue)]
        own_url = {"self": self.url(f"issue/{issue.id}/comment")} if self.is_cloud else {}
        return {
            "comments": comments,
            **own_url,
            "maxResults": len(comments),
            "total": len(comments),
            "startAt": 0,
        }

    def visible_comments(self, issue: Issue) -> list[Comment]:
        if self.for_webhook:
            return list(issue.comments)
        project = self.site.project_of(issue)
        return [each for each in issue.comments if sees_comment(self.viewer, each, project)]

    def is_public(self, issue: Issue, comment: Comment) -> bool:
        """Whether a service desk's customer sees it. In other projects no comment is internal, marked or not."""
        return self.site.project_of(issue).service_desk is None or not comment.is_marked_internal

    def comment(self, issue: Issue, comment: Comment, expand: Collection[str] = ()) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "self": self.url(f"issue/{issue.id}/comment/{comment.id}"),
            "id": comment.id,
            "author": self.person(self.site.people[comment.author]),
            "body": comment.body.document if self.api == 3 else comment.body.wiki,
        }
        if "renderedBody" in expand:
            shown["renderedBody"] = comment.body.html
        shown |= {
            "updateAuthor": self.person(self.site.people[comment.update_author]),
            "created": self.time(comment.created),
            "updated": self.time(comment.updated),
        }
        if comment.visibility is not None:
            shown["visibility"] = {"type": comment.visibility.kind, "value": comment.visibility.value}
            if self.is_cloud:
                is_role = comment.visibility.kind == "role"
                shown["visibility"]["identifier"] = role_id(comment.visibility.value) if is_role else None
        if self.is_cloud:
            # Data Center does not say which comments are internal, but for the property.
            shown["jsdPublic"] = self.is_public(issue, comment)
        if "properties" in expand:
            shown["properties"] = [{"key": key, "value": value} for key, value in comment.properties.items()]
        return shown

    def attachment(self, attachment: Attachment) -> dict[str, Any]:
        content = (
            self.url(f"attachment/content/{attachment.id}")
            if self.is_cloud
            else f"{self.base_url}/secure/attachment/{attachment.id}/{quote(attachment.filename)}"
        )
        return {
            "self": self.url(f"attachment/{attachment.id}"),
            "id": attachment.id,
            "filename": attachment.filename,
            "author": self.person(self.site.people[attachment.author]),
            "created": self.time(attachment.created),
            "size": attachment.size,
            "mimeType": attachment.mime_type,
            "content": content,
        }

    def linked(self, issue: Issue) -> dict[str, Any]:
        """An issue at the other end of a link."""
        return {
            "id": issue.id,
            "key": issue.key,
            "self": self.url(f"issue/{issue.id}"),
            "fields": self.fields(issue, ("summary", "status", "priority", "issuetype")),
        }

    def link_from(self, issue: Issue, link: IssueLink) -> dict[str, Any]:
        """A link as the issue at one of its ends shows it."""
        outwards = link.inward == issue.id
        other = self.site.issues[link.outward if outwards else link.inward]
        return {
            "id": link.id,
            "self": self.url(f"issueLink/{link.id}"),
            "type": self.link_type(self.site.link_types[link.type_id]),
            "outwardIssue" if outwards else "inwardIssue": self.linked(other),
        }

    def link(self, link: IssueLink) -> dict[str, Any]:
        """A link as its own resource shows it."""
        return {
            "id": link.id,
            "self": self.url(f"issueLink/{link.id}"),
            "type": self.link_type(self.site.link_types[link.type_id]),
            "inwardIssue": self.linked(self.site.issues[link.inward]),
            "outwardIssue": self.linked(self.site.issues[link.outward]),
        }

    def remote_link(self, issue: Issue, link: RemoteLink) -> dict[str, Any]:
        shown = {
            "id": link.id,
            "self": self.url(f"issue/{issue.key}/remotelink/{link.id}"),
            "globalId": link.global_id,
            "application": link.application if link.application is not None else {},
            "relationship": link.relationship,
            "object": link.object,
        }
        return {name: value for name, value in shown.items() if value is not None}

    def transitions(self, issue: Issue, *, with_fields: bool) -> list[dict[str, Any]]:
        """The transitions that the viewer may use; none without the permission, and no error."""
        project = self.site.project_of(issue)
        if not may(self.viewer, "TRANSITION_ISSUES", project):
            return []
        ways = self.site.workflow_of(issue).available(issue.status_id)
        return [transition(each, project, self, with_fields=with_fields) for each in ways]

    def edit_metadata(self, issue: Issue) -> dict[str, Any]:
        project = self.site.project_of(issue)
        return (
            screen_metadata(project.edit_screen, project, self)
            if may(self.viewer, "EDIT_ISSUES", project)
            else {}
        )

    def change(self, change: Change) -> dict[str, Any]:
        return {
            "id": change.id,
            "author": self.person(self.site.people[change.author]),
            "created": self.time(change.created),
            "items": self.change_items(change),
        }

    def change_items(self, change: Change) -> list[dict[str, Any]]:
        """The items. REST answers of Cloud leave out what there is not; webhooks and Data Center say null.

        Only Cloud tells the field's id beside its name.
        """
        items: list[dict[str, Any]] = []
        for each in change.items:
            item = {
                "field": each.field,
                "fieldtype": each.fieldtype,
                **({"fieldId": each.field_id} if each.field_id is not None and self.is_cloud else {}),
                "from": each.old,
                "fromString": each.old_text,
                "to": each.new,
                "toString": each.new_text,
            }
            if self.is_cloud and not self.for_webhook:
                item = {name: value for name, value in item.items() if value is not None}
            items.append(item)
        return items

    def _changelog(self, issue: Issue) -> dict[str, Any]:
        # Cloud begins with the latest change, Data Center with the first.
        history = list(reversed(issue.history)) if self.is_cloud else issue.history
        total = len(history)
        return {
            "startAt": 0,
            "maxResults": total,
            "total": total,
            "histories": [self.change(each) for each in history],
        }

    def _rendered(self, issue: Issue, fields: Collection[str]) -> dict[str, Any]:
        shown: dict[str, Any] = {}
        for each in fields:
            kind = EDITABLE.get(each)
            if kind is not None:
                shown[each] = kind.shown_html(issue.values[each])
            elif each in ("created", "updated"):
                shown[each] = f"{getattr(issue, each):%d/%b/%y %I:%M %p}"
            elif each == "comment":
                page = self._comments_field(issue)
                bodies = [
                    {**self.comment(issue, c), "body": c.body.html} for c in self.visible_comments(issue)
                ]
                shown[each] = {**page, "comments": bodies}
            else:
                shown[each] = None
        return shown
