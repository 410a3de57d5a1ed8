"""The bridge's webhook: one, with the right events, and nobody else's touched."""

import json
from collections.abc import Callable

import pytest
import responses
from responses import matchers

from escalation_bridge.accounts import Subscription
from escalation_bridge.settings import Resolved
from escalation_bridge_zendesk.plugin import ZendeskPlugin
from escalation_bridge_zendesk.webhook import HEEDED

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
