"""Serving the receiver with waitress, beside other threads of the process, and stopping it in good order."""

import socket
import threading
from typing import Any

from flask import Flask
from waitress.server import create_server
from waitress.wasyncore import close_all

from escalation_bridge.errors import ConfigurationError

_LARGEST_BODY = 26 * 1024 * 1024
"""A little more than the largest webhook that any connection may allow: beyond it waitress refuses by itself."""


class Server:
    """A WSGI server in a thread of its own.

    Args:
        app: What it serves.
        host: Where it listens.
        port: 0 takes a free one.
        threads: How many requests are answered at the same time; they share their commits.

    Raises:
        ConfigurationError: The address cannot be listened on.
    """

    def __init__(self, app: Flask, host: str, port: int, threads: int = 16) -> None:
        listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((host, port))
        except OSError as error:
            listening.close()
            raise ConfigurationError(
                f"bridge.listen: cannot listen on {host}:{port}: {error.strerror}"
            ) from error
        self.port: int = listening.getsockname()[1]
        self._channels: dict[int, Any] = {}
        self._server: Any = create_server(
            app,
            map=self._channels,
            sockets=[listening],
            threads=threads,
            max_request_body_size=_LARGEST_BODY,
            channel_timeout=30,
            ident=None,
        )
        self._thread = threading.Thread(target=self._server.run, name="receiver", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Finish the requests that are being answered, then close."""
        self._server.task_dispatcher.shutdown()
        # The loop is not safe to touch from here: it closes its own sockets, and ends when none is left.
        self._server.trigger.pull_trigger(lambda: close_all(self._channels, ignore_all=True))
        self._thread.join()
