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
class MessageRequest:
    """A message to be composed.

    Attributes:
        template: A name in the message catalogue.
        facts: What the template may mention, as text.
        quotes: Whose words it carries.
        health: The states of links, if the message reports them: a line for each.
        links: The tickets at the other ends of several links, if the message lists them.
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


@dataclass(frozen=True, slots=True)
class Message:
    """A composed message."""

    body: RichText
