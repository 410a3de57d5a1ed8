"""Stored writes: unique by key, with their state and receipt."""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from escalation_bridge.domain.case.link_refusals import LinkRefusal
from escalation_bridge.domain.case.write import Write
from escalation_bridge.domain.tickets.tickets import LeftOut, TicketRef


@dataclass(frozen=True, slots=True)
class KeyedIntent:
    """A write with the key that makes it unique within its case.

    Attributes:
        not_before: The earliest time to send it; None: immediately.
        rule: The name of the rule that decided it.
    """

    key: str
    intent: Write
    not_before: datetime | None = None
    rule: str = ""


class IntentState(StrEnum):
    """The state of a write.

    PENDING is not yet sent, SENT may have been carried out, DONE has a receipt, FAILED needs a person, CANCELLED was
    overtaken by events and decided again.
    """

    PENDING = "pending"
    SENT = "sent"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def outstanding(self) -> bool:
        return self in (IntentState.PENDING, IntentState.SENT)


@dataclass(frozen=True, slots=True)
class Receipt:
    """Proof that a write took place, or why it never can.

    Attributes:
        ticket: The ticket that was created or written to.
        comment_id: The vendor's id of the comment that was written.
        detail: A short description of what the vendor stored.
        file_id: The vendor's id of the file that was put there.
        sha256: Of a file that was passed on, or was there already, in hexadecimal.
        closed: For a failed write: the ticket accepts no more writes.
        left_out: The fields that a created ticket omits.
        refusal: Why two tickets were not linked; receipts of earlier versions name it in `detail`.
    """

    ticket: TicketRef | None = None
    comment_id: str | None = None
    detail: str = ""
    file_id: str | None = None
    sha256: str | None = None
    closed: bool = False
    left_out: tuple[LeftOut, ...] = ()
    refusal: LinkRefusal | None = None


@dataclass(frozen=True, slots=True)
class IntentRecord:
    """A stored write.

    Attributes:
        token: The short key in the vendor's system (idempotency key).
        sent_at: When it was last sent.
        next_attempt_at: The backoff: not before this; None: immediately.
        error: The last error, for people.
        failures: How many times in a row it was put off.
        odd_failures: How many of them have a cause that does not pass by itself.
        failing_since: When the first of them happened.
        rule: The name of its rule; empty if not recorded.
        sent_text: The plain text that was sent, while the outcome is unknown.
    """

    key: str
    intent: Write
    token: str
    state: IntentState
    decided_at: datetime
    attempts: int = 0
    sent_at: datetime | None = None
    next_attempt_at: datetime | None = None
    receipt: Receipt | None = None
    error: str | None = None
    failures: int = 0
    odd_failures: int = 0
    failing_since: datetime | None = None
    rule: str = ""
    sent_text: str | None = None


def after_retry(intent: Write) -> IntentState:
    """The state of a failed write after a person has fixed the cause.

    SENT: it is looked for and carried out. CANCELLED: it followed from the tickets at that time, so it is decided again.
    """
    return IntentState.CANCELLED if intent.is_decided_again else IntentState.SENT


def as_retried(record: IntentRecord) -> IntentRecord:
    """A failed write that is retried."""
    return replace(
        record,
        state=after_retry(record.intent),
        next_attempt_at=None,
        failures=0,
        odd_failures=0,
        failing_since=None,
        receipt=None,
    )


def remote_token(bridge_id: str, case_id: int, key: str) -> str:
    """The token that marks a write in the vendor's system: unique per bridge, case and write (idempotency key)."""
    digest = hashlib.sha256(f"{bridge_id}\n{case_id}\n{key}".encode()).hexdigest()
    return f"eb-{digest[:20]}"


def new_record(bridge_id: str, case_id: int, keyed: KeyedIntent, now: datetime) -> IntentRecord:
    """The record of a newly decided write."""
    return IntentRecord(
        key=keyed.key,
        intent=keyed.intent,
        token=remote_token(bridge_id, case_id, keyed.key),
        state=IntentState.PENDING,
        decided_at=now,
        next_attempt_at=keyed.not_before,
        rule=keyed.rule,
    )
