"""Outgoing webhooks: signed for each attempt, sent in the background, retried by the vendor's own rules."""

import heapq
import ipaddress
import itertools
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from urllib.parse import urlsplit

import requests
from requests.structures import CaseInsensitiveDict

from escalation_bridge_sandbox.kernel.clock import SandboxClock

WORKERS = 4
SHUFFLE_SECONDS = 0.3
EVERY_HOST = "*"
NOT_SENT = "not sent: webhooks go to loopback addresses only, unless allow_hosts names the host"


@dataclass(frozen=True)
class RetryRules:
    """When and how often a vendor tries again.

    Attributes:
        delays: Seconds before the first, second, ... retry; there are as many retries as delays.
        retry_on: From the HTTP status and the `Retry-After` header to whether it is tried again.
        timeout: Seconds the receiver has for its answer.
        retry_on_timeout: Whether it is tried again after a timeout or a failed connection.
        most_retries: From the HTTP status (None: no answer) to a lower number of retries, for vendors
            that count differently by what went wrong.
        waits_for_retry_after: Whether a numeric `Retry-After` that is longer than the delay is waited for.
    """

    delays: tuple[float, ...]
    retry_on: Callable[[int, str | None], bool]
    timeout: float
    retry_on_timeout: bool
    most_retries: Callable[[int | None], int] | None = None
    waits_for_retry_after: bool = False


@dataclass(frozen=True)
class AttemptRecord:
    """One attempt to deliver, numbered from 0: an HTTP status, or the error that stood in its way."""

    url: str
    label: str
    attempt: int
    status: int | None
    error: str | None
    at: datetime
    request_headers: Mapping[str, str] = field(default_factory=dict)
    answer: str = ""
    answer_headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class OutgoingWebhook:
    """One request to a receiver.

    Attributes:
        headers: The same for each attempt.
        sign: From the body and the attempt (from 0) to this attempt's headers; what depends on the time is
            made here.
        label: What the attempts are found by.
        auth: User and password for basic authentication.
        on_attempt: Called after each attempt, in the sending thread.
    """

    url: str
    method: str
    headers: Mapping[str, str]
    body: bytes
    sign: Callable[[bytes, int], Mapping[str, str]]
    rules: RetryRules
    label: str
    auth: tuple[str, str] | None = None
    on_attempt: Callable[[AttemptRecord], None] | None = None


@dataclass
class DeliveryMood:
    """How the network treats webhooks.

    Attributes:
        duplicate: Each webhook is sent so many times.
        drop: The next so many webhooks are lost.
        delay: Seconds before the first attempt.
        shuffle: Webhooks are held for a moment and sent in reverse order.
        retry_speed: Factor on the retry delays: 1 waits as long as the vendor does, 0.001 makes five minutes
            0.3 seconds, 0 does not wait at all.
    """

    duplicate: int = 1
    drop: int = 0
    delay: float = 0
    shuffle: bool = False
    retry_speed: float = 1


@dataclass(frozen=True)
class _Delivery:
    webhook: OutgoingWebhook
    attempt: int = 0


class Outbox:
    """Sends webhooks from threads of its own, so that the request that caused one never waits.

    Webhooks go to loopback addresses only, unless `allow_hosts` names others (`*` is every host): a stand-in
    with copied configuration must not write to somebody's real receiver.
    """

    def __init__(self, clock: SandboxClock, allow_hosts: Iterable[str] = ()) -> None:
        self.mood = DeliveryMood()
        self._clock = clock
        self._allow_hosts = frozenset(allow_hosts)
        self._changed = threading.Condition()
        self._numbers = itertools.count()
        # Due times are monotonic seconds: moving the stand-in's clock neither hurries nor delays the network.
        self._due: list[tuple[float, int, tuple[_Delivery, ...]]] = []
        self._held: list[_Delivery] = []
        self._in_flight = 0
        self._attempts: list[AttemptRecord] = []
        self._threads: list[threading.Thread] = []
        self._closed = False

    def send(self, webhook: OutgoingWebhook) -> None:
        """Take a webhook for delivery and return at once. After `close` it is dropped."""
        with self._changed:
            if self._closed:
                return
            if self.mood.drop > 0:
                self.mood.drop -= 1
                return
            deliveries = [_Delivery(webhook)] * self.mood.duplicate
            if self.mood.shuffle:
                self._hold(deliveries)
            else:
                for delivery in deliveries:
                    self._schedule((delivery,), self.mood.delay)
            self._start_threads()

    def send_now(self, webhook: OutgoingWebhook) -> AttemptRecord:
        """Send once and wait for the answer, whatever the mood: for a vendor's "test this webhook"."""
        record = self._transmit(webhook, attempt=0)
        with self._changed:
            self._attempts.append(record)
        return record

    def attempts(self) -> list[AttemptRecord]:
        """All attempts so far, oldest first."""
        with self._changed:
            return list(self._attempts)

    def wait_idle(self, timeout: float) -> bool:
        """Wait until nothing is under way or waits for a retry; whether that came about in time."""
        with self._changed:
            return self._changed.wait_for(
                lambda: not self._due and not self._held and not self._in_flight, timeout=timeout
            )

    def reset(self) -> None:
        """Forget what is pending and what was attempted; the mood is good again."""
        with self._changed:
            self.mood = DeliveryMood()
            self._due.clear()
            self._held.clear()
            self._attempts.clear()
            self._changed.notify_all()

    def close(self) -> None:
        """Drop what is pending and end the threads."""
        with self._changed:
            self._closed = True
            self._due.clear()
            self._held.clear()
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    def _hold(self, deliveries: list[_Delivery]) -> None:
        if not self._held:
            # An empty batch is the appointment: what is held by then goes out, last first.
            self._schedule((), self.mood.delay + SHUFFLE_SECONDS)
        self._held.extend(deliveries)

    def _schedule(self, batch: tuple[_Delivery, ...], seconds: float) -> None:
        heapq.heappush(self._due, (time.monotonic() + seconds, next(self._numbers), batch))
        self._changed.notify_all()

    def _start_threads(self) -> None:
        while len(self._threads) < WORKERS:
            thread = threading.Thread(target=self._work, name="sandbox-outbox", daemon=True)
            self._threads.append(thread)
            thread.start()

    def _work(self) -> None:
        while (batch := self._next_batch()) is not None:
            try:
                for delivery in batch:
                    self._attempt(delivery)
            finally:
                with self._changed:
                    self._in_flight -= 1
                    self._changed.notify_all()

    def _next_batch(self) -> tuple[_Delivery, ...] | None:
        with self._changed:
            while not self._closed:
                wait = self._due[0][0] - time.monotonic() if self._due else None
                if wait is not None and wait <= 0:
                    batch = heapq.heappop(self._due)[2]
                    if not batch:
                        batch = tuple(reversed(self._held))
                        self._held.clear()
                    self._in_flight += 1
                    return batch
                self._changed.wait(wait)
            return None

    def _attempt(self, delivery: _Delivery) -> None:
        webhook = delivery.webhook
        record = self._transmit(webhook, delivery.attempt)
        with self._changed:
            self._attempts.append(record)
            if not self._closed and _is_retried(webhook.rules, record):
                wait = _retry_delay(webhook.rules, record) * self.mood.retry_speed
                self._schedule((_Delivery(webhook, delivery.attempt + 1),), wait)
        if webhook.on_attempt is not None:
            webhook.on_attempt(record)

    def _transmit(self, webhook: OutgoingWebhook, attempt: int) -> AttemptRecord:
        headers = {**webhook.headers, **webhook.sign(webhook.body, attempt)}
        record = AttemptRecord(
            webhook.url,
            webhook.label,
            attempt,
            status=None,
            error=None,
            at=self._clock.now(),
            request_headers=headers,
        )
        if not self._may_send_to(webhook.url):
            return replace(record, error=NOT_SENT)
        try:
            # No proxy and no .netrc of this machine: what is sent is what the vendor would send.
            with requests.Session() as session:
                session.trust_env = False
                response = session.request(
                    webhook.method,
                    webhook.url,
                    data=webhook.body,
                    headers=headers,
                    auth=webhook.auth,
                    timeout=webhook.rules.timeout,
                    allow_redirects=False,
                )
        except requests.Timeout:
            return replace(record, error="timeout", at=self._clock.now())
        except requests.RequestException as problem:
            return replace(record, error=f"{type(problem).__name__}: {problem}", at=self._clock.now())
        return replace(
            record,
            status=response.status_code,
            at=self._clock.now(),
            answer=response.text,
            answer_headers=dict(response.headers),
        )

    def _may_send_to(self, url: str) -> bool:
        host = urlsplit(url).hostname or ""
        if host in self._allow_hosts or EVERY_HOST in self._allow_hosts or host == "localhost":
            return True
        try:
            return ipaddress.ip_address(host).is_loopback
        except ValueError:
            return False


def _is_retried(rules: RetryRules, record: AttemptRecord) -> bool:
    if record.error == NOT_SENT:
        return False
    most = len(rules.delays)
    if rules.most_retries is not None:
        most = min(most, rules.most_retries(record.status))
    if record.attempt >= most:
        return False
    if record.status is None:
        return rules.retry_on_timeout
    return rules.retry_on(record.status, _retry_after(record))


def _retry_delay(rules: RetryRules, record: AttemptRecord) -> float:
    delay = rules.delays[record.attempt]
    retry_after = _retry_after(record)
    if rules.waits_for_retry_after and retry_after is not None and retry_after.strip().isdigit():
        return max(delay, float(retry_after))
    return delay


def _retry_after(record: AttemptRecord) -> str | None:
    return CaseInsensitiveDict(record.answer_headers).get("Retry-After")
