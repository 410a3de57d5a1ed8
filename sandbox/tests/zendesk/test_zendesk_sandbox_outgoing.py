"""What the stand-in Zendesk sends: triggers and events, signed and tried again as Zendesk does."""

import json
import re

import pytest

from bridge_helpers.zendesk_desk import Desk, Json, events, is_signed
from escalation_bridge_sandbox.kernel.receiver import Answer, Receiver
from escalation_bridge_sandbox.zendesk.automation.webhooks import is_retried, signature
from escalation_bridge_sandbox.zendesk.state import seed


def test_the_published_signature_vector() -> None:
    # A group membership event, tabs and all, under Zendesk's static test secret; 534 bytes.
    head = {
        "type": "zen:event-type:user.group_membership_created",
        "account_id": 12514403,
        "id": "6b9bbadf-5725-4e92-bebe-7b71011bf5f1",
        "subject": "zen:user:6596848315901",
        "time": "2099-07-04T05:33:18Z",
        "zendesk_event_version": "2022-06-20",
        "detail": {
            "created_at": "2099-07-04T05:27:58Z",
            "default_group_id": "0",
            "email": "user.name@example.com",
            "external_id": "",
            "id": "6596848315901",
            "organization_id": "0",
            "role": "end-user",
            "updated_at": "2099-07-04T05:33:18Z",
        },
        "event": "EVENT",
    }
    body = json.dumps(head, indent="\t").replace('"EVENT"', '{ "group": { "id": "1" } }') + "\n"
    assert len(body) == 534
    assert (
        signature(seed.TEST_WEBHOOK_SECRET, "1234", body.encode())
        == "10IqYzYTLHRftNsNE+im0DeOM6/JactIRuy0XCHJ9B8="
    )


@pytest.mark.parametrize(
    ("status", "retry_after", "expected"),
    [
        (409, None, True),
        (429, "59", True),
        (503, "0", True),
        (429, "60", False),
        (429, None, False),
        (503, "later", False),
        (500, "1", False),
        (404, None, False),
        (200, None, False),
    ],
)
def test_what_is_tried_again(status: int, retry_after: str | None, expected: bool) -> None:
    assert is_retried(status, retry_after) is expected


def test_a_trigger_calls_its_webhook(desk: Desk, receiver: Receiver) -> None:
    webhook = desk.webhook(f"{receiver.url}/hooks/zd?x=1", "conditional_ticket_events")
    desk.trigger(webhook["id"])
    ticket = desk.create(subject='Say "hi"\nnow', external_id="case-1")
    (arrived,) = receiver.wait_for(1)
    assert (arrived.method, arrived.path) == ("POST", "/hooks/zd?x=1")
    said = json.loads(arrived.body)
    assert (said["ticket"], said["subject"], said["status"]) == (ticket, 'Say "hi"\nnow', "New")
    assert (said["external_id"], said["by"], said["nothing"]) == ("case-1", seed.BRIDGE.email, "")
    assert said["updated"] == desk.call("GET", f"tickets/{ticket}").json()["ticket"]["updated_at"]
    assert arrived.headers["user-agent"] == "Zendesk Webhook"
    assert arrived.headers["content-type"] == "application/json; charset=utf-8"
    assert arrived.headers["x-zendesk-account-id"] == str(seed.ACCOUNT_ID)
    assert arrived.headers["x-zendesk-webhook-id"] == webhook["id"]
    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{26}", arrived.headers["x-zendesk-webhook-invocation-id"])
    assert is_signed(arrived, desk.secret(webhook["id"]))


@pytest.mark.parametrize(
    ("condition", "change", "fires"),
    [
        ({"field": "update_type", "operator": "is", "value": "Change"}, {"subject": "x"}, True),
        ({"field": "update_type", "operator": "is", "value": "Create"}, {"subject": "x"}, False),
        ({"field": "status", "operator": "value", "value": "pending"}, {"status": "pending"}, True),
        ({"field": "status", "operator": "value_previous", "value": "open"}, {"status": "pending"}, True),
        ({"field": "status", "operator": "changed", "value": None}, {"subject": "x"}, False),
        ({"field": "status", "operator": "less_than", "value": "solved"}, {"status": "pending"}, True),
        ({"field": "status", "operator": "greater_than", "value": "pending"}, {"status": "pending"}, False),
        ({"field": "priority", "operator": "greater_than", "value": "normal"}, {"priority": "high"}, True),
        ({"field": "current_tags", "operator": "includes", "value": "escalate vip"}, {"tags": ["vip"]}, True),
        ({"field": "current_tags", "operator": "not_includes", "value": "bridge"}, {"tags": ["bridge"]}, False),
        ({"field": "comment_is_public", "operator": "is", "value": "true"}, {"comment": {"body": "x"}}, True),
        ({"field": "comment_is_public", "operator": "is", "value": "not_relevant"}, {"subject": "x"}, False),
        ({"field": "comment_is_public", "operator": "is", "value": "false"},
         {"comment": {"body": "x", "public": False}}, True),
        ({"field": "comment_includes_word", "operator": "includes", "value": "escalate"},
         {"comment": {"body": "please escalate"}}, True),
        ({"field": "role", "operator": "is", "value": "agent"}, {"subject": "x"}, True),
        ({"field": "role", "operator": "is", "value": "end_user"}, {"subject": "x"}, False),
        ({"field": "current_via_id", "operator": "is_not", "value": "5"}, {"subject": "x"}, False),
        ({"field": "assignee_id", "operator": "is", "value": str(seed.AGENT_SARI.id)}, {"subject": "x"}, True),
        ({"field": f"custom_fields_{seed.FIELD_LINKED_TICKET.id}", "operator": "is", "value": "X-1"},
         {"custom_fields": [{"id": seed.FIELD_LINKED_TICKET.id, "value": "X-1"}]}, True),
    ],
)  # fmt: skip
def test_conditions(desk: Desk, receiver: Receiver, condition: Json, change: Json, fires: bool) -> None:
    ticket = desk.create(assignee_id=seed.AGENT_SARI.id)
    webhook = desk.webhook(receiver.url, "conditional_ticket_events")
    desk.trigger(webhook["id"], conditions={"all": [condition], "any": []})
    desk.update(ticket, **change)
    assert desk.outbox.wait_idle(5)
    assert (len(receiver.deliveries()) == 1) is fires


def test_triggers_change_tickets_and_set_each_other_off(desk: Desk, receiver: Receiver) -> None:
    webhook = desk.webhook(receiver.url, "conditional_ticket_events")
    # In front of the one that it waits for, and yet it acts, since the ticket changes.
    desk.trigger(
        webhook["id"],
        "{{ticket.tags}}",
        all=[{"field": "current_tags", "operator": "includes", "value": "hot"}],
    )
    desk.trigger(
        webhook["id"],
        all=[{"field": "priority", "operator": "value", "value": "urgent"}],
        actions=[
            {"field": "current_tags", "value": "hot"},
            {"field": "group_id", "value": str(seed.GROUP_ESCALATIONS)},
        ],
    )
    ticket = desk.create(priority="urgent", tags=["late"])
    assert [delivery.body for delivery in receiver.wait_for(1)] == [b"hot late"]
    shown = desk.call("GET", f"tickets/{ticket}").json()["ticket"]
    assert (shown["tags"], shown["group_id"]) == (["hot", "late"], seed.GROUP_ESCALATIONS)
    (audit,) = desk.call("GET", f"tickets/{ticket}/audits").json()["audits"]
    by_rule = [
        event["field_name"] for event in audit["events"] if event.get("via", {}).get("channel") == "rule"
    ]
    assert sorted(by_rule) == ["group_id", "tags"]
    assert desk.outbox.wait_idle(5)
    assert len(receiver.deliveries()) == 1


def test_event_bodies(desk: Desk, receiver: Receiver) -> None:
    webhook = desk.webhook(
        receiver.url,
        "zen:event-type:ticket.created",
        "zen:event-type:ticket.comment_added",
        "zen:event-type:ticket.status_changed",
        "zen:event-type:ticket.tags_changed",
    )
    ticket = desk.create(requester_id=seed.CUSTOMER_DEWI.id, priority="high", type="problem", tags=["a"])
    created, commented = sorted(events(receiver, 2), key=lambda body: body["type"], reverse=True)
    assert list(created) == [
        "account_id", "detail", "event", "id", "subject", "time", "type", "zendesk_event_version"
    ]  # fmt: skip
    assert created["account_id"] == seed.ACCOUNT_ID
    assert created["subject"] == f"zen:ticket:{ticket}"
    detail = created["detail"]
    assert sorted(detail) == sorted(
        "actor_id assignee_id brand_id created_at custom_status description external_id form_id group_id id is_public "
        "organization_id priority requester_id status subject submitter_id tags type updated_at via".split()
    )
    assert (detail["id"], detail["actor_id"]) == (str(ticket), str(seed.BRIDGE.id))
    assert (detail["status"], detail["priority"], detail["type"]) == ("NEW", "HIGH", "PROBLEM")
    assert detail["via"] == {"channel": "web_service"}
    assert detail["requester_id"] == str(seed.CUSTOMER_DEWI.id)
    assert commented["event"]["comment"]["author"] == {
        "id": str(seed.BRIDGE.id), "is_staff": True, "name": seed.BRIDGE.name
    }  # fmt: skip
    assert commented["event"]["comment"]["is_public"] is True
    assert created["id"] != commented["id"]
    assert created["event"]["meta"]["sequence"]["id"] == commented["event"]["meta"]["sequence"]["id"]
    assert is_signed(receiver.deliveries()[0], desk.secret(webhook["id"]))

    receiver.clear()
    desk.update(ticket, assignee_id=seed.AGENT_SARI.id, tags=["b"])
    changed = {body["type"].rpartition(".")[2]: body["event"] for body in events(receiver, 2)}
    assert (changed["status_changed"]["current"], changed["status_changed"]["previous"]) == ("OPEN", "NEW")
    assert (changed["tags_changed"]["tags_added"], changed["tags_changed"]["tags_removed"]) == (["b"], ["a"])


def test_events_of_a_ticket_that_goes(desk: Desk, receiver: Receiver) -> None:
    desk.webhook(
        receiver.url,
        *(
            f"zen:event-type:ticket.{name}"
            for name in ("soft_deleted", "undeleted", "merged", "comment_made_private")
        ),
    )
    source, target = desk.create(), desk.create()
    comment_id = desk.call("GET", f"tickets/{source}/comments").json()["comments"][0]["id"]
    desk.call("PUT", f"tickets/{source}/comments/{comment_id}/make_private")
    (made_private,) = events(receiver, 1)
    assert made_private["event"]["comment"] == {"id": str(comment_id), "is_public": False}
    desk.call("DELETE", f"tickets/{source}")
    assert events(receiver, 2)[1]["detail"]["status"] == "DELETED"
    desk.call("PUT", f"deleted_tickets/{source}/restore")
    assert events(receiver, 3)[2]["type"] == "zen:event-type:ticket.undeleted"
    desk.call("POST", f"tickets/{target}/merge", json={"ids": [source]})
    merged = events(receiver, 4)[3]
    assert (merged["event"]["target_ticket_id"], merged["detail"]["status"]) == (str(target), "CLOSED")


@pytest.mark.parametrize(
    ("answers", "statuses"),
    [
        ([Answer(409)] * 5, [409, 409, 409, 409]),
        ([Answer(503, (("Retry-After", "5"),))], [503, 202]),
        ([Answer(503)], [503]),
        ([Answer(429, (("Retry-After", "60"),))], [429]),
        ([Answer(500)], [500]),
        ([Answer(404)], [404]),
        ([Answer(seconds=0.4)], [None, 202]),
        ([Answer(409), Answer(200)], [409, 200]),
    ],
)
def test_attempts(desk: Desk, receiver: Receiver, answers: list[Answer], statuses: list[int | None]) -> None:
    webhook = desk.webhook(receiver.url, "zen:event-type:ticket.created")
    receiver.answers.extend(answers)
    desk.create()
    assert desk.outbox.wait_idle(10)
    assert [attempt.status for attempt in desk.outbox.attempts()] == statuses
    headers = [delivery.headers for delivery in receiver.deliveries()]
    assert len({header["x-zendesk-webhook-invocation-id"] for header in headers}) == 1
    (invocation,) = desk.call("GET", f"webhooks/{webhook['id']}/invocations").json()["invocations"]
    attempts = desk.call("GET", f"webhooks/{webhook['id']}/invocations/{invocation['id']}/attempts").json()[
        "attempts"
    ]
    assert [attempt.get("status_code") for attempt in attempts] == statuses
    last = statuses[-1]
    assert invocation["status"] == ("success" if last in (200, 202) else "terminated")
    assert json.loads(attempts[0]["request"]["payload"])["type"] == "zen:event-type:ticket.created"
    sent = {header["key"]: header["value"] for header in attempts[0]["request"]["headers"]}
    assert sent["X-Zendesk-Webhook-Invocation-Id"] == invocation["id"]


@pytest.mark.parametrize(
    ("authentication", "header", "value", "shown"),
    [
        (
            {"type": "basic_auth", "data": {"username": "u", "password": "p"}},
            "authorization",
            "Basic dTpw",
            {"username": "u"},
        ),
        ({"type": "bearer_token", "data": {"token": "t"}}, "authorization", "Bearer t", None),
        ({"type": "api_key", "data": {"name": "X-Key", "value": "k"}}, "x-key", "k", {"name": "X-Key"}),
    ],
)
def test_authentication_is_sent_and_not_shown(
    desk: Desk, receiver: Receiver, authentication: Json, header: str, value: str, shown: Json | None
) -> None:
    given = authentication | {"add_position": "header"}
    made = desk.webhook(receiver.url, "zen:event-type:ticket.created", authentication=given)
    assert made["authentication"].get("data") == shown
    desk.create()
    assert receiver.wait_for(1)[0].headers[header] == value


def test_a_get_webhook_has_its_values_in_the_query(desk: Desk, receiver: Receiver) -> None:
    made = desk.webhook(receiver.url, "conditional_ticket_events", http_method="GET")
    desk.trigger(made["id"], [["ticket", "{{ticket.id}}"], ["title", "{{ticket.title}}"]])
    ticket = desk.create(subject="a & b")
    (arrived,) = receiver.wait_for(1)
    assert (arrived.method, arrived.path, arrived.body) == ("GET", f"/?ticket={ticket}&title=a+%26+b", b"")
    assert is_signed(arrived, desk.secret(made["id"]))
