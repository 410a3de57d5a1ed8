"""Fetching files: streamed and measured, without credentials elsewhere, and never from inside a private network."""

import hashlib
import socket
from io import BytesIO

import pytest
import requests
import responses
from requests.auth import HTTPBasicAuth

from escalation_bridge.domain.tickets.tickets import Attachment
from escalation_bridge.errors import FileRefused, NotReachable, UnreadableAnswer
from escalation_bridge.plugin.http.downloads import download
from escalation_bridge.plugin.http.transport import Transport

HOME = "https://acme.vendor.example"
STORE = "https://files.vendor.example"


def transport(home: str = HOME) -> Transport:
    return Transport("support", home, auth=HTTPBasicAuth("bridge", "secret"), sleep=lambda _: None)


def file(url: str, size: int | None = None, content_type: str = "image/png") -> Attachment:
    return Attachment("1", "a.png", content_type, size, url)


@pytest.fixture
def web():
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mocked:
        yield mocked


@pytest.fixture
def leads(monkeypatch):
    """Where host names lead."""
    table: dict[str, str] = {}

    def getaddrinfo(host, *_):
        if host not in table:
            raise OSError("unknown")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (table[host], 0))]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return table


def test_size_hash_and_type_are_told(web):
    web.get(f"{HOME}/a.png", body=b"bytes", content_type="image/png")
    into = BytesIO()
    fetched = download(transport(), file("/a.png"), into, 5)
    assert into.getvalue() == b"bytes"
    assert fetched.sha256 == hashlib.sha256(b"bytes").hexdigest()
    assert (fetched.size, fetched.content_type) == (5, "image/png")


@pytest.mark.parametrize("told", [None, 6, 1])
def test_what_is_too_large_is_refused_whatever_the_ticket_says_of_its_size(web, told):
    web.get(f"{HOME}/a.png", body=b"bytes!", content_type="image/png")
    with pytest.raises(FileRefused, match="5"):
        download(transport(), file("/a.png", told), BytesIO(), 5)


def test_credentials_stay_at_home(web, leads):
    leads["files.vendor.example"] = "93.184.215.14"
    web.get(f"{HOME}/a.png", status=302, headers={"Location": f"{STORE}/a.png"})
    web.get(f"{STORE}/a.png", body=b"bytes", content_type="image/png")
    download(transport(), file(f"{HOME}/a.png"), BytesIO(), 5)
    here, there = (call.request.headers for call in web.calls)
    assert "Authorization" in here
    assert "Authorization" not in there


@pytest.mark.parametrize(
    "address",
    ["10.0.0.5", "127.0.0.1", "169.254.169.254", "192.168.1.1", "100.64.0.1", "0.0.0.0", "::1", "fd00::1"],
)
@pytest.mark.parametrize("redirected", [True, False])
def test_nothing_is_read_from_inside_a_private_network(web, leads, address, redirected):
    leads["files.vendor.example"] = address
    web.get(f"{HOME}/a.png", status=302, headers={"Location": f"{STORE}/a.png"})
    with pytest.raises(FileRefused, match="private network"):
        download(transport(), file(f"{HOME if redirected else STORE}/a.png"), BytesIO(), 5)
    assert len(web.calls) == redirected


def test_a_server_on_this_machine_may_keep_its_files_on_this_machine(web):
    web.get("http://127.0.0.1:9001/a.png", body=b"bytes", content_type="image/png")
    assert (
        download(transport("http://127.0.0.1:9000"), file("http://127.0.0.1:9001/a.png"), BytesIO(), 5).size
        == 5
    )


def test_no_file_in_the_clear(web):
    with pytest.raises(FileRefused, match="not https"):
        download(transport(), file("http://files.vendor.example/a.png"), BytesIO(), 5)


def test_a_login_page_is_no_file(web):
    web.get(f"{HOME}/a.png", body="<html>", content_type="text/html")
    with pytest.raises(UnreadableAnswer, match="web page"):
        download(transport(), file("/a.png"), BytesIO(), 50)
    assert download(transport(), file("/a.png", content_type="text/html"), BytesIO(), 50).size == 6


def test_redirects_end(web):
    web.get(f"{HOME}/a.png", status=302, headers={"Location": "/a.png"})
    with pytest.raises(UnreadableAnswer, match="again and again"):
        download(transport(), file("/a.png"), BytesIO(), 5)


def test_a_connection_that_breaks_in_the_middle_can_be_tried_again(web, monkeypatch):
    web.get(f"{HOME}/a.png", body=b"bytes", content_type="image/png")

    def broken(*_):
        yield b"by"
        raise requests.exceptions.ChunkedEncodingError("broken")

    monkeypatch.setattr(requests.Response, "iter_content", broken)
    with pytest.raises(NotReachable, match="in the middle") as failed:
        download(transport(), file("/a.png"), BytesIO(), 5)
    assert failed.value.can_retry
