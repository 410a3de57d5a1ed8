"""The bridge's webhook: one, with the right events, and nobody else's touched."""

import json
from collections.abc import Callable

import pytest
import responses
from responses import matchers

from escalation_bridge.plugin.accounts import Subscription
from escalation_bridge.plugin.settings import Resolved
from escalation_bridge_zendesk.plugin import ZendeskPlugin
from escalation_bridge_zendesk.webhooks.webhook import HEEDED

API = "https://acme.zendesk.com/api/v2"
CALLBACK = "https://bridge.acme.example/webhooks/helpdesk"
EVENTS = [f"zen:event-type:ticket.{name}" for name in HEEDED]

Json = dict[str, object]
MakePlugin = Callable[..., ZendeskPlugin]


def webhook(webhook_id: str, **members: object) -> Json:
    return {
        "id": webhook_id,
        "name": "Escalation Bridge (helpdesk)",
        "status": "active",
        "endpoint": CALLBACK,
        "http_method": "POST",
        "request_format": "json",
        "subscriptions": EVENTS,
        "created_at": f"2026-03-01T00:00:0{webhook_id[-1]}Z",
        **members,
    }


def listed(wire: responses.RequestsMock, *webhooks: Json) -> None:
    wire.get(
        f"{API}/webhooks",
        match=[
            matchers.query_param_matcher({"page[size]": 100, "filter[name_contains]": "Escalation Bridge"})
        ],
        json={"webhooks": list(webhooks), "meta": {"has_more": False}},
    )


def secret(wire: responses.RequestsMock, webhook_id: str, value: str) -> None:
    wire.get(
        f"{API}/webhooks/{webhook_id}/signing_secret",
        json={"signing_secret": {"secret": value, "algorithm": "SHA256"}},
    )


def test_a_webhook_is_made_where_there_is_none(
    plugin: ZendeskPlugin, zendesk: responses.RequestsMock
) -> None:
    listed(zendesk)
    made = zendesk.post(f"{API}/webhooks", status=201, json={"webhook": webhook("01HAN1")})
    secret(zendesk, "01HAN1", "zendesks-own")
    found = plugin.subscribe_webhooks(CALLBACK, "ours-is-not-used")
    assert found == (Subscription("01HAN1", CALLBACK, active=True, secret="zendesks-own"),)
    body = json.loads(made.calls[0].request.body or b"")["webhook"]
    assert (body["name"], body["endpoint"]) == ("Escalation Bridge (helpdesk)", CALLBACK)
    assert body["subscriptions"] == EVENTS
    assert "ours-is-not-used" not in str(body)


def test_a_webhook_that_is_right_is_left_as_it_is(
    plugin: ZendeskPlugin, zendesk: responses.RequestsMock
) -> None:
    listed(zendesk, webhook("01HAN1"))
    secret(zendesk, "01HAN1", "s")
    assert [found.id for found in plugin.subscribe_webhooks(CALLBACK, "")] == ["01HAN1"]


@pytest.mark.parametrize("wrong", [{"status": "inactive"}, {"subscriptions": EVENTS[:2]}])
def test_a_webhook_that_was_switched_off_or_misses_events_is_mended(
    plugin: ZendeskPlugin, zendesk: responses.RequestsMock, wrong: Json
) -> None:
    listed(zendesk, webhook("01HAN1", **wrong))
    secret(zendesk, "01HAN1", "s")
    mended = zendesk.patch(f"{API}/webhooks/01HAN1", status=204)
    assert plugin.subscribe_webhooks(CALLBACK, "")[0].active
    assert json.loads(mended.calls[0].request.body or b"") == {
        "webhook": {"status": "active", "subscriptions": EVENTS}
    }


def test_of_doubles_the_one_stays_whose_secret_is_configured(
    make_plugin: MakePlugin, zendesk: responses.RequestsMock
) -> None:
    listed(zendesk, webhook("01HAN1"), webhook("01HAN2"), webhook("01HAN3"))
    for number in (1, 2, 3):
        secret(zendesk, f"01HAN{number}", f"secret-{number}")
    deleted = [zendesk.delete(f"{API}/webhooks/01HAN{number}", status=204) for number in (1, 3)]
    plugin = make_plugin(webhook_secrets=[Resolved("secret-2")])
    assert [found.id for found in plugin.subscribe_webhooks(CALLBACK, "")] == ["01HAN2"]
    assert [response.call_count for response in deleted] == [1, 1]


def test_other_peoples_webhooks_and_triggers_are_not_touched(
    plugin: ZendeskPlugin, zendesk: responses.RequestsMock
) -> None:
    listed(
        zendesk,
        webhook("01HAN1", name="Escalation Bridge (helpdesk two)"),
        webhook("01HAN2", endpoint="https://staging.acme.example/webhooks/helpdesk"),
        webhook("01HAN3", subscriptions=["conditional_ticket_events"]),
    )
    zendesk.post(f"{API}/webhooks", status=201, json={"webhook": webhook("01HAN4")})
    secret(zendesk, "01HAN4", "s")
    assert [found.id for found in plugin.subscribe_webhooks(CALLBACK, "")] == ["01HAN4"]


def test_the_list_shows_every_webhook_with_the_connections_name_and_no_secret(
    plugin: ZendeskPlugin, zendesk: responses.RequestsMock
) -> None:
    listed(
        zendesk,
        webhook("01HAN1"),
        webhook("01HAN2", status="inactive"),
        webhook("01HAN3", name="Escalation Bridge"),
    )
    assert plugin.list_subscriptions() == (
        Subscription("01HAN1", CALLBACK, active=True),
        Subscription("01HAN2", CALLBACK, active=False),
    )


def test_a_webhook_of_another_shape_is_mended(plugin: ZendeskPlugin, zendesk: responses.RequestsMock) -> None:
    listed(zendesk, webhook("01HAN1", request_format="form_encoded", http_method="PUT"))
    secret(zendesk, "01HAN1", "s")
    mended = zendesk.patch(f"{API}/webhooks/01HAN1", status=204)
    plugin.subscribe_webhooks(CALLBACK, "")
    sent = json.loads(mended.calls[0].request.body or b"")["webhook"]
    assert (sent["http_method"], sent["request_format"]) == ("POST", "json")


NAME = "Escalation Bridge (helpdesk)"
DRIVEN: Json = {"subscriptions": ["conditional_ticket_events"]}


def trigger(number: int, webhook_id: str, **members: object) -> Json:
    action = {"field": "notification_webhook", "value": [webhook_id, "{}"]}
    return {"id": number, "title": NAME, "active": True, "actions": [action], **members}


def triggers(wire: responses.RequestsMock, *listed_: Json) -> None:
    wire.get(f"{API}/triggers", json={"triggers": list(listed_), "meta": {"has_more": False}})


def test_for_a_trigger_a_webhook_and_the_trigger_are_made(
    make_plugin: MakePlugin, zendesk: responses.RequestsMock
) -> None:
    listed(zendesk)
    triggers(zendesk)
    made = zendesk.post(f"{API}/webhooks", status=201, json={"webhook": webhook("01HAN1", **DRIVEN)})
    secret(zendesk, "01HAN1", "s")
    rule = zendesk.post(f"{API}/triggers", status=201, json={"trigger": {"id": 7}})
    found = make_plugin(webhooks="trigger").subscribe_webhooks(CALLBACK, "")
    assert found == (Subscription("01HAN1", CALLBACK, active=True, secret="s"),)
    assert (
        json.loads(made.calls[0].request.body or b"")["webhook"]["subscriptions"] == DRIVEN["subscriptions"]
    )
    sent = json.loads(rule.calls[0].request.body or b"")["trigger"]
    assert (sent["title"], sent["active"]) == (NAME, True)
    assert {condition["value"] for condition in sent["conditions"]["any"]} == {"Create", "Change"}
    ((field, (called, body)),) = [(action["field"], action["value"]) for action in sent["actions"]]
    assert (field, called) == ("notification_webhook", "01HAN1")
    assert json.loads(body)["ticket_id"] == "{{ticket.id}}"


def test_doubles_go_with_their_triggers_and_an_admins_trigger_keeps_its_webhook(
    make_plugin: MakePlugin, zendesk: responses.RequestsMock
) -> None:
    listed(zendesk, *(webhook(f"01HAN{number}", **DRIVEN) for number in (1, 2, 3)))
    for number in (1, 2, 3):
        secret(zendesk, f"01HAN{number}", f"secret-{number}")
    ours, double = trigger(11, "01HAN1"), trigger(12, "01HAN2")
    triggers(zendesk, double, ours, trigger(13, "01HAN3", title="Ours, by hand"))
    deleted_trigger = zendesk.delete(f"{API}/triggers/12", status=204)
    deleted_webhook = zendesk.delete(f"{API}/webhooks/01HAN2", status=204)
    mended = zendesk.put(f"{API}/triggers/11", json={})
    make_plugin(webhooks="trigger").subscribe_webhooks(CALLBACK, "")
    assert (deleted_trigger.call_count, deleted_webhook.call_count) == (1, 1)
    order = [call.request.url for call in zendesk.calls if call.request.method == "DELETE"]
    assert order == [f"{API}/triggers/12", f"{API}/webhooks/01HAN2"]
    assert list(json.loads(mended.calls[0].request.body or b"")["trigger"]) == ["actions"]


def test_a_second_bridges_trigger_is_left_alone_and_other_actions_are_kept(
    make_plugin: MakePlugin, zendesk: responses.RequestsMock
) -> None:
    elsewhere = "https://staging.acme.example/webhooks/helpdesk"
    listed(zendesk, webhook("01HAN1", **DRIVEN), webhook("01HAN2", endpoint=elsewhere, **DRIVEN))
    secret(zendesk, "01HAN1", "s")
    tag = {"field": "current_tags", "value": "seen"}
    call = {"field": "notification_webhook", "value": ["01HAN1", "old body"]}
    triggers(zendesk, trigger(11, "01HAN1", active=False, actions=[tag, call]), trigger(12, "01HAN2"))
    mended = zendesk.put(f"{API}/triggers/11", json={})
    make_plugin(webhooks="trigger").subscribe_webhooks(CALLBACK, "")
    sent = json.loads(mended.calls[0].request.body or b"")["trigger"]
    assert sent["active"] is True
    assert "conditions" not in sent
    assert [action["field"] for action in sent["actions"]] == ["current_tags", "notification_webhook"]


def test_a_webhook_without_an_active_trigger_counts_as_switched_off(
    plugin: ZendeskPlugin, zendesk: responses.RequestsMock
) -> None:
    listed(zendesk, webhook("01HAN1", **DRIVEN), webhook("01HAN2", **DRIVEN), webhook("01HAN3"))
    triggers(zendesk, trigger(11, "01HAN1", active=False), trigger(12, "01HAN2", title="by hand"))
    assert [found.active for found in plugin.list_subscriptions()] == [False, True, True]


@pytest.mark.parametrize(
    ("kind", "said"), [("events", "Zendesk events"), ("trigger", "Trigger or automation")]
)
def test_what_is_left_to_do_by_hand_names_the_place_of_the_secret_and_not_the_secret(
    make_plugin: MakePlugin, kind: str, said: str
) -> None:
    steps = make_plugin(webhooks=kind, webhook_secrets=[Resolved("hush")]).webhook_setup(CALLBACK)
    together = " ".join(steps)
    assert said in together
    assert CALLBACK in together
    assert "connections.helpdesk.webhook_secrets" in together
    assert "hush" not in together
