"""How requests carry credentials, and how tokens are fetched and renewed."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import pytest
import responses

from escalation_bridge.errors import AuthenticationFailed, RateLimited, UnreadableAnswer
from escalation_bridge.plugin.settings import Resolved
from escalation_bridge_zendesk.plugin import ZendeskPlugin

URL = "https://acme.zendesk.com"
TOKENS = f"{URL}/oauth/tokens"
ME = f"{URL}/api/v2/users/me"
OAUTH = {"oauth": {"client_id": "bridge", "client_secret": Resolved("client-secret"), "scope": "read write"}}
BRIDGE = {"id": 900, "name": "Bridge", "role": "admin"}

MakePlugin = Callable[..., ZendeskPlugin]


class Clock:
    def __init__(self) -> None:
        self.instant = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.instant


def grant(token: str, **more: object) -> dict[str, object]:
    return {"access_token": token, "token_type": "bearer", "scope": "read write", **more}


def sent(wire: responses.RequestsMock, url: str) -> list[str]:
    return [str(call.request.headers["Authorization"]) for call in wire.calls if call.request.url == url]


def test_an_access_token_is_sent_as_it_is(make_plugin: MakePlugin, zendesk: responses.RequestsMock) -> None:
    zendesk.get(ME, json={"user": BRIDGE})
    assert make_plugin().check_connection().user_id == "900"
    assert sent(zendesk, ME) == ["Bearer token-1"]


def test_the_legacy_token_is_sent_with_the_address_and_announced_as_ending(
    make_plugin: MakePlugin, zendesk: responses.RequestsMock
) -> None:
    zendesk.get(ME, json={"user": BRIDGE})
    plugin = make_plugin(sign_in={"email": "bridge@acme.example", "api_token": Resolved("t0ken")})
    (warning,) = plugin.check_connection().warnings
    assert "27 October 2026" in warning
    assert "30 April 2027" in warning
    assert sent(zendesk, ME) == ["Basic YnJpZGdlQGFjbWUuZXhhbXBsZS90b2tlbjp0MGtlbg=="]


def test_a_token_is_asked_for_once_and_kept(make_plugin: MakePlugin, zendesk: responses.RequestsMock) -> None:
    asked = zendesk.post(TOKENS, json=grant("first", expires_in=1800))
    zendesk.get(ME, json={"user": BRIDGE})
    plugin = make_plugin(sign_in=OAUTH)
    plugin.check_connection()
    plugin.check_connection()
    assert asked.call_count == 1
    assert sent(zendesk, ME) == ["Bearer first", "Bearer first"]
    form = parse_qs(str(asked.calls[0].request.body))
    assert form == {
        "grant_type": ["client_credentials"],
        "client_id": ["bridge"],
        "client_secret": ["client-secret"],
        "scope": ["read write"],
        "expires_in": ["1800"],
    }


@pytest.mark.parametrize("told", [{"expires_in": 1800}, {}, {"expires_in": None}])
def test_a_token_is_renewed_before_it_expires_also_when_zendesk_does_not_say_when(
    make_plugin: MakePlugin, zendesk: responses.RequestsMock, told: dict[str, object]
) -> None:
    clock = Clock()
    zendesk.post(TOKENS, json=grant("first", **told))
    zendesk.post(TOKENS, json=grant("second", **told))
    zendesk.get(ME, json={"user": BRIDGE})
    plugin = make_plugin(now=clock, sign_in=OAUTH)
    plugin.check_connection()
    clock.instant += timedelta(minutes=28)
    plugin.check_connection()
    clock.instant += timedelta(minutes=1, seconds=30)
    plugin.check_connection()
    assert sent(zendesk, ME) == ["Bearer first", "Bearer first", "Bearer second"]


def test_a_revoked_token_is_replaced_and_the_request_sent_once_more(
    make_plugin: MakePlugin, zendesk: responses.RequestsMock
) -> None:
    zendesk.post(TOKENS, json=grant("first"))
    zendesk.post(TOKENS, json=grant("second"))
    zendesk.get(ME, status=401, json={"error": "invalid_token", "error_description": "expired"})
    zendesk.get(ME, json={"user": BRIDGE})
    assert make_plugin(sign_in=OAUTH).check_connection().user_name == "Bridge"
    assert sent(zendesk, ME) == ["Bearer first", "Bearer second"]


def test_a_second_refusal_is_believed(make_plugin: MakePlugin, zendesk: responses.RequestsMock) -> None:
    zendesk.post(TOKENS, json=grant("first"))
    refused = zendesk.get(ME, status=401, json={"error": "invalid_token", "error_description": "no"})
    with pytest.raises(AuthenticationFailed, match="invalid_token: no"):
        make_plugin(sign_in=OAUTH).check_connection()
    assert refused.call_count == 2


@pytest.mark.parametrize(
    ("sign_in", "day", "advice"),
    [
        (OAUTH, "2026-03-02", "Zendesk refuses a token that it has just given"),
        ({"access_token": Resolved("t")}, "2026-03-02", "expired or was revoked, and nothing renews it"),
        ({"email": "b@acme.example", "api_token": Resolved("t")}, "2027-04-30", "30 days"),
        (
            {"email": "b@acme.example", "api_token": Resolved("t")},
            "2027-05-01",
            "switched all API tokens off",
        ),
    ],
)
def test_a_refusal_says_what_can_be_done_for_this_way_to_sign_in(
    make_plugin: MakePlugin, zendesk: responses.RequestsMock, sign_in: object, day: str, advice: str
) -> None:
    zendesk.post(TOKENS, json=grant("first"))
    zendesk.get(ME, status=401, json={"error": "invalid_token"})
    now = datetime.fromisoformat(f"{day}T12:00:00Z")
    with pytest.raises(AuthenticationFailed) as refusal:
        make_plugin(now=lambda: now, sign_in=sign_in).check_connection()
    assert advice in refusal.value.advice


def test_a_given_token_that_is_refused_is_not_tried_again(
    make_plugin: MakePlugin, zendesk: responses.RequestsMock
) -> None:
    refused = zendesk.get(ME, status=401, json={"error": "invalid_token"})
    with pytest.raises(AuthenticationFailed):
        make_plugin().check_connection()
    assert refused.call_count == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_a_wrong_client_secret_is_an_error_of_the_credentials(
    make_plugin: MakePlugin, zendesk: responses.RequestsMock, status: int
) -> None:
    zendesk.post(
        TOKENS,
        status=status,
        json={"error": "invalid_client", "error_description": "Client authentication failed"},
    )
    with pytest.raises(AuthenticationFailed, match="Client authentication failed") as failure:
        make_plugin(sign_in=OAUTH).check_connection()
    assert "client-secret" not in str(failure.value)


def test_an_answer_without_a_token_says_nothing_of_the_credentials(
    make_plugin: MakePlugin, zendesk: responses.RequestsMock
) -> None:
    zendesk.post(TOKENS, json={"token_type": "bearer"})
    with pytest.raises(UnreadableAnswer, match="no access_token"):
        make_plugin(sign_in=OAUTH).check_connection()


def test_a_token_endpoint_that_is_busy_is_no_error_of_the_credentials(
    make_plugin: MakePlugin, zendesk: responses.RequestsMock
) -> None:
    zendesk.post(TOKENS, status=429, headers={"Retry-After": "60"})
    with pytest.raises(RateLimited) as busy:
        make_plugin(sign_in=OAUTH).check_connection()
    assert busy.value.at.retry_after == 60


def test_zendesks_anonymous_user_means_that_the_credentials_were_not_looked_at(
    make_plugin: MakePlugin, zendesk: responses.RequestsMock
) -> None:
    zendesk.get(ME, json={"user": {"id": None, "name": "Anonymous user", "role": "end-user"}})
    with pytest.raises(AuthenticationFailed, match="nobody"):
        make_plugin().check_connection()


class _Zendesk(BaseHTTPRequestHandler):
    """A tiny account that hands out numbered tokens and takes only the newest."""

    tokens = 0
    guard = threading.Lock()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        with self.guard:
            type(self).tokens += 1
            self._answer(200, b'{"access_token": "t%d", "expires_in": 1800}' % self.tokens)

    def do_GET(self) -> None:
        if self.headers["Authorization"] == f"Bearer t{max(self.tokens, 2)}":
            self._answer(200, b'{"user": {"id": 900, "name": "Bridge", "role": "admin"}}')
        else:
            self._answer(401, b'{"error": "invalid_token"}')

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def test_many_threads_share_one_token_and_one_renewal(make_plugin: MakePlugin) -> None:
    # The first token is refused by everybody at once; a single further one may be fetched.
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Account", (_Zendesk,), {"tokens": 0}))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        plugin = make_plugin(url=f"http://127.0.0.1:{server.server_port}", sign_in=OAUTH)
        with ThreadPoolExecutor(8) as pool:
            reports = list(pool.map(lambda _: plugin.check_connection(), range(16)))
        assert {report.user_id for report in reports} == {"900"}
        assert server.RequestHandlerClass.tokens == 2  # type: ignore[attr-defined]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
