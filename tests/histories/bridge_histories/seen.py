"""A ticket as its vendor shows it, read without the bridge and its plugins."""

from dataclasses import dataclass
from enum import StrEnum

from bridge_histories.files import SeenFile

SPOKEN = "said0"
"""What everything that people say in histories has in it."""
ON_HOLD = "on hold"
"""What the bridge's note about a link that is on hold says in English."""


class End(StrEnum):
    """The two ends of a link, as the people there would name them."""

    ORIGIN = "origin"
    LINKED = "linked"

    @property
    def other(self) -> "End":
        return End.LINKED if self is End.ORIGIN else End.ORIGIN


@dataclass(frozen=True, slots=True)
class Said:
    """A comment.

    Attributes:
        public: Whether the customer reads it.
    """

    text: str
    public: bool
    by_bridge: bool


@dataclass(frozen=True, slots=True)
class Seen:
    """A ticket.

    Attributes:
        status: Its name as agents see it.
        rank: Its priority: low, normal, high or urgent; None where it has none.
        shown: Every text that the vendor shows to the customer: subject, description, public comments.
        files: Those at its comments.
    """

    id: str
    status: str
    rank: str | None
    subject: str
    description: str
    comments: tuple[Said, ...]
    shown: tuple[str, ...]
    files: tuple[SeenFile, ...]

    @property
    def words(self) -> tuple[str, ...]:
        """Everything in it that somebody wrote."""
        return (self.subject, self.description, *(said.text for said in self.comments))
