"""Several programs of the bridge, each in a process of its own, under a supervisor.

The one that watches imports everything first and runs no thread: the others share what it has loaded, and it can make them again at
any time. A program that was killed is started again; one that ends by itself ends all, with its exit status. Whoever kills the one
that watches kills all of them.
"""

import contextlib
import ctypes
import gc
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType

import structlog

_log = structlog.get_logger(__name__)

_SIGNALS = (signal.SIGTERM, signal.SIGINT)
_SOON = 1.0
_LATE = 60.0
_LASTING = 60.0
"""Seconds: a program that was killed is started again after `_SOON`, after twice as long each time up to `_LATE`, and after
`_SOON` again once it ran for `_LASTING`."""
_PR_SET_PDEATHSIG, _PR_SET_NAME = 1, 15


def side_by_side(programs: Mapping[str, Callable[[], None]]) -> int:
    """Run programs, each in a process of its own, until they end.

    A program calls `until_stopped` first of all: SIGTERM and SIGINT are held back until it does.

    Returns:
        The exit status, in the process that watches. In the others this returns 0 when their program does.
    """
    # What is loaded by now stays: a collection that looks through it again would copy it for each process.
    gc.collect()
    gc.freeze()
    return _Watch(programs).run()


class _Watch:
    def __init__(self, programs: Mapping[str, Callable[[], None]]) -> None:
        self._programs = programs
        self._running: dict[int, str] = {}
        self._started: dict[str, float] = {}
        self._pauses = dict.fromkeys(programs, _SOON)
        self._stopping = False
        self._status = 0

    def run(self) -> int:
        for number in _SIGNALS:
            signal.signal(number, self._on_signal)
        for name in self._programs:
            if self._start(name):
                return 0
        while self._running:
            pid, ended = os.wait()
            if pid not in self._running:
                continue  # somebody else's
            name = self._running.pop(pid)
            status = os.waitstatus_to_exitcode(ended)
            if status < 0 and not self._stopping:
                _log.error("process.killed", name=name, pid=pid, signal=-status)
                if self._again(name):
                    return 0
            else:
                # A program that ends by itself has told why.
                self._status = max(self._status, status)
                self._stop()
        return self._status

    def _start(self, name: str) -> bool:
        """Start a program; True in its own process, once it has ended."""
        with _held_back():
            watching = os.getpid()
            pid = 0 if self._stopping else os.fork()
            if self._stopping:
                return False
            if pid:
                self._running[pid] = name
                self._started[name] = time.monotonic()
                return False
            self._running.clear()
            _die_with(watching)
            _be_called(f"bridge-{name}")
        self._programs[name]()
        return True

    def _again(self, name: str) -> bool:
        if time.monotonic() - self._started[name] > _LASTING:
            self._pauses[name] = _SOON
        until = time.monotonic() + self._pauses[name]
        self._pauses[name] = min(_LATE, self._pauses[name] * 2)
        while not self._stopping and time.monotonic() < until:
            time.sleep(0.1)
        return self._start(name)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._stop()

    def _stop(self) -> None:
        self._stopping = True
        for pid in self._running:
            os.kill(pid, signal.SIGTERM)


@contextmanager
def _held_back() -> Iterator[None]:
    """Let no signal come between making a process and knowing it. In the new process it stays so, see `until_stopped`."""
    watching = os.getpid()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        yield
    finally:
        if os.getpid() == watching:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _be_called(name: str) -> None:
    """Show a name in lists of processes; the kernel keeps 15 bytes."""
    ctypes.CDLL(None).prctl(_PR_SET_NAME, name.encode(), 0, 0, 0)


def _die_with(watching: int) -> None:
    """Have the kernel kill this process when the one that watches dies, however it dies. Linux."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != watching:  # it died in this very moment
        os._exit(1)


class Bell:
    """Tells another process, made after it, that there may be work."""

    def __init__(self) -> None:
        self._hears, self._rings = os.pipe()
        os.set_blocking(self._rings, False)

    def ring(self) -> None:
        """Say that there may be work; never waits."""
        with contextlib.suppress(BlockingIOError):  # it has been rung so often that it is heard
            os.write(self._rings, b"!")

    def answer(self, call: Callable[[], None]) -> None:
        """Have `call` called, in a thread, each time that the bell was rung."""

        def listen() -> None:
            while os.read(self._hears, 65536):
                call()

        threading.Thread(target=listen, name="bell", daemon=True).start()
