"""Finds waves: each ticket is compared with those before it, when it arrives.

1. A ticket that is alike enough to an open incident joins it.
2. Otherwise, tickets of the last hours that are alike are put together with it.
3. Such a group is an incident if so many are very unlikely among everyday tickets: by how many arrive, and by how many of the earlier ones
   would have fitted in.

Nothing but the tickets decides: the same tickets in the same order have the same verdicts, whether they are replayed or arrive.
"""

from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from math import exp, log1p

from escalation_bridge.domain.incidents.incident import Finding, Incident, Reason, Settings, Ticket, Why
from escalation_bridge.domain.incidents.likeness import Profile, likeness
from escalation_bridge.domain.incidents.subjects import Reading, is_trouble
from escalation_bridge.domain.incidents.usual_rates import UsualRates, unlikelihood

KEPT = 10_000
"""Tickets that are remembered."""
_COMPARED = 60
"""Of the tickets that share something with a new one, so many are compared closely: those with the heaviest subjects."""
_PER_SUBJECT = 1_000
_LOOKED_BACK = 800
"""So many of the latest everyday tickets show how usual something is."""
_TELLING = 1.5
"""The weight that a subject needs to look for tickets by it."""

_ALIKE = 4.6
_CLOSE = 0.9
"""The part of `_ALIKE` that a ticket has to be alike to the others of a group on average."""
_MEMBER = 4.9
_WITH_TROUBLE = 0.33
"""The share of a group in which something has to be wrong: many orders of one chair are no incident."""
_TYPICAL_OF_MEMBERS = 0.55
_JOINS = 5.5
_LEAST_JOINS, _MOST_JOINS = 0.42, 0.85
"""A ticket joins from this share of its members' likeness on."""
_STRANGERS = 0.004
"""How many everyday tickets may join, for each ticket of the incident, as a share."""
_WANING = 0.44
_SAME_INCIDENT = 0.89
_BURSTS = 1.5
"""Everyday tickets do not arrive independently of each other: one mail to all customers, and ten ask the same."""
_UNSEEN, _STRENGTH, _CAUTION, _TOWARDS_MEMBERS = 0.42, 60.0, 0.6, 0.16
_PER_LIKENESS, _USUAL_LIKENESS, _FEW = 0.12, 8.0, 1.0
"""Tickets that are very much alike need to be fewer, and those that are just enough have to be more."""
_SHORTEST = timedelta(minutes=15)
_SHORTEST_GAP = timedelta(minutes=6)
_OFTEN_SETTLED, _OFTEN, _SELDOM, _SETTLED_BY = 12, 3, 10, 40
_SHOWN = 5
_SAME_WORDS, _REPEATED = 0.5, 4


class Detector:
    """The tickets that are remembered, and the incidents among them."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        self.incidents: dict[str, Incident] = {}
        self.compared = 0
        """How many tickets and incidents the last ticket was compared with."""
        self._rates = UsualRates()
        self._tickets: dict[str, Ticket] = {}
        self._order: deque[Ticket] = deque()
        self._of_subject: defaultdict[str, deque[Ticket]] = defaultdict(deque)
        self._numbered = 0

    # --- what happens -----------------------------------------------------------------------------------------------

    def arrive(self, ticket_id: str, at: datetime, reading: Reading) -> Finding:
        """A ticket arrives; the tickets before it arrived earlier, or about then."""
        self.compared = 0
        ticket = Ticket(ticket_id, at, reading)
        self._rates.proceed(at)
        self._rates.names |= reading.names
        incident = self._open_incident_of(ticket)
        self._remember(ticket)
        if incident is not None:
            self._put(ticket, incident)
            return Finding(ticket_id, incident.id, False, (), self._alike(ticket, incident))
        return self._look_for_a_wave(ticket)

    def restore(
        self, ticket_id: str, at: datetime, reading: Reading, incident: str | None, *, kept_out: bool
    ) -> None:
        """A ticket that arrived before, with what was decided then."""
        self._rates.proceed(at)
        ticket = Ticket(ticket_id, at, reading, kept_out=kept_out)
        self._rates.names |= reading.names
        self._remember(ticket)
        if incident is not None:
            self._put(ticket, self.incidents[incident], settle=False)

    def restore_incident(self, incident_id: str, threshold: float, gap: timedelta, *, ended: bool) -> None:
        """An incident that was raised before; its tickets are restored after it."""
        self.incidents[incident_id] = Incident(incident_id, threshold, gap, ended)
        self._numbered = max(self._numbered, int(incident_id.rpartition("-")[2]))

    # --- an incident that is open -----------------------------------------------------------------------------------

    def _is_open(self, incident: Incident, at: datetime) -> bool:
        return not incident.ended and bool(incident.members) and at - incident.last_at <= self.settings.quiet

    def _open_incident_of(self, ticket: Ticket) -> Incident | None:
        """The open incident to which a ticket is most alike; None where it is alike enough to none."""
        best: tuple[float, Incident] | None = None
        for incident in self.incidents.values():
            if not self._is_open(incident, ticket.at):
                continue
            self.compared += 1
            silent = max(timedelta(0), ticket.at - incident.last_at)
            waning = _WANING * log1p(silent / incident.gap)
            above = incident.profile.likeness(ticket.subjects, self._rates) - waning - incident.threshold
            if above >= 0 and (best is None or above > best[0]):
                best = (above, incident)
        return best[1] if best else None

    def _put(self, ticket: Ticket, incident: Incident, *, settle: bool = True) -> None:
        self._rates.remove(ticket.subjects, ticket.at)
        ticket.incident = incident.id
        incident.members.append(ticket)
        incident.profile.add(ticket.subjects)
        size = incident.profile.tickets
        if settle and size > _OFTEN and size % (_OFTEN if size <= _OFTEN_SETTLED else _SELDOM) == 0:
            self._settle(incident)

    def _settle(self, incident: Incident) -> None:
        """Decide anew how alike a ticket has to be: few everyday tickets may join, and most of its own."""
        members = incident.members[-_SETTLED_BY:]
        own = sorted(
            incident.profile.likeness(each.subjects, self._rates, is_member=True) for each in members
        )
        middle = own[len(own) // 2]
        least = max(_JOINS, _LEAST_JOINS * middle)
        times = sorted(each.at for each in members)
        span = max(times[-1] - times[0], _SHORTEST)
        incident.gap = max(span / len(members), _SHORTEST_GAP)
        # Of the tickets since then, some belong to the wave although it is not known yet.
        before = (each for each in self._everyday() if each.at < times[0])
        usual = [incident.profile.likeness(each.subjects, self._rates) for each in before]
        usual.sort(reverse=True)
        hourly = len(members) / (span / timedelta(hours=1))
        allowed = int(_STRANGERS * hourly / self._rates.per_hour(times[-1]) * (len(usual) + 40))
        threshold = max(least, usual[allowed] + 1e-6) if allowed < len(usual) else least
        incident.threshold = min(threshold, max(least, _MOST_JOINS * middle))

    def _alike(self, ticket: Ticket, incident: Incident) -> Reason:
        times = [each.at for each in incident.members]
        return Reason(Why.ALIKE, self._shared(ticket, incident.profile), len(times), max(times) - min(times))

    # --- a wave that begins -----------------------------------------------------------------------------------------

    def _look_for_a_wave(self, ticket: Ticket) -> Finding:
        alike = self._alike_lately(ticket)
        group = self._group(ticket, alike)
        if len(group) < self.settings.min_tickets:
            why = Why.TOO_FEW if len(group) > 1 else Why.ALONE
            return Finding(ticket.id, None, False, (), self._reason(why, ticket, group))
        profile = Profile(each.subjects for each in group)
        expected = self._expected_per_hour(profile, group, ticket.at)
        group, unlikely = self._most_unlikely(group, expected, ticket.at)
        reason = self._reason(Why.USUAL, ticket, group, expected)
        if unlikely < self.settings.unlikely:
            return Finding(ticket.id, None, False, (), reason)
        incident = self._same_incident(group, ticket.at)
        raised = incident is None
        if incident is None:
            self._numbered += 1
            incident = Incident(f"I-{self._numbered}")
            self.incidents[incident.id] = incident
        for each in group:
            self._put(each, incident, settle=False)
        self._settle(incident)
        late = self._late_members(incident, ticket.at) if raised else []
        joined = tuple(each.id for each in (*group, *late) if each is not ticket)
        if not raised:
            return Finding(ticket.id, incident.id, False, joined, self._alike(ticket, incident))
        reason = self._reason(Why.RAISED, ticket, group, expected)
        return Finding(ticket.id, incident.id, True, joined, reason)

    def _alike_lately(self, ticket: Ticket) -> list[tuple[float, Ticket]]:
        """Tickets of the window that belong to no incident and are alike, the most alike first."""
        since = ticket.at - self.settings.window
        found: defaultdict[str, float] = defaultdict(float)
        for subject in ticket.subjects:
            weight = self._rates.weight(subject)
            if weight < _TELLING:
                continue
            for other in _newest(self._of_subject[subject], _PER_SUBJECT):
                if other.at < since:
                    break
                if other is not ticket and other.incident is None and not other.kept_out:
                    found[other.id] += weight
        heaviest = sorted(found, key=lambda each: -found[each])[:_COMPARED]
        self.compared += len(heaviest)
        alike = [
            (likeness(ticket.subjects, self._tickets[each].subjects, self._rates), each) for each in heaviest
        ]
        alike.sort(reverse=True)
        return [(value, self._tickets[each]) for value, each in alike]

    def _group(self, ticket: Ticket, alike: Sequence[tuple[float, Ticket]]) -> list[Ticket]:
        """The tickets that are alike to each other, and not only to the new one."""
        if sum(value >= _ALIKE for value, _ in alike) < self.settings.min_tickets - 2:
            return [ticket]
        group = [ticket]
        for value, other in alike:
            if value < _ALIKE * 0.7:
                break
            to_all = sum(likeness(other.subjects, each.subjects, self._rates) for each in group) / len(group)
            if to_all >= _ALIKE * _CLOSE:
                group.append(other)
        if len(group) < self.settings.min_tickets:
            return group
        profile = Profile(each.subjects for each in group)
        members = [
            each for each in group if profile.likeness(each.subjects, self._rates, is_member=True) >= _MEMBER
        ]
        if len(members) < self.settings.min_tickets:
            return members or [ticket]
        wrong = sum(any(map(is_trouble, each.subjects)) for each in members)
        return members if wrong >= _WITH_TROUBLE * len(members) else [ticket]

    def _expected_per_hour(self, profile: Profile, group: Sequence[Ticket], now: datetime) -> float:
        """How many everyday tickets in an hour would fit into a group."""
        middle = self._middle(group)
        fits = max(_MEMBER, _TYPICAL_OF_MEMBERS * middle)
        telling = {
            subject
            for subject, count in profile.counts.items()
            if count >= max(2, 0.4 * profile.tickets) and self._rates.weight(subject) > 1
        }
        ids = {each.id for each in group}
        others = [each for each in self._everyday() if each.id not in ids]
        fitting = sum(
            profile.likeness(each.subjects, self._rates) >= fits
            for each in others
            if not telling.isdisjoint(each.subjects)
        )
        by_subjects = exp(-_CAUTION * (fits * (1 - _TOWARDS_MEMBERS) + middle * _TOWARDS_MEMBERS))
        share = (_BURSTS * fitting + _UNSEEN + _STRENGTH * by_subjects) / (len(others) + _STRENGTH)
        return self._rates.per_hour(now) * share

    def _middle(self, group: Sequence[Ticket]) -> float:
        """How alike the tickets of a group are: the middle one of them."""
        profile = Profile(each.subjects for each in group)
        own = sorted(profile.likeness(each.subjects, self._rates, is_member=True) for each in group)
        return own[len(own) // 2]

    def _most_unlikely(
        self, group: Sequence[Ticket], per_hour: float, now: datetime
    ) -> tuple[list[Ticket], float]:
        """The newest tickets of a group that are the least to be expected together, and how unlikely they are."""
        in_order = sorted(group, key=lambda each: each.at)
        best, found = 0, 0.0
        for start in range(len(in_order) - self.settings.min_tickets + 1):
            span = max(now - in_order[start].at, _SHORTEST)
            unlikely = unlikelihood(_voices(in_order[start:]), per_hour * (span / timedelta(hours=1)))
            if unlikely > found:
                best, found = start, unlikely
        newest = in_order[best:]
        likely = _FEW if _voices(newest) <= self.settings.min_tickets else 0.0
        return newest, found + _PER_LIKENESS * (self._middle(newest) - _USUAL_LIKENESS) - likely

    def _same_incident(self, group: Sequence[Ticket], at: datetime) -> Incident | None:
        """The open incident that a group belongs to as a whole, although none of its tickets was alike enough."""
        for incident in self.incidents.values():
            if self._is_open(incident, at):
                alike = [incident.profile.likeness(each.subjects, self._rates) for each in group]
                if sum(alike) / len(alike) >= incident.threshold * _SAME_INCIDENT:
                    return incident
        return None

    def _late_members(self, incident: Incident, now: datetime) -> list[Ticket]:
        """Earlier tickets that are alike, now that it is known what the incident is about."""
        since = now - self.settings.window
        found = []
        for ticket in _newest(self._order, _PER_SUBJECT):
            if ticket.at < since:
                break
            if (
                ticket.incident is None
                and not ticket.kept_out
                and incident.profile.likeness(ticket.subjects, self._rates) >= incident.threshold
            ):
                self._put(ticket, incident, settle=False)
                found.append(ticket)
        return found

    # --- what is remembered -----------------------------------------------------------------------------------------

    def _remember(self, ticket: Ticket) -> None:
        self._tickets[ticket.id] = ticket
        self._order.append(ticket)
        for subject in ticket.subjects:
            self._of_subject[subject].append(ticket)
        self._rates.add(ticket.subjects, ticket.at)
        while len(self._order) > KEPT:
            self._forget(self._order.popleft())

    def _forget(self, ticket: Ticket) -> None:
        if self._tickets.get(ticket.id) is ticket:
            del self._tickets[ticket.id]
        for subject in ticket.subjects:
            self._of_subject[subject].popleft()
        if ticket.incident is None:
            self._rates.remove(ticket.subjects, ticket.at)

    def _everyday(self) -> Iterator[Ticket]:
        return (each for each in _newest(self._order, _LOOKED_BACK) if each.incident is None)

    # --- reasons ----------------------------------------------------------------------------------------------------

    def _reason(self, why: Why, ticket: Ticket, group: Sequence[Ticket], per_hour: float = 0.0) -> Reason:
        times = [each.at for each in group]
        span = max(times) - min(times)
        profile = Profile(each.subjects for each in group if each is not ticket)
        expected = per_hour * (max(span, _SHORTEST) / timedelta(hours=1))
        return Reason(why, self._shared(ticket, profile), len(group), span, expected)

    def _shared(self, ticket: Ticket, profile: Profile) -> tuple[str, ...]:
        """What a ticket has in common with others, in its own words, what says most first."""
        value = {
            subject: self._rates.weight(subject) * profile.counts[subject]
            for subject in ticket.subjects
            if profile.counts.get(subject, 0) > 0
        }
        words = (
            ticket.reading.written.get(each, each.partition(":")[2])
            for each in sorted(value, key=lambda each: (-value[each], each))
        )
        return tuple(dict.fromkeys(words))[:_SHOWN]


def _voices(tickets: Sequence[Ticket]) -> int:
    """How many people seem to speak: nearly the same words again are often the same customer, or one form."""
    different: list[frozenset[int]] = []
    for ticket in tickets:
        words = ticket.reading.words
        if not any(_are_same_words(words, other) for other in different):
            different.append(words)
    return len(different) + (len(tickets) - len(different)) // _REPEATED


def _are_same_words(one: frozenset[int], other: frozenset[int]) -> bool:
    return one == other or len(one & other) >= _SAME_WORDS * len(one | other)


def _newest(tickets: deque[Ticket], most: int) -> Iterator[Ticket]:
    for number, ticket in enumerate(reversed(tickets)):
        if number >= most:
            return
        yield ticket
