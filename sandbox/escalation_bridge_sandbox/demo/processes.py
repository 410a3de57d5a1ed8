"""The bridge's own processes, as an admin would run them: the receiver and the worker, each a program of its own."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import requests

_START_SECONDS = 60.0
_STOP_SECONDS = 10.0


def free_port() -> int:
    """A port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class BridgeProcesses:
    """Receiver and worker of one bridge.

    Args:
        folder: Holds the configuration file, the database and the logs.
        secrets: The environment variables that the configuration names.
        port: Where the receiver listens.
    """

    def __init__(self, folder: Path, secrets: Mapping[str, str], port: int) -> None:
        self.folder = folder
        self.url = f"http://127.0.0.1:{port}"
        self.secrets = secrets
        self._environment = {**os.environ, **secrets, "ESCALATION_BRIDGE_CONFIG": str(folder / "bridge.yaml")}
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, command: str) -> None:
        """Start `receive` or `work`; its log goes to a file."""
        with (self.folder / f"{command}.log").open("ab") as log:
            self._running[command] = subprocess.Popen(  # noqa: S603 - this very program
                _program(command), cwd=self.folder, env=self._environment, stdout=log, stderr=log
            )

    def wait_until_ready(self) -> None:
        """Wait until the receiver says that it is ready.

        Raises:
            RuntimeError: It does not.
        """
        until = time.monotonic() + _START_SECONDS
        while time.monotonic() < until:
            if self._running["receive"].poll() is not None:
                break
            try:
                if requests.get(self.url + "/readyz", timeout=1).ok:
                    return
            except requests.RequestException:
                time.sleep(0.05)
        raise RuntimeError(f"the receiver did not start; its log:\n{self.log('receive')}")

    def kill(self, command: str) -> int:
        """End a process without any chance to tidy up; returns its process id."""
        process = self._running.pop(command)
        process.send_signal(signal.SIGKILL)
        process.wait()
        return process.pid

    def stop(self) -> None:
        """Stop all processes in good order."""
        for process in self._running.values():
            process.send_signal(signal.SIGTERM)
        for process in self._running.values():
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._running.clear()

    def output_of(self, *arguments: str, width: int) -> str:
        """Run a command of the bridge and return what it prints, in lines of at most `width`."""
        done = subprocess.run(  # noqa: S603 - this very program
            _program(*arguments),
            cwd=self.folder,
            env={**self._environment, "COLUMNS": str(width), "ESCALATION_BRIDGE_LOG_LEVEL": "error"},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout + done.stderr

    def log(self, command: str, lines: int = 30) -> str:
        """The end of a process's log."""
        file = self.folder / f"{command}.log"
        return "\n".join(file.read_text(errors="replace").splitlines()[-lines:]) if file.exists() else ""


def _program(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "escalation_bridge", *arguments]
