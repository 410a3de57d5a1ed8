"""A short review after an emergency or an incident: what happened, and what is done so that it does not happen again."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from escalation_bridge.domain.sla.events import EventKind, TicketEvent

REVIEW = "review"
"""The page of the receiver on which it is written, and the name of the rule."""
ACTION = "action"
"""The page on which an action is marked as done."""


@dataclass(frozen=True, slots=True)
class ReviewRule:
    """How reviews are asked for.

    Attributes:
        to: Who writes it: a team, a member's address or a channel; None: who had the escalation last.
        remind_every: The interval of reminders about a review that is missing, and about an action that is overdue.
        reminders: How many of them there are at most.
        valid_for: For how long the links work.
    """

    to: str | None = None
    remind_every: timedelta = timedelta(days=3)
    reminders: int = 4
    valid_for: timedelta = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class ReviewAction:
    """Something that is to be done.

    Attributes:
        what: In words.
        who: Who does it: a member's e-mail address, or any name.
        due: By when; None: no date was given.
    """

    what: str
    who: str
    due: date | None


@dataclass(frozen=True, slots=True)
class Review:
    """A review.

    Attributes:
        subject: What it is about: an incident (`I-3`), or an escalation of the case (`E-1`).
        by: Who wrote it.
        happened: What happened.
        cause: Why.
        prevention: What would have prevented it.
    """

    subject: str
    by: str
    happened: str
    cause: str
    prevention: str
    actions: tuple[ReviewAction, ...] = ()

    @property
    def choice(self) -> tuple[str, ...]:
        """What an event keeps of it; `read` makes the same of that again."""
        actions = ((each.what, each.who, each.due.isoformat() if each.due else "") for each in self.actions)
        own = (self.subject, self.by, self.happened, self.cause, self.prevention)
        return (*own, *(part for action in actions for part in action))

    @classmethod
    def read(cls, choice: tuple[str, ...]) -> "Review":
        """The review that an event keeps."""
        subject, by, happened, cause, prevention, *rest = choice
        actions = (
            ReviewAction(what, who, date.fromisoformat(due) if due else None)
            for what, who, due in zip(rest[::3], rest[1::3], rest[2::3], strict=True)
        )
        return cls(subject, by, happened, cause, prevention, tuple(actions))


def reviews_in(events: tuple[TicketEvent, ...]) -> Iterator[Review]:
    """The reviews of a case, in order."""
    for event in events:
        if event.kind is EventKind.REVIEWED:
            yield Review.read(event.choice)


def done_actions(events: tuple[TicketEvent, ...], subject: str) -> frozenset[int]:
    """The positions of the actions of a review that are done."""
    kinds = (event.choice for event in events if event.kind is EventKind.ACTION_DONE)
    return frozenset(int(choice[1]) for choice in kinds if choice[0] == subject)
