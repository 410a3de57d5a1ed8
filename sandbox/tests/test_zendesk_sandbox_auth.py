"""Who is let into the stand-in Zendesk."""

from collections.abc import Iterator

import pytest
import requests

from escalation_bridge_sandbox.kernel.server import RunningVendor, start
from escalation_bridge_sandbox.zendesk import ZendeskSandbox
from escalation_bridge_sandbox.zendesk.state import seed

BRIDGE = (f"{seed.BRIDGE.email}/token", seed.API_TOKEN)
AGENT = (f"{seed.AGENT_SARI.email}/token", seed.API_TOKEN)
CUSTOMER = (f"{seed.CUSTOMER_DEWI.email}/token", seed.API_TOKEN)

CLIENT = {"client_id": seed.OAUTH_CLIENT_ID, "client_secret": seed.OAUTH_CLIENT_SECRET}


@pytest.fixture(scope="module")
def served() -> Iterator[RunningVendor]:
    with start(ZendeskSandbox()) as running:
        yield running


@pytest.fixture
def zendesk(served: RunningVendor) -> RunningVendor:
    served.vendor.reset()
    return served


def get(zendesk: RunningVendor, path: str, *, bearer: str | None = None, auth: tuple[str, str] | None = None):
    headers = {} if bearer is None else {"Authorization": f"Bearer {bearer}"}
    return requests.get(f"{zendesk.url}/api/v2/{path}", headers=headers, auth=auth, timeout=5)


def token(zendesk: RunningVendor, **asked: object) -> requests.Response:
    return requests.post(f"{zendesk.url}/oauth/tokens", json=CLIENT | asked, timeout=5)


def test_an_api_token_acts_as_any_user(zendesk: RunningVendor) -> None:
    for auth, account in ((BRIDGE, seed.BRIDGE), (AGENT, seed.AGENT_SARI)):
        assert get(zendesk, "users/me.json", auth=auth).json()["user"]["id"] == account.id
    assert {entry.user for entry in zendesk.vendor.journal.entries()} == {
        seed.BRIDGE.email,
        seed.AGENT_SARI.email,
    }


@pytest.mark.parametrize(
    "auth",
    [
        (seed.BRIDGE.email, seed.API_TOKEN),
        (f"{seed.BRIDGE.email}/token", "wrong"),
        ("nobody@desk.example/token", seed.API_TOKEN),
    ],
)
def test_wrong_credentials_are_refused(zendesk: RunningVendor, auth: tuple[str, str]) -> None:
    answer = get(zendesk, "users/me", auth=auth)
    assert answer.status_code == 401
    assert answer.json() == {"error": "Couldn't authenticate you"}


def test_nobody_is_told_that_they_are_nobody(zendesk: RunningVendor) -> None:
    answer = get(zendesk, "users/me")
    assert (answer.status_code, answer.json()["user"]["id"]) == (200, None)
    assert get(zendesk, "tickets").status_code == 401


def test_customers_may_only_ask_who_they_are(zendesk: RunningVendor) -> None:
    assert get(zendesk, "users/me", auth=CUSTOMER).json()["user"]["role"] == "end-user"
    refused = get(zendesk, "tickets", auth=CUSTOMER)
    assert refused.status_code == 403
    assert refused.json()["error"]["title"] == "Forbidden"


def test_client_credentials_give_a_token_for_a_while(zendesk: RunningVendor) -> None:
    given = token(zendesk, grant_type="client_credentials", scope="read write", expires_in=300).json()
    assert (given["token_type"], given["expires_in"], given["scope"]) == ("bearer", 300, "read write")
    assert "refresh_token" not in given
    assert get(zendesk, "users/me", bearer=given["access_token"]).json()["user"]["id"] == seed.BRIDGE.id
    zendesk.vendor.clock.advance(300)
    expired = get(zendesk, "tickets", bearer=given["access_token"])
    assert (expired.status_code, expired.json()["error"]) == (401, "invalid_token")


def test_the_token_endpoint_takes_forms_too(zendesk: RunningVendor) -> None:
    form = CLIENT | {"grant_type": "client_credentials", "scope": "read"}
    assert requests.post(f"{zendesk.url}/oauth/tokens", data=form, timeout=5).status_code == 200


@pytest.mark.parametrize(
    ("asked", "status", "error"),
    [
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": "client_credentials", "client_secret": "wrong"}, 401, "invalid_client"),
        ({"grant_type": "client_credentials", "scope": "everything"}, 400, "invalid_scope"),
        ({"grant_type": "client_credentials", "expires_in": 1}, 400, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": "wrong"}, 400, "invalid_grant"),
        ({"grant_type": "refresh_token"}, 400, "invalid_grant"),
    ],
)
def test_what_gives_no_token(
    zendesk: RunningVendor, asked: dict[str, object], status: int, error: str
) -> None:
    answer = token(zendesk, **asked)
    assert (answer.status_code, answer.json()["error"]) == (status, error)


def test_a_refresh_token_is_good_once_and_ends_its_access_token(zendesk: RunningVendor) -> None:
    assert get(zendesk, "tickets", bearer=seed.OAUTH_ACCESS_TOKEN).status_code == 200
    fresh = token(zendesk, grant_type="refresh_token", refresh_token=seed.OAUTH_REFRESH_TOKEN).json()
    assert fresh["refresh_token"] not in ("", seed.OAUTH_REFRESH_TOKEN)
    assert get(zendesk, "tickets", bearer=fresh["access_token"]).status_code == 200
    assert get(zendesk, "tickets", bearer=seed.OAUTH_ACCESS_TOKEN).status_code == 401
    again = token(zendesk, grant_type="refresh_token", refresh_token=seed.OAUTH_REFRESH_TOKEN)
    assert again.json()["error"] == "invalid_grant"
    assert token(zendesk, grant_type="refresh_token", refresh_token=fresh["refresh_token"]).status_code == 200


def test_scopes_are_minded(zendesk: RunningVendor) -> None:
    bearer = token(zendesk, grant_type="client_credentials", scope="tickets:read users:read").json()[
        "access_token"
    ]
    assert get(zendesk, "tickets", bearer=bearer).status_code == 200
    refused = get(zendesk, "groups", bearer=bearer)
    assert (refused.status_code, refused.json()["error"]) == (403, "insufficient_scope")
    written = requests.post(
        f"{zendesk.url}/api/v2/tickets",
        json={"ticket": {"comment": {"body": "x"}}},
        headers={"Authorization": f"Bearer {bearer}"},
        timeout=5,
    )
    assert written.status_code == 403


def test_asking_for_a_token_is_no_write(zendesk: RunningVendor) -> None:
    token(zendesk, grant_type="client_credentials")
    assert zendesk.vendor.journal.entries(writes=True) == []


@pytest.mark.parametrize("path", ["incremental/tickets/cursor?start_time=0", "webhooks"])
def test_some_doors_are_for_admins(zendesk: RunningVendor, path: str) -> None:
    assert get(zendesk, path, auth=AGENT).status_code == 403
    assert get(zendesk, path, auth=BRIDGE).status_code == 200


def test_unknown_paths(zendesk: RunningVendor) -> None:
    answer = get(zendesk, "nothing_here.json", auth=BRIDGE)
    assert answer.status_code == 404
    assert answer.json() == {"error": "InvalidEndpoint", "description": "Not found"}


@pytest.mark.parametrize(
    "path", ["macros.json", "views/1", "ticket_metrics.json", "incremental/users/cursor"]
)
def test_what_zendesk_has_and_this_has_not_is_said_so(zendesk: RunningVendor, path: str) -> None:
    answer = get(zendesk, path, auth=BRIDGE)
    assert (answer.status_code, answer.json()["error"]) == (501, "NotInSandbox")


@pytest.mark.parametrize("path", ["tickets.json", "users/me", "triggers/active", "search/export?query=x"])
def test_what_this_has_is_not_left_out(zendesk: RunningVendor, path: str) -> None:
    assert get(zendesk, path, auth=BRIDGE).status_code in (200, 400)
