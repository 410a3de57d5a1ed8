"""Whose answer it is: what comes from a maintenance page, a proxy or a firewall is an outage, whatever its status."""

import json

import pytest
import responses
from hypothesis import given, settings
from hypothesis import strategies as st

from escalation_bridge import errors
from escalation_bridge.plugin.http.transport import Transport

HOME = "https://desk.example"
PAGES = {
    "maintenance": ("<!DOCTYPE html><title>Back soon</title>", "text/html"),
    "login, as JSON says the header": ("\n <html><form action=/login></form></html>", "application/json"),
    "gateway": ("404 page not found\n", "text/plain; charset=utf-8"),
    "firewall": ("Access denied", None),
    "cut off": ('{"errors": {"status"', "application/json"),
}
LASTING = (errors.Rejected, errors.PermissionDenied, errors.TicketNotFound, errors.Gone)
REFUSALS = (400, 403, 404, 405, 406, 409, 410, 412, 415, 422, 451)


def ask(method: str, status: int, body: str, content_type: str | None, **more: object) -> errors.VendorError:
    with responses.RequestsMock() as vendor:
        headers = {"Content-Type": content_type} if content_type else {}
        headers |= {k.replace("_", "-"): str(v) for k, v in more.items()}
        vendor.add(method, f"{HOME}/tickets/1", status=status, body=body, headers=headers)
        calling = Transport("desk", HOME, sleep=lambda _: None, attempts=1)
        with pytest.raises(errors.VendorError) as refused:
            calling.request("update_ticket", method, "/tickets/1")
    return refused.value


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
@pytest.mark.parametrize("status", REFUSALS)
@pytest.mark.parametrize("page", PAGES)
def test_no_refusal_counts_that_is_not_the_vendors(page: str, status: int, method: str) -> None:
    error = ask(method, status, *PAGES[page])
    assert isinstance(error, errors.Intercepted)
    assert error.can_retry
    assert error.at.status == status


@pytest.mark.parametrize("status", [200, 201, 202, 302, 307])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_a_page_is_no_success_also_where_nobody_reads_the_answer(method: str, status: int) -> None:
    assert isinstance(ask(method, status, *PAGES["maintenance"]), errors.Intercepted)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (401, errors.AuthenticationFailed),
        (402, errors.AuthenticationFailed),
        (407, errors.NotReachable),
        (413, errors.Rejected),
        (421, errors.NotReachable),
        (429, errors.RateLimited),
        (503, errors.Unavailable),
    ],
)
@pytest.mark.parametrize("page", PAGES)
def test_some_statuses_mean_the_same_whoever_says_them(
    page: str, status: int, expected: type[errors.VendorError]
) -> None:
    assert type(ask("POST", status, *PAGES[page])) is expected


@pytest.mark.parametrize("status", [444, 460, 499, 502, 504, 520, 524])
def test_a_proxy_that_got_no_answer_leaves_open_whether_a_write_was_carried_out(status: int) -> None:
    for body, content_type in (("", None), *PAGES.values()):
        assert isinstance(ask("POST", status, body, content_type), errors.OutcomeUnknown | errors.Intercepted)
        assert isinstance(ask("GET", status, body, content_type), errors.Unavailable | errors.Intercepted)


@pytest.mark.parametrize("status", REFUSALS)
def test_who_says_when_to_come_again_has_not_said_his_last_word(status: int) -> None:
    error = ask("POST", status, '{"error": "busy"}', "application/json", Retry_After=7)
    assert error.can_retry
    assert error.at.retry_after == 7.0


@settings(derandomize=True, max_examples=200)
@given(
    st.integers(400, 599),
    st.sampled_from(["GET", "POST", "PUT", "DELETE"]),
    st.one_of(st.text(max_size=40), st.sampled_from([body for body, _ in PAGES.values()])),
    st.sampled_from(["text/html", "application/json", "text/plain", "application/xml", None]),
)
def test_nothing_is_given_up_for_what_is_no_answer_of_the_api(
    status: int, method: str, body: str, content_type: str | None
) -> None:
    """The last word is JSON or nothing at all; only that something is too large is anybody's to say."""
    error = ask(method, status, body, content_type)
    if not isinstance(error, LASTING) or status in (413, 414, 431):
        return
    assert content_type != "text/html" or not body.strip()
    if body.strip():
        json.loads(body)


@pytest.mark.parametrize("location", ["/login", "https://sso.example/login?token=abc", "https://a\\@b/", ""])
def test_a_redirect_names_the_host_it_leads_to_and_no_more(location: str) -> None:
    error = ask("POST", 302, "", None, Location=location)
    assert isinstance(error, errors.Intercepted)
    assert "token" not in str(error)
    assert "/login" not in error.message
