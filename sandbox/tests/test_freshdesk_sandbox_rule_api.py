"""Automation rules through the API of the Freshdesk stand-in."""

import pytest

from escalation_bridge_sandbox.freshdesk import FreshdeskSandbox
from escalation_bridge_sandbox.freshdesk.driver import FreshdeskDriver
from escalation_bridge_sandbox.freshdesk.state import seed
from escalation_bridge_sandbox.kernel.server import start

ACTION = {
    "field_name": "trigger_webhook",
    "request_type": "POST",
    "content_type": "JSON",
    "content_layout": "2",
    "url": "http://127.0.0.1:9/hook",
    "content": {"ticket_id": "{{ticket.id}}"},
    "custom_headers": {"X-Secret": "s"},
}
CONDITION = {
    "name": "condition_set_1",
    "match_type": "any",
    "properties": [{"resource_type": "ticket", "field_name": "priority", "operator": "in", "value": [3, 4]}],
}
CREATED = {"name": "on create", "conditions": [CONDITION], "actions": [ACTION]}
UPDATED = {
    "name": "on update",
    "performer": {"type": 1},
    "events": [{"field_name": "status", "from": "--", "to": 4}],
    "actions": [ACTION],
}


class Desk(FreshdeskDriver):
    def admin(self, method, path, body=None):
        return self.ask(method, f"/automations{path}", key=seed.ADMIN.api_key, json=body)


@pytest.fixture
def desk():
    with start(FreshdeskSandbox(search_lag=0, sla_lag=0)) as running, Desk(running.url) as desk:
        desk.vendor = running.vendor
        yield desk


def refused(response):
    assert response.status_code == 400, response.text
    return {problem["field"] for problem in response.json()["errors"]}


def test_a_rule_is_made_viewed_changed_and_deleted(desk):
    made = desk.admin("POST", "/4/rules", UPDATED)
    assert made.status_code == 201
    rule = made.json()
    assert (rule["active"], rule["position"], rule["actions"]) == (True, 1, [ACTION])
    path = f"/4/rules/{rule['id']}"
    assert desk.admin("GET", path).json() == rule
    assert desk.admin("PUT", path, {"active": False}).json() == {**rule, "active": False}
    assert desk.admin("GET", "/1/rules").json() == []
    assert desk.admin("DELETE", path).status_code == 204
    assert desk.admin("GET", path).status_code == 404


def test_rules_are_for_administrators_and_of_two_kinds(desk):
    assert desk.ask("GET", "/automations/1/rules").status_code == 403
    assert desk.admin("GET", "/3/rules").status_code == 501
    assert desk.admin("GET", "/7/rules").status_code == 404


@pytest.mark.parametrize("part", sorted(set(ACTION) - {"field_name"}))
def test_a_webhook_that_lacks_a_part_is_answered_as_on_a_live_account(desk, part):
    action = {name: value for name, value in ACTION.items() if name != part}
    assert desk.admin("POST", "/1/rules", {**CREATED, "actions": [action]}).status_code == 500


@pytest.mark.parametrize(
    ("kind", "body", "field"),
    [
        (1, {**CREATED, "name": ""}, "name"),
        (1, {**CREATED, "colour": 1}, "colour"),
        (1, {**CREATED, "conditions": []}, "conditions"),
        (1, {**CREATED, "events": UPDATED["events"]}, "events"),
        (1, {**CREATED, "actions": [{**ACTION, "content_layout": 2}]}, "actions[:content]"),
        (1, {**CREATED, "actions": [{**ACTION, "content": "text"}]}, "actions[:content]"),
        (1, {**CREATED, "actions": [{**ACTION, "custom_headers": []}]}, "actions[:custom_headers]"),
        (1, {**CREATED, "actions": [{**ACTION, "request_type": "FETCH"}]}, "actions[:request_type]"),
        (1, {**CREATED, "actions": [{"field_name": "priority", "value": 4}]}, "actions"),
        (4, {**UPDATED, "events": []}, "events"),
        (4, {**UPDATED, "events": [{"field_name": "weather", "from": "--", "to": "--"}]}, "events"),
        (4, {**UPDATED, "performer": {"type": 9}}, "performer[:type]"),
    ],
)
def test_what_is_wrong_is_named(desk, kind, body, field):
    assert refused(desk.admin("POST", f"/{kind}/rules", body)) == {field}


def test_rules_fire_as_they_say(desk):
    heard = []
    desk.vendor.automation._outbox.send = lambda webhook: heard.append((webhook.label, webhook.body))
    assert desk.admin("POST", "/1/rules", CREATED).status_code == 201
    assert desk.admin("POST", "/4/rules", UPDATED).status_code == 201
    low, high = desk.create_ticket(priority=1)["id"], desk.create_ticket(priority=3)["id"]
    desk.update_ticket(low, status=3)
    desk.update_ticket(low, status=4)
    assert [label for label, _ in heard] == ["on create", "on update"]
    assert heard[0][1] == b'{"ticket_id": "%d"}' % high
