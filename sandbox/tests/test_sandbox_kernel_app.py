"""Faults, journal and control endpoints, over HTTP, with the smallest vendor there can be."""

import threading
import time
from collections.abc import Iterator
from datetime import datetime
from typing import ClassVar

import flask
import pytest
import requests

from escalation_bridge_sandbox.kernel.app import build_app
from escalation_bridge_sandbox.kernel.faults import Fault, FaultKind
from escalation_bridge_sandbox.kernel.server import RunningVendor, start
from escalation_bridge_sandbox.kernel.vendor import Vendor


class Counter(Vendor):
    """Counts what is posted."""

    name: ClassVar[str] = "counter"
    count: int

    def __init__(self) -> None:
        super().__init__()
        self.app = build_app(self)

        @self.app.post("/count")
        def count() -> dict[str, int]:
            flask.g.sandbox_user = "sari"
            self.count += 1
            return {"count": self.count}

        @self.app.delete("/count")
        def forget() -> tuple[str, int]:
            self.count = 0
            return "", 204

        @self.app.get("/count")
        def look() -> dict[str, int]:
            return {"count": self.count}

        self.reset()

    def load_seed(self) -> None:
        self.count = 0


@pytest.fixture
def counter() -> Iterator[RunningVendor]:
    with start(Counter()) as running:
        yield running


def post(running: RunningVendor, timeout: float = 5) -> requests.Response:
    return requests.post(f"{running.url}/count", json={"by": 1}, timeout=timeout)


def control(running: RunningVendor, method: str, path: str, **options: object) -> requests.Response:
    return requests.request(method, f"{running.url}/_sandbox/{path}", timeout=5, **options)  # type: ignore[arg-type]


def test_it_stops_without_leaving_threads() -> None:
    before = set(threading.enumerate())
    running = start(Counter())
    assert post(running).json() == {"count": 1}
    running.stop()
    running.stop()
    assert set(threading.enumerate()) <= before
    with pytest.raises(requests.ConnectionError):
        post(running)


def test_stand_ins_with_the_same_routes_keep_counts_of_their_own_and_a_further_route_is_nobody_elses() -> (
    None
):
    one, another, odd = Counter(), Counter(), Counter()
    odd.app.add_url_rule("/odd", view_func=lambda: "odd")
    assert one.app.test_client().post("/count").json == {"count": 1}
    assert another.app.test_client().post("/count").json == {"count": 1}
    assert odd.app.test_client().post("/count").json == {"count": 1}
    assert odd.app.test_client().get("/odd").text == "odd"
    assert another.app.test_client().get("/odd").status_code == 404


def test_a_taken_port_is_an_error(counter: RunningVendor) -> None:
    port = int(counter.url.rpartition(":")[2])
    with pytest.raises(OSError, match="in use"):
        start(Counter(), port=port)


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (FaultKind.SERVER_ERROR, 500),
        (FaultKind.RATE_LIMIT, 429),
        (FaultKind.UNAUTHORIZED, 401),
        (FaultKind.FORBIDDEN, 403),
        (FaultKind.EMPTY_200, 200),
        (FaultKind.HTML_LOGIN_PAGE, 200),
    ],
)
def test_faults_that_answer_instead_change_nothing(
    counter: RunningVendor, kind: FaultKind, status: int
) -> None:
    counter.vendor.faults.add(Fault(kind))
    assert post(counter).status_code == status
    assert post(counter).json() == {"count": 1}


def test_a_timeout_after_the_write_leaves_the_write(counter: RunningVendor) -> None:
    counter.vendor.faults.add(Fault(FaultKind.TIMEOUT_AFTER_WRITE, seconds=30))
    with pytest.raises(requests.Timeout):
        post(counter, timeout=0.2)
    assert requests.get(f"{counter.url}/count", timeout=5).json() == {"count": 1}


def test_a_dropped_connection_leaves_the_write(counter: RunningVendor) -> None:
    counter.vendor.faults.add(Fault(FaultKind.DROP_CONNECTION, times=2))
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        post(counter)
    assert counter.vendor.count == 1
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        requests.delete(f"{counter.url}/count", timeout=5)
    assert requests.get(f"{counter.url}/count", timeout=5).json() == {"count": 0}


def test_latency_waits_and_lets_through(counter: RunningVendor) -> None:
    counter.vendor.faults.add(Fault(FaultKind.LATENCY, seconds=0.05))
    began = time.monotonic()
    assert post(counter).json() == {"count": 1}
    assert time.monotonic() - began >= 0.05


def test_a_fault_brings_its_own_words(counter: RunningVendor) -> None:
    counter.vendor.faults.add(Fault(FaultKind.RATE_LIMIT, status=503, retry_after="0", body="busy"))
    answer = post(counter)
    assert (answer.status_code, answer.headers["Retry-After"], answer.text) == (503, "0", "busy")


def test_the_journal_tells_who_did_what(counter: RunningVendor) -> None:
    post(counter)
    requests.get(f"{counter.url}/count?x=1", timeout=5)
    counter.vendor.faults.add(Fault(FaultKind.SERVER_ERROR))
    post(counter)
    entries = control(counter, "GET", "journal").json()["entries"]
    assert [(entry["method"], entry["status"], entry["write"], entry["fault"]) for entry in entries] == [
        ("POST", 200, True, None),
        ("GET", 200, False, None),
        ("POST", 500, True, "server_error"),
    ]
    assert entries[0]["body"] == {"by": 1}
    assert entries[1]["query"] == "x=1"
    assert len(control(counter, "GET", "journal?user=sari&writes=1").json()["entries"]) == 1
    assert control(counter, "GET", "journal?writes=0").json()["entries"][0]["method"] == "GET"
    control(counter, "DELETE", "journal")
    assert counter.vendor.journal.entries() == []


def test_faults_are_armed_and_disarmed_by_control(counter: RunningVendor) -> None:
    armed = control(counter, "POST", "faults", json={"kind": "forbidden", "method": "POST", "times": -1})
    assert armed.status_code == 201
    assert post(counter).status_code == 403
    assert control(counter, "GET", "faults").json()["faults"][0]["kind"] == "forbidden"
    control(counter, "DELETE", f"faults/{armed.json()['id']}")
    assert post(counter).status_code == 200


@pytest.mark.parametrize(
    ("path", "body", "says"),
    [
        ("faults", {"kind": "flood"}, "kind must be one of latency"),
        ("faults", {}, "kind is missing"),
        ("faults", {"kind": "latency", "secs": 1}, "not known: secs"),
        ("faults", {"kind": "latency", "path": "("}, "regular expression"),
        ("faults", [1], "a JSON object is expected"),
        ("clock", {"now": "noon"}, "ISO 8601"),
        ("clock", {"now": "2026-03-02T12:00:00"}, "time zone"),
        ("clock", {"advance_seconds": "1"}, "advance_seconds"),
    ],
)
def test_control_says_what_is_allowed(counter: RunningVendor, path: str, body: object, says: str) -> None:
    answer = control(counter, "POST", path, json=body)
    assert answer.status_code == 400
    assert says in answer.json()["error"]


def test_the_clock_is_moved_by_control(counter: RunningVendor) -> None:
    control(counter, "POST", "clock", json={"now": "2026-03-02T12:00:00Z"})
    moved = control(counter, "POST", "clock", json={"advance_seconds": 3600}).json()["now"]
    assert datetime.fromisoformat(moved).hour == 13
    assert control(counter, "GET", "health").json()["vendor"] == "counter"


def test_the_mood_is_read_and_changed_by_control(counter: RunningVendor) -> None:
    changed = control(counter, "PUT", "webhooks", json={"duplicate": 2, "retry_speed": 0})
    assert changed.json() == control(counter, "GET", "webhooks").json()
    assert counter.vendor.outbox.mood.duplicate == 2
    assert control(counter, "PUT", "webhooks", json={"duplicate": 0}).status_code == 400
    assert control(counter, "GET", "webhooks/attempts").json() == {"attempts": []}


def test_a_reset_goes_back_to_the_seed(counter: RunningVendor) -> None:
    post(counter)
    counter.vendor.faults.add(Fault(FaultKind.SERVER_ERROR, times=-1))
    counter.vendor.clock.advance(3600)
    assert control(counter, "POST", "reset").status_code == 204
    assert post(counter).json() == {"count": 1}
    assert len(counter.vendor.journal.entries()) == 1
