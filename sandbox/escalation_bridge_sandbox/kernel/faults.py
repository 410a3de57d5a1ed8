"""What can be made to go wrong, and how often."""

import re
import threading
from dataclasses import dataclass, replace
from enum import StrEnum


class FaultKind(StrEnum):
    """The troubles a vendor's API is known for."""

    LATENCY = "latency"
    """The request waits `seconds`, then all is well."""
    TIMEOUT_AFTER_WRITE = "timeout_after_write"
    """The request takes effect, the answer is held back for `seconds`, then it is a 504."""
    DROP_CONNECTION = "drop_connection"
    """The request takes effect, the connection breaks off in the middle of the answer."""
    SERVER_ERROR = "server_error"
    """Nothing takes effect; 500, or `status`."""
    RATE_LIMIT = "rate_limit"
    """429 in the vendor's dialect, with `retry_after` if given."""
    UNAUTHORIZED = "unauthorized"
    FORBIDDEN = "forbidden"
    EMPTY_200 = "empty_200"
    """Accepted with 200 and `body` (or an empty object), and nothing is changed."""
    HTML_LOGIN_PAGE = "html_login_page"
    """200 and a page to log in, as a single sign-on proxy answers."""


@dataclass(frozen=True)
class Fault:
    """One trouble, and the requests that it meets.

    Attributes:
        method: Only requests with this method; every method when None.
        path: A regular expression searched in the path; every path when None.
        times: How many matching requests are met; -1 until the fault is removed.
        skip: How many matching requests pass unharmed first.
        seconds: For how long, where the kind waits.
        status: Another HTTP status than the kind's own.
        retry_after: The `Retry-After` header as it is sent; it may be odd on purpose.
        body: Another body than the kind's own.
    """

    kind: FaultKind
    method: str | None = None
    path: str | None = None
    times: int = 1
    skip: int = 0
    seconds: float = 0
    status: int | None = None
    retry_after: str | None = None
    body: str | None = None

    def matches(self, method: str, path: str) -> bool:
        if self.method is not None and self.method.upper() != method.upper():
            return False
        return self.path is None or re.search(self.path, path) is not None


@dataclass
class _Armed:
    fault: Fault
    to_skip: int
    left: int


class FaultBook:
    """The faults that wait for their requests. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._armed: dict[int, _Armed] = {}
        self._last_id = 0

    def add(self, fault: Fault) -> int:
        """Arm a fault; the number returned removes it."""
        with self._lock:
            self._last_id += 1
            self._armed[self._last_id] = _Armed(fault, to_skip=fault.skip, left=fault.times)
            return self._last_id

    def remove(self, fault_id: int) -> None:
        """Disarm a fault; one that is used up or unknown is none any more."""
        with self._lock:
            self._armed.pop(fault_id, None)

    def clear(self) -> None:
        with self._lock:
            self._armed.clear()

    def armed(self) -> dict[int, Fault]:
        """The faults that still wait, by number, with what is left of `times` and `skip`."""
        with self._lock:
            return {
                number: replace(armed.fault, times=armed.left, skip=armed.to_skip)
                for number, armed in self._armed.items()
            }

    def take(self, method: str, path: str) -> Fault | None:
        """The fault that meets this request, counted down; the one armed first wins."""
        with self._lock:
            for number, armed in self._armed.items():
                if not armed.fault.matches(method, path):
                    continue
                if armed.to_skip > 0:
                    armed.to_skip -= 1
                    continue
                if armed.left > 0:
                    armed.left -= 1
                if armed.left == 0:
                    del self._armed[number]
                return armed.fault
            return None
