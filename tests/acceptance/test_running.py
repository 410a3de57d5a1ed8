"""The programs as an admin runs them: starting, stopping in good order, and what keeps one from running."""

import contextlib
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import requests

CONFIGURATION = """
bridge:
  listen: 127.0.0.1:{port}
connections:
  shop:
    plugin: freshdesk
    url: http://127.0.0.1:1
    api_key: ${{API_KEY}}
    webhook_secrets: ["${{WEBHOOK_SECRET}}"]
"""
SECRET = "a-secret-of-enough-length"
SECONDS = 60


@pytest.fixture
def home(tmp_path: Path) -> Path:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (tmp_path / "bridge.yaml").write_text(CONFIGURATION.format(port=port))
    (tmp_path / "port").write_text(str(port))
    return tmp_path


def start(home: Path, command: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "API_KEY": "key", "WEBHOOK_SECRET": SECRET}
    return subprocess.Popen(
        [sys.executable, "-m", "escalation_bridge", command],
        cwd=home,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def until_ready(home: Path) -> str:
    url = f"http://127.0.0.1:{(home / 'port').read_text()}"
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        try:
            if requests.get(f"{url}/readyz", timeout=5).ok:
                return url
        except requests.ConnectionError:
            time.sleep(0.05)
    raise AssertionError("the receiver did not become ready")


def test_serve_takes_webhooks_and_stops_in_good_order(home):
    with start(home, "serve") as serving:
        url = until_ready(home)
        assert requests.post(f"{url}/webhooks/shop", json={"ticket_id": "1"}, timeout=5).status_code == 401
        taken = requests.post(
            f"{url}/webhooks/shop",
            json={"freshdesk_webhook": {"ticket_id": "1", "triggered_event": "{ticket_action:created}"}},
            headers={"X-Escalation-Bridge-Secret": SECRET},
            timeout=5,
        )
        assert taken.status_code == 202, taken.text
        serving.send_signal(signal.SIGTERM)
        out, err = serving.communicate(timeout=SECONDS)
    assert serving.returncode == 0, err
    assert "Listening on" in out
    assert SECRET not in out + err
    assert "Traceback" not in err


def programs(serving: subprocess.Popen[str]) -> dict[str, int]:
    """The processes under `serve`, by name: those that have theirs, and are there just now."""
    children = Path(f"/proc/{serving.pid}/task/{serving.pid}/children").read_text().split()
    found = {}
    for pid in children:
        with contextlib.suppress(OSError):
            if (name := Path(f"/proc/{pid}/comm").read_text().strip()).startswith("bridge-"):
                found[name] = int(pid)
    return found


@contextmanager
def serving_at(home: Path) -> Iterator[subprocess.Popen[str]]:
    """`serve` with both of its programs; killed at the latest at the end."""
    with start(home, "serve") as serving:
        try:
            until_ready(home)
            until(lambda: len(programs(serving)) == 2)
            yield serving
        finally:
            serving.kill()


def until(reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def take(url: str, number: int) -> None:
    taken = requests.post(
        f"{url}/webhooks/shop",
        json={
            "freshdesk_webhook": {"ticket_id": str(number + 1), "triggered_event": "{ticket_action:created}"}
        },
        headers={"X-Escalation-Bridge-Secret": SECRET},
        timeout=30,
    )
    assert taken.status_code == 202, taken.text


def waiting(home: Path) -> int:
    with closing(sqlite3.connect(home / "bridge.db")) as database:
        return int(database.execute("SELECT count(*) FROM deliveries WHERE state = 'stored'").fetchone()[0])


def test_a_killed_worker_is_started_again_and_no_webhook_is_refused_meanwhile(home):
    url = f"http://127.0.0.1:{(home / 'port').read_text()}"
    with serving_at(home) as serving:
        before = programs(serving)
        worker = before["bridge-worker"]
        for number in range(2):
            os.kill(worker, signal.SIGKILL)
            take(url, 2 * number)
            until(lambda worker=worker: programs(serving).get("bridge-worker", worker) != worker)
            take(url, 2 * number + 1)
            until(lambda: waiting(home) == 0)
            worker = programs(serving)["bridge-worker"]
        assert programs(serving)["bridge-receiver"] == before["bridge-receiver"]
        serving.send_signal(signal.SIGTERM)
        _, err = serving.communicate(timeout=SECONDS)
    assert serving.returncode == 0
    assert err.count("process.killed") == 2
    assert "Traceback" not in err


def test_who_kills_serve_kills_all_of_it_and_it_starts_again(home):
    url = f"http://127.0.0.1:{(home / 'port').read_text()}"
    for number in range(2):
        with serving_at(home) as serving:
            pids = programs(serving).values()
            take(url, number)
        until(lambda pids=pids: not any(is_alive(pid) for pid in pids))


def is_alive(pid: int) -> bool:
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


def test_a_second_worker_on_the_same_sqlite_file_is_refused(home):
    with start(home, "serve") as serving:
        until_ready(home)
        with start(home, "work") as second:
            _, err = second.communicate(timeout=SECONDS)
        assert second.returncode == 1
        assert "another worker process" in err
        assert "Traceback" not in err
        assert serving.poll() is None
        serving.send_signal(signal.SIGTERM)
        serving.communicate(timeout=SECONDS)


def test_a_port_that_is_taken_is_said(home):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", int((home / "port").read_text())))
        taken.listen()
        with start(home, "serve") as serving:
            _, err = serving.communicate(timeout=SECONDS)
    assert serving.returncode == 1
    assert "bridge.listen" in err
    assert "Traceback" not in err
