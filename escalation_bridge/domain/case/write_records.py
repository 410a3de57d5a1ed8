"""Decided writes as the store has them: unique by their keys, with their state, and the proof that they took place."""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from escalation_bridge.domain.case.link_refusals import LinkRefusal
from escalation_bridge.domain.case.write import Write
from escalation_bridge.domain.tickets.tickets import LeftOut, TicketRef


@dataclass(frozen=True, slots=True)
class KeyedIntent:
    """An intent with the natural key that makes it unique within its case for ever.

    Attributes:
        not_before: When it may be sent at the earliest; None: at once.
        rule: The name of the rule that decided it.
    """

    key: str
    intent: Write
    not_before: datetime | None = None
    rule: str = ""


class IntentState(StrEnum):
    """Where a write is.

    PENDING is not yet sent, SENT may have been carried out, DONE has a receipt, FAILED needs a person, CANCELLED was
    overtaken by events and decided anew.
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
    """Proof that a write took place, or of why it never can.

    Attributes:
        ticket: The ticket that was created or written to.
        comment_id: The vendor's id of the comment that was written.
        detail: In a few words what the vendor stored.
        file_id: The vendor's id of the file that was put there.
        sha256: Of a file that was passed on, or was there already, in hexadecimal.
        closed: Of a write that failed: the ticket takes nothing any more.
        left_out: What a ticket was created without.
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
    """An intent as the store has it.

    Attributes:
        token: The short key that is written into the vendor's system.
        sent_at: When it was last sent.
        next_attempt_at: Not before this; None: at once.
        error: What went wrong last, for people.
        failures: How often in a row it had to be put off.
        odd_failures: How often of these for a reason that time alone does not heal.
        failing_since: When the first of these was.
        rule: The name of the rule that decided it; empty where nobody noted it then.
        sent_text: The plain text that was sent, while nobody knows whether it arrived.
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
    """What a failed write becomes when a person has mended what was in its way.

    SENT: it is looked for and carried out. CANCELLED: it followed from what the tickets showed then, so it is decided anew.
    """
    return IntentState.CANCELLED if intent.is_decided_anew else IntentState.SENT


def as_retried(record: IntentRecord) -> IntentRecord:
    """A failed write that gets another chance."""
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
    """The short token that marks a write in the vendor's system: unique per bridge, case and intent."""
    digest = hashlib.sha256(f"{bridge_id}\n{case_id}\n{key}".encode()).hexdigest()
    return f"eb-{digest[:20]}"


def new_record(bridge_id: str, case_id: int, keyed: KeyedIntent, now: datetime) -> IntentRecord:
    """The record of a write that was just decided."""
    return IntentRecord(
        key=keyed.key,
        intent=keyed.intent,
        token=remote_token(bridge_id, case_id, keyed.key),
        state=IntentState.PENDING,
        decided_at=now,
        next_attempt_at=keyed.not_before,
        rule=keyed.rule,
    )
