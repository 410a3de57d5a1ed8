"""Registering webhooks, at the place and in the form that the edition has for it."""

from typing import Any

import flask

from escalation_bridge_sandbox.jira.http import Call, Routes, answer, nothing
from escalation_bridge_sandbox.jira.rules.permissions import require_admin
from escalation_bridge_sandbox.jira.webhooks.registry import Webhook, Wish, read_wish

CLASSIC = "/rest/webhooks/1.0/webhook"
MOVED = "/rest/jira-webhook/1.0/webhooks"
CLASSIC_TYPES: dict[str, type] = {
    "name": str,
    "url": str,
    "events": list,
    "enabled": bool,
    "filters": dict,
    "excludeBody": bool,
    "secret": str,
}
MOVED_TYPES: dict[str, type] = {
    "name": str,
    "url": str,
    "events": list,
    "active": bool,
    "filters": dict,
    "configuration": dict,
}


def register(routes: Routes, *, moved: bool) -> None:
    path = MOVED if moved else CLASSIC
    routes.at(path, list_webhooks, "GET")
    routes.at(path, create, "POST")
    routes.at(f"{path}/<webhook_id>", get, "GET")
    routes.at(f"{path}/<webhook_id>", change, "PUT")
    routes.at(f"{path}/<webhook_id>", delete, "DELETE")


def list_webhooks(call: Call) -> flask.Response:
    require_admin(call.person)
    return answer(
        [_shown(each, call) for each in call.sandbox.webhooks.webhooks.values() if each.app is None]
    )


def create(call: Call) -> flask.Response:
    person = require_admin(call.person)
    webhook = call.sandbox.webhooks.register(_wish(call), person, call.site)
    return answer(_shown(webhook, call), 201)


def get(call: Call, webhook_id: str) -> flask.Response:
    require_admin(call.person)
    return answer(_shown(call.sandbox.webhooks.find(webhook_id), call))


def change(call: Call, webhook_id: str) -> flask.Response:
    person = require_admin(call.person)
    webhook = call.sandbox.webhooks.find(webhook_id)
    return answer(_shown(call.sandbox.webhooks.change(webhook, _wish(call), person, call.site), call))


def delete(call: Call, webhook_id: str) -> flask.Response:
    require_admin(call.person)
    del call.sandbox.webhooks.webhooks[call.sandbox.webhooks.find(webhook_id).id]
    return nothing()


def _wish(call: Call) -> Wish:
    if call.site.edition.has_moved_webhooks:
        return _moved_wish(call.json())
    read = read_wish(call.json(), CLASSIC_TYPES)
    return Wish(
        name=read.get("name"),
        url=read.get("url"),
        events=tuple(read["events"]) if "events" in read else None,
        active=read.get("enabled"),
        filters=read.get("filters"),
        exclude_body=read.get("excludeBody"),
        # Data Center before 10 knows no secrets and sends unsigned.
        secret=read.get("secret") if call.site.edition.is_cloud else None,
    )


def _moved_wish(body: Any) -> Wish:
    """Since Data Center 10 the secret is in the configuration; one beside it is read over without a word."""
    read = read_wish(body, MOVED_TYPES)
    configuration = read.get("configuration", {})
    exclude_body = configuration.get("EXCLUDE_BODY")
    return Wish(
        name=read.get("name"),
        url=read.get("url"),
        events=tuple(read["events"]) if "events" in read else None,
        active=read.get("active"),
        filters=read.get("filters"),
        exclude_body=None if exclude_body is None else str(exclude_body).lower() == "true",
        secret=configuration.get("SECRET"),
    )


def _shown(webhook: Webhook, call: Call) -> dict[str, Any]:
    """A webhook, never with its secret."""
    if call.site.edition.has_moved_webhooks:
        return {
            "id": webhook.id,
            "name": webhook.name,
            "url": webhook.url,
            "events": list(webhook.events),
            "active": webhook.active,
            "scopeType": "global",
            "filters": dict(webhook.filters),
            "configuration": {"EXCLUDE_BODY": "true" if webhook.exclude_body else "false"},
            "sslVerificationRequired": True,
            "createdDate": int(webhook.created.timestamp() * 1000),
            "updatedDate": int(webhook.updated.timestamp() * 1000),
        }
    person = call.site.people[webhook.updated_by]
    cloud = call.site.edition.is_cloud
    shown: dict[str, Any] = {
        "name": webhook.name,
        "url": webhook.url,
        "excludeBody": webhook.exclude_body,
        "filters": dict(webhook.filters),
        "events": list(webhook.events),
        "enabled": webhook.active,
        "self": f"{call.renderer.base_url}{CLASSIC}/{webhook.id}",
        "lastUpdatedUser": person.account_id if cloud else person.key,
        "lastUpdatedDisplayName": person.display_name,
        "lastUpdated": int(webhook.updated.timestamp() * 1000),
    }
    return {**shown, "isSigned": webhook.secret is not None} if cloud else shown
