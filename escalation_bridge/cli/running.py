"""Common to long-running commands: opening the bridge, a worker in a thread, stopping on a signal."""

import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import FrameType

import structlog

from escalation_bridge.bridge import Bridge, open_bridge
from escalation_bridge.config.loading import Configuration, load_configuration, read_database
from escalation_bridge.config.models import BridgeSettings
from escalation_bridge.configfile import Review, load_document
from escalation_bridge.engine.notices.courier import Courier
from escalation_bridge.engine.registrations import Registrar
from escalation_bridge.engine.team_facts import FactsReader
from escalation_bridge.engine.worker import Worker
from escalation_bridge.errors import BridgeError
from escalation_bridge.plugged.discovery import Catalogue, discover
from escalation_bridge.store.database.database import Database

_log = structlog.get_logger(__name__)


def read_configuration(path: Path) -> tuple[Configuration, Catalogue]:
    """Read the configuration with all plugins that it does not block."""
    blocked = load_document(path).value(("bridge", "block_plugins"))
    catalogue = discover([str(name) for name in blocked] if isinstance(blocked, list) else ())
    return load_configuration(path, catalogue), catalogue


@contextmanager
def opened(path: Path, *, looks_only: bool = False) -> Iterator[tuple[Bridge, BridgeSettings]]:
    """The bridge of a configuration file, closed at the end; `looks_only`: for commands that create no database."""
    with opened_as(*read_configuration(path), looks_only=looks_only) as bridge_and_settings:
        yield bridge_and_settings


@contextmanager
def opened_as(
    configuration: Configuration, catalogue: Catalogue, *, looks_only: bool = False
) -> Iterator[tuple[Bridge, BridgeSettings]]:
    """The bridge of a configuration, closed at the end; `looks_only` as for `opened`."""
    bridge = open_bridge(configuration, catalogue, looks_only=looks_only)
    try:
        yield bridge, configuration.bridge
    finally:
        bridge.close()


@contextmanager
def opened_store(path: Path) -> Iterator[tuple[Database, BridgeSettings]]:
    """The database alone: for commands about what is stored, which need neither accounts nor their secrets.

    Raises:
        StoreMissing: There is no database of this version; none is created.
    """
    document = load_document(path)
    settings = BridgeSettings()
    review = Review(replace(document, findings=()))
    if document.node(("bridge",)) is not None:
        settings = review.read(BridgeSettings, at=("bridge",)) or settings
        review.finish()
    url = read_database(document, review, settings)
    review.finish()
    if url is None:
        raise AssertionError("an unreadable file is a finding")
    database = Database(url)
    try:
        database.require()
        yield database, settings
    finally:
        database.close()


def until_stopped(*signals: signal.Signals) -> threading.Event:
    """An event that is set by one of the signals."""
    stopping = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopping.set()

    for number in signals:
        signal.signal(number, stop)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, signals)  # held back where this is one of several programs
    return stopping


class RunningWorker:
    """A worker in a thread of its own. If it cannot run, the process must stop; `failure` has the reason."""

    def __init__(self, worker: Worker, stopping: threading.Event) -> None:
        self.failure: BridgeError | None = None
        self._worker = worker
        self._stopping = stopping
        self._thread = threading.Thread(target=self._run, name="worker")
        self._thread.start()

    def _run(self) -> None:
        try:
            self._worker.run()
        except BridgeError as error:
            self.failure = error
            self._stopping.set()

    def ring(self) -> None:
        """Signal that there may be work."""
        self._worker.ring()

    def stop(self) -> None:
        """Finish the writes in progress, then return."""
        self._worker.stop()
        self._thread.join()


@contextmanager
def running_worker(
    bridge: Bridge,
    threads: int,
    stopping: threading.Event,
    *,
    reconcile_minutes: int = 0,
    public_url: str | None = None,
) -> Iterator[RunningWorker]:
    """A worker in a thread of the process.

    Args:
        bridge: The bridge.
        threads: The number of cases that are worked on at once.
        stopping: Set when the process must stop.
        reconcile_minutes: How often it searches for missed webhooks; 0: never.
        public_url: The address of the receiver; without it the webhook registrations are not maintained.

    Raises:
        BridgeError: At the end, if the worker had ended by itself.
    """
    every = timedelta(minutes=reconcile_minutes) if reconcile_minutes else None
    running = RunningWorker(Worker(bridge, threads=threads, reconcile_every=every), stopping)
    with ExitStack() as beside:
        try:
            beside.enter_context(FactsReader(bridge).running())
            if bridge.channels:
                beside.enter_context(Courier(bridge).running())
            if public_url is not None:
                beside.enter_context(Registrar(bridge, public_url).running())
            else:
                _log.info("registrations.not_looked_after", reason="bridge.public_url is not set")
            yield running
        finally:
            running.stop()  # first: a mail server that hangs holds up the courier's end
    if running.failure is not None:
        raise running.failure
