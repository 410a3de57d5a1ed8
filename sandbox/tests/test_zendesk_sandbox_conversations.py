"""Comments, files and what customers write, in the stand-in Zendesk."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from escalation_bridge_sandbox.kernel.server import RunningVendor, start
from escalation_bridge_sandbox.zendesk import ZendeskSandbox
from escalation_bridge_sandbox.zendesk.state import seed

Json = dict[str, Any]
BRIDGE = (f"{seed.BRIDGE.email}/token", seed.API_TOKEN)


@pytest.fixture(scope="module")
def served() -> Iterator[RunningVendor]:
    with start(ZendeskSandbox()) as running:
        yield running


@pytest.fixture
def zendesk(served: RunningVendor) -> RunningVendor:
    served.vendor.reset()
    return served


def call(zendesk: RunningVendor, method: str, path: str, **options: Any) -> requests.Response:
    return requests.request(method, f"{zendesk.url}/api/v2/{path}", auth=BRIDGE, timeout=5, **options)


def inbound(zendesk: RunningVendor, **said: Any) -> Json:
    answer = requests.post(f"{zendesk.url}/_sandbox/inbound", json=said, timeout=5)
    assert answer.status_code == 201, answer.text
    ticket: Json = answer.json()["ticket"]
    return ticket


def comment(zendesk: RunningVendor, ticket_id: int, **values: Any) -> Json:
    answer = call(zendesk, "PUT", f"tickets/{ticket_id}", json={"ticket": {"comment": values}})
    assert answer.status_code == 200, answer.text
    event: Json = answer.json()["audit"]["events"][0]
    return event


def comments(zendesk: RunningVendor, ticket_id: int, query: str = "") -> Json:
    answer: Json = call(zendesk, "GET", f"tickets/{ticket_id}/comments{query}").json()
    return answer


def test_a_mail_becomes_a_ticket(zendesk: RunningVendor) -> None:
    ticket = inbound(zendesk, email="nina@store.example", name="Nina", subject="Late", body="Where is it?")
    assert (ticket["status"], ticket["subject"], ticket["via"]["channel"]) == ("new", "Late", "email")
    assert ticket["via"]["source"]["from"] == {"address": "nina@store.example", "name": "Nina"}
    (first,) = comments(zendesk, ticket["id"])["comments"]
    assert first["author_id"] == ticket["requester_id"] == ticket["submitter_id"]
    assert (first["public"], first["via"]["channel"]) == (True, "email")


def test_a_mail_brings_a_file(zendesk: RunningVendor) -> None:
    file = {"name": "a.txt", "content_base64": "ZmlsZQ==", "content_type": "text/plain"}
    ticket = inbound(zendesk, email=seed.CUSTOMER_DEWI.email, body="See file", attachments=[file])
    (attachment,) = comments(zendesk, ticket["id"])["comments"][0]["attachments"]
    assert requests.get(attachment["content_url"], timeout=5).content == b"file"


@pytest.mark.parametrize(
    ("channel", "rest"),
    [("web", "web"), ("chat", "chat"), ("whatsapp", "whatsapp"), ("messaging", "native_messaging"), ("twitter", "twitter"), ("facebook", "facebook"),
     ("phone", "voice")],
)  # fmt: skip
def test_other_channels(zendesk: RunningVendor, channel: str, rest: str) -> None:
    ticket = inbound(zendesk, channel=channel, name="Rio", body="Hello")
    assert ticket["via"]["channel"] == rest
    assert ticket["from_messaging_channel"] is (channel in ("whatsapp", "messaging"))
    assert ticket["allow_channelback"] is (channel in ("twitter", "facebook"))


@pytest.mark.parametrize("status", ["pending", "hold", "solved"])
def test_a_customers_answer_reopens(zendesk: RunningVendor, status: str) -> None:
    ticket = inbound(zendesk, email=seed.CUSTOMER_DEWI.email, body="Where is it?")
    values = {"assignee_id": seed.AGENT_SARI.id, "status": status}
    call(zendesk, "PUT", f"tickets/{ticket['id']}", json={"ticket": values})
    assert inbound(zendesk, ticket_id=ticket["id"], body="Still not here")["status"] == "open"


def test_a_customers_answer_leaves_a_new_ticket_new(zendesk: RunningVendor) -> None:
    ticket = inbound(zendesk, email=seed.CUSTOMER_DEWI.email, body="1")
    assert inbound(zendesk, ticket_id=ticket["id"], body="2")["status"] == "new"


def test_somebody_else_who_answers_does_not_reopen(zendesk: RunningVendor) -> None:
    ticket = inbound(zendesk, email=seed.CUSTOMER_DEWI.email, body="1")
    values = {"assignee_id": seed.AGENT_SARI.id, "status": "pending"}
    call(zendesk, "PUT", f"tickets/{ticket['id']}", json={"ticket": values})
    answered = inbound(zendesk, ticket_id=ticket["id"], email="other@x.example", body="me too")
    assert answered["status"] == "pending"


def test_an_answer_to_a_closed_ticket_is_a_follow_up(zendesk: RunningVendor) -> None:
    ticket = inbound(zendesk, email=seed.CUSTOMER_DEWI.email, body="1", tags=["parcel"])
    values = {"assignee_id": seed.AGENT_SARI.id, "status": "solved"}
    call(zendesk, "PUT", f"tickets/{ticket['id']}", json={"ticket": values})
    requests.post(f"{zendesk.url}/_sandbox/close", json={"ticket_id": ticket["id"]}, timeout=5)
    follow_up = inbound(zendesk, ticket_id=ticket["id"], body="again")
    assert follow_up["id"] != ticket["id"]
    assert follow_up["via"]["source"]["rel"] == "follow_up"
    assert follow_up["tags"] == ["parcel"]


@pytest.mark.parametrize(
    ("said", "says"),
    [
        ({"email": "a@x.example"}, "body"),
        ({"body": "x"}, "email"),
        ({"body": 5, "email": "a@x.example"}, "body must be a text"),
        ({"body": "x", "email": "a@x.example", "tags": "vip"}, "tags"),
        ({"body": "x", "email": "a@x.example", "attachments": [{"name": "a"}]}, "content_base64"),
        ({"body": "x", "email": "a@x.example", "channel": "pigeon"}, "channel must be one of email"),
        ({"body": "x", "ticket_id": 99}, "ticket_id"),
        ({"body": "x", "mail": "a@x.example"}, "not known: mail"),
    ],
)
def test_inbound_says_what_it_needs(zendesk: RunningVendor, said: Json, says: str) -> None:
    answer = requests.post(f"{zendesk.url}/_sandbox/inbound", json=said, timeout=5)
    assert answer.status_code == 400
    assert says in answer.json()["error"]


def test_the_three_bodies(zendesk: RunningVendor) -> None:
    ticket = inbound(zendesk, email=seed.CUSTOMER_DEWI.email, body="1")
    written = comment(zendesk, ticket["id"], body="**Hello**\n<b>you</b>\n\nSee [this](https://x.example/a)")
    assert written["html_body"] == (
        '<div class="zd-comment" dir="auto"><p dir="auto"><strong>Hello</strong>\n<br>&lt;b&gt;you&lt;/b&gt;</p>\n\n'
        '<p dir="auto">See <a href="https://x.example/a" target="_blank" rel="nofollow noreferrer">this</a></p></div>'
    )
    html = comment(
        zendesk, ticket["id"], html_body="<p>One<br>two</p><ul><li>three</li></ul><script>alert(1)</script>"
    )
    assert html["plain_body"] == html["body"] == "One\ntwo\n\nthree"
    assert "script" not in html["html_body"]
    assert html["html_body"].startswith('<div class="zd-comment" dir="auto"><p>One<br>two</p>')


def test_visibility(zendesk: RunningVendor) -> None:
    ticket = inbound(zendesk, email=seed.CUSTOMER_DEWI.email, body="1")
    assert comment(zendesk, ticket["id"], body="public unless said otherwise")["public"] is True
    assert comment(zendesk, ticket["id"], body="note", public=False)["public"] is False
    body = {"ticket": {"comment": {"body": "internal from the start", "public": False}}}
    internal = call(zendesk, "POST", "tickets", json=body).json()["ticket"]
    assert internal["is_public"] is False
    # What was private at the start stays so unless said otherwise.
    assert comment(zendesk, internal["id"], body="2")["public"] is False
    comment(zendesk, internal["id"], body="3", public=True)
    assert call(zendesk, "GET", f"tickets/{internal['id']}").json()["ticket"]["is_public"] is True


def test_make_private(zendesk: RunningVendor) -> None:
    ticket = inbound(zendesk, email=seed.CUSTOMER_DEWI.email, body="1")
    written = comment(zendesk, ticket["id"], body="oops")
    path = f"tickets/{ticket['id']}/comments/{written['id']}/make_private"
    assert call(zendesk, "PUT", path).status_code == 200
    assert comments(zendesk, ticket["id"])["comments"][1]["public"] is False
    assert call(zendesk, "PUT", f"tickets/{ticket['id']}/comments/1/make_private").status_code == 404


def test_comments_by_cursor(zendesk: RunningVendor) -> None:
    ticket = inbound(zendesk, email=seed.CUSTOMER_DEWI.email, body="0")
    for number in range(1, 5):
        comment(zendesk, ticket["id"], body=str(number))
    first = comments(zendesk, ticket["id"], "?page[size]=2&sort=-created_at")
    assert [entry["body"] for entry in first["comments"]] == ["4", "3"]
    assert first["meta"]["has_more"] is True
    # A comment that comes in between moves nothing.
    comment(zendesk, ticket["id"], body="5")
    second = requests.get(first["links"]["next"], auth=BRIDGE, timeout=5).json()
    assert [entry["body"] for entry in second["comments"]] == ["2", "1"]
    last = requests.get(second["links"]["next"], auth=BRIDGE, timeout=5).json()
    assert ([entry["body"] for entry in last["comments"]], last["meta"]["has_more"]) == (["0"], False)
    back = requests.get(last["links"]["prev"], auth=BRIDGE, timeout=5).json()
    assert [entry["body"] for entry in back["comments"]] == ["2", "1"]
    by_size = comments(zendesk, ticket["id"], "?page[size]=100")
    assert [entry["body"] for entry in by_size["comments"]] == ["0", "1", "2", "3", "4", "5"]


def test_comments_by_offset(zendesk: RunningVendor) -> None:
    ticket = inbound(zendesk, email=seed.CUSTOMER_DEWI.email, body="0")
    for number in range(1, 4):
        comment(zendesk, ticket["id"], body=str(number))
    first = comments(zendesk, ticket["id"], "?per_page=3&sort_order=desc")
    assert [entry["body"] for entry in first["comments"]] == ["3", "2", "1"]
    assert (first["count"], first["previous_page"]) == (4, None)
    second = requests.get(first["next_page"], auth=BRIDGE, timeout=5).json()
    assert [entry["body"] for entry in second["comments"]] == ["0"]
    assert second["next_page"] is None


@pytest.mark.parametrize("query", ["?page[size]=101", "?page[size]=0", "?page[after]=nonsense", "?page=0"])
def test_pages_that_are_none(zendesk: RunningVendor, query: str) -> None:
    ticket = inbound(zendesk, email=seed.CUSTOMER_DEWI.email, body="0")
    answer = call(zendesk, "GET", f"tickets/{ticket['id']}/comments{query}")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == "InvalidPaginationParameter"


def test_a_file_goes_up_and_comes_down(zendesk: RunningVendor) -> None:
    answer = call(
        zendesk,
        "POST",
        "uploads.json?filename=a%20b.txt",
        data=b"file",
        headers={"Content-Type": "text/plain"},
    )
    assert answer.status_code == 201
    upload = answer.json()["upload"]
    assert upload["attachment"] == upload["attachments"][0]
    ticket = inbound(zendesk, email=seed.CUSTOMER_DEWI.email, body="0")
    written = comment(zendesk, ticket["id"], body="see file", uploads=upload["token"])
    (attachment,) = written["attachments"]
    assert (attachment["file_name"], attachment["content_type"], attachment["size"]) == (
        "a b.txt",
        "text/plain",
        4,
    )
    redirect = requests.get(attachment["content_url"], auth=BRIDGE, allow_redirects=False, timeout=5)
    assert redirect.status_code == 302
    assert redirect.headers["Location"].startswith("http://localhost:")
    assert requests.get(attachment["content_url"], timeout=5).content == b"file"
    again = call(
        zendesk,
        "PUT",
        f"tickets/{ticket['id']}",
        json={"ticket": {"comment": {"body": "x", "uploads": [upload["token"]]}}},
    )
    assert again.status_code == 422


def test_uploads_gather_expire_and_are_thrown_away(zendesk: RunningVendor) -> None:
    first = call(zendesk, "POST", "uploads?filename=1.txt", data=b"1").json()["upload"]
    both = call(zendesk, "POST", f"uploads?filename=2.txt&token={first['token']}", data=b"2").json()["upload"]
    assert [attachment["file_name"] for attachment in both["attachments"]] == ["1.txt", "2.txt"]
    assert call(zendesk, "POST", "uploads", data=b"1").status_code == 400
    assert call(zendesk, "DELETE", f"uploads/{first['token']}").status_code == 204
    assert call(zendesk, "DELETE", f"uploads/{first['token']}").status_code == 404
    late = call(zendesk, "POST", "uploads?filename=1.txt", data=b"1").json()["upload"]
    zendesk.vendor.clock.advance(4 * 24 * 3600)
    body = {"ticket": {"comment": {"body": "x", "uploads": [late["token"]]}}}
    assert call(zendesk, "POST", "tickets", json=body).status_code == 422


def redact(zendesk: RunningVendor, comment_id: int, **body: object) -> requests.Response:
    return call(zendesk, "PUT", f"comment_redactions/{comment_id}", json=body)


def test_words_and_files_are_redacted_for_good(zendesk: RunningVendor) -> None:
    ticket = inbound(zendesk, email=seed.CUSTOMER_DEWI.email, body="Hello")
    upload = call(zendesk, "POST", "uploads?filename=secret.txt", data=b"secret").json()["upload"]
    said = comment(
        zendesk,
        ticket["id"],
        html_body='<p>My <a href="https://x.example">number</a> is 8475</p>',
        uploads=[upload["token"]],
    )
    written = said["html_body"]
    marked = written.replace("8475", "<redact>8475</redact>").replace(
        ">number</a>", " redact><redact>number</redact></a>"
    )
    url = said["attachments"][0]["content_url"]
    answer = redact(
        zendesk, said["id"], ticket_id=ticket["id"], html_body=marked, external_attachment_urls=[url]
    )
    assert answer.status_code == 200
    assert answer.json()["comment"]["plain_body"] == "My ▇▇▇▇▇▇ is ▇▇▇▇"
    stored = comments(zendesk, ticket["id"])["comments"][1]
    assert "8475" not in str(stored)
    assert "x.example" not in stored["html_body"]
    assert stored["attachments"][0]["file_name"] == "redacted.txt"
    assert requests.get(url, timeout=5).content != b"secret"


def test_redaction_takes_the_comments_own_text_only(zendesk: RunningVendor) -> None:
    ticket = inbound(zendesk, email=seed.CUSTOMER_DEWI.email, body="Hello")
    said = comment(zendesk, ticket["id"], body="Mine", public=False)
    other = redact(zendesk, said["id"], ticket_id=ticket["id"], html_body="<p><redact>Other</redact></p>")
    assert other.status_code == 422
    assert redact(zendesk, said["id"], html_body="<p>Mine</p>").status_code == 400
    assert redact(zendesk, 4711, ticket_id=ticket["id"], html_body="<p>Mine</p>").status_code == 404
    light = requests.put(
        f"{zendesk.url}/api/v2/comment_redactions/{said['id']}",
        json={"ticket_id": ticket["id"]},
        auth=(f"{seed.LIGHT_AGENT.email}/token", seed.API_TOKEN),
        timeout=5,
    )
    assert light.status_code == 403
    assert comments(zendesk, ticket["id"])["comments"][1]["plain_body"] == "Mine"
