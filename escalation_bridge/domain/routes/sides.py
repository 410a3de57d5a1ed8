"""The two sides of a link, and what one side can wish of the other."""

from enum import StrEnum


class Side(StrEnum):
    """The two ends of a link: the customer's ticket, and the ticket where the work goes on."""

    ORIGIN = "origin"
    LINKED = "linked"

    @property
    def other(self) -> "Side":
        return Side.LINKED if self is Side.ORIGIN else Side.ORIGIN


class Unmapped(StrEnum):
    """An unmapped status: never guessed."""

    UNMAPPED = "unmapped"


class Keep(StrEnum):
    """A status that deliberately changes nothing on the other side."""

    KEEP = "keep"


class Ask(StrEnum):
    """A status that asks the other side's agents for a decision."""

    ASK = "ask"


Wish = str | Keep | Ask | Unmapped
