"""The people at Zendesk."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from bridge_histories.desks import Desk, Json, mailed
from bridge_histories.files import File, SeenFile
from bridge_histories.refusals import Work, right
from bridge_histories.rewording import Change
from bridge_histories.seen import Said, Seen
from escalation_bridge_sandbox.jira import seed as jira
from escalation_bridge_sandbox.zendesk import ZendeskSandbox
from escalation_bridge_sandbox.zendesk.state import seed as zendesk

ADDRESS_OF_BOTH = jira.DEVELOPER.email
"""Budi has the same one in Zendesk and in Jira."""
SARI, BUDI, AYU = zendesk.AGENT_SARI.email, ADDRESS_OF_BOTH, zendesk.ADMIN.email


class ZendeskDesk(Desk):
    bridge = zendesk.BRIDGE.email
    statuses = ("Open", "Pending", "On-hold", "With engineering", "Solved")
    file_writes = 2
    rights = (
        right("PUT", r"/tickets/\d+$", Work.COMMENTS, Work.CHANGES, Work.FILES),
        right("POST", r"/uploads", Work.FILES),
        right("PUT", r"/comment_redactions/", Work.REWORDING),
        right("GET", r"/tickets/\d+", Work.READING),
    )

    def subscribe(self, receiver: str) -> str:
        assert isinstance(self.vendor, ZendeskSandbox)
        self.vendor.state.users[zendesk.AGENT_BUDI.id].email = ADDRESS_OF_BOTH
        admin = (f"{zendesk.ADMIN.email}/token", zendesk.API_TOKEN)
        webhook = {
            "name": "Escalation Bridge",
            "status": "active",
            "endpoint": receiver,
            "http_method": "POST",
            "request_format": "json",
            "subscriptions": [
                f"zen:event-type:ticket.{event}"
                for event in (
                    "created",
                    "comment_added",
                    "comment_made_private",
                    "comment_redacted",
                    "status_changed",
                    "custom_status_changed",
                    "priority_changed",
                    "agent_assignment_changed",
                    "custom_field_changed",
                    "tags_changed",
                )
            ],
        }
        made = self.call("POST", "/api/v2/webhooks", auth=admin, body={"webhook": webhook})["webhook"]
        found = self.call("GET", f"/api/v2/webhooks/{made['id']}/signing_secret", auth=admin)
        return str(found["signing_secret"]["secret"])

    def customer_opens(self, subject: str, text: str) -> str:
        message = {"email": zendesk.CUSTOMER_DEWI.email, "subject": subject, "body": text}
        ticket = str(self.call("POST", "/_sandbox/inbound", body=message)["ticket_id"])
        # Zendesk solves no ticket that is nobody's.
        self._agent("PUT", f"/tickets/{ticket}", {"ticket": {"assignee_id": zendesk.AGENT_SARI.id}})
        return ticket

    def customer_says(self, ticket: str, text: str, file: File | None = None) -> None:
        body = {"ticket_id": int(ticket), "body": text, "attachments": mailed(file)}
        self.call("POST", "/_sandbox/inbound", body=body)

    def agent_says(self, ticket: str, text: str, *, public: bool, file: File | None = None) -> None:
        comment: Json = {"body": text, "public": public}
        if file is not None:
            kind = {"Content-Type": file.content_type}
            path = f"/uploads?filename={file.name}"
            comment["uploads"] = [
                self._agent("POST", path, data=file.content, headers=kind)["upload"]["token"]
            ]
        self._agent("PUT", f"/tickets/{ticket}", {"ticket": {"comment": comment}})

    def newest(self, ticket: str) -> str:
        assert isinstance(self.vendor, ZendeskSandbox)
        return str(self.vendor.state.tickets[int(ticket)].comments[-1].id)

    def changes(self, ticket: str, comment: str) -> Sequence[Change]:
        return (Change.HIDE, Change.BAR)

    def can_reword(self, *, public: bool) -> bool:
        return False

    def hide(self, ticket: str, comment: str) -> None:
        self._agent("PUT", f"/tickets/{ticket}/comments/{comment}/make_private")

    def bar(self, ticket: str, comment: str) -> None:
        comments = self._agent("GET", f"/tickets/{ticket}/comments")["comments"]
        markup = next(each["html_body"] for each in comments if each["id"] == int(comment))
        barred = re.sub(r">([^<>]*\w[^<>]*)<", r"><redact>\1</redact><", markup)
        body = {"ticket_id": int(ticket), "html_body": barred}
        self._agent("PUT", f"/comment_redactions/{comment}", body)

    def moves(self, ticket: str) -> Sequence[str]:
        return self.statuses

    def status(self, ticket: str) -> str:
        assert isinstance(self.vendor, ZendeskSandbox)
        stored = self.vendor.state.tickets[int(ticket)].custom_status_id
        return next(each.agent_label for each in zendesk.CUSTOM_STATUSES if each.id == stored)

    def set_status(self, ticket: str, status: str) -> None:
        chosen = next(each.id for each in zendesk.CUSTOM_STATUSES if each.agent_label == status)
        self._agent("PUT", f"/tickets/{ticket}", {"ticket": {"custom_status_id": chosen}})

    def rank(self, ticket: str) -> str | None:
        assert isinstance(self.vendor, ZendeskSandbox)
        return self.vendor.state.tickets[int(ticket)].priority

    def set_rank(self, ticket: str, rank: str) -> None:
        self._agent("PUT", f"/tickets/{ticket}", {"ticket": {"priority": rank}})

    def tags(self, ticket: str) -> Sequence[str]:
        assert isinstance(self.vendor, ZendeskSandbox)
        return self.vendor.state.tickets[int(ticket)].tags

    def set_tags(self, ticket: str, *, add: Sequence[str] = (), remove: Sequence[str] = ()) -> None:
        for method, tags in (("PUT", add), ("DELETE", remove)):
            if tags:
                self._agent(method, f"/tickets/{ticket}/tags", {"tags": list(tags)})

    def custom(self, ticket: str, field: str) -> str:
        assert isinstance(self.vendor, ZendeskSandbox)
        return self.vendor.state.tickets[int(ticket)].custom_fields.get(int(field)) or ""

    def set_custom(self, ticket: str, field: str, value: str) -> None:
        chosen = {"id": int(field), "value": value or None}
        self._agent("PUT", f"/tickets/{ticket}", {"ticket": {"custom_fields": [chosen]}})

    def assignee(self, ticket: str) -> str:
        assert isinstance(self.vendor, ZendeskSandbox)
        person = self.vendor.state.tickets[int(ticket)].assignee_id
        return self.vendor.state.users[person].email or "" if person else ""

    def assign(self, ticket: str, person: str) -> None:
        # Zendesk solves no ticket that is nobody's.
        if person:
            self._agent("PUT", f"/tickets/{ticket}", {"ticket": {"assignee_email": person}})

    def called(self, person: str) -> str:
        return person

    def look(self, ticket: str) -> Seen:
        raw = self._agent("GET", f"/tickets/{ticket}")["ticket"]
        comments = self._agent("GET", f"/tickets/{ticket}/comments")["comments"]
        names = {each.id: each.agent_label for each in zendesk.CUSTOM_STATUSES}
        said = [Said(c["plain_body"], c["public"], c["author_id"] == zendesk.BRIDGE.id) for c in comments]
        return Seen(
            ticket,
            names[raw["custom_status_id"]],
            raw["priority"],
            raw["subject"],
            raw["description"],
            tuple(said[1:]),
            (raw["subject"], *(each.text for each in said if each.public)),
            tuple(self._files(ticket)),
        )

    def _files(self, ticket: str) -> Iterator[SeenFile]:
        assert isinstance(self.vendor, ZendeskSandbox)
        for said in self.vendor.state.tickets[int(ticket)].comments:
            for file in said.attachments:
                by_bridge = said.author_id == zendesk.BRIDGE.id
                yield SeenFile(file.file_name, file.content, said.public, by_bridge)

    def made_by_bridge(self) -> list[str]:
        assert isinstance(self.vendor, ZendeskSandbox)
        tickets = self.vendor.state.tickets.values()
        return [str(each.id) for each in tickets if each.submitter_id == zendesk.BRIDGE.id]

    def _agent(self, method: str, path: str, body: Json = None, **form: Any) -> Json:
        login = (f"{zendesk.AGENT_SARI.email}/token", zendesk.API_TOKEN)
        return self.call(method, f"/api/v2{path}", auth=login, body=body, **form)
