"""The people of the story. Each uses the vendor's own API with an account of their own; none of them knows the bridge."""

from typing import Any

import requests

_SECONDS = 10


class Person:
    """Somebody with an account at a vendor."""

    def __init__(self, base_url: str, auth: tuple[str, str] | None) -> None:
        self.base_url = base_url
        self._session = requests.Session()
        self._session.auth = auth
        self._session.trust_env = False

    def call(self, method: str, path: str, **options: Any) -> Any:
        """Call the vendor's API; a refusal is an error of the story."""
        response = self._session.request(method, self.base_url + path, timeout=_SECONDS, **options)
        response.raise_for_status()
        return response.json() if response.content else None

    def leave(self) -> None:
        """Close the connections."""
        self._session.close()


class ZendeskCustomer(Person):
    """Whoever writes to the company that has Zendesk."""

    def writes(self, name: str, email: str, subject: str, body: str) -> int:
        """Send an e-mail. Returns the id of its ticket."""
        mail = {"channel": "email", "name": name, "email": email, "subject": subject, "body": body}
        return int(self.call("POST", "/_sandbox/inbound", json=mail)["ticket"]["id"])


class FreshdeskCustomer(Person):
    """Whoever writes to the company that has Freshdesk."""

    def writes(self, name: str, email: str | None, subject: str, body: str) -> int:
        """Write in the portal. Returns the id of the ticket."""
        person = {"name": name, "email": email}
        message = {"channel": "portal", "from": person, "subject": subject, "body": body}
        return int(self.call("POST", "/_sandbox/inbound", json=message)["ticket_id"])


class ZendeskPerson(Person):
    """An agent or admin in Zendesk."""

    def ticket(self, ticket_id: int) -> Any:
        return self.call("GET", f"/api/v2/tickets/{ticket_id}.json")["ticket"]

    def comments(self, ticket_id: int) -> Any:
        return self.call("GET", f"/api/v2/tickets/{ticket_id}/comments.json")["comments"]

    def comment_with(self, ticket_id: int, words: str, *, public: bool) -> Any:
        comments = self.comments(ticket_id)
        return next((c for c in comments if words in c["plain_body"] and c["public"] is public), None)

    def status_name(self, ticket_id: int) -> str:
        wanted = self.ticket(ticket_id)["custom_status_id"]
        statuses = self.call("GET", "/api/v2/custom_statuses.json")["custom_statuses"]
        return next(str(status["agent_label"]) for status in statuses if status["id"] == wanted)

    def takes_in(self, ticket_id: int, group_id: int) -> None:
        self.call("PUT", f"/api/v2/tickets/{ticket_id}.json", json={"ticket": {"group_id": group_id}})

    def notes(self, ticket_id: int, text: str) -> None:
        """Write an internal note."""
        change = {"comment": {"body": text, "public": False}}
        self.call("PUT", f"/api/v2/tickets/{ticket_id}.json", json={"ticket": change})

    def answer_and_solve(self, ticket_id: int, text: str, assignee_id: int) -> None:
        change = {"comment": {"body": text, "public": True}, "status": "solved", "assignee_id": assignee_id}
        self.call("PUT", f"/api/v2/tickets/{ticket_id}.json", json={"ticket": change})


class JiraPerson(Person):
    """A developer or admin in Jira Cloud."""

    def issues(self, project: str) -> list[Any]:
        body = {
            "jql": f"project = {project} ORDER BY created ASC",
            "fields": ["summary", "status"],
            "maxResults": 50,
        }
        found: list[Any] = self.call("POST", "/rest/api/3/search/jql", json=body)["issues"]
        return found

    def issue(self, key: str) -> Any:
        return self.call("GET", f"/rest/api/3/issue/{key}?expand=renderedFields")

    def status(self, key: str) -> str:
        return str(self.issue(key)["fields"]["status"]["name"])

    def comments(self, key: str) -> Any:
        return self.call("GET", f"/rest/api/3/issue/{key}/comment?expand=renderedBody")["comments"]

    def comment_with(self, key: str, words: str) -> Any:
        return next((c for c in self.comments(key) if words in c["renderedBody"]), None)

    def remote_links(self, key: str) -> Any:
        return self.call("GET", f"/rest/api/3/issue/{key}/remotelink")

    def move(self, key: str, status: str, **fields: Any) -> None:
        transitions = self.call("GET", f"/rest/api/3/issue/{key}/transitions")["transitions"]
        leading_there = [transition for transition in transitions if transition["to"]["name"] == status]
        chosen = min(leading_there, key=lambda transition: transition["name"] != status)["id"]
        body: dict[str, Any] = {"transition": {"id": chosen}}
        if fields:
            body["fields"] = fields
        self.call("POST", f"/rest/api/3/issue/{key}/transitions", json=body)

    def comment(self, key: str, text: str) -> None:
        paragraph = {"type": "paragraph", "content": [{"type": "text", "text": text}]}
        body = {"body": {"type": "doc", "version": 1, "content": [paragraph]}}
        self.call("POST", f"/rest/api/3/issue/{key}/comment", json=body)


class FreshdeskPerson(Person):
    """An agent or admin in Freshdesk."""

    def ticket(self, ticket_id: int) -> Any:
        return self.call("GET", f"/api/v2/tickets/{ticket_id}")

    def conversations(self, ticket_id: int) -> Any:
        return self.call("GET", f"/api/v2/tickets/{ticket_id}/conversations?per_page=100")

    def comment_with(self, ticket_id: int, words: str, *, private: bool) -> Any:
        entries = self.conversations(ticket_id)
        return next((e for e in entries if words in e["body_text"] and e["private"] is private), None)

    def set_status(self, ticket_id: int, status: int) -> None:
        self.call("PUT", f"/api/v2/tickets/{ticket_id}", json={"status": status})

    def reply(self, ticket_id: int, text: str) -> None:
        self.call("POST", f"/api/v2/tickets/{ticket_id}/reply", json={"body": f"<p>{text}</p>"})
