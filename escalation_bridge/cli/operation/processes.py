"""Run several programs of the bridge, each in its own process, under a supervisor.

The supervisor imports everything before it forks, and runs no thread: the children share the loaded code, and it can start them
again at any time. A program that was killed is started again. One that exits ends all others, with its exit status. Killing the
supervisor kills all of them.
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
"""Seconds. A killed program is started again after `_SOON`, then after twice as long each time up to `_LATE`, and after
`_SOON` again once it ran for `_LASTING`.
"""
_PR_SET_PDEATHSIG, _PR_SET_NAME = 1, 15


def side_by_side(programs: Mapping[str, Callable[[], None]]) -> int:
    """Run programs, each in its own process, until they end.

    A program first calls `until_stopped`: SIGTERM and SIGINT are blocked until then.

    Returns:
        The exit status, in the supervisor. In the other processes it returns 0 when their program ends.
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
                # A program that ends by itself has logged why.
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
    """Block signals between the fork and the record of the new process. The new process keeps them blocked, see `until_stopped`."""
    watching = os.getpid()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        yield
    finally:
        if os.getpid() == watching:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _be_called(name: str) -> None:
    """Set the name shown in process lists; the kernel keeps 15 bytes."""
    ctypes.CDLL(None).prctl(_PR_SET_NAME, name.encode(), 0, 0, 0)


def _die_with(watching: int) -> None:
    """Have the kernel kill this process when the supervisor dies, however it dies. Linux only."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != watching:  # it died in this very moment
        os._exit(1)


class Bell:
    """Signals to a process that is forked later that there may be work."""

    def __init__(self) -> None:
        self._read_end, self._write_end = os.pipe()
        os.set_blocking(self._write_end, False)

    def ring(self) -> None:
        """Signal that there may be work; never waits."""
        with contextlib.suppress(BlockingIOError):  # enough signals are waiting
            os.write(self._write_end, b"!")

    def answer(self, call: Callable[[], None]) -> None:
        """Call `call` in a thread each time the bell is rung."""

        def listen() -> None:
            while os.read(self._read_end, 65536):
                call()

        threading.Thread(target=listen, name="bell", daemon=True).start()
