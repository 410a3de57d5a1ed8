"""HTTP without sockets: what `requests` is about to send is handed to an application of this process, and its answer back.

Everything above the socket is real: the URL, the headers, the bytes of the bodies, an answer that breaks off in its middle.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from typing import Any
from unittest import mock
from urllib.parse import unquote, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse
from urllib3._collections import HTTPHeaderDict

Application = Callable[..., Iterable[bytes]]


class Wire:
    """The applications that are reached, by host.

    Attributes:
        before: Called before each request that is sent; what it raises happens to the sender.
    """

    def __init__(self, hosts: Mapping[str, Application]) -> None:
        self.hosts = dict(hosts)

    def before(self) -> None:
        """Nothing, unless replaced."""

    @contextmanager
    def plugged_in(self) -> Iterator[None]:
        """Within this, all of `requests` goes over this wire."""

        def send(adapter: HTTPAdapter, request: requests.PreparedRequest, **_: Any) -> requests.Response:
            self.before()
            return adapter.build_response(request, self._answer(request))

        # Looking for this machine's proxies, at each request, takes longer than most answers.
        proxies = mock.patch("requests.sessions.get_environ_proxies", return_value={})
        with mock.patch.object(HTTPAdapter, "send", send), proxies:
            yield

    def _answer(self, request: requests.PreparedRequest) -> HTTPResponse:
        parts = urlsplit(request.url or "")
        application = self.hosts.get(parts.netloc)
        if application is None:
            raise requests.exceptions.ConnectionError(f"nobody is at {parts.netloc}")
        started: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], _error: object = None) -> None:
            started[:] = [int(status.split(" ", 1)[0]), headers]

        chunks = application(_environ(request, parts), start_response)
        try:
            body = b"".join(chunks)
        finally:
            close = getattr(chunks, "close", None)
            if close is not None:
                close()
        status, headers = started
        return HTTPResponse(
            body=BytesIO(body),
            headers=HTTPHeaderDict(headers),
            status=status,
            preload_content=False,
            request_method=request.method,
        )


def _environ(request: requests.PreparedRequest, parts: Any) -> dict[str, Any]:
    body = request.body or b""
    if hasattr(body, "read"):
        body = body.read()
    elif not isinstance(body, str | bytes):
        body = b"".join(body)
    content = body.encode() if isinstance(body, str) else body
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        # WSGI's texts are bytes in disguise (PEP 3333).
        "PATH_INFO": unquote(parts.path or "/").encode().decode("latin-1"),
        "QUERY_STRING": parts.query,
        "SERVER_NAME": parts.hostname,
        "SERVER_PORT": "443",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_LENGTH": str(len(content)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": parts.scheme,
        "wsgi.input": BytesIO(content),
        "wsgi.errors": BytesIO(),
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "HTTP_HOST": parts.netloc,
    }
    for name, value in request.headers.items():
        text = value.decode("latin-1") if isinstance(value, bytes) else value
        key = name.upper().replace("-", "_")
        if key == "CONTENT_TYPE":
            environ[key] = text
        elif key != "CONTENT_LENGTH":
            environ[f"HTTP_{key}"] = text
    return environ
