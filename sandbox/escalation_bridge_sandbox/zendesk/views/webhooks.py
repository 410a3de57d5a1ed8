"""The webhooks API."""

import base64
import secrets
from datetime import datetime
from typing import Any

import flask

from escalation_bridge_sandbox.kernel.outbox import AttemptRecord
from escalation_bridge_sandbox.zendesk.account import ZendeskAccount
from escalation_bridge_sandbox.zendesk.automation.webhook_input import check_subscriptions, checked_webhook
from escalation_bridge_sandbox.zendesk.automation.webhooks import CONDITIONAL
from escalation_bridge_sandbox.zendesk.http.api import ApiBlueprint, current_user, json_body
from escalation_bridge_sandbox.zendesk.http.pages import paged
from escalation_bridge_sandbox.zendesk.state import seed
from escalation_bridge_sandbox.zendesk.state.errors import ApiError, webhook_error
from escalation_bridge_sandbox.zendesk.state.records import Invocation, Json, Webhook
from escalation_bridge_sandbox.zendesk.state.times import iso, iso_with_nanoseconds

SHOWN_DATA = {"basic_auth": ("username",), "api_key": ("name",)}


def webhooks_blueprint(vendor: ZendeskAccount) -> ApiBlueprint:
    api = ApiBlueprint("webhooks")

    @api.before_request
    def check_admin() -> None:
        if not current_user().is_admin:
            raise webhook_error(403, "Forbidden", "You do not have access to this page.")

    def found(webhook_id: str) -> Webhook:
        webhook = vendor.state.webhooks.get(webhook_id)
        if webhook is None:
            raise _not_found("Webhook")
        return webhook

    @api.get("/webhooks")
    def list_webhooks() -> Json:
        webhooks = list(vendor.state.webhooks.values())
        contains = flask.request.args.get("filter[name_contains]")
        if contains:
            webhooks = [webhook for webhook in webhooks if contains.lower() in webhook.name.lower()]
        status = flask.request.args.get("filter[status]")
        if status:
            webhooks = [webhook for webhook in webhooks if webhook.status == status]
        page = paged("webhooks", webhooks, lambda webhook: (webhook.id,), webhook_json, always_cursor=True)
        return _only_where_more(page)

    @api.post("/webhooks")
    def create_webhook() -> tuple[Json, int]:
        clone_id = flask.request.args.get("clone_webhook_id")
        if clone_id is not None:
            original = found(clone_id)
            values: Json = {
                "name": f"{original.name} (copy)",
                "status": original.status,
                "endpoint": original.endpoint,
                "http_method": original.http_method,
                "request_format": original.request_format,
                "subscriptions": list(original.subscriptions),
                "description": original.description,
                "authentication": original.authentication,
            }
        else:
            values = checked_webhook(json_body().get("webhook"), is_complete=True)
            check_subscriptions(
                values.get("subscriptions", []), values["http_method"], values["request_format"]
            )
        now = vendor.clock.now()
        webhook = Webhook(
            id=vendor.state.next_ulid(now),
            secret=_new_secret(),
            created_at=now,
            created_by=current_user().id,
            **{"subscriptions": [], **values, "authentication": values.get("authentication") or None},
        )
        vendor.state.webhooks[webhook.id] = webhook
        shown = webhook_json(webhook)
        # Fresh ones carry nanoseconds; read later, they do not.
        shown["created_at"] = iso_with_nanoseconds(now)
        return {"webhook": shown}, 201

    @api.post("/webhooks/test")
    def test_webhook() -> Json:
        stored_id = flask.request.args.get("webhook_id")
        given: Any = json_body().get("request") or {}
        if not isinstance(given, dict):
            raise webhook_error(400, "InvalidRequest", "request must be an object")
        webhook = found(stored_id) if stored_id else _unstored(given, vendor.clock.now())
        if stored_id and given.get("endpoint"):
            webhook = Webhook(**{**vars(webhook), **_overrides(given)})
        record = vendor.sender.test(webhook, str(given.get("payload") or ""))
        return {"response": _tested(record)}

    @api.get("/webhooks/<webhook_id>")
    def show_webhook(webhook_id: str) -> Json:
        return {"webhook": webhook_json(found(webhook_id))}

    def change(webhook_id: str, *, is_complete: bool) -> tuple[str, int]:
        webhook = found(webhook_id)
        values = checked_webhook(json_body().get("webhook"), is_complete=is_complete)
        changed = Webhook(**{**vars(webhook), **values})
        check_subscriptions(changed.subscriptions, changed.http_method, changed.request_format)
        if (changed.subscriptions == [CONDITIONAL]) != (webhook.subscriptions == [CONDITIONAL]):
            raise webhook_error(
                400, "InvalidWebhook", "Webhook is invalid", "The kind of a webhook cannot be changed"
            )
        changed.updated_at, changed.updated_by = vendor.clock.now(), current_user().id
        vendor.state.webhooks[webhook_id] = changed
        return "", 204

    @api.put("/webhooks/<webhook_id>")
    def update_webhook(webhook_id: str) -> tuple[str, int]:
        return change(webhook_id, is_complete=True)

    @api.patch("/webhooks/<webhook_id>")
    def patch_webhook(webhook_id: str) -> tuple[str, int]:
        return change(webhook_id, is_complete=False)

    @api.delete("/webhooks/<webhook_id>")
    def delete_webhook(webhook_id: str) -> tuple[str, int]:
        found(webhook_id)
        del vendor.state.webhooks[webhook_id]
        return "", 204

    @api.get("/webhooks/<webhook_id>/signing_secret")
    def show_secret(webhook_id: str) -> Json:
        return _secret_json(found(webhook_id))

    @api.post("/webhooks/<webhook_id>/signing_secret")
    def reset_secret(webhook_id: str) -> tuple[Json, int]:
        webhook = found(webhook_id)
        webhook.secret = _new_secret()
        return _secret_json(webhook), 201

    @api.get("/webhooks/<webhook_id>/invocations")
    def list_invocations(webhook_id: str) -> Json:
        found(webhook_id)
        done = [
            invocation
            for invocation in vendor.state.invocations.values()
            if invocation.webhook_id == webhook_id and invocation.attempts
        ]
        page = paged(
            "invocations",
            done,
            lambda invocation: (invocation.id,),
            _invocation_json,
            descending=True,
            always_cursor=True,
        )
        return _only_where_more(page)

    @api.get("/webhooks/<webhook_id>/invocations/<invocation_id>/attempts")
    def list_attempts(webhook_id: str, invocation_id: str) -> Json:
        invocation = vendor.state.invocations.get(invocation_id)
        if invocation is None or invocation.webhook_id != webhook_id:
            raise _not_found("Invocation")
        return {"attempts": _attempts_json(invocation)}

    return api


def webhook_json(webhook: Webhook) -> Json:
    """As recorded: what is secret in the authentication is not shown, and what is not set is not there."""
    shown: Json = {"id": webhook.id, "name": webhook.name}
    if webhook.description is not None:
        shown["description"] = webhook.description
    shown |= {
        "status": webhook.status,
        "subscriptions": list(webhook.subscriptions),
        "created_at": iso(webhook.created_at),
        "created_by": str(webhook.created_by),
    }
    if webhook.updated_at is not None:
        shown |= {"updated_at": iso(webhook.updated_at), "updated_by": str(webhook.updated_by)}
    shown |= {
        "endpoint": webhook.endpoint,
        "http_method": webhook.http_method,
        "request_format": webhook.request_format,
    }
    if webhook.authentication:
        kind = webhook.authentication["type"]
        shown["authentication"] = {"type": kind}
        data = {key: webhook.authentication["data"][key] for key in SHOWN_DATA.get(kind, ())}
        if data:
            shown["authentication"]["data"] = data
        shown["authentication"]["add_position"] = "header"
    return shown


def _only_where_more(page: Json) -> Json:
    """This API, unlike the ticket lists, leaves out cursors that lead nowhere."""
    meta, links = page["meta"], page["links"]
    shown_meta: Json = {"has_more": meta["has_more"]}
    shown_links: Json = {}
    if flask.request.args.get("page[after]") and meta["before_cursor"]:
        shown_meta["before_cursor"] = meta["before_cursor"]
        shown_links["prev"] = links["prev"]
    if meta["has_more"]:
        shown_meta["after_cursor"] = meta["after_cursor"]
        shown_links["next"] = links["next"]
    return page | {"meta": shown_meta, "links": shown_links}


def _new_secret() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def _secret_json(webhook: Webhook) -> Json:
    return {"signing_secret": {"secret": webhook.secret, "algorithm": "SHA256"}}


def _unstored(given: Json, now: datetime) -> Webhook:
    """A webhook that is tested before it is made."""
    overrides = _overrides(given)
    if not {"endpoint", "http_method", "request_format"} <= overrides.keys():
        raise webhook_error(400, "InvalidRequest", "endpoint, http_method and request_format are required")
    return Webhook(
        id="",
        name="",
        status="active",
        subscriptions=[],
        secret=seed.TEST_WEBHOOK_SECRET,
        created_at=now,
        created_by=current_user().id,
        **overrides,
    )


def _overrides(given: Json) -> Json:
    keys = ("endpoint", "http_method", "request_format", "authentication")
    return checked_webhook({key: given[key] for key in keys if given.get(key)}, is_complete=False)


def _tested(record: AttemptRecord) -> Json:
    if record.status is None:
        raise webhook_error(400, "WebhookTestFailed", "The endpoint could not be reached", record.error)
    return {
        "headers": _pairs(dict(record.answer_headers)),
        "status_code": record.status,
        "payload": record.answer,
    }


def _invocation_json(invocation: Invocation) -> Json:
    last = invocation.attempts[-1]
    shown: Json = {"id": invocation.id}
    if last.status_code is not None:
        shown["status_code"] = last.status_code
    return shown | {"status": last.status, "latest_completed_at": iso(last.completed_at)}


def _attempts_json(invocation: Invocation) -> list[Json]:
    shown = []
    for attempt in invocation.attempts:
        entry: Json = {"id": attempt.id, "invocation_id": invocation.id}
        if attempt.status_code is not None:
            entry["status_code"] = attempt.status_code
        entry |= {
            "status": attempt.status,
            "request": {"headers": _pairs(attempt.request_headers), "payload": invocation.payload},
            "response": {"headers": _pairs(attempt.response_headers), "payload": attempt.response_payload},
            "completed_at": iso(attempt.completed_at),
        }
        shown.append(entry)
    return shown


def _pairs(headers: dict[str, str]) -> list[Json]:
    return [{"key": key, "value": value} for key, value in headers.items()]


def _not_found(what: str) -> ApiError:
    return webhook_error(404, f"{what}NotFound", f"{what} not found")
