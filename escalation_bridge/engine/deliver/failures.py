"""Retry policy: whether and when a failed write is retried, decided again, or left to a person."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from escalation_bridge.domain.case.write_records import IntentRecord, IntentState
from escalation_bridge.errors import (
    AuthenticationFailed,
    BridgeError,
    ConcurrentChange,
    NotApplied,
    NotSettled,
    OutcomeUnknown,
    PluginError,
    UnreadableAnswer,
    VendorError,
)

LONGEST_WAIT = 300.0
_RECONNECT_WAIT = 60.0
"""Seconds between retries while a connection's credentials are refused."""
_GIVE_UP_AFTER = timedelta(hours=24)
_MANY_FAILURES = 20
"""The least number of failures before a write is given up: a day in which the bridge did not run does not count."""
_FEW_ATTEMPTS = 4
"""The number of attempts for errors that time alone does not heal."""


class Unwanted(ConcurrentChange):
    """The original was deleted or made private since the copy was decided."""


@dataclass(frozen=True, slots=True)
class FailureVerdict:
    """What happens to a failed write. `until`: when it is retried; None: it is not."""

    code: str
    state: IntentState
    until: datetime | None = None
    odd: bool = False


def judge(
    record: IntentRecord, error: BridgeError, now: datetime, *, goes_on_without: bool = False
) -> FailureVerdict:
    """Decide what happens to a failed write.

    Args:
        record: The write.
        error: Why it failed.
        now: The instant.
        goes_on_without: Whether the vendor does not know a person, so that the next decision leaves this person out.
    """
    if isinstance(error, ConcurrentChange) and record.intent.yields:
        return FailureVerdict("overtaken", IntentState.CANCELLED)
    if goes_on_without:
        return FailureVerdict("person_unknown", IntentState.CANCELLED)
    if isinstance(error, Unwanted):
        return FailureVerdict("overtaken", IntentState.CANCELLED)
    if isinstance(error, ConcurrentChange) and record.failures < _FEW_ATTEMPTS:
        return FailureVerdict("put_off", IntentState.PENDING, now)
    if isinstance(
        error, AuthenticationFailed
    ):  # kept until somebody renews the credentials, however long that takes
        return FailureVerdict(
            "put_off", _state_after_trouble(record), now + timedelta(seconds=_RECONNECT_WAIT)
        )
    if record.failures >= _MANY_FAILURES and now - (record.failing_since or now) > _GIVE_UP_AFTER:
        return FailureVerdict("given_up", IntentState.FAILED)
    if isinstance(error, VendorError) and error.can_retry:
        unknown = isinstance(error, OutcomeUnknown | NotSettled | UnreadableAnswer)
        state = IntentState.SENT if unknown else _state_after_trouble(record)
        return FailureVerdict("put_off", state, now + timedelta(seconds=_wait(record, error)))
    heals_perhaps = isinstance(error, NotApplied) or type(error) is PluginError
    if heals_perhaps and record.odd_failures + 1 < _FEW_ATTEMPTS:
        return FailureVerdict(
            "put_off", IntentState.SENT, now + timedelta(seconds=_wait(record, error)), odd=True
        )
    return FailureVerdict("given_up", IntentState.FAILED)


def _state_after_trouble(record: IntentRecord) -> IntentState:
    """The state of a rejected write. Of several fields, some may have been written: vendors take them in several requests."""
    settles = record.intent.fields_settled
    return IntentState.SENT if settles is not None and len(settles.fields) > 1 else record.state


def _wait(record: IntentRecord, error: BridgeError) -> float:
    """Seconds of backoff: growing, at least what the vendor asks for, and with jitter so that cases do not retry at once."""
    growing = min(LONGEST_WAIT, 2.0 ** min(record.failures, 10))
    asked = error.at.retry_after or 0.0 if isinstance(error, VendorError) else 0.0
    if isinstance(error, NotSettled):
        return max(asked, 0.5)
    return max(asked, growing) * random.uniform(1.0, 1.25)  # noqa: S311 - spreading load, not hiding anything
