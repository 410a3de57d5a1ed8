"""The automation rules that call the bridge: made through the API, or entered by hand step by step."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import responses

from escalation_bridge import errors
from escalation_bridge.plugin.connection import Connection
from escalation_bridge.plugin.settings import Resolved
from escalation_bridge_freshdesk.plugin import FreshdeskPlugin
from escalation_bridge_freshdesk.settings import FreshdeskSettings
from escalation_bridge_sandbox.freshdesk.state import seed

HOME = "https://example.freshdesk.com"
API = f"{HOME}/api/v2"
SECRET = "a-secret-of-some-length"
CALLBACK = "https://bridge.example/webhooks/support"


@pytest.fixture
def admin(desk: Any) -> Any:
    return desk.open_plugin(api_key=Resolved(seed.ADMIN.api_key))


def rules(desk: Any) -> list[dict[str, Any]]:
    answer = requests.get(f"{desk.url}/_sandbox/rules", timeout=5)
    return list(answer.json()["rules"])


def listed(desk: Any, kind: int) -> list[dict[str, Any]]:
    answer = requests.get(
        f"{desk.url}/api/v2/automations/{kind}/rules", auth=(seed.ADMIN.api_key, "X"), timeout=5
    )
    assert answer.ok
    return list(answer.json())


# --- through the API, at the stand-in ---------------------------------------------------------------------------------


def test_the_rules_that_are_made_tell_the_bridge_what_to_look_at(desk: Any, admin: Any, arrived: Any) -> None:
    admin.subscribe_webhooks(arrived.url, SECRET)
    ticket_id = desk.customer_writes(subject="No receipt", body='I "got" none.')
    desk.agent("PUT", f"/tickets/{ticket_id}", {"status": 3})
    desk.agent("PUT", f"/tickets/{ticket_id}", {"priority": 4})
    desk.agent("POST", f"/tickets/{ticket_id}/notes", {"body": "x", "private": True})
    desk.agent("POST", f"/tickets/{ticket_id}/notes", {"body": "x", "private": False})
    desk.agent("POST", f"/tickets/{ticket_id}/reply", {"body": "x"})
    desk.customer_writes(ticket_id=int(ticket_id), body="Thank you.")
    heard = [arrived.get(timeout=5) for _ in range(7)]
    for request in heard:
        desk.plugin.verify_webhook(request)
        assert [hint.id for hint in desk.plugin.parse_webhook(request).hints] == [ticket_id]


def test_subscribing_again_changes_nothing(desk: Any, admin: Any) -> None:
    first = admin.subscribe_webhooks(CALLBACK, SECRET)
    assert [(one.url, one.active, one.secret) for one in first] == [(CALLBACK, True, None)] * 2
    assert [one.id.partition("/")[0] for one in first] == ["1", "4"]
    assert admin.subscribe_webhooks(CALLBACK, SECRET) == first
    assert admin.list_subscriptions() == first
    assert len(rules(desk)) == 2


def test_what_was_broken_is_mended_and_doubles_are_removed(desk: Any, admin: Any) -> None:
    first = admin.subscribe_webhooks(CALLBACK, SECRET)
    (rule,) = listed(desk, 4)
    twin = {name: rule[name] for name in ("name", "performer", "events", "conditions", "actions")}
    path, auth = f"{desk.url}/api/v2/automations/4/rules", (seed.ADMIN.api_key, "X")
    assert requests.post(path, json=twin, auth=auth, timeout=5).status_code == 201
    off = {"active": False, "events": rule["events"][:1]}
    assert requests.put(f"{path}/{rule['id']}", json=off, auth=auth, timeout=5).ok
    assert sorted(one.active for one in admin.list_subscriptions()) == [False, True, True]

    assert admin.subscribe_webhooks(CALLBACK, "another-secret-of-some-length") == first
    (mended,) = listed(desk, 4)
    assert mended["active"] is True
    assert mended["events"] == rule["events"]
    assert mended["actions"][0]["custom_headers"] == {
        "X-Escalation-Bridge-Secret": "another-secret-of-some-length"
    }


def test_other_peoples_rules_and_another_bridges_stay(desk: Any, admin: Any) -> None:
    other = "https://staging.example/webhooks/support"
    admin.subscribe_webhooks(other, SECRET)
    by_hand = {
        "name": "Tell the warehouse",
        "on": "ticket_created",
        "webhook": {"method": "POST", "url": CALLBACK, "content": {"simple": ["ticket_id"]}},
    }
    assert requests.post(f"{desk.url}/_sandbox/rules", json=by_hand, timeout=5).status_code == 201
    before = rules(desk)
    made = admin.subscribe_webhooks(CALLBACK, SECRET)
    after = rules(desk)
    assert [rule for rule in after if rule in before] == before
    assert len(after) == len(before) + 2
    assert set(made) < set(admin.list_subscriptions())


def test_only_rules_that_call_a_bridge_are_listed(desk: Any, admin: Any) -> None:
    made = admin.subscribe_webhooks("https://bridge.example/elsewhere", SECRET)
    for name, url in (("Warehouse", "https://warehouse.example/hook"), ("By hand", f"{CALLBACK}/?token=x")):
        webhook = {"method": "POST", "url": url, "content": {"simple": ["ticket_id"]}}
        body = {"name": name, "on": "ticket_created", "webhook": webhook}
        assert requests.post(f"{desk.url}/_sandbox/rules", json=body, timeout=5).status_code == 201
    assert {one.url for one in admin.list_subscriptions()} == {made[0].url, f"{CALLBACK}/?token=x"}


def test_a_key_that_is_no_administrators_is_told_what_to_do(desk: Any) -> None:
    for call in (
        lambda: desk.plugin.subscribe_webhooks(CALLBACK, SECRET),
        desk.plugin.list_subscriptions,
    ):
        with pytest.raises(errors.PermissionDenied) as caught:
            call()
        assert "Administrator" in caught.value.advice
        assert "by hand" in caught.value.advice
        assert SECRET not in str(caught.value)
    assert rules(desk) == []


# --- the exact requests -----------------------------------------------------------------------------------------------


@pytest.fixture
def vendor() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        for kind in (1, 4):
            mock.get(f"{API}/automations/{kind}/rules", json=[])
        yield mock


@pytest.fixture
def plugin() -> Iterator[FreshdeskPlugin]:
    values = {
        "plugin": "freshdesk",
        "url": HOME,
        "api_key": Resolved("the-key"),
        "webhook_secrets": [Resolved(SECRET)],
        "webhook_header": "X-Shop-Secret",
    }
    plugin = FreshdeskPlugin(Connection("support", FreshdeskSettings.model_validate(values)))
    yield plugin
    plugin.close()


def rule(number: int, url: str = CALLBACK, name: str = "Escalation Bridge: created", **more: Any) -> Any:
    action = {"field_name": "trigger_webhook", "url": url}
    return {"id": number, "name": name, "active": True, "actions": [action], **more}


def test_a_rule_has_everything_that_freshdesk_needs(
    vendor: responses.RequestsMock, plugin: FreshdeskPlugin
) -> None:
    vendor.post(f"{API}/automations/1/rules", json=rule(10), status=201)
    vendor.post(f"{API}/automations/4/rules", json=rule(11), status=201)
    plugin.subscribe_webhooks(CALLBACK, SECRET)
    created, updated = (
        json.loads(call.request.body or "") for call in vendor.calls if call.request.method == "POST"
    )
    action = {
        "field_name": "trigger_webhook",
        "request_type": "POST",
        "content_type": "JSON",
        "content_layout": "2",
        "url": CALLBACK,
        "content": {"ticket_id": "{{ticket.id}}", "triggered_event": "{{triggered_event}}"},
        "custom_headers": {"X-Shop-Secret": SECRET},
    }
    assert created["actions"] == updated["actions"] == [action]
    assert not created.keys() & {"events", "performer"}
    assert updated["performer"] == {"type": 3}
    assert {"field_name": "status", "from": "--", "to": "--"} in updated["events"]
    assert {"field_name": "note_type", "value": "private"} in updated["events"]


@pytest.mark.parametrize(
    "answer", [rule(10, active=False), rule(10, actions=[]), rule(10, url="https://x/y")]
)
def test_a_rule_that_does_not_call_the_bridge_is_no_success(
    vendor: responses.RequestsMock, plugin: FreshdeskPlugin, answer: object
) -> None:
    vendor.post(f"{API}/automations/1/rules", json=answer, status=201)
    with pytest.raises(errors.NotApplied, match="does not call the bridge"):
        plugin.subscribe_webhooks(CALLBACK, SECRET)


def test_a_list_that_ignores_its_pages_ends(vendor: responses.RequestsMock, plugin: FreshdeskPlugin) -> None:
    many = [rule(number, name=f"Rule {number}") for number in range(100)]  # found by their address
    vendor.replace(responses.GET, f"{API}/automations/1/rules", json=many)
    assert len(plugin.list_subscriptions()) == 100
    assert len(vendor.calls) == 3


# --- by hand ----------------------------------------------------------------------------------------------------------


def test_the_steps_say_everything_but_the_secret(plugin: FreshdeskPlugin) -> None:
    steps = plugin.webhook_setup(CALLBACK)
    text = "\n".join(steps)
    assert SECRET not in text
    assert "connections.support.webhook_secrets" in text
    assert f"URL: {CALLBACK}" in steps
    for needed in (
        "X-Shop-Secret: THE SECRET",
        "Ticket Creation",
        "Ticket Updates",
        "Agent or requester",
        "POST",
        "JSON",
    ):
        assert needed in text
    (content,) = [step for step in steps if step.startswith("{")]
    assert json.loads(content)["freshdesk_webhook"]["ticket_id"] == "{{ticket.id}}"


def test_the_steps_need_no_network(plugin: FreshdeskPlugin) -> None:
    with responses.RequestsMock():
        assert plugin.webhook_setup(CALLBACK)
