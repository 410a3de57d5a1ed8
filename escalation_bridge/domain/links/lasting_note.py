"""An internal note about a lasting matter: written once, edited as it changes, and closed at the end."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count

from escalation_bridge.domain.case import keys
from escalation_bridge.domain.case.cases import CaseView
from escalation_bridge.domain.case.part import NOTHING, Part
from escalation_bridge.domain.case.write_records import IntentRecord, IntentState, KeyedIntent
from escalation_bridge.domain.case.writes.comments import WriteComment
from escalation_bridge.domain.case.writes.notes import ReviseNote
from escalation_bridge.domain.tickets.messages import MessageRequest
from escalation_bridge.domain.tickets.tickets import TicketRef, Visibility


@dataclass(frozen=True, slots=True)
class LastingNote:
    """A note in a ticket about one matter.

    Attributes:
        key: Of its writes, by episode and version.
    """

    view: CaseView
    ticket: TicketRef
    key: Callable[[int, int | None], keys.OfLastingNote]

    @property
    def stands(self) -> bool:
        """Whether the note exists or is on its way, and is not closed."""
        return any(record.state in (IntentState.DONE, IntentState.SENT) for record in self._versions)

    def update(self, message: MessageRequest) -> Part:
        """Update the note; nothing is done if it is up to date.

        If the vendor does not allow edits, the note stays unchanged, unless a retry failed again (the fact `tries`): the person
        who asked for it is notified.
        """
        versions, facts = self._versions, message.facts
        standing = [record for record in versions if record.state is not IntentState.CANCELLED]
        before = self._message(standing[-1]).facts if standing else {}
        if before == facts:
            return NOTHING
        or_another = bool(before) and before["tries"] != facts["tries"]
        intent = (
            ReviseNote(self.ticket, message, self._end.note, or_another=or_another)
            if versions
            else WriteComment(self.ticket, Visibility.PRIVATE, message)
        )
        key = self.key(self._end.episode, len(versions) + 1)
        return Part(intents=(KeyedIntent(key.text, intent),), withdrawn=self._unwritten)

    def close(self, message: MessageRequest, *, or_another: bool = False) -> Part:
        """Close the note; an unwritten one is withdrawn.

        Args:
            message: The final text.
            or_another: Whether it is worth a further note if the vendor does not allow edits.
        """
        if not self._versions:
            return NOTHING
        if not self.stands:
            return Part(withdrawn=self._unwritten)
        end = self._end
        revised = ReviseNote(self.ticket, message, end.note, or_another=or_another)
        return Part(intents=(KeyedIntent(end.text, revised),), withdrawn=self._unwritten)

    @property
    def _end(self) -> keys.OfLastingNote:
        """The key that closes the current note."""
        ends = (self.key(episode, None) for episode in count(1))
        return next(end for end in ends if end.text not in self.view.intents)

    @property
    def _versions(self) -> tuple[IntentRecord, ...]:
        note = self._end.note
        return tuple(record for key, record in self.view.intents.items() if keys.is_version(key, note))

    @property
    def _unwritten(self) -> tuple[str, ...]:
        unwritten = (IntentState.PENDING, IntentState.FAILED)
        return tuple(record.key for record in self._versions if record.state in unwritten)

    @staticmethod
    def _message(record: IntentRecord) -> MessageRequest:
        if record.intent.says is None:
            raise TypeError(f"{record.key} is no note")
        return record.intent.says
