"""Serving the receiver with waitress in a thread, and stopping it cleanly."""

import gc
import logging
import socket
import threading
import time
from typing import Any

from flask import Flask
from waitress import wasyncore
from waitress.server import create_server

from escalation_bridge.errors import ConfigurationError

_PATIENCE = 15.0
"""Seconds in which requests may finish when the server stops: longer than a delivery waits for the database."""

_FRAMING = 1024 * 1024
"""waitress also counts the framing of a chunked body. The application checks the exact limit."""


class Server:
    """A WSGI server in a thread of its own.

    waitress reads a request completely before it assigns a thread, so that slow senders keep no thread busy.

    Args:
        app: The application.
        host: The address to listen on.
        port: 0 selects a free one.
        largest_body: The size in bytes beyond which a request is refused before it is read completely.
        threads: The number of requests that are answered at the same time; they share their commits.

    Raises:
        ConfigurationError: The address cannot be listened on.
    """

    def __init__(self, app: Flask, host: str, port: int, *, largest_body: int, threads: int = 16) -> None:
        listening = _listen(host, port)
        self.port: int = listening.getsockname()[1]
        self._stopping = False
        self._sockets: dict[int, Any] = {}
        self._server: Any = create_server(
            app,
            map=self._sockets,
            sockets=[listening],
            threads=threads,
            max_request_body_size=largest_body + _FRAMING,
            connection_limit=500,
            channel_timeout=30,
            ident=None,
        )
        # The whole answer at once, by the thread that reads: a quarter less CPU than headers and body apart. As an argument
        # it is deprecated; where it has no effect any more, nothing is lost but that.
        self._server.adj.send_bytes = 16384
        # Requests that wait for a thread are what a rush of webhooks looks like, and no reason to warn about each.
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)
        # What the process has loaded by now stays: a full collection that looks through it again holds up every request.
        gc.collect()
        gc.freeze()
        self._thread = threading.Thread(target=self._run, name="receiver", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Answer the received requests, accept no more, and close. A second call only waits."""
        if not self._stopping:
            self._stopping = True
            self._server.pull_trigger()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping:
            self._turn()
        wasyncore.dispatcher.close(self._server)  # nobody connects any more
        self._server.adj.channel_request_lookahead = -1  # and nothing more is read
        until = time.monotonic() + _PATIENCE
        while time.monotonic() < until and any(
            channel.requests or channel.total_outbufs_len for channel in self._server.active_channels.values()
        ):
            self._turn()
        self._server.task_dispatcher.shutdown()
        wasyncore.close_all(self._sockets, ignore_all=True)

    def _turn(self) -> None:
        wasyncore.loop(timeout=1.0, use_poll=True, map=self._sockets, count=1)


def _listen(host: str, port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise ConfigurationError(
            f"bridge.listen: cannot listen on {host}:{port}: {error.strerror}"
        ) from error
    return listening
