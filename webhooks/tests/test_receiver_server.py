"""The real server on loopback: what only bytes on a connection can show."""

import http.client
import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from escalation_bridge.errors import ConfigurationError
from escalation_bridge_webhooks.server import Server

TRIGGER = b'{"ticket_id": "35"}'
MEGABYTE = 1024 * 1024


def until(condition):
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def connect(server):
    return closing(socket.create_connection(("127.0.0.1", server.port), timeout=20))


def post(server, body, headers, connection="support"):
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)) as client:
        client.request("POST", f"/webhooks/{connection}", body=body, headers=headers)
        answer = client.getresponse()
        return answer.status, answer.read()


def head(headers, *lines, connection="support"):
    """The head of a request, up to the body."""
    names = [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(
        [f"POST /webhooks/{connection} HTTP/1.1", "Host: bridge.example", *names, *lines, "", ""]
    ).encode("latin-1")


def answer_on(connection):
    """Read one answer; its status and body."""
    answer = http.client.HTTPResponse(connection)
    answer.begin()
    return answer.status, answer.read()


def chunked(body, size):
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def test_a_webhook_is_taken_and_the_server_keeps_its_name_to_itself(receiver):
    with (
        receiver.served() as server,
        closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)) as client,
    ):
        for _ in range(3):  # on one connection
            client.request("POST", "/webhooks/support", body=TRIGGER, headers=receiver.zendesk(TRIGGER))
            answer = client.getresponse()
            assert (answer.status, json.loads(answer.read())) == (202, {"status": "stored"})
            assert answer.headers["Server"] is None
    assert [row.body for row in receiver.rows()] == [TRIGGER] * 3


def test_the_signature_is_of_the_body_without_its_chunks(receiver):
    headers = receiver.zendesk(TRIGGER)
    with receiver.served() as server, connect(server) as connection:
        connection.sendall(head(headers, "Transfer-Encoding: chunked") + chunked(TRIGGER, 5))
        assert answer_on(connection)[0] == 202
    assert receiver.rows()[0].body == TRIGGER


def test_a_large_body_is_taken_with_and_without_a_length(receiver):
    body = receiver.jira_body(x="x" * (5 * MEGABYTE))
    with receiver.served() as server:
        assert post(server, body, receiver.jira(body, identifier="one"), "dev")[0] == 202
        with connect(server) as connection:
            lines = head(
                receiver.jira(body, identifier="two"), "Transfer-Encoding: chunked", connection="dev"
            )
            connection.sendall(lines + chunked(body, 4096))
            assert answer_on(connection)[0] == 202
    assert [len(row.body) for row in receiver.rows()] == [len(body)] * 2


def test_the_limit_of_a_connection_counts_with_and_without_a_length(receiver):
    body = b'{"ticket_id": "11"}' + b" " * 1100
    with receiver.served() as server:
        status, text = post(server, body, receiver.freshdesk(), "shop")
        assert (status, b"1048" in text) == (413, True)
        with connect(server) as connection:
            lines = head(receiver.freshdesk(), "Transfer-Encoding: chunked", connection="shop")
            connection.sendall(lines + chunked(body, 100))
            assert answer_on(connection)[0] == 413
    assert receiver.rows() == []


def test_what_no_connection_takes_is_refused_before_it_is_sent(receiver):
    with receiver.served() as server, connect(server) as connection:
        connection.sendall(head(receiver.zendesk(TRIGGER), f"Content-Length: {100 * MEGABYTE}"))
        assert answer_on(connection)[0] == 413


def test_endless_chunks_are_refused(receiver):
    piece = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    with receiver.served() as server, connect(server) as connection:
        connection.sendall(head(receiver.zendesk(TRIGGER), "Transfer-Encoding: chunked"))
        sent = 0
        try:
            while sent < 12 * MEGABYTE:
                connection.sendall(piece)
                sent += len(piece)
        except ConnectionError:
            pass  # the server would not have more
        assert sent < 12 * MEGABYTE
    assert receiver.rows() == []


def test_who_asks_first_is_told_to_go_on(receiver):
    headers = receiver.zendesk(TRIGGER)
    with receiver.served() as server, connect(server) as connection:
        connection.sendall(head(headers, f"Content-Length: {len(TRIGGER)}", "Expect: 100-continue"))
        assert connection.recv(1000).startswith(b"HTTP/1.1 100 ")
        connection.sendall(TRIGGER)
        assert answer_on(connection)[0] == 202


@pytest.mark.parametrize(
    "line",
    [
        b"X-Note: \xff\xfe\x80",
        b"X-Zendesk-Webhook-Signature: \xff",
        b"X-Nul: a\x00b",
        b"Bad Name: x",
        b"\xff: x",
        b": x",
        b"Content-Length: many",
        b"Content-Length: -1",
        b"Transfer-Encoding: gzip",
    ],
)
def test_no_byte_in_a_header_is_a_failure(receiver, line):
    signed = head(receiver.zendesk(TRIGGER))[:-2]
    lengths = b"" if line[:7] in (b"Content", b"Transfe") else b"Content-Length: %d\r\n" % len(TRIGGER)
    with receiver.served() as server:
        with connect(server) as connection:
            connection.sendall(signed + lengths + line + b"\r\n\r\n" + TRIGGER)
            assert answer_on(connection)[0] in (202, 400, 401, 501)
        assert post(server, TRIGGER, receiver.zendesk(TRIGGER))[0] == 202


def test_nothing_but_http_is_no_failure(receiver):
    with receiver.served() as server:
        for noise in (
            b"\x16\x03\x01\x02\x00\x01\x00",
            b"GET\r\n\r\n",
            b"\r\n\r\n",
            b"X" * 1000 + b"\r\n\r\n",
        ):
            with connect(server) as connection:
                connection.sendall(noise)
        assert post(server, TRIGGER, receiver.zendesk(TRIGGER))[0] == 202


def test_slow_senders_keep_nobody_waiting(receiver):
    headers = receiver.zendesk(TRIGGER)
    with receiver.served(threads=2) as server:
        slow = [socket.create_connection(("127.0.0.1", server.port), timeout=20) for _ in range(8)]
        try:
            for connection in slow:
                connection.sendall(head(headers, f"Content-Length: {len(TRIGGER)}") + TRIGGER[:-1])
            for _ in range(5):
                assert post(server, TRIGGER, receiver.zendesk(TRIGGER))[0] == 202
            slow[0].sendall(TRIGGER[-1:])
            assert answer_on(slow[0])[0] == 202
        finally:
            for connection in slow:
                connection.close()
    assert len(receiver.rows()) == 6


def test_a_sender_that_leaves_in_the_middle_leaves_nothing(receiver):
    with receiver.served() as server:
        with connect(server) as connection:
            connection.sendall(head(receiver.zendesk(TRIGGER), "Content-Length: 1000") + TRIGGER)
        assert post(server, TRIGGER, receiver.zendesk(TRIGGER))[0] == 202
    assert len(receiver.rows()) == 1


def test_many_at_once_are_each_stored_once(receiver):
    bodies = [json.dumps({"ticket_id": str(number)}).encode() for number in range(1, 61)]

    def deliver(body):
        headers = receiver.zendesk(body, invocation=body.decode())
        return [post(server, body, headers)[0] for _ in range(2)]

    with receiver.served() as server, ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(deliver, bodies))
    assert answers == [[202, 202]] * 60
    assert sorted(row.body for row in receiver.rows()) == sorted(bodies)


def test_what_was_received_is_answered_before_the_server_stops(receiver):
    """More requests than threads: some are being answered, some wait for a thread, and one has not come to its end."""
    with ThreadPoolExecutor(8) as pool, receiver.served(threads=2) as server, connect(server) as late:
        late.sendall(head(receiver.zendesk(TRIGGER), f"Content-Length: {len(TRIGGER)}") + TRIGGER[:-1])
        with receiver.bridge.database.write():  # nobody else can write now
            posts = [pool.submit(post, server, TRIGGER, receiver.zendesk(TRIGGER)) for _ in range(6)]
            channels = server._server.active_channels
            until(lambda: sum(bool(channel.requests) for channel in channels.values()) == 6)
            stopping = pool.submit(server.stop)
            until(lambda: refuses(server))
            late.sendall(TRIGGER[-1:])
        assert [one.result(20)[0] for one in posts] == [202] * 6
        stopping.result(20)
        assert not answered(late)
    assert len(receiver.rows()) == 6


def answered(connection):
    try:
        return connection.recv(100) != b""
    except ConnectionResetError:
        return False


def refuses(server):
    try:
        socket.create_connection(("127.0.0.1", server.port), timeout=20).close()
    except ConnectionRefusedError:
        return True
    return False


def test_an_idle_server_stops_at_once_however_many_are_connected(receiver):
    with receiver.served() as server:
        idle = [socket.create_connection(("127.0.0.1", server.port), timeout=20) for _ in range(5)]
        until(lambda: len(server._server.active_channels) == 5)
        server.stop()
        assert not any(answered(connection) for connection in idle)
        for connection in idle:
            connection.close()


def test_an_address_in_use_is_told_plainly(receiver):
    with receiver.served() as server, pytest.raises(ConfigurationError, match=rf"127\.0\.0\.1:{server.port}"):
        Server(receiver.app, "127.0.0.1", server.port, largest_body=1)


def test_a_name_that_is_no_host_is_told_plainly(receiver):
    with pytest.raises(ConfigurationError, match="cannot listen on"):
        Server(receiver.app, "no.such.host.invalid", 0, largest_body=1)
