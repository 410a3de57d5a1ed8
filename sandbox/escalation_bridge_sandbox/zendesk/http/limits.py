"""Rate limits: which windows a request counts in, and the headers that tell."""

import re
from dataclasses import dataclass

import flask

from escalation_bridge_sandbox.kernel.clock import SandboxClock
from escalation_bridge_sandbox.kernel.ratelimit import RateVerdict, RateWindow
from escalation_bridge_sandbox.zendesk.state.errors import ApiError
from escalation_bridge_sandbox.zendesk.state.records import User
from escalation_bridge_sandbox.zendesk.state.settings import Limits

MINUTE = 60
TEN_MINUTES = 600

TICKET_UPDATE = re.compile(r"^/api/v2/tickets/(\d+)(\.json)?$")


@dataclass(frozen=True)
class _Endpoint:
    """Attributes: `header`: in which one the answer tells of this limit, where that has been seen."""

    method: str | None
    path: re.Pattern[str]
    window: RateWindow
    header: str | None = None


class RateLimiter:
    """Counts requests; a request over any limit is refused and counts nowhere else."""

    def __init__(self, limits: Limits, clock: SandboxClock) -> None:
        self._account = RateWindow(limits.requests, MINUTE, clock)
        self._updates = RateWindow(limits.ticket_updates, MINUTE, clock)
        self._per_ticket = RateWindow(limits.updates_per_ticket, TEN_MINUTES, clock)
        self._endpoints = (
            _Endpoint(
                "GET",
                re.compile(r"^/api/v2/incremental/"),
                RateWindow(limits.incremental_exports, MINUTE, clock),
                "zendesk-ratelimit-incremental-exports",
            ),
            _Endpoint(
                "GET", re.compile(r"^/api/v2/search/export"), RateWindow(limits.search_exports, MINUTE, clock)
            ),
            _Endpoint(
                "GET",
                re.compile(r"^/api/v2/deleted_tickets"),
                RateWindow(limits.deleted_lists, MINUTE, clock),
            ),
            _Endpoint("DELETE", TICKET_UPDATE, RateWindow(limits.deletes, MINUTE, clock)),
            _Endpoint(
                "POST", re.compile(r"^/api/v2/webhooks/test"), RateWindow(limits.webhook_tests, MINUTE, clock)
            ),
            _Endpoint(None, re.compile(r"^/api/v2/webhooks"), RateWindow(limits.webhooks, MINUTE, clock)),
        )

    def count(self, user: User | None) -> None:
        """Count the current request.

        Raises:
            ApiError: 429, with `Retry-After`.
        """
        request = flask.request
        account = self._account.take()
        flask.g.zendesk_account_limit = account
        _check(account, "Number of allowed API requests per minute exceeded")
        for endpoint in self._endpoints:
            if endpoint.method in (None, request.method) and endpoint.path.search(request.path):
                verdict = endpoint.window.take()
                if endpoint.header is not None:
                    flask.g.zendesk_endpoint_limit = endpoint.header, verdict
                _check(verdict, "Number of allowed requests for this endpoint per minute exceeded")
        update = TICKET_UPDATE.match(request.path)
        if request.method == "PUT" and update:
            flask.g.zendesk_update_limit = self._updates.take()
            _check(flask.g.zendesk_update_limit, "Number of allowed ticket updates per minute exceeded")
            key = (update.group(1), None if user is None else user.id)
            flask.g.zendesk_ticket_limit = self._per_ticket.take(key)
            _check(
                flask.g.zendesk_ticket_limit,
                "Number of allowed updates to this ticket per 10 minutes exceeded",
            )

    def add_headers(self, response: flask.Response) -> None:
        account: RateVerdict = flask.g.get("zendesk_account_limit") or self._account.look()
        response.headers["X-Rate-Limit"] = response.headers["ratelimit-limit"] = str(account.limit)
        response.headers["X-Rate-Limit-Remaining"] = response.headers["ratelimit-remaining"] = str(
            account.remaining
        )
        response.headers["ratelimit-reset"] = str(account.reset_seconds)
        verdicts: list[tuple[str, RateVerdict | None]] = [
            ("zendesk-rate-limit-tickets-update", flask.g.get("zendesk_update_limit")),
            ("zendesk-ratelimit-per-ticket-updates", flask.g.get("zendesk_ticket_limit")),
            flask.g.get("zendesk_endpoint_limit", ("", None)),
        ]
        for header, verdict in verdicts:
            if verdict is not None:
                response.headers[header] = (
                    f"total={verdict.limit}; remaining={verdict.remaining}; resets={verdict.reset_seconds}"
                )


def _check(verdict: RateVerdict, description: str) -> None:
    if not verdict.allowed:
        raise rate_limited(description, str(verdict.reset_seconds))


def rate_limited(description: str, retry_after: str | None) -> ApiError:
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    return ApiError(429, {"error": "APIRateLimitExceeded", "description": description}, headers)
