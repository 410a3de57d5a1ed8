"""The people at Jira: developers, and the agents of a service desk."""

from collections.abc import Iterator, Sequence
from typing import Any

from bridge_histories.desks import Desk, Json
from bridge_histories.files import File, SeenFile
from bridge_histories.refusals import Work, right
from bridge_histories.rewording import Change
from bridge_histories.seen import Said, Seen
from escalation_bridge_sandbox.jira import JiraSandbox
from escalation_bridge_sandbox.jira import seed as jira
from escalation_bridge_sandbox.jira.fields.catalogue import FIELDS, IMPACT_FIELD
from escalation_bridge_sandbox.jira.model.issue import Issue

BUDI, CITRA, AYU = (person.name for person in (jira.DEVELOPER, jira.OTHER_DEVELOPER, jira.ADMIN))
_RANKS = {"Low": "low", "Medium": "normal", "High": "high", "Highest": "urgent"}


class JiraDesk(Desk):
    """Developers in a software project, whom no customer reads, or the agents of a service desk.

    In a service desk every comment that is not internal counts as shown to the customer.
    """

    has_customers = False
    bridge = jira.BRIDGE.email
    statuses = ("To Do", "In Progress", "Blocked", "In Review", "Done", "Closed")
    secret = "the-histories-jira-secret"
    file_writes = 2
    rights = (
        right("POST", r"/comment$|/request/\w+/attachment$", Work.COMMENTS, Work.FILES),
        right("POST", r"/transitions$", Work.CHANGES),
        right("POST", r"/attachments$|/attachTemporaryFile$", Work.FILES),
        right("PUT", r"/comment/\d+$", Work.REWORDING),
        right("DELETE", r"/comment/\d+$", Work.REWORDING),
        right("GET", r"/issue/\d+", Work.READING),
    )

    @property
    def site(self) -> JiraSandbox:
        assert isinstance(self.vendor, JiraSandbox)
        return self.vendor

    @property
    def on_cloud(self) -> bool:
        return self.site.edition.is_cloud

    def subscribe(self, receiver: str) -> str:
        events = (
            "jira:issue_created",
            "jira:issue_updated",
            "jira:issue_deleted",
            "comment_created",
            "comment_updated",
            "comment_deleted",
        )
        body: Json = {"name": "Escalation Bridge", "url": receiver, "events": list(events)}
        if self.on_cloud:
            self._as(jira.ADMIN, "POST", "/rest/webhooks/1.0/webhook", {**body, "secret": self.secret})
        else:
            body |= {"active": True, "configuration": {"SECRET": self.secret, "EXCLUDE_BODY": "false"}}
            self._as(jira.ADMIN, "POST", "/rest/jira-webhook/1.0/webhooks", body)
        return self.secret

    def customer_opens(self, subject: str, text: str) -> str:
        raise NotImplementedError("no customer's ticket is opened in Jira here")

    def customer_says(self, ticket: str, text: str, file: File | None = None) -> None:
        self.agent_says(ticket, text, public=True, file=file)

    def agent_says(self, ticket: str, text: str, *, public: bool, file: File | None = None) -> None:
        body: Json = {"body": self.naming(text, file)}
        if file is not None:
            self._upload(f"/rest/api/2/issue/{ticket}/attachments", file)
        self._as(jira.DEVELOPER, "POST", f"/rest/api/2/issue/{ticket}/comment", body)

    def naming(self, text: str, file: File | None) -> str:
        return f"{text} [^{file.name}]" if file else text

    def newest(self, ticket: str) -> str:
        issue = self.site.site.issue(ticket)
        assert issue is not None
        return issue.comments[-1].id

    def changes(self, ticket: str, comment: str) -> Sequence[Change]:
        return (Change.EDIT, Change.DELETE)

    def can_reword(self, *, public: bool) -> bool:
        return True

    def edit(self, ticket: str, comment: str, text: str) -> None:
        self._change(ticket, comment, {"body": text})

    def delete(self, ticket: str, comment: str) -> None:
        self._as(jira.DEVELOPER, "DELETE", f"/rest/api/2/issue/{ticket}/comment/{comment}")

    def _change(self, ticket: str, comment: str, body: Json) -> None:
        self._as(jira.DEVELOPER, "PUT", f"/rest/api/2/issue/{ticket}/comment/{comment}", body)

    def moves(self, ticket: str) -> Sequence[str]:
        return [each["to"]["name"] for each in self._transitions(ticket)]

    def status(self, ticket: str) -> str:
        issue = self.site.site.issue(ticket)
        assert issue is not None
        return self.site.site.statuses[issue.status_id].name

    def set_status(self, ticket: str, status: str) -> None:
        chosen = next(each for each in self._transitions(ticket) if each["to"]["name"] == status)
        body: Json = {"transition": {"id": chosen["id"]}}
        if "resolution" in chosen["fields"]:
            body["fields"] = {"resolution": {"name": "Done"}}
        self._as(jira.DEVELOPER, "POST", f"/rest/api/2/issue/{ticket}/transitions", body)

    def rank(self, ticket: str) -> str | None:
        issue = self.site.site.issue(ticket)
        assert issue is not None
        return _RANKS[self.site.site.priorities[issue.values["priority"]].name]

    def set_rank(self, ticket: str, rank: str) -> None:
        name = next(name for name, each in _RANKS.items() if each == rank)
        self._as(
            jira.DEVELOPER, "PUT", f"/rest/api/2/issue/{ticket}", {"fields": {"priority": {"name": name}}}
        )

    def tags(self, ticket: str) -> Sequence[str]:
        return tuple(self._stored(ticket).values["labels"])

    def set_tags(self, ticket: str, *, add: Sequence[str] = (), remove: Sequence[str] = ()) -> None:
        labels = [*({"add": label} for label in add), *({"remove": label} for label in remove)]
        self._as(jira.DEVELOPER, "PUT", f"/rest/api/2/issue/{ticket}", {"update": {"labels": labels}})

    def custom(self, ticket: str, field: str) -> str:
        kept = self._stored(ticket).values[field]
        return FIELDS[field].kind.words(kept, self.site.site).text if kept is not None else ""

    def set_custom(self, ticket: str, field: str, value: str) -> None:
        chosen: Json = {"value": value} if field == IMPACT_FIELD else value
        fields = {field: chosen if value else None}
        self._as(jira.DEVELOPER, "PUT", f"/rest/api/2/issue/{ticket}", {"fields": fields})

    def assignee(self, ticket: str) -> str:
        person = self._stored(ticket).values["assignee"]
        return self.site.site.people[person].name if person else ""

    def assign(self, ticket: str, person: str) -> None:
        named = self.called(person) if person else None
        user = {"accountId" if self.on_cloud else "name": named}
        self._as(jira.DEVELOPER, "PUT", f"/rest/api/2/issue/{ticket}/assignee", user)

    def called(self, person: str) -> str:
        found = next(each for each in self.site.site.people.values() if each.name == person)
        return found.account_id if self.on_cloud else found.name

    def _stored(self, ticket: str) -> Issue:
        issue = self.site.site.issue(ticket)
        assert issue is not None
        return issue

    def look(self, ticket: str) -> Seen:
        fields = self._as(jira.DEVELOPER, "GET", f"/rest/api/2/issue/{ticket}")["fields"]
        path = f"/rest/api/2/issue/{ticket}/comment?expand=properties&maxResults=100"
        comments = self._as(jira.DEVELOPER, "GET", path)["comments"]
        customers = self._is_service_desk(ticket)
        said = [
            Said(
                c["body"],
                customers and not _is_internal(c),
                c["author"]["displayName"] == jira.BRIDGE.display_name,
            )
            for c in comments
        ]
        texts = [fields["summary"], fields["description"] or "", *(each.text for each in said if each.public)]
        return Seen(
            ticket,
            fields["status"]["name"],
            _RANKS[fields["priority"]["name"]],
            fields["summary"],
            fields["description"] or "",
            tuple(said),
            tuple(texts) if customers else (),
            tuple(self._files(ticket)),
        )

    def _files(self, ticket: str) -> Iterator[SeenFile]:
        """In a service desk who sees a file depends on the comment that it came with."""
        issue = self.site.site.issue(ticket)
        assert issue is not None
        hidden = {id_ for said in issue.comments if said.is_marked_internal for id_ in said.attachment_ids}
        customers = self._is_service_desk(ticket)
        for file in issue.attachments:
            content, by_bridge = self.site.site.files[file.id], file.author == jira.BRIDGE.account_id
            yield SeenFile(file.filename, content, customers and file.id not in hidden, by_bridge)

    def made_by_bridge(self) -> list[str]:
        issues = self.site.site.issues.values()
        return [each.id for each in issues if each.creator == jira.BRIDGE.account_id]

    def _is_service_desk(self, ticket: str) -> bool:
        issue = self.site.site.issue(ticket)
        assert issue is not None
        return self.site.site.project_of(issue).service_desk is not None

    def _transitions(self, ticket: str) -> list[Json]:
        path = f"/rest/api/2/issue/{ticket}/transitions?expand=transitions.fields"
        found = self._as(jira.DEVELOPER, "GET", path)["transitions"]
        known = {"resolution"}
        return [
            each
            for each in found
            if all(name in known or not field["required"] for name, field in each["fields"].items())
        ]

    def _upload(self, path: str, file: File) -> Json:
        files = {"file": (file.name, file.content, file.content_type)}
        return self._as(jira.DEVELOPER, "POST", path, files=files, headers={"X-Atlassian-Token": "no-check"})

    def _as(self, person: Any, method: str, path: str, body: Json = None, **form: Any) -> Json:
        login = (
            (person.email, jira.api_token(person)) if self.on_cloud else (person.name, jira.password(person))
        )
        return self.call(method, path, auth=login, body=body, **form)


class ServiceDesk(JiraDesk):
    has_customers = True
    statuses = ("Waiting for support", "Work in progress", "Waiting for customer", "Escalated", "Resolved")
    file_writes = 4

    def agent_says(self, ticket: str, text: str, *, public: bool, file: File | None = None) -> None:
        if file is None:
            body = {"body": text, "properties": _read_by(public=public)}
            self._as(jira.DEVELOPER, "POST", f"/rest/api/2/issue/{ticket}/comment", body)
            return
        issue = self.site.site.issue(ticket)
        assert issue is not None
        desk = self.site.site.project_of(issue).service_desk
        assert desk is not None
        path = f"/rest/servicedeskapi/servicedesk/{desk.id}/attachTemporaryFile"
        (temporary,) = self._upload(path, file)["temporaryAttachments"]
        body = {
            "temporaryAttachmentIds": [temporary["temporaryAttachmentId"]],
            "public": public,
            "additionalComment": {"body": text},
        }
        self._as(jira.DEVELOPER, "POST", f"/rest/servicedeskapi/request/{ticket}/attachment", body)

    def changes(self, ticket: str, comment: str) -> Sequence[Change]:
        return (*super().changes(ticket, comment), Change.HIDE, Change.SHOW)

    def hide(self, ticket: str, comment: str) -> None:
        self._change(ticket, comment, {"properties": _read_by(public=False)})

    def show(self, ticket: str, comment: str, text: str) -> None:
        self._change(ticket, comment, {"body": text, "properties": _read_by(public=True)})


def _read_by(*, public: bool) -> Json:
    return [{"key": "sd.public.comment", "value": {"internal": not public}}]


def _is_internal(comment: Json) -> bool:
    return any(
        each["key"] == "sd.public.comment" and each["value"].get("internal") is True
        for each in comment.get("properties", ())
    )
