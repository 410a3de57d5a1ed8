"""Automation rules of the Freshdesk stand-in, and the webhooks that they send to a real receiver."""

import base64
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from escalation_bridge_sandbox.freshdesk import FreshdeskSandbox
from escalation_bridge_sandbox.freshdesk.driver import FreshdeskDriver
from escalation_bridge_sandbox.freshdesk.state import seed
from escalation_bridge_sandbox.kernel.server import start

SARI = seed.CUSTOMER_SARI.email
RECORDED_FIELDS = [
    "triggered_event",
    "ticket_id",
    "ticket_url",
    "ticket_type",
    "ticket_subject",
    "ticket_description",
    "ticket_status",
    "ticket_priority",
    "requester_name",
    "requester_email",
]


class Receiver:
    """Keeps what it is sent, and answers with the next of `answers`, then 200."""

    def __init__(self):
        receiver = self
        self.got = []
        self.answers = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                receiver.got.append((self.command, self.path, dict(self.headers), body))
                self.send_response(receiver.answers.pop(0) if receiver.answers else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_GET = do_PUT = do_PATCH = do_DELETE = do_POST  # noqa: N815 - the names the server looks for

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self.thread.start()

    def stop(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


class Desk(FreshdeskDriver):
    def rule(self, on="ticket_updated", events=(), content=None, webhook=(), **more):
        return self.add_rule(
            {
                "name": "to the bridge",
                "on": on,
                "webhook": {
                    "url": self.receiver.url,
                    "content": content or {"simple": ["triggered_event", "ticket_id"]},
                    **dict(webhook),
                },
                **({"events": list(events)} if events else {}),
                **more,
            }
        )

    def ticket(self, **changes):
        return self.create_ticket(**changes)["id"]

    def sent(self):
        assert self.vendor.outbox.wait_idle(10)
        return self.receiver.got

    def events(self):
        return [json.loads(body)["freshdesk_webhook"]["triggered_event"] for *_, body in self.sent()]


@pytest.fixture
def desk():
    receiver = Receiver()
    try:
        with start(FreshdeskSandbox(sla_lag=0)) as running, Desk(running.url) as desk:
            desk.vendor, desk.receiver = running.vendor, receiver
            yield desk
    finally:
        receiver.stop()


def test_a_simple_body_has_labels_and_strings(desk):
    desk.rule("ticket_created", content={"simple": RECORDED_FIELDS})
    number = desk.ticket(type="Question", priority=4, status=6)
    ((method, path, headers, body),) = desk.sent()
    assert (method, path, headers["Content-Type"]) == ("POST", "/hook", "application/json")
    assert json.loads(body) == {
        "freshdesk_webhook": {
            "triggered_event": "{ticket_action:created}",
            "ticket_id": str(number),
            "ticket_url": f"{desk.url}/helpdesk/tickets/{number}",
            "ticket_type": "Question",
            "ticket_subject": "Cannot log in",
            "ticket_description": "<div>Since this morning</div>",
            "ticket_status": "Waiting on Customer",
            "ticket_priority": "Urgent",
            "requester_name": "Sari",
            "requester_email": SARI,
        }
    }
    assert not {name.lower() for name in headers} & {"authorization", "x-hub-signature", "date"}


def test_ids_may_be_numbers_and_the_latest_comment_names_its_author(desk):
    """As another account was recorded."""
    fields = ["ticket_id", "ticket_contact_unique_external_id", "ticket_latest_public_comment"]
    desk.rule(events=[{"note": "public"}], content={"simple": fields, "numeric_ids": True})
    number = desk.ticket()
    desk.add_note(number, "<div>test note</div>", private=False)
    ((*_, body),) = desk.sent()
    assert json.loads(body)["freshdesk_webhook"] == {
        "ticket_id": number,
        "ticket_contact_unique_external_id": seed.CUSTOMER_SARI.unique_external_id,
        "ticket_latest_public_comment": "Escalation Bridge : <div>test note</div>",
    }


def test_what_triggers_a_rule_on_updates(desk):
    desk.rule(
        events=[
            {"field": "status", "from": 2, "to": 6},
            {"field": "priority"},
            {"field": "cf_external_reference"},
            {"note": "private"},
            {"reply": "any"},
        ]
    )
    number = desk.ticket()
    path = f"/tickets/{number}"
    desk.ask("PUT", path, json={"subject": "not listened to"})
    desk.ask("PUT", path, json={"status": 3})
    desk.ask("PUT", path, json={"status": 2})
    desk.ask("PUT", path, json={"status": 6, "priority": 4})
    desk.ask("PUT", path, json={"priority": 4})
    desk.add_note(number, "x")
    desk.add_note(number, "x", private=False)
    desk.reply(number, "x")
    desk.customer_writes({"ticket_id": number, "body": "thanks"})
    desk.ask("PUT", path, json={"custom_fields": {"cf_external_reference": "case-1"}})
    assert sorted(desk.events()) == sorted(
        [
            "{status:{from:2,to:6},priority:{from:1,to:4}}",
            "{note_type:private}",
            "{reply_sent:sent}",
            "{customer_reply:received}",
            "{cf_external_reference:{from:,to:case-1}}",
        ]
    )


def test_the_customers_answer_also_changes_the_status(desk):
    desk.rule(events=[{"field": "status"}])
    number = desk.ticket(status=4)
    desk.customer_writes({"ticket_id": number, "body": "still broken"})
    assert desk.events() == ["{status:{from:4,to:2}}"]


def test_notes_in_the_customers_name_count_as_the_customers(desk):
    desk.rule(events=[{"reply": "requester"}, {"note": "private"}])
    number = desk.ticket(status=3)
    path = f"/tickets/{number}/notes"
    desk.ask("POST", path, json={"body": "called us", "incoming": True})
    assert desk.view_ticket(number)["status"] == 3
    desk.ask("POST", path, json={"body": "called us", "incoming": True, "private": False})
    assert desk.view_ticket(number)["status"] == 2
    assert sorted(desk.events()) == ["{customer_reply:received}", "{note_type:private}"]


def test_a_rule_may_listen_to_some_performers_only(desk):
    desk.rule(events=[{"field": "status"}, {"reply": "any"}], performed_by=["requester"])
    number = desk.ticket(status=3)
    desk.update_ticket(number, status=4)
    desk.reply(number, "x")
    assert desk.sent() == []
    desk.customer_writes({"ticket_id": number, "body": "thanks"})
    assert desk.events() == ["{status:{from:4,to:2},customer_reply:received}"]


def test_conditions(desk):
    desk.rule(
        "ticket_created",
        conditions=[{"field": "priority", "value": [3, 4]}, {"field": "tags", "value": "vip"}],
    )
    desk.rule(
        "ticket_created",
        match="any",
        conditions=[
            {"field": "priority", "value": 4},
            {"field": "cf_vip", "operator": "not_in", "value": [False]},
        ],
        content={"advanced": '{{ticket.id}} "any"'},
    )
    desk.rule("ticket_created", active=False)
    both = desk.ticket(priority=3, tags=["vip"])
    one = desk.ticket(priority=4)
    special = desk.ticket(custom_fields={"cf_vip": True})
    bodies = {body.decode() for *_, body in desk.sent()}
    assert bodies == {
        json.dumps(
            {"freshdesk_webhook": {"triggered_event": "{ticket_action:created}", "ticket_id": str(both)}}
        ),
        f'{one} "any"',
        f'{special} "any"',
    }


def test_placeholders_are_not_escaped(desk):
    text = (
        '{"id": {{ticket.id}}, "subject": "{{ ticket.subject }}", "status": "{{ticket.status}}", '
        '"group": "{{ticket.group.name}}", "agent": "{{ticket.agent.email}}", "tags": "{{ticket.tags}}", '
        '"company": "{{ticket.company.name}}", "reference": "{{ticket.cf_external_reference}}", '
        '"latest": "{{ticket.latest_public_comment}}", "unknown": "{{ticket.nothing}}"}'
    )
    desk.rule(events=[{"reply": "agent"}], content={"advanced": text})
    number = desk.ticket(
        tags=["a", "b"],
        responder_id=desk.id_of("agents", "Rina"),
        group_id=desk.id_of("groups", seed.GROUP_SUPPORT),
        custom_fields={"cf_external_reference": "case-1"},
    )
    desk.reply(number, "<p>fixed</p>")
    ((_, _, _, body),) = desk.sent()
    assert json.loads(body) == {
        "id": number,
        "subject": "Cannot log in",
        "status": "Open",
        "group": seed.GROUP_SUPPORT,
        "agent": seed.AGENT_RINA.email,
        "tags": "a, b",
        "company": seed.COMPANY,
        "reference": "case-1",
        "latest": "Escalation Bridge : <p>fixed</p>",
        "unknown": "",
    }
    desk.receiver.got.clear()
    quoted = desk.ticket(subject='It says "no"')
    desk.reply(quoted, "x")
    ((_, _, _, body),) = desk.sent()
    with pytest.raises(json.JSONDecodeError):
        json.loads(body)
    assert b'"subject": "It says "no""' in body


@pytest.mark.parametrize(
    ("login", "expected"),
    [
        ({"basic_auth": {"username": "fd", "password": "s3cret"}}, "fd:s3cret"),
        ({"api_key": "s3cret"}, "s3cret:X"),
    ],
)
def test_webhooks_log_in_and_bring_headers(desk, login, expected):
    desk.rule(
        "ticket_created",
        webhook={"method": "PUT", "headers": {"X-Bridge-Secret": "shared"}, **login},
    )
    desk.ticket()
    ((method, _, headers, _),) = desk.sent()
    assert method == "PUT"
    assert headers["X-Bridge-Secret"] == "shared"
    assert headers["Authorization"] == "Basic " + base64.b64encode(expected.encode()).decode()


def test_a_get_brings_no_body(desk):
    body = {"name": "ping", "on": "ticket_created", "webhook": {"method": "GET", "url": desk.receiver.url}}
    assert desk.control("POST", "/rules", body).status_code == 201
    desk.ticket()
    ((method, _, headers, sent),) = desk.sent()
    assert (method, sent, "Content-Type" in headers) == ("GET", b"", False)


def test_failures_are_tried_again_three_times(desk):
    desk.control("PUT", "/webhooks", {"retry_speed": 0.00001})
    desk.rule("ticket_created")
    desk.receiver.answers = [500, 404, 503, 500, 200]
    desk.ticket()
    assert len(desk.sent()) == 4
    attempts = desk.vendor.outbox.attempts()
    assert [(attempt.attempt, attempt.status) for attempt in attempts] == [
        (0, 500),
        (1, 404),
        (2, 503),
        (3, 500),
    ]
    assert {attempt.label for attempt in attempts} == {"to the bridge"}


def test_the_first_retry_waits_five_minutes(desk):
    desk.rule("ticket_created")
    desk.receiver.answers = [500]
    desk.ticket()
    assert not desk.vendor.outbox.wait_idle(0.3)
    assert len(desk.receiver.got) == 1


def test_rules_can_be_listed_and_removed(desk):
    first = desk.rule("ticket_created")
    second = desk.rule(events=[{"note": "any"}])
    assert desk.control("GET", "/rules").json()["rules"] == [first, second]
    assert desk.control("DELETE", f"/rules/{first['id']}").status_code == 204
    number = desk.ticket()
    assert desk.sent() == []
    desk.add_note(number, "x", private=False)
    assert desk.events() == ["{note_type:public}"]
    desk.control("DELETE", "/rules")
    assert desk.control("GET", "/rules").json() == {"rules": []}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": ""}, "name must be a text"),
        ({"on": "hourly"}, "on must be one of"),
        ({"active": "yes"}, "active must be"),
        ({"events": []}, "listens to at least one"),
        ({"events": [{"field": "mood"}]}, "field must be one of"),
        ({"events": [{"note": "secret"}]}, "note must be one of"),
        ({"events": [{"reply": "system"}]}, "reply must be one of"),
        ({"events": ["status"]}, "an event is not understood"),
        ({"events": {}}, "events must be a list"),
        ({"on": "ticket_created"}, "for ticket_updated only"),
        ({"performed_by": ["robot"]}, "performed_by must be one of"),
        ({"conditions": [{"field": "status"}]}, "a condition is not understood"),
        ({"match": "some"}, "match must be one of"),
        ({"webhook": None}, "webhook must be an object"),
        ({"webhook": {"url": "ftp://x"}}, "http or https"),
        ({"webhook": {"url": "http://127.0.0.1/", "content": {}}}, "webhook.content must be"),
        ({"webhook": {"url": "http://127.0.0.1/", "encoding": "xml"}}, "json only"),
        ({"webhook": {"url": "http://127.0.0.1/", "method": "HEAD"}}, "webhook.method must be one of"),
        ({"webhook": {"url": "http://127.0.0.1/", "headers": {"a": 1}}}, "map texts to texts"),
        ({"webhook": {"url": "http://127.0.0.1/", "content": {"simple": ["x"]}}}, "simple must be one of"),
        ({"webhook": {"url": "http://127.0.0.1/", "basic_auth": "x"}}, "basic_auth must be"),
        ({"surprise": 1}, "not known: surprise"),
    ],
    ids=str,
)
def test_odd_rules_are_explained(desk, change, said):
    rule = {
        "name": "n",
        "on": "ticket_updated",
        "events": [{"field": "status"}],
        "webhook": {"url": "http://127.0.0.1/", "content": {"simple": ["ticket_id"]}},
    }
    response = desk.control("POST", "/rules", {**rule, **change})
    assert response.status_code == 400
    assert said in response.json()["error"]


def test_webhooks_stay_on_this_machine(desk):
    body = {
        "name": "away",
        "on": "ticket_created",
        "webhook": {"url": "http://hooks.example.com/", "content": {"simple": ["ticket_id"]}},
    }
    assert desk.control("POST", "/rules", body).status_code == 201
    desk.ticket()
    assert desk.vendor.outbox.wait_idle(10)
    (attempt,) = desk.vendor.outbox.attempts()
    assert "loopback" in attempt.error
