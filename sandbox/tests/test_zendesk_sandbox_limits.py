"""Rate limits and faults of the stand-in Zendesk, in its own dialect."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from escalation_bridge_sandbox.kernel.faults import Fault, FaultKind
from escalation_bridge_sandbox.kernel.server import RunningVendor, start
from escalation_bridge_sandbox.zendesk import Limits, ZendeskSandbox, ZendeskSettings
from escalation_bridge_sandbox.zendesk.state import seed

BRIDGE = (f"{seed.BRIDGE.email}/token", seed.API_TOKEN)
AGENT = (f"{seed.AGENT_SARI.email}/token", seed.API_TOKEN)


@pytest.fixture(scope="module")
def served() -> Iterator[RunningVendor]:
    limits = Limits(requests=12, ticket_updates=4, updates_per_ticket=3, incremental_exports=1)
    with start(ZendeskSandbox(settings=ZendeskSettings(limits=limits))) as running:
        yield running


@pytest.fixture
def zendesk(served: RunningVendor) -> RunningVendor:
    served.vendor.reset()
    return served


def call(zendesk: RunningVendor, method: str, path: str, *, auth: tuple[str, str] = BRIDGE, **options: Any):
    return requests.request(method, f"{zendesk.url}/api/v2/{path}", auth=auth, timeout=5, **options)


def create(zendesk: RunningVendor) -> int:
    body = {"ticket": {"subject": "x", "comment": {"body": "x"}}}
    return int(call(zendesk, "POST", "tickets", json=body).json()["ticket"]["id"])


def update(
    zendesk: RunningVendor, ticket: int, text: str, auth: tuple[str, str] = BRIDGE
) -> requests.Response:
    return call(zendesk, "PUT", f"tickets/{ticket}", auth=auth, json={"ticket": {"subject": text}})


def test_every_answer_tells_what_is_left(zendesk: RunningVendor) -> None:
    answer = call(zendesk, "GET", "tickets")
    for name in ("X-Rate-Limit", "ratelimit-limit"):
        assert answer.headers[name] == "12"
    for name in ("X-Rate-Limit-Remaining", "ratelimit-remaining"):
        assert answer.headers[name] == "11"
    assert 1 <= int(answer.headers["ratelimit-reset"]) <= 60
    assert call(zendesk, "GET", "nothing").headers["X-Rate-Limit-Remaining"] == "10"


def test_the_account_runs_dry_and_fills_again(zendesk: RunningVendor) -> None:
    for _ in range(12):
        assert call(zendesk, "GET", "tickets/count").status_code == 200
    refused = call(zendesk, "GET", "tickets/count", auth=AGENT)
    assert (refused.status_code, refused.json()["error"]) == (429, "APIRateLimitExceeded")
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert refused.headers["X-Rate-Limit-Remaining"] == "0"
    zendesk.vendor.clock.advance(60)
    assert call(zendesk, "GET", "tickets/count").status_code == 200


def test_updates_are_counted_per_ticket_and_user(zendesk: RunningVendor) -> None:
    ticket = create(zendesk)
    answers = [update(zendesk, ticket, str(number)) for number in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert answers[0].headers["zendesk-rate-limit-tickets-update"].startswith("total=4; remaining=3; resets=")
    assert (
        answers[0].headers["zendesk-ratelimit-per-ticket-updates"].startswith("total=3; remaining=2; resets=")
    )
    zendesk.vendor.clock.advance(60)
    refused = update(zendesk, ticket, "one too many")
    assert refused.status_code == 429
    assert 60 < int(refused.headers["Retry-After"]) <= 600
    assert update(zendesk, ticket, "somebody else", AGENT).status_code == 200
    assert update(zendesk, create(zendesk), "another ticket").status_code == 200


def test_updates_are_counted_per_account(zendesk: RunningVendor) -> None:
    tickets = [create(zendesk), create(zendesk)]
    statuses = [update(zendesk, tickets[number % 2], str(number)).status_code for number in range(5)]
    assert statuses == [200, 200, 200, 200, 429]


def test_some_endpoints_have_limits_of_their_own(zendesk: RunningVendor) -> None:
    answers = [call(zendesk, "GET", "incremental/tickets/cursor?start_time=0") for _ in range(2)]
    for answer in answers:
        told = answer.headers["zendesk-ratelimit-incremental-exports"]
        assert re.fullmatch(r"total=1; remaining=0; resets=\d+", told)
    statuses = [answer.status_code for answer in answers]
    assert statuses == [200, 429]


@pytest.mark.parametrize(
    ("fault", "status", "error"),
    [
        (Fault(FaultKind.RATE_LIMIT, retry_after="7"), 429, "APIRateLimitExceeded"),
        (Fault(FaultKind.SERVER_ERROR), 500, "InternalServerError"),
        (Fault(FaultKind.SERVER_ERROR, status=503), 503, "InternalServerError"),
        (Fault(FaultKind.UNAUTHORIZED), 401, "Couldn't authenticate you"),
    ],
)
def test_faults_speak_zendesk(zendesk: RunningVendor, fault: Fault, status: int, error: str) -> None:
    zendesk.vendor.faults.add(fault)
    answer = call(zendesk, "GET", "tickets")
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.headers.get("Retry-After") == fault.retry_after
    assert "X-Rate-Limit" in answer.headers
