"""The receiver: prove where a webhook comes from, keep it, answer. Nothing else happens inside a request."""

from collections.abc import Callable

import structlog
from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from escalation_bridge.bridge import Bridge
from escalation_bridge.errors import (
    BridgeError,
    StoreUnavailable,
    UnsupportedOperation,
    WebhookMalformed,
    WebhookRefused,
)
from escalation_bridge.helpdesk import Helpdesk
from escalation_bridge.store.deliveries import DeliveryWriter, IncomingDelivery
from escalation_bridge.webhooks import WebhookRequest
from escalation_bridge_webhooks.scrub import without_secrets

_log = structlog.get_logger(__name__)

_MEGABYTE = 1024 * 1024
_COME_AGAIN_SECONDS = 30
"""Zendesk repeats a 503 only if it asks for less than a minute."""
_BODY_TYPES = ("application/json", "application/x-www-form-urlencoded")


def create_app(bridge: Bridge, writer: DeliveryWriter, on_stored: Callable[[], None] = lambda: None) -> Flask:
    """Make the receiver's Flask application.

    Args:
        bridge: Whose connections are called.
        writer: Keeps what was verified.
        on_stored: Called after a delivery was stored, so that a worker in the same process need not wait.
    """
    app = Flask(__name__)

    @app.post("/webhooks/<connection>")
    def receive(connection: str) -> tuple[Response, int]:
        helpdesk = bridge.helpdesks.get(connection)
        if helpdesk is None:
            return _answer(404, "there is no such connection")
        request.max_content_length = int(helpdesk.settings.max_webhook_mb * _MEGABYTE)
        if request.mimetype and request.mimetype not in _BODY_TYPES:
            return _answer(415, f"send {' or '.join(_BODY_TYPES)}")
        if request.headers.get("Content-Encoding", "identity") != "identity":
            return _answer(415, "send the body without a content encoding")
        incoming = WebhookRequest.make(
            request.get_data(cache=False),
            dict(request.headers),
            received_at=bridge.now(),
            method=request.method,
            query=request.args.to_dict(),
        )
        return _take(helpdesk, incoming)

    def _take(helpdesk: Helpdesk, incoming: WebhookRequest) -> tuple[Response, int]:
        verified = helpdesk.verify_webhook(incoming)
        quarantine: str | None = None
        try:
            helpdesk.parse_webhook(incoming)
        except WebhookMalformed as error:
            quarantine = str(error)
        kept = without_secrets(incoming, helpdesk.settings)
        saved = writer.save(IncomingDelivery(helpdesk.name, kept, verified.delivery_id, quarantine))
        on_stored()
        if quarantine is not None:
            _log.warning("webhook.quarantined", connection=helpdesk.name, reason=quarantine)
            return _answer(400, quarantine)
        _log.info(
            "webhook.stored", connection=helpdesk.name, repeated=saved.repeated, bytes=len(incoming.body)
        )
        return _answer(202, "known already" if saved.repeated else "stored", key="status")

    @app.get("/healthz")
    def alive() -> tuple[Response, int]:
        return _answer(200, "alive", key="status")

    @app.get("/readyz")
    def ready() -> tuple[Response, int]:
        if not bridge.database.is_current():
            return _answer(503, "the database's schema is not this version's")
        return _answer(200, "ready", key="status")

    @app.errorhandler(WebhookRefused)
    def refused(error: WebhookRefused) -> tuple[Response, int]:
        connection = (request.view_args or {}).get("connection")
        _log.warning("webhook.refused", connection=connection, reason=str(error), sender=request.remote_addr)
        return _answer(401, str(error))

    @app.errorhandler(UnsupportedOperation)
    def takes_none(error: UnsupportedOperation) -> tuple[Response, int]:
        _log.warning("webhook.unsupported", error=str(error))
        return _answer(404, "this connection takes no webhooks")

    @app.errorhandler(StoreUnavailable)
    @app.errorhandler(BridgeError)
    def come_again(error: BridgeError) -> tuple[Response, int]:
        _log.error("webhook.not_stored", error=str(error))
        response, status = _answer(503, "cannot be stored just now; send it again")
        response.headers["Retry-After"] = str(_COME_AGAIN_SECONDS)
        return response, status

    @app.errorhandler(RequestEntityTooLarge)
    def too_large(_error: RequestEntityTooLarge) -> tuple[Response, int]:
        return _answer(
            413, f"larger than {request.max_content_length} bytes, this connection's max_webhook_mb"
        )

    @app.errorhandler(HTTPException)
    def otherwise(error: HTTPException) -> tuple[Response, int]:
        return _answer(error.code or 500, error.name.lower())

    return app


def _answer(status: int, text: str, *, key: str = "error") -> tuple[Response, int]:
    return jsonify({key: text}), status
