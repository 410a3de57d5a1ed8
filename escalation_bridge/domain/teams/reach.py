"""How somebody is reached outside of tickets: by which channel, for what, and at which hours."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from escalation_bridge.domain.tickets.tickets import Severity


class Digest(StrEnum):
    """Notices that are collected, and sent as one message."""

    DAILY = "daily"
    WEEKLY = "weekly"


@dataclass(frozen=True, slots=True)
class DayHours:
    """A span of every day, which may go over midnight.

    Attributes:
        start: It begins at this time of day.
        end: It ends at this time of day.
        timezone: The IANA name of the time zone of both.
    """

    start: time
    end: time
    timezone: str

    def covers(self, at: datetime) -> bool:
        """Whether an instant is in it."""
        local = at.astimezone(ZoneInfo(self.timezone)).time()
        if self.start <= self.end:
            return self.start <= local < self.end
        return local >= self.start or local < self.end

    def end_after(self, at: datetime) -> datetime:
        """When the span that covers an instant ends; the instant itself if none does."""
        if not self.covers(at):
            return at
        return next_time(at, self.end, self.timezone)


def next_time(at: datetime, time_of_day: time, timezone: str, weekday: int | None = None) -> datetime:
    """The next instant after `at` with a time of day, and a weekday if one is given (0: Monday)."""
    zone = ZoneInfo(timezone)
    local = at.astimezone(zone)
    for days in range(9):
        day = local.date() + timedelta(days=days)
        # Where clocks are set back, the second pass of an hour has times of day of its own.
        found = datetime.combine(day, time_of_day.replace(fold=local.fold), zone).astimezone(at.tzinfo)
        if found > at and weekday in (None, day.weekday()):
            return found
    raise AssertionError("every weekday comes within nine days")


@dataclass(frozen=True, slots=True)
class Way:
    """One way to reach somebody.

    Attributes:
        channel: The name of a channel.
        severities: For which tickets; empty: all.
        hours: When it is used; None: always.
        digest: Whether its notices are collected; None: each is sent at once.
        address: What the channel calls the person; empty: the e-mail address.
    """

    channel: str
    severities: frozenset[Severity] = frozenset()
    hours: DayHours | None = None
    digest: Digest | None = None
    address: str = ""

    def serves(self, severity: Severity, at: datetime) -> bool:
        """Whether it is used for a ticket of this severity at this time."""
        is_meant = not self.severities or severity in self.severities
        return is_meant and (self.hours is None or self.hours.covers(at))


@dataclass(frozen=True, slots=True)
class Reach:
    """All ways to reach a person or a team. The first one that serves is used; the others if it fails.

    Attributes:
        ways: In the order of preference.
        quiet: When only what pages is sent; None: never.
    """

    ways: tuple[Way, ...] = ()
    quiet: DayHours | None = None

    def __bool__(self) -> bool:
        return bool(self.ways)
