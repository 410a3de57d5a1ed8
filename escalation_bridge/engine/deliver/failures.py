"""What becomes of a write that failed: tried again, and when; decided anew; or left to a person."""

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
"""How often a connection whose credentials are refused is tried: nobody else is asked to do so by the vendor."""
_GIVE_UP_AFTER = timedelta(hours=24)
_MANY_FAILURES = 20
"""A day in which the bridge itself stood still is no day of trying."""
_FEW_ATTEMPTS = 4
"""How often an error is tried again that time alone does not heal."""


class Unwanted(ConcurrentChange):
    """What was to be carried over has been taken back or hidden since."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to do about a failed write: try again `until` then, or never."""

    code: str
    state: IntentState
    until: datetime | None = None
    odd: bool = False


def judge(
    record: IntentRecord, error: BridgeError, now: datetime, *, goes_on_without: bool = False
) -> Verdict:
    """Say what to do about a write that failed.

    Args:
        record: The write.
        error: Why it failed.
        now: The instant.
        goes_on_without: Whether a person is unknown, and the next decision leaves this person out.
    """
    if isinstance(error, ConcurrentChange) and record.intent.yields:
        return Verdict("overtaken", IntentState.CANCELLED)
    if goes_on_without:
        return Verdict("person_unknown", IntentState.CANCELLED)
    if isinstance(error, Unwanted):
        return Verdict("overtaken", IntentState.CANCELLED)
    if isinstance(error, ConcurrentChange) and record.failures < _FEW_ATTEMPTS:
        return Verdict("put_off", IntentState.PENDING, now)
    if isinstance(
        error, AuthenticationFailed
    ):  # kept until somebody renews the credentials, however long that takes
        return Verdict("put_off", _state_after_trouble(record), now + timedelta(seconds=_RECONNECT_WAIT))
    if record.failures >= _MANY_FAILURES and now - (record.failing_since or now) > _GIVE_UP_AFTER:
        return Verdict("given_up", IntentState.FAILED)
    if isinstance(error, VendorError) and error.can_retry:
        unknown = isinstance(error, OutcomeUnknown | NotSettled | UnreadableAnswer)
        state = IntentState.SENT if unknown else _state_after_trouble(record)
        return Verdict("put_off", state, now + timedelta(seconds=_wait(record, error)))
    heals_perhaps = isinstance(error, NotApplied) or type(error) is PluginError
    if heals_perhaps and record.odd_failures + 1 < _FEW_ATTEMPTS:
        return Verdict("put_off", IntentState.SENT, now + timedelta(seconds=_wait(record, error)), odd=True)
    return Verdict("given_up", IntentState.FAILED)


def _state_after_trouble(record: IntentRecord) -> IntentState:
    """Where a write is that was not taken. Of several fields some may have been: vendors take them in several requests."""
    settles = record.intent.fields_settled
    return IntentState.SENT if settles is not None and len(settles.fields) > 1 else record.state


def _wait(record: IntentRecord, error: BridgeError) -> float:
    """Longer with every failure, never shorter than the vendor asks, and never all cases at the same instant."""
    growing = min(LONGEST_WAIT, 2.0 ** min(record.failures, 10))
    asked = error.at.retry_after or 0.0 if isinstance(error, VendorError) else 0.0
    if isinstance(error, NotSettled):
        return max(asked, 0.5)
    return max(asked, growing) * random.uniform(1.0, 1.25)  # noqa: S311 - spreading load, not hiding anything
