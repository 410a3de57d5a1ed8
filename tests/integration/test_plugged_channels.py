"""Channels at servers that refuse, hang, drip, break off and answer with nonsense: each fails in time, with a reason and no secret."""

import socket
import threading
import time
from contextlib import contextmanager, suppress

import pytest
from apprise import Apprise

from bridge_helpers.post import PASSWORD, chat
from escalation_bridge.plugged import channels
from escalation_bridge.plugged.channels import Channel, ChannelFailed

GREETING, HELLO = b"220 mail.example.com ESMTP\r\n", b"250-mail.example.com\r\n250 AUTH PLAIN LOGIN\r\n"
OK, DATA = b"250 OK\r\n", b"354 go on\r\n"


@contextmanager
def answering(*answers, drips=False):
    """A server that greets with the first of some answers, gives the others line by line, and then hangs up."""
    stopped = threading.Event()

    def serve(connection):
        with connection:
            connection.settimeout(10)
            is_data = False
            for answer in answers:
                for at in range(0, len(answer), 1 if drips else len(answer) or 1):
                    connection.sendall(answer[at : at + (1 if drips else len(answer))])
                    if drips and stopped.wait(0.5):
                        return
                received = b""
                while not received.endswith(b"\r\n.\r\n" if is_data else b"\n"):
                    piece = connection.recv(65536)
                    if not piece:
                        return
                    received += piece
                is_data = answer == DATA

    def accept():
        while not stopped.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=_quietly, args=(serve, connection), daemon=True).start()

    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=accept, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        stopped.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def _quietly(serve, connection):
    with suppress(OSError):
        serve(connection)


def failure(url, *, deadline=5.0):
    begun = time.monotonic()
    with pytest.raises(ChannelFailed) as raised:
        Channel("mail", url, deadline).send("sari@example.com", "Title", "<p>Text</p>")
    assert time.monotonic() - begun < deadline + 3
    assert PASSWORD not in str(raised.value)
    return str(raised.value)


@pytest.mark.parametrize(
    "answers",
    [
        (b"554 5.7.1 not you\r\n",),
        (b"421 4.3.2 busy\r\n",),
        (GREETING, HELLO, b"535 5.7.8 wrong: correct-horse-battery\r\n"),
        (GREETING, HELLO, b"235 OK\r\n", b"451 4.7.1 later\r\n"),
        (GREETING, HELLO, b"235 OK\r\n", OK, b"550 5.1.1 unknown\r\n"),
        (GREETING, HELLO, b"235 OK\r\n", OK, b"450 4.2.1 greylisted\r\n"),
        (GREETING, HELLO, b"235 OK\r\n", OK, OK, b"452 4.3.1 full\r\n"),
        (GREETING, HELLO, b"235 OK\r\n", OK, OK, DATA, b"554 5.6.0 spam\r\n"),
        (GREETING, HELLO, b"235 OK\r\n", OK, OK, DATA),
        (b"\x00\xff not a mail server\r\n",),
        (b"",),
    ],
    ids="refused busy credentials sender unknown greylisted full spam hangs-up nonsense nothing".split(),
)
def test_a_mail_server_that_takes_nothing_is_a_failure_with_a_reason(answers):
    with answering(*answers) as port:
        text = failure(f"mailto://bridge:{PASSWORD}@127.0.0.1:{port}?from=bridge@example.com&to={{to}}")
    assert text.startswith("the channel mail took no message: ")


@pytest.mark.parametrize("scheme", ["mailto", "json"])
def test_a_server_that_drips_has_failed_after_the_deadline(scheme):
    answer = b"220-" + b"x" * 500 if scheme == "mailto" else b"HTTP/1.1 200 OK\r\nX: " + b"x" * 500
    with answering(answer, drips=True) as port:
        url = f"{scheme}://bridge:{PASSWORD}@127.0.0.1:{port}/?from=bridge@example.com&to={{to}}"
        assert "took no message" in failure(url, deadline=2.0)


def test_a_server_without_encryption_where_it_is_demanded_has_failed():
    with answering(GREETING, b"250 mail.example.com\r\n", b"502 no STARTTLS\r\n") as port:
        failure(
            f"mailtos://bridge:{PASSWORD}@127.0.0.1:{port}?from=bridge@example.com&to={{to}}&mode=starttls"
        )


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 100\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        b"HTTP/1.1 500 correct-horse-battery\r\nContent-Length: 0\r\n\r\n",
        b"nonsense\r\n",
    ],
)
def test_a_web_server_that_takes_nothing_is_a_failure_with_a_reason(answer):
    with answering(answer) as port:
        assert "took no message" in failure(f"json://bridge:{PASSWORD}@127.0.0.1:{port}/hooks")


def test_nobody_there_and_an_unknown_host_are_failures():
    failure(f"mailto://bridge:{PASSWORD}@127.0.0.1:1?from=bridge@example.com&to={{to}}")
    failure(f"json://bridge:{PASSWORD}@nowhere.invalid/hooks")


@pytest.mark.parametrize(
    ("url", "secret"),
    [
        ("tgram://123456789:abcdefg_hijklmnop/12315544/", "abcdefg_hijklmnop"),
        ("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/", "T1JJ3T3L2"),
        (f"json://bridge:{PASSWORD}@chat.example.com:8443/hooks", PASSWORD),
    ],
)
def test_an_error_that_quotes_a_channels_address_shows_no_secret(url, secret, monkeypatch):
    monkeypatch.setattr(channels, "_why", lambda _result: f"POST {url} failed")
    monkeypatch.setattr(Apprise, "notify", lambda *_, **__: False)
    with pytest.raises(ChannelFailed) as raised:
        Channel("chat", url).send("", "Title", "<p>Text</p>")
    assert secret not in str(raised.value)


# --- what a service shows ---------------------------------------------------------------------------------------------------


@pytest.fixture
def sent(monkeypatch):
    """What Apprise gets."""
    found = []
    monkeypatch.setattr(Apprise, "notify", lambda _self, **what: found.append(what) or True)
    return found


LINK = '<p><a href="https://bridge.example.com/ack/abc">I am on it</a></p>'
PAGERDUTY = "pagerduty://abcdefghij0123456789abcdefghij01@abcdefghij0123456789abcdefghij01"


@pytest.mark.parametrize("url", [PAGERDUTY, "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js"])
def test_a_service_without_formatting_shows_the_addresses_of_links(sent, url):
    Channel("pager", url).send("", "Title", f"<p>Text</p>{LINK}")
    assert "https://bridge.example.com/ack/abc" in sent[0]["body"]
    assert sent[0]["body_format"] == "text"


def test_a_title_is_no_markup_where_it_goes_into_the_message(sent):
    Channel("chat", "tgram://123456789:abcdefg_hijklmnop/12315544/").send("", "Cannot <b> pay", LINK)
    assert sent[0]["title"] == ""
    assert "Cannot &lt;b&gt; pay" in sent[0]["body"]


@pytest.mark.parametrize("url", [PAGERDUTY, "tgram://123456789:abcdefg_hijklmnop/12315544/"])
def test_a_long_message_is_cut_before_its_link(sent, url):
    Channel("pager", url).send("", "Title", "<p>A long line.</p>" * 500 + LINK)
    body = sent[0]["body"]
    assert len(body) + len("Title") <= (1024 if url == PAGERDUTY else 4096)
    assert body.startswith("A long line.")
    assert body.endswith("…\nI am on it (https://bridge.example.com/ack/abc)")


def test_mail_and_rooms_with_formatting_get_it(sent):
    with chat() as room:
        Channel("chat", room.url).send("", "Title", LINK)
    assert sent[0] == {"title": "Title", "body": LINK, "body_format": "html", "timeout": 30.0}
