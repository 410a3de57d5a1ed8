"""The programs as an admin runs them: starting, stopping in good order, and what keeps one from running."""

import os
import signal
import socket
import subprocess
import sys
import time
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
