"""Tasks beside the cases: a failure never ends one, and each ends with its block."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from escalation_bridge.engine import background
from escalation_bridge.engine.background import BackgroundTask


class Task(BackgroundTask):
    """Counts its rounds, and does something in each."""

    def __init__(self, during: Callable[[int], None], pause: timedelta = timedelta()) -> None:
        super().__init__("test task")
        self._during = during
        self._pause = pause
        self.rounds = 0
        self.threads: set[str] = set()

    def run_once(self) -> timedelta:
        self.rounds += 1
        self.threads.add(threading.current_thread().name)
        self._during(self.rounds)
        return self._pause


def test_it_is_repeated_in_a_thread_of_its_own() -> None:
    enough = threading.Event()
    task = Task(lambda rounds: enough.set() if rounds == 3 else None)
    with task.running():
        assert enough.wait(10)
    assert task.threads == {"test task"}


def test_a_failed_round_is_logged_and_the_next_one_follows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "AFTER_FAILURE", timedelta())
    enough = threading.Event()

    def fail_first(rounds: int) -> None:
        if rounds == 1:
            raise RuntimeError("odd")
        enough.set()

    with capture_logs() as logs, Task(fail_first).running():
        assert enough.wait(10)
    assert [(log["event"], log["task"]) for log in logs] == [("background.failed", "test task")]


def test_after_a_failure_it_rests() -> None:
    def fail(_rounds: int) -> None:
        failed.set()
        raise RuntimeError("odd")

    failed = threading.Event()
    task = Task(fail)
    with task.running():
        assert failed.wait(10)
    assert task.rounds == 1


def test_the_end_of_the_block_ends_a_long_pause_and_waits_for_the_round() -> None:
    begun, may_end, ended = threading.Event(), threading.Event(), []

    def hang(_rounds: int) -> None:
        begun.set()
        may_end.wait(10)
        ended.append(True)

    task = Task(hang, pause=timedelta(days=1))
    with task.running():
        assert begun.wait(10)
        threading.Timer(0.05, may_end.set).start()
    assert (task.rounds, ended) == (1, [True])
