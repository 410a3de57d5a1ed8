"""From state to the JSON of the service desk API, which has forms of its own for nearly everything."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from escalation_bridge_sandbox.jira.fields.catalogue import FIELDS
from escalation_bridge_sandbox.jira.model.issue import Attachment, Comment, Issue
from escalation_bridge_sandbox.jira.model.people import Person
from escalation_bridge_sandbox.jira.model.project import Project, RequestType, ServiceDesk
from escalation_bridge_sandbox.jira.model.workflow import Status
from escalation_bridge_sandbox.jira.render.issues import IssueRenderer
from escalation_bridge_sandbox.jira.servicedesk.sla import METRICS, Cycle, Metric, status_history

EXPANDABLE = ["participant", "status", "sla", "requestType", "serviceDesk", "attachment", "action", "comment"]


class DeskRenderer(IssueRenderer):
    """Shows requests and what belongs to them."""

    def desk_url(self, path: str) -> str:
        return f"{self.base_url}/rest/servicedeskapi/{path}"

    def date(self, instant: datetime) -> dict[str, Any]:
        jira = self.time(instant)
        return {
            "iso8601": f"{jira[:19]}{jira[23:]}",
            "jira": jira,
            "friendly": f"{instant:%d/%b/%y %I:%M %p}",
            "epochMillis": int(instant.timestamp() * 1000),
        }

    def duration(self, length: timedelta) -> dict[str, Any]:
        minutes = int(abs(length.total_seconds()) // 60)
        sign = "-" if length < timedelta() else ""
        return {
            "millis": int(length.total_seconds() * 1000),
            "friendly": f"{sign}{minutes // 60}h {minutes % 60}m" if minutes >= 60 else f"{sign}{minutes}m",
        }

    def desk_user(self, person: Person) -> dict[str, Any]:
        shown = self.person(person)
        links = {"jiraRest": shown.pop("self"), "avatarUrls": shown.pop("avatarUrls")}
        shown.pop("accountType", None)
        return {**shown, "_links": {**links, "self": links["jiraRest"]}}

    def desk_comment(self, issue: Issue, comment: Comment, expand: Collection[str] = ()) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "_expands": ["attachment", "renderedBody"],
            "id": comment.id,
            "body": comment.body.wiki,
            "public": self.is_public(issue, comment),
            "author": self.desk_user(self.site.people[comment.author]),
            "created": self.date(comment.created),
            "_links": {"self": self.desk_url(f"request/{issue.id}/comment/{comment.id}")},
        }
        if "renderedBody" in expand:
            shown["renderedBody"] = {"html": comment.body.html}
        if "attachment" in expand:
            shown["attachments"] = self.page(
                self.attachments_of(issue, comment),
                0,
                50,
                f"request/{issue.id}/comment/{comment.id}/attachment",
            )
        return shown

    def attachments_of(self, issue: Issue, comment: Comment) -> list[dict[str, Any]]:
        """The files that came with a comment, as far as they are still there."""
        return [self.desk_attachment(each) for each in issue.attachments if each.id in comment.attachment_ids]

    def desk_attachment(self, attachment: Attachment) -> dict[str, Any]:
        own = f"{self.base_url}/rest/api/2/attachment/{attachment.id}"
        return {
            "filename": attachment.filename,
            "author": self.desk_user(self.site.people[attachment.author]),
            "created": self.date(attachment.created),
            "size": attachment.size,
            "mimeType": attachment.mime_type,
            "_links": {
                "jiraRest": own,
                "content": f"{self.base_url}/secure/attachment/{attachment.id}/{quote(attachment.filename)}",
            },
        }

    def desk(self, project: Project, desk: ServiceDesk) -> dict[str, Any]:
        return {
            "id": desk.id,
            "projectId": project.id,
            "projectName": project.name,
            "projectKey": project.key,
            "_links": {"self": self.desk_url(f"servicedesk/{desk.id}")},
        }

    def request_type(self, desk: ServiceDesk, request_type: RequestType) -> dict[str, Any]:
        return {
            "_expands": ["field"],
            "id": request_type.id,
            "name": request_type.name,
            "description": request_type.description,
            "helpText": "",
            "issueTypeId": request_type.issue_type_id,
            "serviceDeskId": desk.id,
            "portalId": desk.id,
            "groupIds": ["1"],
            "_links": {"self": self.desk_url(f"servicedesk/{desk.id}/requesttype/{request_type.id}")},
        }

    def form_field(self, field_id: str) -> dict[str, Any]:
        field = FIELDS[field_id]
        return {
            "fieldId": field_id,
            "name": field.name,
            "required": field_id == "summary",
            "defaultValues": [],
            "validValues": [],
            "jiraSchema": {"type": "string", "system": field_id},
            "visible": True,
        }

    def request_status(self, at: datetime, status: Status) -> dict[str, Any]:
        return {
            "status": status.name,
            "statusCategory": status.category.key.upper(),
            "statusDate": self.date(at),
        }

    def request(self, issue: Issue, desk: ServiceDesk, expand: Collection[str] = ()) -> dict[str, Any]:
        project = self.site.project_of(issue)
        description = issue.values["description"]
        at, status = status_history(issue, self.site)[-1]
        values: list[dict[str, Any]] = [
            {"fieldId": "summary", "label": "Summary", "value": issue.values["summary"]},
        ]
        if description is not None:
            values.append(
                {
                    "fieldId": "description",
                    "label": "Description",
                    "value": description.wiki,
                    "renderedValue": {"html": description.html},
                }
            )
        shown: dict[str, Any] = {
            "_expands": EXPANDABLE,
            "issueId": issue.id,
            "issueKey": issue.key,
            "summary": issue.values["summary"],
            "requestTypeId": issue.request_type,
            "serviceDeskId": desk.id,
            "createdDate": self.date(issue.created),
            "reporter": self.desk_user(self.site.people[issue.values["reporter"]]),
            "requestFieldValues": values,
            "currentStatus": self.request_status(at, status),
            "_links": {
                "jiraRest": f"{self.base_url}/rest/api/2/issue/{issue.id}",
                "web": f"{self.base_url}/servicedesk/customer/portal/{desk.id}/{issue.key}",
                "agent": f"{self.base_url}/browse/{issue.key}",
                "self": self.desk_url(f"request/{issue.id}"),
            },
        }
        if "serviceDesk" in expand:
            shown["serviceDesk"] = self.desk(project, desk)
        if "requestType" in expand and issue.request_type is not None:
            found = next(each for each in desk.request_types if each.id == issue.request_type)
            shown["requestType"] = self.request_type(desk, found)
        if "sla" in expand:
            shown["sla"] = self.page(
                [self.sla(issue, each) for each in METRICS], 0, 50, f"request/{issue.id}/sla"
            )
        if "status" in expand:
            steps = [self.request_status(*each) for each in reversed(status_history(issue, self.site))]
            shown["status"] = self.page(steps, 0, 50, f"request/{issue.id}/status")
        return shown

    def sla(self, issue: Issue, metric: Metric) -> dict[str, Any]:
        cycles = metric.cycles(issue, metric.goal, self.site)
        shown: dict[str, Any] = {
            "id": metric.id,
            "name": metric.name,
            "_links": {"self": self.desk_url(f"request/{issue.id}/sla/{metric.id}")},
            "completedCycles": [self._completed(each) for each in cycles if each.stop is not None],
        }
        ongoing = next((each for each in cycles if each.stop is None), None)
        if ongoing is not None:
            shown["ongoingCycle"] = self._ongoing(ongoing)
        return shown

    def _measured(self, cycle: Cycle) -> dict[str, Any]:
        return {
            "startTime": self.date(cycle.start),
            "breached": cycle.breached,
            "goalDuration": self.duration(cycle.goal),
            "elapsedTime": self.duration(cycle.elapsed),
            "remainingTime": self.duration(cycle.remaining),
        }

    def _completed(self, cycle: Cycle) -> dict[str, Any]:
        shown = self._measured(cycle)
        if cycle.stop is not None:
            shown["stopTime"] = self.date(cycle.stop)
            shown["breachTime"] = self.date(cycle.stop + cycle.remaining)
        return shown

    def _ongoing(self, cycle: Cycle) -> dict[str, Any]:
        shown = {**self._measured(cycle), "paused": cycle.paused, "withinCalendarHours": True}
        if not cycle.paused:
            shown["breachTime"] = self.date(self.site.now() + cycle.remaining)
        return shown

    def page(self, values: Sequence[Any], start: int, limit: int, path: str) -> dict[str, Any]:
        """A page, with links to its neighbours."""
        shown = list(values[start : start + limit])
        is_last = start + limit >= len(values)
        links: dict[str, Any] = {
            "self": self.desk_url(path),
            "base": f"{self.base_url}/rest/servicedeskapi",
            "context": "",
        }
        if not is_last:
            links["next"] = self.desk_url(f"{path}?start={start + limit}&limit={limit}")
        if start > 0:
            links["prev"] = self.desk_url(f"{path}?start={max(0, start - limit)}&limit={limit}")
        return {
            "_expands": [],
            "size": len(shown),
            "start": start,
            "limit": limit,
            "isLastPage": is_last,
            "_links": links,
            "values": shown,
        }
