"""The Flask application of a stand-in: faults before and after the view, the journal, the control endpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import flask
from werkzeug.routing import Map

from escalation_bridge_sandbox.kernel.control import CONTROL_PREFIX, control_blueprint
from escalation_bridge_sandbox.kernel.faults import Fault, FaultKind
from escalation_bridge_sandbox.kernel.journal import JournalEntry
from escalation_bridge_sandbox.kernel.routes import SharedRoutes
from escalation_bridge_sandbox.kernel.vendor import Vendor

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

OK, NO_CONTENT = 200, 204
LOGIN_PAGE = (
    "<!DOCTYPE html><html><head><title>Log in</title></head>"
    '<body><form method="post"><input name="user"><input name="password" type="password"></form></body></html>'
)


class OneAtATime(flask.Flask):
    """Runs one view at a time: a stand-in is about honest state, not about throughput."""

    vendor: Vendor
    url_map_class: type[Map] = SharedRoutes

    def dispatch_request(self, *args: Any, **kwargs: Any) -> ResponseReturnValue:
        with self.vendor.lock:
            # Written out under the lock too: what a view returns may hold parts of the state.
            return self.make_response(super().dispatch_request(*args, **kwargs))


def build_app(vendor: Vendor) -> flask.Flask:
    """An application that has all but the vendor's own endpoints."""
    app = OneAtATime(f"{__name__}.{vendor.name}", static_folder=None)
    app.vendor = vendor
    app.json.sort_keys = False  # type: ignore[attr-defined]  # the default provider has it
    app.url_map.strict_slashes = False

    # Registered before the vendor's own, hence run before them on the way in and after them on the way out.
    @app.before_request
    def meet_fault() -> flask.Response | None:
        flask.g.sandbox_user = ""
        flask.g.sandbox_fault = None
        if _is_control():
            return None
        fault = vendor.faults.take(flask.request.method, flask.request.path)
        flask.g.sandbox_fault = fault
        return None if fault is None else _before_view(vendor, fault)

    @app.after_request
    def record(response: flask.Response) -> flask.Response:
        if _is_control():
            return response
        fault: Fault | None = flask.g.sandbox_fault
        if fault is not None:
            response = _after_view(vendor, fault, response)
        request = flask.request
        vendor.journal.record(
            JournalEntry(
                at=vendor.clock.now(),
                method=request.method,
                path=request.path,
                query=request.query_string.decode("utf-8", "replace"),
                user=flask.g.sandbox_user,
                status=response.status_code,
                write=vendor.is_write(request.method, request.path),
                fault=None if fault is None else fault.kind.value,
                body=request.get_json(silent=True),
            )
        )
        return response

    app.register_blueprint(control_blueprint(vendor))
    return app


def _is_control() -> bool:
    return flask.request.path.startswith(CONTROL_PREFIX)


def _before_view(vendor: Vendor, fault: Fault) -> flask.Response | None:
    match fault.kind:
        case FaultKind.LATENCY:
            vendor.closing.wait(fault.seconds)
            return None
        case FaultKind.TIMEOUT_AFTER_WRITE | FaultKind.DROP_CONNECTION:
            return None
        case FaultKind.SERVER_ERROR:
            return vendor.server_error_response(fault)
        case FaultKind.RATE_LIMIT:
            return vendor.rate_limited_response(fault)
        case FaultKind.UNAUTHORIZED:
            return vendor.unauthorized_response(fault)
        case FaultKind.FORBIDDEN:
            return vendor.forbidden_response(fault)
        case FaultKind.EMPTY_200:
            body = "{}" if fault.body is None else fault.body
            return flask.Response(body, fault.status or 200, mimetype="application/json")
        case FaultKind.HTML_LOGIN_PAGE:
            return flask.Response(fault.body or LOGIN_PAGE, fault.status or 200, mimetype="text/html")


def _after_view(vendor: Vendor, fault: Fault, response: flask.Response) -> flask.Response:
    if fault.kind is FaultKind.TIMEOUT_AFTER_WRITE:
        vendor.closing.wait(fault.seconds)
        return flask.Response(fault.body or "Gateway timeout", fault.status or 504)
    if fault.kind is FaultKind.DROP_CONNECTION:
        # More is promised than comes; the server can then only close the connection.
        body = response.get_data()
        response.set_data(body[: len(body) // 2])
        response.headers["Content-Length"] = str(len(body) + 1)
        if response.status_code == NO_CONTENT:
            # Which has no body, so that nothing could be missing.
            response.status_code = OK
    return response
