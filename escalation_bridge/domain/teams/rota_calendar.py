"""A calendar that says who is on call: which of its events are whose turns."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from escalation_bridge.domain.teams.rota import Turn
from escalation_bridge.domain.teams.team import Member


@dataclass(frozen=True, slots=True)
class CalendarEvent:
    """An event of a calendar, once for each time that it recurs.

    Attributes:
        start: In UTC.
        end: In UTC; after the start.
        summary: Its title.
        attendees: E-mail addresses, in lower case; without those who declined.
        organizer: An e-mail address in lower case; empty: nobody.
    """

    start: datetime
    end: datetime
    summary: str
    attendees: tuple[str, ...] = ()
    organizer: str = ""


def turns(events: Iterable[CalendarEvent], members: Iterable[Member]) -> tuple[Turn, ...]:
    """The turns of members, by start. An event without a member of the team is nobody's turn."""
    known = tuple(members)
    found = {Turn(each.start, each.end, email) for each in events for email in _people(each, known)}
    return tuple(sorted(found, key=lambda turn: (turn.start, turn.end, turn.person)))


def strangers(events: Iterable[CalendarEvent], members: Iterable[Member]) -> tuple[str, ...]:
    """What names somebody in events that are nobody's turn: attendees, or the title; each once."""
    known = tuple(members)
    names = (
        word
        for each in events
        if not any(_people(each, known))
        for word in (each.attendees or ((each.summary or each.organizer),))
    )
    return tuple(dict.fromkeys(name for name in names if name))


def _people(event: CalendarEvent, members: tuple[Member, ...]) -> Iterator[str]:
    """The addresses of the members whose turn an event is: attendees, and those named in its title.

    Who made the event is on call only if it names nobody else: often one person enters the turns of all.
    """
    words = _words_in(event.summary, {word for each in members for word in (each.email, each.name)})
    named = [
        each.email
        for each in members
        if each.email in event.attendees or not words.isdisjoint((each.email, each.name))
    ]
    yield from named or (each.email for each in members if each.email == event.organizer)


def _words_in(title: str, names: Iterable[str]) -> set[str]:
    """The names that a title contains as whole words: Ani is not in "Rani", nor Dewi in "Sari Dewi" if that is a name."""
    rest, found = title.casefold(), set()
    for name in sorted(filter(None, names), key=len, reverse=True):
        without = re.sub(rf"(?<!\w){re.escape(name.casefold())}(?!\w)", "\n", rest)
        if without != rest:
            found.add(name)
            rest = without
    return found
