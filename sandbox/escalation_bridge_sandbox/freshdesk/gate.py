"""What every API request passes: the count of calls, the key, the `Accept` header; and the headers of the answer."""

import secrets

import flask

from escalation_bridge_sandbox.freshdesk.input.problems import (
    Refusal,
    access_denied,
    account_suspended,
    feature_missing,
    not_acceptable,
    not_logged_in,
    rate_limited,
)
from escalation_bridge_sandbox.freshdesk.limits import CallLedger, Charge, Endpoint
from escalation_bridge_sandbox.freshdesk.state.desk import Desk
from escalation_bridge_sandbox.freshdesk.state.records import Agent, Standing

API = "/api/v2"
# Documented: an embedded resource costs one further call when a ticket is viewed, two when tickets are listed.
COST_IN_VIEW = 1
COST_IN_LIST = 2


def is_api_request() -> bool:
    return flask.request.path.startswith(f"{API}/")


def admit(desk: Desk, ledger: CallLedger) -> None:
    """Let a request in, or not. Every request counts against the limit, also those that are refused.

    Raises:
        Refusal: 401, 403, 406 or 429.
    """
    endpoint, cost = _pricing()
    charge = ledger.charge(endpoint, cost)
    flask.g.freshdesk_charge = charge
    if not charge.allowed:
        raise rate_limited(str(charge.retry_after))
    authorization = flask.request.authorization
    key = authorization.username if authorization is not None and authorization.type == "basic" else None
    agent = desk.agent_with_key(key) if key else None
    if agent is None:
        raise not_logged_in()
    flask.g.freshdesk_agent = agent
    flask.g.sandbox_user = agent.email
    if desk.standing is Standing.NO_API:
        raise feature_missing("Api")
    if desk.standing is Standing.SUSPENDED and flask.request.method != "GET":
        raise account_suspended()
    accepted = flask.request.accept_mimetypes
    if accepted and not accepted.accept_json:
        raise not_acceptable()


def current_agent() -> Agent:
    agent: Agent = flask.g.freshdesk_agent
    return agent


def require_admin() -> None:
    """Refuse agents without administrator's rights.

    Raises:
        Refusal: 403.
    """
    if not current_agent().is_admin:
        raise access_denied()


def dress(response: flask.Response, ledger: CallLedger) -> flask.Response:
    """Add the headers that every answer of the API has."""
    charge: Charge | None = flask.g.get("freshdesk_charge")
    if charge is None:
        # Met by a fault before it was counted.
        charge = ledger.charge(None, 1)
    response.headers.update(ledger.headers(charge))
    response.headers["X-Freshdesk-Api-Version"] = "latest=v2; requested=v2"
    response.headers["X-Request-Id"] = secrets.token_hex(16)
    if response.mimetype == "application/json":
        response.headers["Content-Type"] = "application/json; charset=utf-8"
    return response


def _pricing() -> tuple[Endpoint | None, int]:
    """Which limit a request falls under, and how many calls it costs."""
    request = flask.request
    embedded = [name for name in request.args.get("include", "").split(",") if name]
    match request.method, [part for part in request.path.removeprefix(API).split("/") if part]:
        case "GET", ["tickets"]:
            return Endpoint.TICKETS_LIST, 1 + COST_IN_LIST * len(embedded)
        case "GET", ["tickets", _]:
            return None, 1 + COST_IN_VIEW * len(embedded)
        case "POST", ["tickets"]:
            return Endpoint.TICKET_CREATE, 1
        case "PUT", ["tickets", number] if number.isdigit():
            return Endpoint.TICKET_UPDATE, 1
        case "GET", ["contacts"]:
            return Endpoint.CONTACTS_LIST, 1
        case _:
            return None, 1


def answer(refusal: Refusal) -> flask.Response:
    return refusal.response()
