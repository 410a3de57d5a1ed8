"""Webhooks and triggers of the stand-in Zendesk: what is stored, shown and refused."""

import re

import pytest

from bridge_helpers.zendesk_desk import Desk, Json, is_signed
from escalation_bridge_sandbox.kernel.receiver import Answer, Receiver
from escalation_bridge_sandbox.zendesk.state import seed


def test_an_inactive_webhook_is_silent(desk: Desk, receiver: Receiver) -> None:
    webhook = desk.webhook(receiver.url, "zen:event-type:ticket.created")
    assert (
        desk.call("PATCH", f"webhooks/{webhook['id']}", json={"webhook": {"status": "inactive"}}).status_code
        == 204
    )
    desk.create()
    assert desk.outbox.attempts() == []
    assert desk.outbox.wait_idle(0)


def test_webhooks_are_kept(desk: Desk) -> None:
    made = desk.webhook("https://bridge.example/hook", "conditional_ticket_events", description="x")
    assert made["created_at"].endswith("000Z")
    path = f"webhooks/{made['id']}"
    shown = desk.call("GET", path).json()["webhook"]
    assert "authentication" not in shown
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", shown["created_at"])
    put = {
        "name": "New",
        "endpoint": "https://bridge.example/2",
        "http_method": "PUT",
        "request_format": "json",
        "status": "active",
    }
    assert desk.call("PUT", path, json={"webhook": put}).status_code == 204
    changed = desk.call("GET", path).json()["webhook"]
    assert (changed["name"], changed["http_method"], changed["updated_by"]) == (
        "New",
        "PUT",
        str(seed.BRIDGE.id),
    )
    assert changed["subscriptions"] == ["conditional_ticket_events"]
    copy = desk.call("POST", f"webhooks?clone_webhook_id={made['id']}").json()["webhook"]
    assert copy["name"] == "New (copy)"
    listed = desk.call("GET", "webhooks").json()
    assert [webhook["id"] for webhook in listed["webhooks"]] == [made["id"], copy["id"]]
    assert listed["meta"] == {"has_more": False}
    found = desk.call("GET", "webhooks?filter[name_contains]=copy").json()["webhooks"]
    assert [webhook["id"] for webhook in found] == [copy["id"]]
    old = desk.secret(made["id"])
    assert desk.call("POST", f"{path}/signing_secret").status_code == 201
    assert desk.secret(made["id"]) != old
    assert desk.call("DELETE", path).status_code == 204
    assert desk.call("GET", path).json()["errors"][0]["code"] == "WebhookNotFound"


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"name": None}, "name is required"),
        ({"endpoint": "bridge.example"}, "valid URL"),
        ({"http_method": "HEAD"}, "http_method"),
        ({"request_format": "yaml"}, "request_format"),
        ({"status": "on"}, "status"),
        ({"colour": "red"}, "unknown field: colour"),
        ({"subscriptions": ["zen:event-type:ticket.sneezed"]}, "subscription is invalid"),
        (
            {"subscriptions": ["conditional_ticket_events", "zen:event-type:ticket.created"]},
            "cannot be combined",
        ),
        (
            {"subscriptions": ["zen:event-type:ticket.created"], "http_method": "PUT"},
            "must use POST and json",
        ),
        ({"subscriptions": "all"}, "array of strings"),
        ({"authentication": {"type": "magic"}}, "authentication type"),
        ({"authentication": {"type": "bearer_token", "data": {}, "add_position": "header"}}, "token"),
    ],
)
def test_webhooks_that_are_refused(desk: Desk, changed: Json, says: str) -> None:
    webhook = {
        "name": "x",
        "endpoint": "https://bridge.example",
        "http_method": "POST",
        "request_format": "json",
        "status": "active",
        "subscriptions": ["conditional_ticket_events"],
    }
    answer = desk.call("POST", "webhooks", json={"webhook": webhook | changed})
    assert answer.status_code == 400
    assert says in answer.json()["errors"][0]["detail"]


def test_the_kind_of_a_webhook_stays(desk: Desk) -> None:
    made = desk.webhook("https://bridge.example", "conditional_ticket_events")
    body = {"webhook": {"subscriptions": ["zen:event-type:ticket.created"]}}
    assert desk.call("PATCH", f"webhooks/{made['id']}", json=body).status_code == 400


def test_testing_a_webhook(desk: Desk, receiver: Receiver) -> None:
    made = desk.webhook(receiver.url, "conditional_ticket_events")
    receiver.answers.extend([Answer(418, (("X-Tea", "yes"),), b"short and stout"), Answer()])
    tested = desk.call("POST", f"webhooks/test?webhook_id={made['id']}", json={"request": {"payload": "{}"}})
    response = tested.json()["response"]
    assert (response["status_code"], response["payload"]) == (418, "short and stout")
    assert {"key": "X-Tea", "value": "yes"} in response["headers"]
    assert is_signed(receiver.deliveries()[0], desk.secret(made["id"]))
    unstored = {"endpoint": receiver.url, "http_method": "POST", "request_format": "json"}
    assert desk.call("POST", "webhooks/test", json={"request": unstored}).status_code == 200
    assert is_signed(receiver.deliveries()[1], seed.TEST_WEBHOOK_SECRET)
    assert desk.call("POST", "webhooks/test", json={"request": {}}).status_code == 400


def test_triggers_are_kept(desk: Desk) -> None:
    made = desk.webhook("https://bridge.example", "conditional_ticket_events")
    trigger = desk.trigger(made["id"])
    assert list(trigger) == [
        "url", "id", "title", "active", "updated_at", "created_at", "default", "actions", "conditions", "description",
        "position", "raw_title", "category_id",
    ]  # fmt: skip
    path = f"triggers/{trigger['id']}"
    changed = desk.call("PUT", path, json={"trigger": {"title": "Other", "active": False}}).json()["trigger"]
    assert (changed["title"], changed["active"], changed["conditions"]) == (
        "Other",
        False,
        trigger["conditions"],
    )
    assert desk.call("GET", "triggers/active").json()["triggers"] == []
    assert desk.call("GET", "triggers?page[size]=10").json()["triggers"] == [changed]
    assert desk.call("DELETE", path).status_code == 204
    assert desk.call("GET", path).status_code == 404


@pytest.mark.parametrize(
    "changed",
    [
        {"title": ""},
        {"conditions": {}},
        {"conditions": {"all": [{"field": "mood", "operator": "is", "value": "x"}]}},
        {"conditions": {"all": [{"field": "status", "operator": "sounds_like", "value": "x"}]}},
        {"actions": []},
        {"actions": [{"field": "explode", "value": "now"}]},
        {"actions": [{"field": "status", "value": "waiting"}]},
        {"actions": [{"field": "notification_webhook", "value": ["01HNOSUCHWEBHOOK", "{}"]}]},
        {"actions": [{"field": "notification_webhook", "value": "01HNOSUCHWEBHOOK"}]},
    ],
)
def test_triggers_that_are_refused(desk: Desk, changed: Json) -> None:
    trigger = {
        "title": "x",
        "conditions": {"all": [{"field": "status", "operator": "is", "value": "open"}], "any": []},
        "actions": [{"field": "priority", "value": "high"}],
    }
    answer = desk.call("POST", "triggers", json={"trigger": trigger | changed})
    assert (answer.status_code, answer.json()["error"]) == (422, "RecordInvalid")


def test_a_trigger_cannot_call_an_event_webhook_or_say_too_much(desk: Desk) -> None:
    of_events = desk.webhook("https://bridge.example", "zen:event-type:ticket.created")
    of_triggers = desk.webhook("https://bridge.example", "conditional_ticket_events")
    for value in ([of_events["id"], "{}"], [of_triggers["id"], "x" * 16_001]):
        trigger = {
            "title": "x",
            "all": [{"field": "status", "operator": "is", "value": "open"}],
            "actions": [{"field": "notification_webhook", "value": value}],
        }
        assert desk.call("POST", "triggers", json={"trigger": trigger}).status_code == 422
