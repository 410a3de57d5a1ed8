"""A command, and the interface of a kind of command."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from escalation_bridge.domain.case.cases import CaseView, Rules
from escalation_bridge.domain.case.part import Part
from escalation_bridge.domain.tickets.tickets import TicketRef


@dataclass(frozen=True, slots=True)
class Command:
    """A command in a private note.

    Attributes:
        verb: The first word after `/bridge`, which may be unknown.
        words: The words after it.
        ticket: The ticket of the note, where it is answered.
        comment: The id of the note.
        key: The key of the answer.
        by: Its author.
    """

    verb: str
    words: tuple[str, ...]
    ticket: TicketRef
    comment: str
    key: str
    by: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A command with its context."""

    view: CaseView
    rules: Rules
    command: Command
    now: datetime


@dataclass(frozen=True, slots=True)
class Verb:
    """A kind of command: a file in `verbs`, and its line of help in the section `command` of the message catalogues.

    Attributes:
        words: The words for it, in any language. The first one is used in help.
        obey: Carries it out, and answers.
    """

    words: tuple[str, ...]
    obey: Callable[[Asked], Part]
