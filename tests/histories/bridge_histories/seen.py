"""A ticket as its vendor shows it, read without the bridge and its plugins."""

from dataclasses import dataclass
from enum import StrEnum

from bridge_histories.files import SeenFile

SPOKEN = "said0"
"""What everything that people say in histories has in it."""
ON_HOLD = "on hold"
"""What the bridge's note about a link that is on hold says in English."""
ANSWERS = (
    "Link: ",
    "re-checking holds",
    "wins and is copied to the other ticket",
    "there is nothing to choose",
    "is not linked to any other",
    "the bridge understands these commands",
)
"""What the bridge answers to agents in English."""


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

    @property
    def tells_of_a_hold(self) -> bool:
        """Whether it is the bridge's note about a link or a field that is on hold."""
        return self.by_bridge and ON_HOLD in self.text and not self.is_answer

    @property
    def is_answer(self) -> bool:
        """Whether the bridge answers an agent, apart from saying that a link is no more."""
        return self.by_bridge and any(words in self.text for words in ANSWERS)


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
