"""Who may do what in a ticket."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Circle(StrEnum):
    """Who may use a command.

    ANYBODY: whoever may write an internal note. TEAM: members of the team that has the ticket, and leads. MEMBERS: members of any
    team. LEADS: leads only.
    """

    ANYBODY = "anybody"
    TEAM = "team"
    MEMBERS = "members"
    LEADS = "leads"


_READING = ("status", "who", "why", "how", "help")
DEFAULTS: Mapping[str, Circle] = {
    **dict.fromkeys(_READING, Circle.ANYBODY),
    "away": Circle.MEMBERS,
}
"""What is not named here needs the team that has the ticket."""


@dataclass(frozen=True, slots=True)
class Permissions:
    """Who may use which command; without teams everybody who may write internal notes.

    Attributes:
        circles: By command; what is not named follows `DEFAULTS`.
    """

    circles: Mapping[str, Circle] = field(default_factory=dict)

    def circle_of(self, verb: str) -> Circle:
        """Who may use a command."""
        return self.circles.get(verb, DEFAULTS.get(verb, Circle.TEAM))

    def allow(self, verb: str, *, is_lead: bool, teams: Collection[str], present: str | None) -> bool:
        """Whether somebody may use a command.

        Args:
            verb: The command.
            is_lead: Whether the person is a lead.
            teams: The names of the person's teams.
            present: The team that has the ticket; None: no team has it, so any member counts.
        """
        match self.circle_of(verb):
            case Circle.ANYBODY:
                return True
            case Circle.MEMBERS:
                return bool(teams)
            case Circle.LEADS:
                return is_lead
            case Circle.TEAM:
                return is_lead or (present in teams if present is not None else bool(teams))
