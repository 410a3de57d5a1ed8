"""An internal note that tells of something that lasts: written once, reworded as it changes, and closed when it is over."""

from dataclasses import dataclass

from escalation_bridge.domain.case.cases import CaseView
from escalation_bridge.domain.case.part import NOTHING, Part
from escalation_bridge.domain.case.write_records import IntentRecord, IntentState, KeyedIntent
from escalation_bridge.domain.case.writes import ReviseNote, WriteComment
from escalation_bridge.domain.tickets.messages import MessageRequest
from escalation_bridge.domain.tickets.tickets import TicketRef, Visibility

_KINDS = ("missing:", "failures:", "refused:")
_OVER = "over"


@dataclass(frozen=True, slots=True)
class LastingNote:
    """A note in a ticket about one matter.

    Attributes:
        begins: What the keys of all its writes begin with. Each time the matter comes up again is a note of its own.
    """

    view: CaseView
    ticket: TicketRef
    begins: str

    @staticmethod
    def is_one(key: str) -> bool:
        """Whether a write is one of such a note."""
        return key.startswith(_KINDS)

    @property
    def stands(self) -> bool:
        """Whether the note is there, or on its way, and not closed."""
        return any(record.state in (IntentState.DONE, IntentState.SENT) for record in self._versions)

    def say(self, message: MessageRequest) -> Part:
        """Have the note say something; nothing is done where it says so already.

        Where a vendor lets no note be reworded, it stays as it is, unless the same was tried once more and failed again (the
        fact `tries`): whoever asked for that is told.
        """
        versions, told = self._versions, message.facts
        standing = [record for record in versions if record.state is not IntentState.CANCELLED]
        before = self._message(standing[-1]).facts if standing else {}
        if before == told:
            return NOTHING
        anew = bool(before) and before["tries"] != told["tries"]
        intent = (
            ReviseNote(self.ticket, message, self._prefix, anew=anew)
            if versions
            else WriteComment(self.ticket, Visibility.PRIVATE, message)
        )
        key = f"{self._prefix}{len(versions) + 1}"
        return Part(intents=(KeyedIntent(key, intent),), withdrawn=self._unwritten)

    def close(self, message: MessageRequest, *, anew: bool = False) -> Part:
        """Have the note say that the matter is over; one that was not written yet is not written any more.

        Args:
            message: What it says then.
            anew: Whether that is worth a further note where the vendor lets none be reworded.
        """
        if not self._versions:
            return NOTHING
        if not self.stands:
            return Part(withdrawn=self._unwritten)
        end = KeyedIntent(f"{self._prefix}{_OVER}", ReviseNote(self.ticket, message, self._prefix, anew=anew))
        return Part(intents=(end,), withdrawn=self._unwritten)

    @property
    def _prefix(self) -> str:
        """Of the writes since the matter came up last."""
        ended = sum(key.startswith(self.begins) and key.endswith(f":{_OVER}") for key in self.view.intents)
        return f"{self.begins}{ended + 1}:"

    @property
    def _versions(self) -> tuple[IntentRecord, ...]:
        prefix = self._prefix
        return tuple(record for key, record in self.view.intents.items() if key.startswith(prefix))

    @property
    def _unwritten(self) -> tuple[str, ...]:
        unwritten = (IntentState.PENDING, IntentState.FAILED)
        return tuple(record.key for record in self._versions if record.state in unwritten)

    @staticmethod
    def _message(record: IntentRecord) -> MessageRequest:
        intent = record.intent
        if not isinstance(intent, WriteComment | ReviseNote):
            raise TypeError(f"{record.key} is no note")
        return intent.message
