"""The receiver: verify a webhook, store it, answer. Nothing else happens inside such a request.

Beside that it serves the pages behind signed links.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

import structlog
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from escalation_bridge.bridge import Bridge
from escalation_bridge.engine.attention import lines_of_attention
from escalation_bridge.errors import (
    PluginError,
    StoreUnavailable,
    UnsupportedOperation,
    WebhookMalformed,
    WebhookRefused,
)
from escalation_bridge.plugged.helpdesk import Helpdesk
from escalation_bridge.plugin.scrubbing import secret_values, without_secrets
from escalation_bridge.plugin.webhooks import WebhookRequest
from escalation_bridge.store.webhooks.deliveries import DeliveryWriter, IncomingDelivery
from escalation_bridge_webhooks.pages.acknowledge import acknowledging
from escalation_bridge_webhooks.pages.page import pages_of
from escalation_bridge_webhooks.pages.rate import rating
from escalation_bridge_webhooks.pages.review import reviewing

_log = structlog.get_logger(__name__)

_MEGABYTE = 1024 * 1024
_COME_AGAIN_SECONDS = 30
"""Zendesk repeats a 503 only if it asks for less than a minute."""
_BODY_TYPES = ("application/json", "application/x-www-form-urlencoded")


def create_app(bridge: Bridge, writer: DeliveryWriter, on_stored: Callable[[], None] = lambda: None) -> Flask:
    """Create the receiver's Flask application.

    Args:
        bridge: The bridge whose connections receive webhooks.
        writer: Stores verified webhooks.
        on_stored: Called after a delivery was stored, so that a worker in the same process need not wait.
    """
    app = Flask(__name__)
    app.register_blueprint(
        pages_of(bridge, acknowledging(on_stored), rating(on_stored), reviewing(on_stored))
    )
    secrets = {name: frozenset(secret_values(one.settings)) for name, one in bridge.helpdesks.items()}

    @app.post("/webhooks/<connection>")
    def receive(connection: str) -> Response:
        helpdesk = bridge.helpdesks.get(connection)
        if helpdesk is None:
            return _answer(404, "unknown connection")
        request.max_content_length = largest_body(helpdesk)
        if request.mimetype and request.mimetype not in _BODY_TYPES:
            return _answer(415, f"send {' or '.join(_BODY_TYPES)}")
        if request.headers.get("Content-Encoding", "").lower() not in ("", "identity"):
            return _answer(415, "send the body without a content encoding")
        incoming = WebhookRequest.make(
            request.get_data(cache=False),
            dict(request.headers),
            received_at=bridge.now(),
            method=request.method,
            query=request.args.to_dict(),
        )
        return _take(helpdesk, incoming)

    def _take(helpdesk: Helpdesk, incoming: WebhookRequest) -> Response:
        verified = helpdesk.verify_webhook(incoming)
        proven = replace(incoming, body_is_proven=verified.covers_body)
        kept = without_secrets(proven, secrets[helpdesk.name])
        # Read as it is stored: what the worker reads later must not differ from what was read here.
        quarantine = _why_unreadable(helpdesk, kept)
        saved = writer.save(IncomingDelivery(helpdesk.name, kept, verified.delivery_id, quarantine))
        if quarantine is not None:
            _log.warning("webhook.quarantined", connection=helpdesk.name, reason=quarantine)
            return _answer(400, quarantine)
        on_stored()
        # Not at the level info, where the worker logs the outcome of each delivery.
        _log.debug("webhook.stored", connection=helpdesk.name, repeated=saved.repeated)
        return _answer(202, "known already" if saved.repeated else "stored", key="status")

    @app.get("/healthz")
    def alive() -> Response:
        return _answer(200, "alive", key="status")

    @app.get("/readyz")
    def ready() -> Response:
        try:
            is_current = bridge.database.is_current()
        except StoreUnavailable as error:
            _log.error("receiver.not_ready", error=str(error))
            return _answer(503, "the database does not answer")
        if not is_current:
            return _answer(503, "the database's schema is not this version's")
        with bridge.database.read() as transaction:
            attention = lines_of_attention(transaction, bridge.now())
        # Ready all the same: a load balancer that took this away would have webhooks lost.
        text = json.dumps({"status": "ready", "attention": attention})
        return Response(text, 200, content_type="application/json")

    @app.errorhandler(WebhookRefused)
    def refused(error: WebhookRefused) -> Response:
        connection = (request.view_args or {}).get("connection")
        _log.warning("webhook.refused", connection=connection, reason=str(error), sender=request.remote_addr)
        return _answer(401, str(error))

    @app.errorhandler(UnsupportedOperation)
    def takes_none(error: UnsupportedOperation) -> Response:
        _log.warning("webhook.unsupported", error=str(error))
        return _answer(404, "this connection accepts no webhooks")

    @app.errorhandler(StoreUnavailable)
    def not_stored(error: StoreUnavailable) -> Response:
        _log.error("webhook.not_stored", error=str(error))
        return _come_again()

    @app.errorhandler(Exception)
    def failed(_error: Exception) -> Response:
        # Not 500: to most vendors that means never to send it again.
        _log.exception("webhook.failed")
        return _come_again()

    @app.errorhandler(RequestEntityTooLarge)
    def too_large(_error: RequestEntityTooLarge) -> Response:
        return _answer(
            413, f"larger than {request.max_content_length} bytes, this connection's max_webhook_mb"
        )

    @app.errorhandler(HTTPException)
    def otherwise(error: HTTPException) -> Response:
        answer = _answer(error.code or 500, error.name.lower())
        answer.headers.extend([header for header in error.get_headers() if header[0] == "Allow"])
        return answer

    return app


def largest_body(helpdesk: Helpdesk) -> int:
    """The largest size of a webhook of this connection, in bytes."""
    return int(helpdesk.settings.max_webhook_mb * _MEGABYTE)


def _why_unreadable(helpdesk: Helpdesk, kept: WebhookRequest) -> str | None:
    try:
        helpdesk.parse_webhook(kept)
    except WebhookMalformed as error:
        return str(error)
    except PluginError as error:
        # Not the sender's fault: it is kept like any other, and the worker sets it aside.
        _log.error("webhook.plugin_failed", connection=helpdesk.name, error=str(error))
    return None


def _come_again() -> Response:
    answer = _answer(503, "cannot be stored now; send it again")
    answer.headers["Retry-After"] = str(_COME_AGAIN_SECONDS)
    return answer


def _answer(status: int, text: str, *, key: str = "error") -> Response:
    return Response(_as_json(key, text), status, content_type="application/json")


@lru_cache(maxsize=256)  # nearly all answers are "stored"
def _as_json(key: str, text: str) -> bytes:
    return json.dumps({key: text}).encode()
