"""Tasks that a process does now and then beside its cases, each in a separate thread."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import structlog

_log = structlog.get_logger(__name__)

AFTER_FAILURE = timedelta(minutes=1)


class BackgroundTask(ABC):
    """A task that is repeated until the process stops. A failure ends one round of it, and never the task.

    Args:
        name: The name of its thread.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._stopping = threading.Event()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Repeat the task during the block, at whose end it stops after its current request."""
        thread = threading.Thread(target=self._repeat, name=self._name)
        thread.start()
        try:
            yield
        finally:
            self._stopping.set()
            thread.join()

    @abstractmethod
    def run_once(self) -> timedelta:
        """Do what is due, unless the process is stopping; return the pause before the next round."""

    def _repeat(self) -> None:
        while not self._stopping.is_set():
            try:
                pause = self.run_once()
            except Exception:  # noqa: BLE001 - a thread that ended would end the task for good; logged with its traceback
                _log.exception("background.failed", task=self._name)
                pause = AFTER_FAILURE
            self._stopping.wait(pause.total_seconds())
