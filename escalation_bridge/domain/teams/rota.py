"""A rota: who is on call when."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Override:
    """Somebody is on call in place of the rota, from an instant until another one."""

    start: datetime
    end: datetime
    person: str


@dataclass(frozen=True, slots=True)
class Turn:
    """Somebody is on call from an instant until another one, by a calendar."""

    start: datetime
    end: datetime
    person: str


@dataclass(frozen=True, slots=True)
class Shift:
    """People take turns of a fixed number of days.

    Attributes:
        people: E-mail addresses, in the order of their turns.
        start: The date of the first hand-over.
        days: The length of a turn.
        at: The time of day of the hand-over.
        timezone: The IANA name of its time zone.
        hours: On call between these times of day only; None: around the clock. A span over midnight is allowed.
        until: The date on which the rota ends; None: it does not.
    """

    people: tuple[str, ...]
    start: date
    days: int
    at: time
    timezone: str
    hours: tuple[time, time] | None = None
    until: date | None = None

    def on_call(self, at: datetime) -> str | None:
        """Who has the turn at an instant."""
        local = at.astimezone(ZoneInfo(self.timezone))
        # A turn begins at the hand-over: earlier on that date the one before has it.
        day = local.date() if local.time() >= self.at else local.date() - timedelta(days=1)
        if not self.people or day < self.start or (self.until is not None and day >= self.until):
            return None
        if self.hours is not None and not _within(local.time(), *self.hours):
            return None
        return self.people[(day - self.start).days // self.days % len(self.people)]


@dataclass(frozen=True, slots=True)
class RotaCalendar:
    """Where the events of a rota come from.

    Attributes:
        text: The iCalendar text, if it was read from a file; else empty.
        url: The address from which it is fetched, which is often secret; else empty.
        timezone: The zone of times without one, and of whole days; None: the calendar's own, else `fallback`.
        fallback: The zone of the team's working hours.
    """

    text: str = field(default="", repr=False)
    url: str = field(default="", repr=False)
    timezone: str | None = None
    fallback: str = "UTC"


@dataclass(frozen=True, slots=True)
class Rota:
    """Who is on call: overrides first, then shifts and turns. Several shifts in different time zones follow the sun.

    Attributes:
        calendar: A calendar with further turns; None: there is none.
        turns: What it says about the time around the present.
    """

    shifts: tuple[Shift, ...] = ()
    overrides: tuple[Override, ...] = ()
    calendar: RotaCalendar | None = None
    turns: tuple[Turn, ...] = ()

    def on_call(self, at: datetime) -> tuple[str, ...]:
        """The e-mail addresses of those who are on call at an instant, each once."""
        instead = [each.person for each in self.overrides if each.start <= at < each.end]
        found: Sequence[str | None] = instead or [
            *(shift.on_call(at) for shift in self.shifts),
            *(turn.person for turn in self.turns if turn.start <= at < turn.end),
        ]
        return tuple(dict.fromkeys(person for person in found if person is not None))


def _within(at: time, start: time, end: time) -> bool:
    """Whether a time of day is in a span, which may go over midnight."""
    return start <= at < end if start <= end else at >= start or at < end
