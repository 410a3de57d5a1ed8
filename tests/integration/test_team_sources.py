"""A rota's calendar is fetched over HTTP, within limits, and without telling its address."""

import socket

import pytest

from bridge_helpers.calendars import calendar_of, calendar_server
from escalation_bridge.config.teams.rota_calendars import LARGEST
from escalation_bridge.domain.teams.rota import RotaCalendar
from escalation_bridge.online.team_sources import SourceUnreadable, read_calendar

SECRET = "/private-3f9a/rota.ics?token=s3cret"
EVENT = "DTSTART:20260302T090000Z\r\nDTEND:20260302T170000Z\r\nSUMMARY:Sari"


@pytest.fixture
def server():
    with calendar_server() as served:
        served.text = calendar_of(EVENT)
        yield served


def read(server, path=SECRET):
    return read_calendar(RotaCalendar(url=server.url + path))


def test_a_calendar_is_fetched_without_credentials(server, monkeypatch, tmp_path):
    host = server.url.removeprefix("http://").partition(":")[0]
    (tmp_path / "netrc").write_text(f"machine {host} login somebody password something\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    assert len(read(server).series) == 1
    ((path, headers),) = server.asked
    assert path == SECRET
    assert "Authorization" not in headers


def test_a_redirect_is_followed(server):
    server.status, server.headers = 302, {"Location": "/moved"}
    with pytest.raises(SourceUnreadable, match="again and again"):
        read(server)
    assert [path for path, _ in server.asked] == [SECRET, *["/moved"] * 4]


@pytest.mark.parametrize(
    ("status", "headers", "text", "told"),
    [
        (404, {"Content-Type": "text/html"}, "<html>s3cret</html>", r"\(HTTP 404\)"),
        (503, {}, "", r"\(HTTP 503\)"),
        (200, {"Content-Type": "text/html"}, "<html>Sign in</html>", "no iCalendar"),
        (200, {}, "", "no iCalendar"),
        (200, {}, calendar_of(), "no events"),
        (200, {}, "x" * (LARGEST + 1), "too large; allowed: 1024 KiB"),
        (302, {"Location": "https://10.0.0.1/rota.ics"}, "", "leads into a private network"),
        (302, {"Location": "https://[fd00::1]/rota.ics"}, "", "leads into a private network"),
        (302, {"Location": "http://93.184.216.34/rota.ics"}, "", "is not https"),
        (302, {"Location": "file:///etc/passwd"}, "", "more than one way"),
    ],
)
def test_what_cannot_be_used_is_told_without_the_address(server, status, headers, text, told):
    server.status, server.headers, server.text = status, headers, text
    with pytest.raises(SourceUnreadable, match=told) as refused:
        read(server)
    assert "s3cret" not in str(refused.value)
    assert "private-3f9a" not in str(refused.value)


def test_nobody_answers():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(SourceUnreadable, match=f"no connection to http://127.0.0.1:{port}$"):
        read_calendar(RotaCalendar(url=f"http://127.0.0.1:{port}{SECRET}"))
