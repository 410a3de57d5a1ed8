"""Messages before they are composed.

A decision names a template and its facts; the words, in English or Indonesian, come from the catalogue when it is delivered.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from escalation_bridge.domain.tickets.tickets import RichText, Visibility


class Trim(StrEnum):
    """What is left out of a copied text: nothing, quoted history, or that and the signature."""

    NOTHING = "nothing"
    HISTORY = "history"
    MAIL = "mail"


@dataclass(frozen=True, slots=True)
class Quote:
    """Somebody's words, carried over.

    Attributes:
        body: All of them.
        trim: What is to be left out.
        left_out: What was left out, as words of the message catalogue, once that is done.
        comment: The id of the comment with this text; None: there is none, or it was not recorded.
        url: Where all of them can be read, where something was left out and the readers may know the place.
    """

    author: str
    at: datetime
    body: RichText
    trim: Trim = Trim.NOTHING
    left_out: tuple[str, ...] = ()
    comment: str | None = None
    url: str = ""


@dataclass(frozen=True, slots=True)
class Health:
    """How a link is: a text of the catalogue's section `health`, with what it mentions."""

    code: str
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LinkReport:
    """A ticket at the other end of a link, and how that is."""

    key: str
    url: str
    status: str
    assignee: str
    health: tuple[Health, ...]


@dataclass(frozen=True, slots=True)
class Named:
    """A value with its name for people: a field with its label, a ticket with its address."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class ClockReport:
    """How a clock stands.

    Attributes:
        metric: The metric.
        state: `left`, `missed` or `paused`.
        due: The due time; None while it is paused.
        seconds: Working time that is left.
    """

    metric: str
    state: str
    due: datetime | None
    seconds: int


@dataclass(frozen=True, slots=True)
class AttachedFile:
    """A file, and its size in bytes; None: unknown."""

    name: str
    size: int | None


@dataclass(frozen=True, slots=True)
class Package:
    """What the team reads that takes an escalation over: the text `package` of the catalogue. Empty parts are not shown.

    Attributes:
        severity: The severity, with the rules that found it, the reason (a word of the catalogue), or who set it and why.
        customers: How many customers are affected, if several are.
        value: What is known of the customer's value.
        since: When the ticket was opened.
        next_answer: When the customer has been promised the next answer.
        answers: The last public answers.
        unanswered: Whether the customer has had none.
        summary: What an agent wrote about it, in lines.
        tried: What was tried, in lines.
        reproduced: `yes` or `no`; empty: nobody answered.
        reproduction: How, in lines.
        environment: Fields that the route names, and tags.
        notes: Internal notes.
        elsewhere: Other tickets of the case, with their addresses.
        missing: What the team needs and is not known: words of the catalogue, and labels of fields.
        missing_fields: The fields among these: id and label.
    """

    severity: str = ""
    severity_rules: str = ""
    severity_reason: str = ""
    severity_by: str = ""
    severity_words: str = ""
    priority: str = ""
    customer: str = ""
    organisation: str = ""
    customers: int = 0
    incident: str = ""
    value: tuple[Named, ...] = ()
    channel: str = ""
    since: datetime | None = None
    clocks: tuple[ClockReport, ...] = ()
    next_answer: datetime | None = None
    answers: tuple[Quote, ...] = ()
    unanswered: bool = False
    summary: tuple[str, ...] = ()
    tried: tuple[str, ...] = ()
    reproduced: str = ""
    reproduction: tuple[str, ...] = ()
    environment: tuple[Named, ...] = ()
    notes: tuple[Quote, ...] = ()
    elsewhere: tuple[Named, ...] = ()
    files: tuple[AttachedFile, ...] = ()
    missing: tuple[str, ...] = ()
    missing_fields: tuple[Named, ...] = ()


@dataclass(frozen=True, slots=True)
class MessageRequest:
    """A message to be composed.

    Attributes:
        template: A name in the message catalogue.
        facts: What the template may mention, as text.
        quotes: Whose words it carries.
        health: The states of links, if the message reports them: a line for each.
        links: The tickets at the other ends of several links, if the message lists them.
        package: What a team needs that takes an escalation over, where the message has that.
        proposes: A message to somebody else that this one proposes; its text becomes the only quote.
        visibility: Who will read it; None where it is not a comment (a ticket's description).
        language: The customer's, where it is made for the customer; None, or one that there are no texts in: the connection's.
    """

    template: str
    facts: Mapping[str, str] = field(default_factory=dict)
    quotes: tuple[Quote, ...] = ()
    visibility: Visibility | None = None
    language: str | None = None
    health: tuple[Health, ...] = ()
    links: tuple[LinkReport, ...] = ()
    package: Package | None = None
    proposes: "MessageRequest | None" = None


@dataclass(frozen=True, slots=True)
class Message:
    """A composed message."""

    body: RichText
