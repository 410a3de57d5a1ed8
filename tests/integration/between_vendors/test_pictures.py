"""Pasted screenshots from every vendor to every other: a file, named in the text where the picture stood."""

import base64
import re
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from bs4 import BeautifulSoup

from escalation_bridge.domain.escalation.actions.escalate import Escalate
from escalation_bridge.domain.routes.routes import CommentRule, FileRule, Take
from escalation_bridge.domain.sla.policy import Metric, Step, Targets
from escalation_bridge.domain.tickets.tickets import Visibility
from escalation_bridge_sandbox.freshdesk.state import seed as freshdesk_seed
from escalation_bridge_sandbox.jira import seed as jira_seed
from escalation_bridge_sandbox.zendesk.state import seed as zendesk_seed

LIMIT = 10_000
EVERYTHING = CommentRule(Take.ALL, Visibility.PRIVATE)


def picture(mark: str, size: int = 300) -> bytes:
    return b"\x89PNG\r\n" + mark.encode().ljust(size - 6, b".")


@dataclass
class Desk:
    """What people do at one stand-in, and what they see there, over HTTP."""

    pair: Any
    side: str
    ticket: str = ""

    def call(self, method: str, path: str, **more: Any) -> Any:
        return self.pair.call(self.side, method, path, **more)

    def hear(self) -> None:
        self.pair.hear(self.side, self.ticket)

    def download(self, url: str, **more: Any) -> bytes:
        answer = requests.get(url, timeout=10, **more)
        assert answer.ok, answer.text
        return answer.content


class Zendesk(Desk):
    agent = (f"{zendesk_seed.AGENT_SARI.email}/token", zendesk_seed.API_TOKEN)

    def open(self, mark: str, content: bytes) -> None:
        message = {"email": zendesk_seed.CUSTOMER_DEWI.email, "subject": "Lost", **self._mail(mark, content)}
        found = self.call("POST", "/_sandbox/inbound", json=message)
        self.ticket = str(found["ticket"]["id"])

    def _mail(self, mark: str, content: bytes) -> dict[str, Any]:
        file = {
            "name": "image001.png",
            "content_base64": base64.b64encode(content).decode(),
            "content_type": "image/png",
        }
        html = f'<p>Before {mark} <img src="cid:image001.png"> after.</p>'
        return {"html_body": html, "attachments": [file]}

    def comment(self, mark: str, content: bytes) -> None:
        self.call(
            "POST", "/_sandbox/inbound", json={"ticket_id": int(self.ticket), **self._mail(mark, content)}
        )

    def note(self, mark: str, content: bytes) -> None:
        headers = {"Content-Type": "image/png"}
        path = "/api/v2/uploads?filename=image001.png"
        upload = self.call("POST", path, auth=self.agent, data=content, headers=headers)["upload"]
        html = f'<p>Before {mark} <img src="{upload["attachment"]["content_url"]}"> after.</p>'
        comment = {"html_body": html, "public": False, "uploads": [upload["token"]]}
        self.call(
            "PUT", f"/api/v2/tickets/{self.ticket}", auth=self.agent, json={"ticket": {"comment": comment}}
        )

    def _comments(self) -> Any:
        path = f"/api/v2/tickets/{self.ticket}/comments?include_inline_images=true"
        return self.call("GET", path, auth=self.agent)["comments"]

    def texts(self) -> list[tuple[str, bool]]:
        return [(each["html_body"], each["public"]) for each in self._comments()]

    def files(self) -> list[tuple[str, bytes, bool]]:
        return [
            (file["file_name"], self.download(file["content_url"]), each["public"])
            for each in self._comments()
            for file in each["attachments"]
        ]


class Freshdesk(Desk):
    agent = (freshdesk_seed.AGENT_RINA.api_key, "X")

    def _pasted(self, mark: str, content: bytes) -> str:
        file = {
            "name": "image001.png",
            "content_base64": base64.b64encode(content).decode(),
            "content_type": "image/png",
        }
        source = self.call("POST", "/_sandbox/pictures", json=file)["src"]
        return (
            f'<div>Before {mark} <img src="{source}" class="fr-fil fr-dib" style="width: auto"> after.</div>'
        )

    def open(self, mark: str, content: bytes) -> None:
        message = {
            "from": {"email": freshdesk_seed.CUSTOMER_SARI.email},
            "subject": "Lost",
            "body": f"Before {mark} after.",
            "html": self._pasted(mark, content),
        }
        self.ticket = str(self.call("POST", "/_sandbox/inbound", json=message)["ticket_id"])

    def comment(self, mark: str, content: bytes) -> None:
        message = {
            "ticket_id": int(self.ticket),
            "body": f"Before {mark} after.",
            "html": self._pasted(mark, content),
        }
        self.call("POST", "/_sandbox/inbound", json=message)

    def note(self, mark: str, content: bytes) -> None:
        body = {"body": self._pasted(mark, content), "private": True}
        self.call("POST", f"/api/v2/tickets/{self.ticket}/notes", auth=self.agent, json=body)

    def _said(self) -> Any:
        path = f"/api/v2/tickets/{self.ticket}"
        ticket = self.call("GET", path, auth=self.agent)
        said = self.call("GET", f"{path}/conversations", auth=self.agent)
        first = {"body": ticket["description"], "private": False, "attachments": ticket["attachments"]}
        return [first, *said]

    def texts(self) -> list[tuple[str, bool]]:
        return [(each["body"], not each["private"]) for each in self._said()]

    def files(self) -> list[tuple[str, bytes, bool]]:
        return [
            (file["name"], self.download(file["attachment_url"]), not each["private"])
            for each in self._said()
            for file in each["attachments"]
        ]


class JiraCloud(Desk):
    """A request of the service desk where customers' tickets are, an issue of a software project elsewhere."""

    @property
    def developer(self) -> dict[str, Any]:
        return {"auth": (jira_seed.DEVELOPER.email, jira_seed.api_token(jira_seed.DEVELOPER))}

    api = "/rest/api/3"

    def _text(self, mark: str, name: str) -> Any:
        before, after = ({"type": "text", "text": text} for text in (f"Before {mark} ", " after."))
        shown = {"type": "mediaInline", "attrs": {"type": "file", "id": "1", "collection": "", "alt": name}}
        return {
            "type": "doc",
            "version": 1,
            "content": [{"type": "paragraph", "content": [before, shown, after]}],
        }

    def _upload(self, name: str, content: bytes) -> None:
        self.call(
            "POST",
            f"{self.api}/issue/{self.ticket}/attachments",
            files={"file": (name, content, "image/png")},
            **_headers(self.developer, {"X-Atlassian-Token": "no-check"}),
        )

    def open(self, mark: str, content: bytes) -> None:
        name = f"shot-{mark}.png"
        described = f"Before {mark} !{name}|thumbnail! after."
        request = {
            "serviceDeskId": "1",
            "requestTypeId": "10",
            "requestFieldValues": {"summary": "Lost", "description": described},
        }
        made = self.call("POST", "/rest/servicedeskapi/request", json=request, **self.developer)
        self.ticket = made["issueId"]
        self._upload(name, content)

    def comment(self, mark: str, content: bytes) -> None:
        name = f"shot-{mark}.png"
        self._upload(name, content)
        body = {"body": self._text(mark, name)}
        self.call("POST", f"{self.api}/issue/{self.ticket}/comment", json=body, **self.developer)

    note = comment

    def _fields(self) -> Any:
        path = f"/rest/api/2/issue/{self.ticket}?fields=attachment,description"
        return self.call("GET", path, **self.developer)["fields"]

    def texts(self) -> list[tuple[str, bool]]:
        fields = self._fields()
        comments = self.call("GET", f"/rest/api/2/issue/{self.ticket}/comment", **self.developer)["comments"]
        return [(text, False) for text in (fields["description"], *(each["body"] for each in comments))]

    def files(self) -> list[tuple[str, bytes, bool]]:
        stored = self._fields()["attachment"]
        return [
            (each["filename"], self.download(each["content"], **self.developer), False) for each in stored
        ]


class JiraDataCenter(JiraCloud):
    api = "/rest/api/2"

    @property
    def developer(self) -> dict[str, Any]:
        return {"headers": {"Authorization": f"Bearer {jira_seed.personal_token(jira_seed.DEVELOPER)}"}}

    def _text(self, mark: str, name: str) -> Any:
        return f"Before {mark} !{name}|thumbnail! after."


def _headers(login: dict[str, Any], headers: dict[str, str]) -> dict[str, Any]:
    return {**login, "headers": {**login.get("headers", {}), **headers}}


KINDS = {"zendesk": Zendesk, "freshdesk": Freshdesk, "jira": JiraCloud, "datacenter": JiraDataCenter}
PAIRS = [
    ("zendesk", "jira"),
    ("zendesk", "datacenter"),
    ("zendesk", "freshdesk"),
    ("freshdesk", "jira"),
    ("freshdesk", "datacenter"),
    ("freshdesk", "zendesk"),
    ("jira", "zendesk"),
    ("jira", "freshdesk"),
    ("datacenter", "zendesk"),
    ("datacenter", "freshdesk"),
]
RESOLUTION = {
    "targets": Targets(default={Metric.RESOLUTION: 3600}),
    "ladder": (Step("escalate", Metric.RESOLUTION, 100, 0, (Escalate("engineering"),)),),
}


@pytest.fixture
def make_desks(make_pair):
    """Two desks of the kinds given, the ticket opened at the first with a picture and handed on."""

    def make(origin, linked, *, opened=b"", **route):
        more = {"files": FileRule(LIMIT), "comments_to_linked": EVERYTHING, "comments_to_origin": EVERYTHING}
        pair = make_pair(origin, linked, policy=RESOLUTION, **{**more, **route})
        here, there = KINDS[origin](pair, "support"), KINDS[linked](pair, "engineering")
        here.open("opened", opened or picture("opened"))
        pair.ticket = here.ticket
        here.hear()
        pair.later(minutes=61)
        for desk in (here, there):  # their clocks go with the bridge's
            desk.call("POST", "/_sandbox/clock", json={"advance_seconds": 62 * 60})
        (link,) = pair.view().links
        there.ticket = link.linked.id
        pair.later(minutes=1)
        return here, there

    return make


def shown(desk: Desk, mark: str) -> str:
    """What stands between the words around the picture, as people read it."""
    read = "\n".join(BeautifulSoup(text, "html.parser").get_text() for text, _ in desk.texts())
    (between,) = re.findall(rf"Before {mark}(.*?)after\.", read, re.DOTALL)
    return between.replace("\\", "")


def arrived(desk: Desk, mark: str) -> tuple[str, bool]:
    """The one file that a picture became: its name, and whether customers see it."""
    ((name, is_public),) = [
        (name, public) for name, content, public in desk.files() if content == picture(mark)
    ]
    return name, is_public


@pytest.mark.parametrize(("origin", "linked"), PAIRS)
def test_a_pasted_screenshot_is_a_file_named_where_it_stood(make_desks, origin, linked):
    here, there = make_desks(origin, linked)
    here.comment("asked", picture("asked"))
    here.hear()
    there.comment("answered", picture("answered"))
    there.hear()
    for _ in range(2):
        here.hear()
        there.hear()
    for desk, marks in ((there, ("opened", "asked")), (here, ("answered",))):
        for mark in marks:
            name, is_public = arrived(desk, mark)
            assert not is_public
            assert name in shown(desk, mark)
            assert "://" not in shown(desk, mark)


@pytest.mark.parametrize(
    ("origin", "linked"), [("zendesk", "freshdesk"), ("freshdesk", "zendesk"), ("freshdesk", "jira")]
)
def test_a_picture_in_a_private_note_is_shown_to_no_customer(make_desks, origin, linked):
    public = CommentRule(Take.ALL, Visibility.PUBLIC)
    here, there = make_desks(origin, linked, comments_to_linked=public)
    here.comment("asked", picture("asked"))
    here.note("secret", picture("secret"))
    here.hear()
    _, secret_is_public = arrived(there, "secret")
    assert not secret_is_public
    if linked != "jira":
        assert arrived(there, "asked")[1]
        assert not any(is_public for text, is_public in there.texts() if "secret" in text)


@pytest.mark.parametrize("origin", ["zendesk", "freshdesk"])
def test_a_picture_in_a_private_note_stays_where_only_public_words_go(make_desks, origin):
    here, there = make_desks(origin, "jira", comments_to_linked=CommentRule(Take.PUBLIC, Visibility.PRIVATE))
    here.note("secret", picture("secret"))
    here.comment("asked", picture("asked"))
    here.hear()
    assert arrived(there, "asked")
    assert picture("secret") not in [content for _, content, _ in there.files()]
    assert "secret" not in "".join(text for text, _ in there.texts())


@pytest.mark.parametrize("origin", ["zendesk", "freshdesk", "jira"])
@pytest.mark.parametrize(
    ("rule", "size"),
    [(FileRule(LIMIT), LIMIT + 1), (FileRule(LIMIT, ("image/*",)), 300), (FileRule(LIMIT, (".png",)), 300)],
    ids=["too_large", "refused_type", "refused_ending"],
)
def test_a_picture_that_the_route_does_not_take_is_named_and_not_passed_on(make_desks, origin, rule, size):
    linked = "zendesk" if origin == "jira" else "jira"
    here, there = make_desks(origin, linked, opened=picture("opened", size), files=rule)
    here.comment("asked", picture("asked", size))
    here.hear()
    assert there.files() == []
    said = "".join(text for text, _ in there.texts())
    assert said.count("was not copied") == 2
