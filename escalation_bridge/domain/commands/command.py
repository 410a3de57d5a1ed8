"""What somebody asks the bridge for, and what a kind of command is."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from escalation_bridge.domain.case.cases import CaseView, Rules
from escalation_bridge.domain.case.part import Part
from escalation_bridge.domain.tickets.tickets import TicketRef


@dataclass(frozen=True, slots=True)
class Command:
    """What somebody asks for.

    Attributes:
        verb: The first word after `/bridge`, which may be none that the bridge knows.
        words: What follows it.
        ticket: Where it was said, and where it is answered.
        comment: The id of the note.
        key: What it is answered under.
        by: Who asks.
    """

    verb: str
    words: tuple[str, ...]
    ticket: TicketRef
    comment: str
    key: str
    by: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A command, and what it is judged by."""

    view: CaseView
    rules: Rules
    command: Command
    now: datetime


@dataclass(frozen=True, slots=True)
class Verb:
    """A kind of command: a file in `verbs`, and its line of help in the section `command` of the message catalogues.

    Attributes:
        words: What people write, in any language. By the first one it is explained.
        obey: What is done, and answered.
    """

    words: tuple[str, ...]
    obey: Callable[[Asked], Part]
