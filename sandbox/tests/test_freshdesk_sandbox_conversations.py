"""Replies, notes and files of the Freshdesk stand-in."""

import base64

import pytest
import requests

from escalation_bridge_sandbox.freshdesk import FreshdeskSandbox
from escalation_bridge_sandbox.freshdesk.driver import FreshdeskDriver
from escalation_bridge_sandbox.freshdesk.state import seed
from escalation_bridge_sandbox.kernel.server import start

SARI = seed.CUSTOMER_SARI.email


class Desk(FreshdeskDriver):
    """Has a ticket to talk in."""

    def __init__(self, url):
        super().__init__(url)
        self.number = self.create_ticket()["id"]

    def note(self, **body):
        return self.ask("POST", f"/tickets/{self.number}/notes", json=body)

    def answer(self, **body):
        return self.ask("POST", f"/tickets/{self.number}/reply", json=body)

    def listed(self, **params):
        return self.get(f"/tickets/{self.number}/conversations", **params)

    def stats(self):
        return self.view_ticket(self.number)["stats"]


@pytest.fixture
def desk():
    with start(FreshdeskSandbox(search_lag=0, link_lifetime=60)) as running, Desk(running.url) as desk:
        desk.vendor = running.vendor
        yield desk


def error_fields(response):
    assert response.status_code == 400, response.text
    return {problem["field"]: problem["code"] for problem in response.json()["errors"]}


def test_a_note_is_private_unless_said_otherwise(desk):
    response = desk.note(body="We know this one", notify_emails=["rina@warung.example"])
    assert response.status_code == 201
    made = response.json()
    assert made["private"] is True
    assert made["body"] == "<div>We know this one</div>"
    assert made["notified_to"] == ["rina@warung.example"]
    assert desk.note(body="For all", private=False).json()["private"] is False
    assert [(entry["private"], entry["source"], entry["incoming"]) for entry in desk.listed()] == [
        (True, 2, False),
        (False, 2, False),
    ]


def test_recorded_fields_are_all_there(desk):
    recorded = (
        "id body body_text incoming private user_id support_email source ticket_id to_emails from_email cc_emails "
        "bcc_emails attachments created_at updated_at"
    ).split()
    desk.answer(body="Please try again")
    assert set(recorded) <= set(desk.listed()[0])


def test_a_reply_goes_to_the_requester(desk):
    made = desk.answer(
        body="<p>Try <b>again</b></p>", cc_emails=["boss@example.com"], bcc_emails=["log@example.com"]
    )
    assert made.status_code == 201
    assert made.json()["replied_to"] == [SARI]
    assert made.json()["from_email"] == seed.SUPPORT_EMAIL
    assert "private" not in made.json()
    (entry,) = desk.listed()
    assert (entry["private"], entry["incoming"], entry["source"]) == (False, False, 0)
    assert (entry["to_emails"], entry["cc_emails"]) == ([SARI], ["boss@example.com"])
    assert entry["support_email"] == seed.SUPPORT_EMAIL
    assert entry["body"] == "<p>Try <b>again</b></p>"
    assert entry["body_text"] == "Try again"
    ticket = desk.view_ticket(desk.number)
    assert ticket["reply_cc_emails"] == ["boss@example.com"]


def test_responses_are_counted_once_and_privately_not_at_all(desk):
    desk.note(body="private")
    assert desk.stats()["first_responded_at"] is None
    desk.vendor.clock.advance(60)
    desk.answer(body="first")
    first = desk.stats()
    assert first["first_responded_at"] == first["agent_responded_at"] is not None
    desk.vendor.clock.advance(60)
    desk.note(body="a public note is a response too", private=False)
    second = desk.stats()
    assert second["first_responded_at"] == first["first_responded_at"]
    assert second["agent_responded_at"] > first["agent_responded_at"]


def test_in_the_name_of_another(desk):
    rina = desk.id_of("agents", "Rina")
    sari = desk.id_of("contacts", "Sari")
    assert desk.answer(body="x", user_id=rina).json()["user_id"] == rina
    assert error_fields(desk.answer(body="x", user_id=sari)) == {"user_id": "invalid_value"}
    desk.ask("PUT", f"/tickets/{desk.number}", json={"status": 3})
    assert desk.note(body="I am back", user_id=sari, private=False, incoming=True).json()["user_id"] == sari
    assert desk.view_ticket(desk.number)["status"] == 2
    assert error_fields(desk.note(body="x", user_id=1)) == {"user_id": "invalid_value"}


@pytest.mark.parametrize(
    ("path", "body", "fields"),
    [
        ("notes", {}, {"body": "missing_field"}),
        ("reply", {}, {"body": "missing_field"}),
        ("notes", {"body": " "}, {"body": "invalid_value"}),
        ("notes", {"body": 4}, {"body": "datatype_mismatch"}),
        ("notes", {"body": "x", "private": "true"}, {"private": "datatype_mismatch"}),
        ("notes", {"body": "x", "private": None}, {"private": "datatype_mismatch"}),
        ("notes", {"body": "x", "cc_emails": []}, {"cc_emails": "invalid_field"}),
        ("notes", {"body": "x", "body_html": "x"}, {"body_html": "invalid_field"}),
        ("notes", {"body": "x", "notify_emails": "a@b.example"}, {"notify_emails": "datatype_mismatch"}),
        ("reply", {"body": "x", "private": True}, {"private": "invalid_field"}),
        ("reply", {"body": "x", "to_emails": []}, {"to_emails": "invalid_field"}),
        ("reply", {"body": "x", "cc_emails": ["nobody"]}, {"cc_emails": "invalid_value"}),
        ("reply", {"body": "x", "from_email": "me@example.com"}, {"from_email": "invalid_value"}),
        ("reply", {"body": "x", "user_id": "1"}, {"user_id": "datatype_mismatch"}),
        ("reply", {"structured_body": "x"}, {"structured_body": "invalid_value"}),
    ],
    ids=str,
)
def test_conversations_are_refused(desk, path, body, fields):
    response = desk.ask("POST", f"/tickets/{desk.number}/{path}", json=body)
    assert error_fields(response) == fields
    assert desk.listed() == []


def test_structured_body(desk):
    parts = [{"type": "text", "data": {"content": text}} for text in ("Hello", "there")]
    made = desk.answer(structured_body={"body_contents": parts}).json()
    assert made["body_text"] == "Hello\nthere"
    assert made["structured_body"]["body_contents"][0]["type"] == "text"


def test_pages_and_the_first_ten(desk):
    for number in range(12):
        desk.note(body=f"note {number}")
    embedded = desk.ask("GET", f"/tickets/{desk.number}?include=conversations").json()["conversations"]
    assert [entry["body_text"] for entry in embedded] == [f"note {number}" for number in range(10)]
    assert [entry["body_text"] for entry in desk.listed(per_page=5, page=3)] == ["note 10", "note 11"]
    response = desk.ask("GET", f"/tickets/{desk.number}/conversations", params={"per_page": 5})
    assert "page=2" in response.links["next"]["url"]
    assert desk.ask("GET", "/tickets/99/conversations").status_code == 404


def test_notes_can_be_edited_and_deleted_replies_not_edited(desk):
    note, reply = desk.note(body="first").json()["id"], desk.answer(body="sent").json()["id"]
    edited = desk.ask("PUT", f"/conversations/{note}", json={"body": "second"})
    assert edited.json()["body_text"] == "second"
    assert desk.listed()[0]["last_edited_at"] is not None
    assert desk.ask("PUT", f"/conversations/{reply}", json={"body": "x"}).status_code == 405
    assert error_fields(desk.ask("PUT", f"/conversations/{note}", json={})) == {"body": "missing_field"}
    assert error_fields(desk.ask("PUT", f"/conversations/{note}", json={"private": True})) == {
        "private": "invalid_field"
    }
    assert desk.ask("DELETE", f"/conversations/{note}").status_code == 204
    assert desk.ask("DELETE", f"/conversations/{note}").status_code == 404
    assert [entry["id"] for entry in desk.listed()] == [reply]


def test_files_are_fetched_without_the_key_and_in_time(desk):
    files = [("attachments[]", ("trace röd.txt", b"stack trace", "text/plain"))]
    made = desk.ask(
        "POST", f"/tickets/{desk.number}/notes", data={"body": "see file", "private": "false"}, files=files
    )
    assert made.json()["private"] is False
    (attached,) = made.json()["attachments"]
    assert attached["name"] == "trace röd.txt"
    url = attached["attachment_url"]

    fetched = requests.get(url, timeout=10)
    assert (fetched.content, fetched.headers["Content-Type"]) == (b"stack trace", "text/plain; charset=utf-8")
    with_key = requests.get(url, auth=(seed.BRIDGE.api_key, "X"), timeout=10)
    assert with_key.status_code == 400
    assert "Only one auth mechanism allowed" in with_key.text
    assert requests.get(url.replace("Signature=", "Signature=0"), timeout=10).status_code == 403
    assert requests.get(url.partition("?")[0], timeout=10).status_code == 403

    desk.vendor.clock.advance(61)
    expired = requests.get(url, timeout=10)
    assert (expired.status_code, "expired" in expired.text) == (403, True)
    fresh = desk.listed()[0]["attachments"][0]["attachment_url"]
    assert requests.get(fresh, timeout=10).content == b"stack trace"

    assert desk.ask("DELETE", f"/attachments/{attached['id']}").status_code == 204
    assert desk.ask("DELETE", f"/attachments/{attached['id']}").status_code == 404
    assert requests.get(fresh, timeout=10).status_code == 404


def test_the_limit_counts_all_files_of_a_ticket(desk):
    half = [("attachments[]", ("half.bin", b"x" * (11 * 1024 * 1024)))]
    path = f"/tickets/{desk.number}/notes"
    assert desk.ask("POST", path, data={"body": "1"}, files=half).status_code == 201
    assert error_fields(desk.ask("POST", path, data={"body": "2"}, files=half)) == {
        "attachments": "invalid_value"
    }


@pytest.mark.parametrize(
    ("channel", "source"), [("email", 1), ("portal", 2), ("phone", 3), ("chat", 7), ("whatsapp", 13)]
)
def test_customers_come_by_many_channels(desk, channel, source):
    number = desk.customer_writes(
        {
            "channel": channel,
            "from": {"email": "new@customer.example"},
            "subject": "Help",
            "body": "It <broke>",
            "attachments": [{"name": "a.txt", "content_base64": base64.b64encode(b"hi").decode()}],
        }
    )
    ticket = desk.view_ticket(number, "requester,stats")
    assert (ticket["source"], ticket["status"]) == (source, 2)
    assert ticket["requester"]["email"] == "new@customer.example"
    assert ticket["description_text"] == "It <broke>"
    assert ticket["stats"]["requester_responded_at"] is None
    assert requests.get(ticket["attachments"][0]["attachment_url"], timeout=10).content == b"hi"
    assert ticket["to_emails"] == ([seed.SUPPORT_EMAIL] if channel == "email" else None)


def test_customers_without_an_address(desk):
    number = desk.customer_writes(
        {"channel": "whatsapp", "from": {"phone": "+62 21 555 0101"}, "body": "hello"}
    )
    ticket = desk.view_ticket(number, "requester")
    assert ticket["requester"]["name"] == "Maya"
    assert ticket["subject"] == "hello"


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ({}, "body must be a text"),
        ({"body": "x"}, "from must be an object"),
        ({"body": "x", "from": {"name": "A"}}, "an email, a phone"),
        ({"body": "x", "from": {"email": "a@b.example"}, "channel": "pigeon"}, "channel must be one of"),
        ({"body": "x", "ticket_id": 99}, "no ticket 99"),
        ({"body": "x", "ticket_id": 1, "markdown": "y"}, "not known: markdown"),
        ({"body": "x", "ticket_id": 1, "attachments": [{"name": "a"}]}, "an attachment has"),
    ],
    ids=str,
)
def test_odd_messages_are_explained(desk, message, said):
    response = desk.control("POST", "/inbound", message)
    assert response.status_code == 400
    assert said in response.json()["error"]
