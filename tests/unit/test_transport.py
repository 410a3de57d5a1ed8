"""The one way to the vendors: what is repeated, what is not, what a status means, and where credentials go."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path

import pytest
import requests
import responses
from hypothesis import given
from hypothesis import strategies as st
from requests.auth import HTTPBasicAuth

from escalation_bridge import errors
from escalation_bridge.plugin.http.transport import Transport
from escalation_bridge.plugin.settings import Timeouts

HOME = "https://desk.example"
LOGIN_PAGE = "<!DOCTYPE html><title>Sign in</title><form action=/login>"


def transport(base_url: str = HOME, *, slept: list[float] | None = None, attempts: int = 3) -> Transport:
    return Transport(
        "desk",
        base_url,
        auth=HTTPBasicAuth("bridge", "the-password"),
        timeouts=Timeouts(connect=2, read=0.3),
        headers={"X-Account-Token": "the-token"},
        attempts=attempts,
        sleep=slept.append if slept is not None else lambda _: None,
    )


@pytest.fixture
def vendor() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


def asked(vendor: responses.RequestsMock) -> int:
    return len(vendor.calls)


# --- what a status means ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (400, errors.Rejected),
        (401, errors.AuthenticationFailed),
        (403, errors.PermissionDenied),
        (404, errors.TicketNotFound),
        (408, errors.Unavailable),
        (409, errors.ConcurrentChange),
        (410, errors.Gone),
        (412, errors.ConcurrentChange),
        (413, errors.Rejected),
        (418, errors.Rejected),
        (422, errors.Rejected),
        (425, errors.Unavailable),
        (429, errors.RateLimited),
        (500, errors.Unavailable),
        (502, errors.OutcomeUnknown),
        (503, errors.Unavailable),
        (504, errors.OutcomeUnknown),
        (520, errors.OutcomeUnknown),
        (524, errors.OutcomeUnknown),
        (530, errors.Unavailable),
        (302, errors.Intercepted),
    ],
)
def test_a_status_of_a_write_becomes_its_class(
    vendor: responses.RequestsMock, status: int, expected: type[errors.VendorError]
) -> None:
    vendor.post(f"{HOME}/tickets", status=status, headers={"X-Request-Id": "r-1"})
    with pytest.raises(errors.VendorError) as caught:
        transport().request("create_ticket", "POST", "/tickets", json={})
    assert type(caught.value) is expected
    assert caught.value.at == errors.Circumstances("desk", "create_ticket", status, "r-1", None)


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_read_that_found_the_vendor_down_is_repeated(vendor: responses.RequestsMock, status: int) -> None:
    vendor.get(f"{HOME}/tickets", status=status)
    vendor.get(f"{HOME}/tickets", json=[])
    assert transport().request_json("fetch", "GET", "/tickets").value == []


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_write_that_found_the_vendor_down_is_not_repeated(
    vendor: responses.RequestsMock, status: int
) -> None:
    vendor.post(f"{HOME}/tickets", status=status)
    with pytest.raises(errors.VendorError):
        transport().request("create", "POST", "/tickets")
    assert asked(vendor) == 1


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_write_that_is_said_to_be_repeatable_is_repeated(
    vendor: responses.RequestsMock, status: int
) -> None:
    vendor.put(f"{HOME}/tickets/1", status=status)
    vendor.put(f"{HOME}/tickets/1", json={"id": 1})
    assert transport().request_json("update", "PUT", "/tickets/1", repeatable=True).value == {"id": 1}


def test_an_accepted_status_is_returned(vendor: responses.RequestsMock) -> None:
    vendor.get(f"{HOME}/tickets/1", status=404)
    assert transport().request("fetch", "GET", "/tickets/1", accept=frozenset({404})).status_code == 404


def test_the_vendors_explanation_becomes_the_message(vendor: responses.RequestsMock) -> None:
    vendor.post(f"{HOME}/tickets", status=400, json={"why": "no subject"})
    speaking = Transport("desk", HOME, explain=lambda response: str(response.json()["why"]))
    with pytest.raises(errors.Rejected, match=r"desk: create: no subject \(HTTP 400\)"):
        speaking.request("create", "POST", "/tickets")


# --- rate limits ------------------------------------------------------------------------------------------------------


def test_a_write_that_was_rate_limited_is_repeated_after_the_wait_that_was_asked_for(
    vendor: responses.RequestsMock,
) -> None:
    slept: list[float] = []
    vendor.post(f"{HOME}/tickets", status=429, headers={"Retry-After": "3"})
    vendor.post(f"{HOME}/tickets", json={"id": 1})
    assert transport(slept=slept).request_json("create", "POST", "/tickets").value == {"id": 1}
    assert [3.0 <= seconds <= 6.0 for seconds in slept] == [True]


@pytest.mark.parametrize(
    "headers",
    [{}, {"Retry-After": "0"}, {"Retry-After": "-5"}, {"Retry-After": "soon"}, {"Retry-After": "nan"}],
)
def test_without_a_usable_wait_the_bridge_waits_by_its_own_minimum(
    vendor: responses.RequestsMock, headers: dict[str, str]
) -> None:
    slept: list[float] = []
    vendor.get(f"{HOME}/tickets", status=429, headers=headers, body="<html>Too many requests</html>")
    vendor.get(f"{HOME}/tickets", json=[])
    assert transport(slept=slept).request_json("fetch", "GET", "/tickets").value == []
    assert len(slept) == 1
    assert slept[0] >= 1.0


def test_a_long_wait_is_left_to_the_engine(vendor: responses.RequestsMock) -> None:
    slept: list[float] = []
    vendor.get(f"{HOME}/tickets", status=429, headers={"Retry-After": "60"})
    with pytest.raises(errors.RateLimited) as caught:
        transport(slept=slept).request("fetch", "GET", "/tickets")
    assert caught.value.at.retry_after == 60.0
    assert caught.value.can_retry
    assert not slept
    assert asked(vendor) == 1


def test_a_wait_given_as_a_date_is_understood(vendor: responses.RequestsMock) -> None:
    until = datetime.now(UTC) + timedelta(hours=1)
    vendor.get(f"{HOME}/tickets", status=503, headers={"Retry-After": format_datetime(until, usegmt=True)})
    with pytest.raises(errors.Unavailable) as caught:
        transport().request("fetch", "GET", "/tickets")
    assert caught.value.at.retry_after is not None
    assert 3500 < caught.value.at.retry_after <= 3600


@given(
    st.floats().map(str)
    | st.text(st.characters(min_codepoint=32, max_codepoint=126))
    | st.datetimes().map(format_datetime)
)
def test_no_retry_after_makes_a_wait_that_is_not_a_plain_number_of_seconds(value: str) -> None:
    with responses.RequestsMock() as vendor:
        vendor.post(f"{HOME}/tickets", status=503, headers={"Retry-After": value})
        with pytest.raises(errors.Unavailable) as caught:
            transport().request("create", "POST", "/tickets")
    wait = caught.value.at.retry_after
    assert wait is None or 0 <= wait <= 86400


def test_patience_ends_with_the_attempts(vendor: responses.RequestsMock) -> None:
    vendor.get(f"{HOME}/tickets", status=429)
    with pytest.raises(errors.RateLimited):
        transport(attempts=4).request("fetch", "GET", "/tickets")
    assert asked(vendor) == 4


# --- answers that are not what they should be -------------------------------------------------------------------------


def test_a_page_instead_of_json_is_named(vendor: responses.RequestsMock) -> None:
    vendor.get(f"{HOME}/tickets", body=LOGIN_PAGE, content_type="text/html")
    with pytest.raises(errors.UnreadableAnswer, match="text/html"):
        transport().request_json("fetch", "GET", "/tickets")


def test_an_empty_answer_is_none(vendor: responses.RequestsMock) -> None:
    vendor.delete(f"{HOME}/tickets/1", status=204)
    assert transport().request_json("delete", "DELETE", "/tickets/1").value is None


def test_truths_in_a_query_are_lower_case_and_nothings_are_left_out(vendor: responses.RequestsMock) -> None:
    vendor.get(f"{HOME}/tickets", json=[])
    transport().request("fetch", "GET", "/tickets", params={"a": True, "b": False, "c": None, "d": 3})
    assert vendor.calls[0].request.url == f"{HOME}/tickets?a=true&b=false&d=3"


def test_a_certificate_that_is_not_accepted_means_that_nothing_was_sent(
    vendor: responses.RequestsMock,
) -> None:
    vendor.post(
        f"{HOME}/tickets",
        body=requests.exceptions.SSLError(ssl.SSLCertVerificationError(1, "CERTIFICATE_VERIFY_FAILED")),
    )
    with pytest.raises(errors.NotReachable, match="certificate"):
        transport().request("create", "POST", "/tickets")


def test_an_encryption_that_broke_may_have_carried_the_write(vendor: responses.RequestsMock) -> None:
    vendor.post(f"{HOME}/tickets", body=requests.exceptions.SSLError(ssl.SSLEOFError(8, "EOF")))
    with pytest.raises(errors.OutcomeUnknown):
        transport().request("create", "POST", "/tickets")


# --- a real server, where a stubbed one shows nothing -----------------------------------------------------------------


@dataclass
class Heard:
    """What a loopback server was asked, and what it is to answer."""

    requests: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    callers: set[int] = field(default_factory=set)
    redirect_to: str | None = None
    hold: threading.Event = field(default_factory=threading.Event)
    together: threading.Barrier = field(default_factory=lambda: threading.Barrier(2, timeout=10))


@contextmanager
def serving(heard: Heard) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            heard.requests.append((self.command, self.path, {k.lower(): v for k, v in self.headers.items()}))
            heard.callers.add(self.client_address[1])
            if self.path == "/silent":
                heard.hold.wait(10)
                self.close_connection = True
                return
            if self.path == "/hangup":
                self.close_connection = True
                return
            if self.path == "/together":
                heard.together.wait()
            self.send_response(302 if heard.redirect_to else 200)
            if heard.redirect_to:
                self.send_header("Location", heard.redirect_to)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        do_GET = do_POST = answer  # noqa: N815 - the names that http.server calls

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        heard.hold.set()
        server.shutdown()
        server.server_close()
        thread.join()


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def server(heard: Heard) -> Iterator[str]:
    with serving(heard) as url:
        yield url


def test_a_refused_connection_did_nothing_and_is_tried_again() -> None:
    slept: list[float] = []
    calling = transport(f"http://127.0.0.1:{closed_port()}", slept=slept)
    with pytest.raises(errors.NotReachable):
        calling.request("create", "POST", "/tickets", json={})
    assert len(slept) == 2
    calling.close()


def test_a_write_without_an_answer_is_of_unknown_outcome_and_sent_once(heard: Heard, server: str) -> None:
    calling = transport(server)
    with pytest.raises(errors.OutcomeUnknown) as caught:
        calling.request("create", "POST", "/silent", json={})
    assert caught.value.at.status is None
    assert [path for _, path, _ in heard.requests] == ["/silent"]
    calling.close()


def test_a_write_whose_connection_breaks_is_of_unknown_outcome_and_sent_once(
    heard: Heard, server: str
) -> None:
    calling = transport(server)
    with pytest.raises(errors.OutcomeUnknown):
        calling.request("create", "POST", "/hangup", json={})
    assert [path for _, path, _ in heard.requests] == ["/hangup"]
    calling.close()


def test_a_read_whose_connection_breaks_is_tried_again(heard: Heard, server: str) -> None:
    calling = transport(server)
    with pytest.raises(errors.NotReachable):
        calling.request("fetch", "GET", "/hangup")
    assert len(heard.requests) == 3
    calling.close()


def test_a_redirect_is_refused_and_credentials_go_nowhere_else(heard: Heard, server: str) -> None:
    elsewhere = Heard()
    with serving(elsewhere) as other:
        heard.redirect_to = f"{other}/login"
        calling = transport(server)
        with pytest.raises(errors.UnreadableAnswer, match="login page"):
            calling.request("fetch", "GET", "/tickets")
        calling.close()
    assert elsewhere.requests == []
    assert heard.requests[0][2]["authorization"].startswith("Basic ")


def test_a_whole_url_elsewhere_is_asked_for_without_credentials(heard: Heard, server: str) -> None:
    elsewhere = Heard()
    with serving(elsewhere) as other:
        calling = transport(server)
        calling.request("fetch_attachment", "GET", f"{other}/file.png")
        calling.request("fetch", "GET", f"{server}/tickets?page=2")
        calling.close()
    (_, _, foreign), (_, _, own) = elsewhere.requests[0], heard.requests[0]
    assert not {"authorization", "x-account-token"} & foreign.keys()
    assert {"authorization", "x-account-token"} <= own.keys()


def test_a_netrc_file_adds_no_credentials(
    heard: Heard, server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login somebody password elses\n")
    monkeypatch.setenv("NETRC", str(netrc))
    anonymous = Transport("desk", server)
    anonymous.request("fetch", "GET", "/tickets")
    anonymous.close()
    assert "authorization" not in heard.requests[0][2]


def test_a_read_is_not_tried_again_once_patience_is_used_up(heard: Heard, server: str) -> None:
    calling = replace(transport(server), patience=0.1)
    with pytest.raises(errors.NotReachable):
        calling.request("fetch", "GET", "/silent")
    assert len(heard.requests) == 1
    calling.close()


def test_two_threads_are_served_at_once_over_a_connection_each(heard: Heard, server: str) -> None:
    calling = Transport("desk", server, timeouts=Timeouts(read=10))
    statuses: list[int] = []

    def twice() -> None:
        statuses.extend(calling.request("fetch", "GET", "/together").status_code for _ in range(2))

    threads = [threading.Thread(target=twice) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    calling.close()
    assert statuses == [200, 200, 200, 200]
    assert len(heard.callers) == 2


# --- files ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("multipart", [True, False])
def test_a_file_is_sent_whole_again_when_the_vendor_asked_to_come_later(vendor, multipart):
    sent = []

    def answer(request):
        body = request.body
        sent.append(body if isinstance(body, bytes) else body.read())
        return (429, {"Retry-After": "1"}, "") if len(sent) == 1 else (201, {}, "{}")

    vendor.add_callback(responses.POST, f"{HOME}/files", answer)
    content = BytesIO(b"the whole file")
    how = {"files": {"file": ("a.txt", content, "text/plain")}} if multipart else {"data": content}
    transport().request("add_attachment", "POST", "/files", **how)
    assert [b"the whole file" in body for body in sent] == [True, True]


# --- what lies between ------------------------------------------------------------------------------------------------


def test_each_host_is_reached_as_the_environment_says(
    vendor: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("NO_PROXY", "files.example")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/etc/our-ca.pem")
    vendor.get(f"{HOME}/a")
    vendor.get("https://files.example/a")
    sending = transport()
    for path in (f"{HOME}/a", "https://files.example/a", f"{HOME}/a", "https://files.example/a"):
        sending.request("fetch_ticket", "GET", path, stream=True)
    through = [call.request.req_kwargs["proxies"].get("https") for call in vendor.calls]  # type: ignore[attr-defined]
    assert through == ["http://proxy.example:3128", None] * 2
    assert {call.request.req_kwargs["verify"] for call in vendor.calls} == {"/etc/our-ca.pem"}  # type: ignore[attr-defined]
    assert all(call.request.req_kwargs["stream"] for call in vendor.calls)  # type: ignore[attr-defined]
