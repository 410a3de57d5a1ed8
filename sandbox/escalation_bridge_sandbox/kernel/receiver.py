"""A receiver of webhooks to look into: for tests, and for whoever wants to see what a vendor sends."""

import threading
import time
from collections import deque
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self


@dataclass(frozen=True)
class Delivery:
    """One request that arrived. Header names are in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Answer:
    """What the receiver says, after so many seconds."""

    status: int = 202
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    seconds: float = 0


class Receiver:
    """Listens on a free loopback port and keeps what arrives. Also a context manager.

    Attributes:
        answers: Taken from the left, one for each delivery; when there are none left it is 202.
    """

    def __init__(self) -> None:
        self.answers: deque[Answer] = deque()
        self._arrived = threading.Condition()
        self._deliveries: list[Delivery] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def deliveries(self) -> list[Delivery]:
        """What arrived so far, in the order of arrival."""
        with self._arrived:
            return list(self._deliveries)

    def wait_for(self, count: int, timeout: float = 5) -> list[Delivery]:
        """Wait until so many have arrived.

        Raises:
            TimeoutError: Fewer arrived in time.
        """
        with self._arrived:
            if not self._arrived.wait_for(lambda: len(self._deliveries) >= count, timeout):
                raise TimeoutError(
                    f"{len(self._deliveries)} of {count} webhooks arrived within {timeout} seconds"
                )
            return list(self._deliveries)

    def clear(self) -> None:
        with self._arrived:
            self._deliveries.clear()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _take(self, delivery: Delivery) -> Answer:
        with self._arrived:
            self._deliveries.append(delivery)
            self._arrived.notify_all()
            return self.answers.popleft() if self.answers else Answer()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def receive(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                answer = receiver._take(Delivery(self.command, self.path, headers, body))
                time.sleep(answer.seconds)
                try:
                    self.send_response(answer.status)
                    for name, value in answer.headers:
                        self.send_header(name, value)
                    self.send_header("Content-Length", str(len(answer.body)))
                    self.end_headers()
                    self.wfile.write(answer.body)
                except ConnectionError:
                    # The sender did not wait; that is what a slow answer is for.
                    self.close_connection = True

            # The names that http.server looks for.
            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = receive  # noqa: N815 - as above

            def log_message(self, *_: object) -> None:
                """Nothing on standard error."""

        return Handler
