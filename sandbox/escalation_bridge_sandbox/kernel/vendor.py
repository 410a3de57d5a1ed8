"""What every stand-in is made of."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import ClassVar

import flask

from escalation_bridge_sandbox.kernel.clock import SandboxClock
from escalation_bridge_sandbox.kernel.faults import Fault, FaultBook
from escalation_bridge_sandbox.kernel.journal import Journal
from escalation_bridge_sandbox.kernel.outbox import Outbox

READ_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class Vendor(ABC):
    """Base of the stand-ins.

    A class below has the vendor's state, which the views work on. A class below that one builds `app` (`kernel.app.build_app`), registers
    the views' blueprints on it, and calls `reset()` once: so the views need not know who registers them. Its views
    run one at a time, under `lock`; code outside a request that touches the state takes the lock itself. A view
    sets `flask.g.sandbox_user` after authenticating, for the journal.

    Attributes:
        base_url: Where this stand-in is reached, without a slash at the end; set when it is served.
        closing: Set when the server stops; whoever waits, waits on this.
    """

    name: ClassVar[str]
    app: flask.Flask

    def __init__(self, *, allow_hosts: Iterable[str] = (), clock: SandboxClock | None = None) -> None:
        self.clock = clock or SandboxClock()
        self.faults = FaultBook()
        self.journal = Journal()
        self.outbox = Outbox(self.clock, allow_hosts)
        self.lock = threading.RLock()
        self.closing = threading.Event()
        self.base_url = "http://127.0.0.1"

    def reset(self) -> None:
        """Back to the seed: state, time, faults, journal and webhooks."""
        with self.lock:
            self.faults.clear()
            self.journal.clear()
            self.outbox.reset()
            self.clock.reset()
            self.load_seed()

    @abstractmethod
    def load_seed(self) -> None:
        """Replace the whole state by the seed."""

    def is_write(self, method: str, path: str) -> bool:
        """Whether the journal counts a request as a write; for vendors that read with POST."""
        del path
        return method not in READ_METHODS

    def rate_limited_response(self, fault: Fault) -> flask.Response:
        """The vendor's own 429."""
        response = flask.Response(fault.body or "Too many requests", fault.status or 429)
        if fault.retry_after is not None:
            response.headers["Retry-After"] = fault.retry_after
        return response

    def server_error_response(self, fault: Fault) -> flask.Response:
        """The vendor's own 500 (or `fault.status`)."""
        response = flask.Response(fault.body or "Internal server error", fault.status or 500)
        if fault.retry_after is not None:
            response.headers["Retry-After"] = fault.retry_after
        return response

    def unauthorized_response(self, fault: Fault) -> flask.Response:
        """The vendor's own 401."""
        return flask.Response(fault.body or "Unauthorized", fault.status or 401)

    def forbidden_response(self, fault: Fault) -> flask.Response:
        """The vendor's own 403."""
        return flask.Response(fault.body or "Forbidden", fault.status or 403)
