"""A command, and the interface of a kind of command."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from escalation_bridge.domain.case.cases import CaseView, Rules
from escalation_bridge.domain.case.part import Part
from escalation_bridge.domain.case.write_records import KeyedIntent
from escalation_bridge.domain.escalation.escalating import Situation
from escalation_bridge.domain.teams.team import Team
from escalation_bridge.domain.tickets.tickets import Person, Ticket, TicketRef


@dataclass(frozen=True, slots=True)
class Command:
    """A command: in a private note, from the command line, or from a button of the helpdesk.

    Attributes:
        verb: The first word after `/bridge`, which may be unknown.
        words: The words after it.
        ticket: The ticket of the note, where it is answered.
        comment: The id of the note.
        key: The key of the answer.
        by: Its author, as people know them.
        author: Its author; None: an admin on the command line, or a button, who may do everything.
        more: The lines below the command.
        member: The e-mail address of the member who used a link that was sent to that address; empty: nobody did.
    """

    verb: str
    words: tuple[str, ...]
    ticket: TicketRef
    comment: str
    key: str
    by: str
    author: Person | None = None
    more: str = ""
    member: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """A command with its context.

    Attributes:
        origin: The customer's ticket.
        decided: What other commands and rules decided in this look.
    """

    view: CaseView
    rules: Rules
    command: Command
    now: datetime
    origin: Ticket
    decided: tuple[KeyedIntent, ...] = ()

    @property
    def situation(self) -> Situation:
        """The case, to escalate it."""
        return Situation(self.view, self.rules, self.origin, self.now, self.decided)

    def timezone(self, teams: Iterable[Team]) -> str:
        """The time zone in which members of these teams mean times of day: of their working hours, else of the case's clocks."""
        hours = [team.calendar for team in teams]
        clocks = (self.rules.calendar_called(clock.calendar) for clock in self.view.clocks)
        zones = [found.spec.timezone for found in (*hours, *clocks) if found is not None]
        return next((zone for zone in zones if zone != "UTC"), "UTC")


@dataclass(frozen=True, slots=True)
class Verb:
    """A kind of command: a file in `verbs`, and its line of help in the section `command` of the message catalogues.

    Attributes:
        words: The words for it, in any language. The first one is used in help and in permissions.
        obey: Carries it out, and answers.
    """

    words: tuple[str, ...]
    obey: Callable[[Asked], Part]

    @property
    def name(self) -> str:
        """Its name in permissions."""
        return self.words[0]
