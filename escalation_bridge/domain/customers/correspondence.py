"""What a customer was told so far in a case: by the bridge's updates, by its drafts, and by agents."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from escalation_bridge.domain.case import keys
from escalation_bridge.domain.case.cases import CaseView
from escalation_bridge.domain.case.write import Write
from escalation_bridge.domain.case.write_records import IntentRecord, IntentState
from escalation_bridge.domain.case.writes.comments import WriteComment
from escalation_bridge.domain.case.writes.customer_updates import InformCustomer
from escalation_bridge.domain.escalation.escalating import Situation
from escalation_bridge.domain.sla.events import EventKind
from escalation_bridge.domain.tickets.messages import MessageRequest
from escalation_bridge.domain.tickets.tickets import Role, Visibility

_ARRIVED = (IntentState.SENT, IntentState.DONE)


@dataclass(frozen=True, slots=True)
class Correspondence:
    """The updates of a case, oldest first, without those that were withdrawn.

    Attributes:
        updates: Those to the customer.
        drafts: The notes for agents, one record for each version.
        answered_at: When an agent last said something that the customer can read; None: nobody has.
    """

    updates: tuple[IntentRecord, ...]
    drafts: tuple[IntentRecord, ...]
    answered_at: datetime | None

    @classmethod
    def of(cls, at: Situation) -> "Correspondence":
        """The correspondence of a case."""
        view = at.view
        kept = [r for r in view.intents.values() if r.state is not IntentState.CANCELLED]
        return cls(
            tuple(record for record in kept if keys.CustomerUpdate.read(record.key)),
            tuple(record for record in kept if keys.CustomerDraft.read(record.key)),
            max(_answers(at), default=None),
        )

    @property
    def uncertain(self) -> bool:
        """Whether an update was sent and it is not known whether it arrived."""
        return any(record.state is IntentState.SENT for record in self.updates)

    @property
    def pending(self) -> IntentRecord | None:
        """The update that is still to be sent."""
        return next((record for record in self.updates if record.state is IntentState.PENDING), None)

    @property
    def refused(self) -> IntentRecord | None:
        """The last update, if it could not be sent."""
        last = self.updates[-1] if self.updates else None
        return last if last is not None and last.state is IntentState.FAILED else None

    @property
    def sent(self) -> tuple[IntentRecord, ...]:
        """The updates that the customer has, as far as is known."""
        return tuple(record for record in self.updates if record.state in _ARRIVED)

    @property
    def open_draft(self) -> tuple[IntentRecord, ...]:
        """The versions of the draft that agents may still send; empty: there is none."""
        if not self.drafts:
            return ()
        episode = _draft_key(self.drafts[-1]).episode
        versions = tuple(each for each in self.drafts if _draft_key(each).episode == episode)
        return () if _draft_key(versions[-1]).version is None else versions

    def next_draft(self, view: CaseView) -> keys.CustomerDraft:
        """The key of the next version of the open draft, or of a new one."""
        open_draft = self.open_draft
        if open_draft:
            episode = _draft_key(open_draft[-1]).episode
            version = (
                sum(keys.is_version(key, keys.CustomerDraft(episode, 1).note) for key in view.intents) + 1
            )
            return keys.CustomerDraft(episode, version)
        known = (keys.CustomerDraft.read(key) for key in view.intents)
        return keys.CustomerDraft(max((key.episode for key in known if key), default=0) + 1, 1)

    def next_update(self, view: CaseView) -> keys.CustomerUpdate:
        """The key of a new update."""
        known = (keys.CustomerUpdate.read(key) for key in view.intents)
        return keys.CustomerUpdate(max((key.number for key in known if key), default=0) + 1)

    def occasions(self, *, with_drafts: bool) -> frozenset[str]:
        """The occasions that were reported, counting drafts that agents have answered or may still send, or not."""
        records = (*self.sent, *(self.drafts if with_drafts else ()))
        return frozenset(occasion for record in records for occasion in occasions_of(record))

    def last(self, *, with_drafts: bool) -> IntentRecord | None:
        """The last update; with drafts, the last one of either."""
        records = (*self.sent, *(self.drafts if with_drafts else ()))
        return max((each for each in records if update_of(each)), key=lambda r: r.decided_at, default=None)


def update_of(record: IntentRecord) -> MessageRequest | None:
    """The text for the customer in an update or a draft; None: it closes a draft."""
    message = record.intent.says
    if message is None or keys.CustomerUpdate.read(record.key):
        return message
    return message.proposes


def occasions_of(record: IntentRecord) -> tuple[str, ...]:
    """The occasions that an update or a draft reports."""
    update = update_of(record)
    return tuple(update.facts["occasions"].split("\n")) if update is not None else ()


def _draft_key(record: IntentRecord) -> keys.CustomerDraft:
    key = keys.CustomerDraft.read(record.key)
    if key is None:
        raise TypeError(f"{record.key} is no draft")
    return key


def last_words(at: Situation, apart_from: Collection[str] = ()) -> datetime | None:
    """When an agent or the bridge last said something that the customer can read; None: nobody has.

    What is on its way counts as said now.

    Args:
        at: The case.
        apart_from: Keys of writes that do not count.
    """
    return max((*_answers(at), *_own_words(at, apart_from)), default=None)


def _own_words(at: Situation, apart_from: Collection[str]) -> Iterator[datetime]:
    """When the bridge itself wrote to the customer."""
    for key, record in at.view.intents.items():
        if key in apart_from or record.state in (IntentState.CANCELLED, IntentState.FAILED):
            continue
        if _is_own_word(at.view, record.intent):
            is_pending = record.state is IntentState.PENDING
            yield at.now if is_pending else record.sent_at or record.decided_at
    if any(_is_own_word(at.view, keyed.intent) for keyed in at.decided if keyed.key not in apart_from):
        yield at.now


def _is_own_word(view: CaseView, write: Write) -> bool:
    """Whether a write brings the customer the bridge's own words."""
    if isinstance(write, InformCustomer):
        return True
    if not isinstance(write, WriteComment) or write.source is not None:
        return False
    return write.ticket == view.origin and write.visibility is Visibility.PUBLIC


def _answers(at: Situation) -> Iterator[datetime]:
    """When agents said something that the customer can read: in the ticket, or in a linked one from which it is copied."""
    view = at.view
    for event in view.events:
        if event.kind is EventKind.COMMENTED and event.public and event.by is Role.AGENT:
            yield event.at
    for record in view.intents.values():
        if record.state in (IntentState.CANCELLED, IntentState.FAILED) or not _is_answer(view, record.intent):
            continue
        yield at.now if record.state.outstanding else record.sent_at or record.decided_at
    if any(_is_answer(view, keyed.intent) for keyed in at.decided):
        yield at.now


def _is_answer(view: CaseView, write: Write) -> bool:
    """Whether a write brings the customer somebody's words."""
    if not isinstance(write, WriteComment) or write.source is None:
        return False
    return write.ticket == view.origin and write.visibility is Visibility.PUBLIC
