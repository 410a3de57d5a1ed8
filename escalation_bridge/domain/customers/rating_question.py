"""The question whether the customer is satisfied: whether it is still to be asked, by itself or in an update, and its facts."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from escalation_bridge.domain.case import keys
from escalation_bridge.domain.case.cases import CaseView
from escalation_bridge.domain.case.escalations import ChangeKind, Escalation, Outcome
from escalation_bridge.domain.case.satisfaction import RATE, Survey
from escalation_bridge.domain.case.write_records import IntentRecord, IntentState
from escalation_bridge.domain.customers.correspondence import update_of
from escalation_bridge.domain.escalation.escalating import Situation
from escalation_bridge.domain.sla.events import EventKind
from escalation_bridge.domain.tickets.tickets import Presence, StatusKind

ASK = "ask"
"""Ends the key of the write that asks it by itself."""
_ENDED_WITH_WORK = (Outcome.SOLVED, Outcome.RETURNED, Outcome.DEESCALATED)
"""Other ends are nothing that a customer could judge."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question that nobody has asked yet.

    Attributes:
        ended: The escalation that it is about.
        due: When it is asked by itself at the earliest.
        valid_for: For how long the link works.
    """

    ended: Escalation
    due: datetime
    valid_for: timedelta

    @property
    def key(self) -> str:
        """Of the write that asks it by itself."""
        return key_of_end(self.ended, ASK)

    @property
    def facts(self) -> Mapping[str, str]:
        """What a message needs to ask it: from these the link is made."""
        seconds = str(int(self.valid_for.total_seconds()))
        return {"page": RATE, "escalation": str(self.ended.number), "valid_seconds": seconds}


def open_question(at: Situation, apart_from: Collection[str] = ()) -> Question | None:
    """The question that the customer is still to be asked, from now on or later; None: there is none.

    Args:
        at: The case.
        apart_from: Keys of drafts that are written again, so that they do not count as asked.
    """
    rule = at.rules.satisfaction.get(at.view.origin.connection)
    ended = escalation_to_rate(at.view)
    if rule is None or rule.survey is not Survey.LINK or ended is None or ended.closed_at is None:
        return None
    if at.origin.status.kind is StatusKind.CLOSED or _is_asked(at.view, ended, apart_from):
        return None
    due = ended.closed_at + rule.after
    if at.now - due > rule.valid_for:
        return None  # after a long downtime nobody remembers what it was about
    return Question(ended, due, rule.valid_for)


def escalation_to_rate(view: CaseView) -> Escalation | None:
    """The escalation of a solved ticket that the customer may judge, and has not judged; None: there is none."""
    origin = view.tickets.get(view.origin)
    last = view.escalations[-1] if view.escalations else None
    if origin is None or last is None or last.outcome not in _ENDED_WITH_WORK or is_rated(view, last.number):
        return None
    is_there = origin.presence is Presence.PRESENT and view.absence(origin.ref) is None
    return last if is_there and origin.status.kind.done else None


def is_rated(view: CaseView, number: int) -> bool:
    """Whether the customer has judged an escalation."""
    return any(event.kind is EventKind.RATED and event.choice[0] == str(number) for event in view.events)


def key_of_end(escalation: Escalation, what: str) -> str:
    """Of what is written once about an ended escalation: what is written of its end has the same position."""
    position = next(at for at, each in enumerate(escalation.changes) if each.what is ChangeKind.CLOSED)
    return keys.OfEscalation(escalation.number, position, what).text


def _is_asked(view: CaseView, ended: Escalation, apart_from: Collection[str]) -> bool:
    """Whether it was asked: by itself, in an update, or in a draft."""
    own = view.intents.get(key_of_end(ended, ASK))
    if own is not None and own.state not in (IntentState.PENDING, IntentState.CANCELLED):
        return True
    return any(_asks(record, ended) for record in view.intents.values() if record.key not in apart_from)


def _asks(record: IntentRecord, ended: Escalation) -> bool:
    """Whether an update or a draft asks it. An update that is not on its way yet is still written again."""
    if keys.CustomerUpdate.read(record.key):
        counts = record.state in (IntentState.SENT, IntentState.DONE)
    elif keys.CustomerDraft.read(record.key):
        counts = record.state is not IntentState.CANCELLED
    else:
        return False
    update = update_of(record) if counts else None
    facts = update.facts if update is not None else {}
    return "page" in facts and facts["escalation"] == str(ended.number)
