"""Who gets a notice: a person, a team, or whoever reads a channel."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from escalation_bridge.domain.teams.directory import Directory
from escalation_bridge.domain.teams.reach import Reach, Way
from escalation_bridge.domain.teams.team import Member, Team

_PERSON, _TEAM, _CHANNEL = "person", "team", "channel"


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody who gets a notice.

    Attributes:
        kind: `person`, `team` or `channel`.
        name: The e-mail address, or the name of the team or channel.
    """

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """The recipient with this text."""
        kind, _, name = text.partition(":")
        return cls(kind, name)

    @property
    def person(self) -> str:
        """The e-mail address; empty if it is no person."""
        return self.name if self.kind == _PERSON else ""


def recipients(directory: Directory, to: str, now: datetime) -> tuple[Recipient, ...]:
    """Who gets a notice to a name: a team, a member's address, or a channel.

    A team without ways of its own is reached through its people: who is on call, else its leads, else all.

    Returns:
        Empty: nobody is called that, or they cannot be reached.
    """
    team = directory.team_called(to)
    if team is not None:
        return _of_team(directory, team, now)
    member = directory.member_called(to)
    if member is not None:
        return (Recipient(_PERSON, member.email),) if directory.reach_of(member) else ()
    return (Recipient(_CHANNEL, to),) if to in directory.channels else ()


def _of_team(directory: Directory, team: Team, now: datetime) -> tuple[Recipient, ...]:
    if team.reach:
        return (Recipient(_TEAM, team.name),)
    on_call = team.rota.on_call(now) if team.rota is not None else ()
    reachable = [each for each in team.members if directory.reach_of(each) and not each.is_away]
    for people in (
        [each for each in reachable if each.email in on_call],
        [each for each in reachable if each.is_lead],
        reachable,
    ):
        if people:
            return tuple(Recipient(_PERSON, each.email) for each in people)
    return ()


def reach_of(directory: Directory, recipient: Recipient) -> Reach:
    """How a recipient is reached; without ways if the configuration does not know the recipient any more."""
    if recipient.kind == _TEAM:
        team = directory.teams.get(recipient.name)
        return team.reach if team is not None else Reach()
    if recipient.kind == _CHANNEL:
        return Reach((Way(recipient.name),)) if recipient.name in directory.channels else Reach()
    member = directory.member_called(recipient.name)
    return directory.reach_of(member) if member is not None else Reach()


def name_of(directory: Directory, recipient: Recipient) -> str:
    """What people call a recipient."""
    if recipient.kind == _TEAM:
        return directory.title_of(recipient.name)
    return directory.name_of(recipient.name) if recipient.kind == _PERSON else recipient.name


def team_of(directory: Directory, recipient: Recipient) -> str:
    """The team of a recipient; of several the first; empty if there is none."""
    if recipient.kind == _TEAM:
        return recipient.name
    teams = directory.teams.values()
    return next((team.name for team in teams if team.member_called(recipient.person) is not None), "")


def language_of(directory: Directory, recipient: Recipient, known: Collection[str], otherwise: str) -> str:
    """The language of a recipient's notices: the first of a member's languages that there are texts in."""
    member = directory.member_called(recipient.person) if recipient.person else None
    fitting = sorted(member.languages & set(known)) if member is not None else []
    return otherwise if not fitting or otherwise in fitting else fitting[0]


def after_unanswered_page(
    directory: Directory, team: str, paged: Collection[Recipient], away: Collection[str], now: datetime
) -> Recipient | None:
    """Who is paged after somebody did not answer: the others of the rota in its order, then leads, then the team's others.

    Args:
        directory: The support organisation.
        team: The team that has the escalation.
        paged: Who was paged already.
        away: The addresses of those who are away now.
        now: The instant.

    Returns:
        None: there is nobody left.
    """
    found = directory.teams.get(team)
    for member in _in_turn(found, now) if found is not None else ():
        recipient = Recipient(_PERSON, member.email)
        is_there = not member.is_away and member.email not in away
        if is_there and recipient not in paged and directory.reach_of(member):
            return recipient
    leads = directory.leads or directory.last_resort
    if leads and leads != team:
        others = recipients(directory, leads, now)
        return next((each for each in others if each not in paged and each.person not in away), None)
    return None


def _in_turn(team: Team, now: datetime) -> Iterator[Member]:
    """The members of a team in the order in which they are paged, each once."""
    rota = team.rota
    order = [*(rota.on_call(now) if rota is not None else ())]
    for shift in rota.shifts if rota is not None else ():
        # From who is on call on: whoever comes next.
        at = next((shift.people.index(each) for each in order if each in shift.people), 0)
        order += [*shift.people[at:], *shift.people[:at]]
    order += [each.email for each in team.members if each.is_lead]
    order += [each.email for each in team.members]
    by_address = {each.email: each for each in team.members}
    for address in dict.fromkeys(order):
        if address in by_address:
            yield by_address[address]
