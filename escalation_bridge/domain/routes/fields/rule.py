"""What all rules about a synced field have in common."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from escalation_bridge.domain.routes.fields.values import Shown
from escalation_bridge.domain.routes.sides import Side, Wish
from escalation_bridge.domain.tickets.tickets import Severity, Ticket, TicketChange


class Direction(StrEnum):
    """Which side's changes of a field are copied to the other one."""

    TO_LINKED = "to_linked"
    TO_ORIGIN = "to_origin"
    BOTH = "both"

    def carries(self, source: Side) -> bool:
        """Whether a change of `source` is copied."""
        only = {Direction.TO_LINKED: Side.ORIGIN, Direction.TO_ORIGIN: Side.LINKED}
        return only.get(self, source) is source


@dataclass(frozen=True, slots=True)
class FieldName:
    """How a field is called in texts.

    Attributes:
        kind: A word of the catalogue: priority, severity, assignee, tag or custom_field.
        name: Which one, where there are several.
    """

    kind: str
    name: str = ""

    def __str__(self) -> str:
        return f"{self.kind.replace('_', ' ')} {self.name}".strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldRule(ABC):
    """A synced field. Its subclasses read it from a ticket and change it.

    Attributes:
        key: The link's key for the field.
        owner: Whose value wins a conflict; None: a person chooses.
    """

    key: str
    direction: Direction
    owner: Side | None = None

    @property
    def name(self) -> FieldName:
        return FieldName(self.key)

    @property
    def word(self) -> str:
        """The name of the field in commands."""
        return self.key

    @property
    def shows_values(self) -> bool:
        """Whether its values may appear in a case's history, which contains no customer's text."""
        return True

    @property
    def names_people(self) -> bool:
        """Whether its values are people. Somebody unknown on the other side is left out, and does not put the field on hold."""
        return False

    @property
    def family(self) -> str | None:
        """The key of the `FieldFamily` to which it belongs; None: it is there on every ticket."""
        return None

    @property
    def forgets(self) -> bool:
        """Whether a link remembers it only while it is on one of the tickets."""
        return self.family is not None

    @property
    def is_settled_for_all(self) -> bool:
        """Whether a ticket that several customers share has one value for all of them, which is seen to elsewhere."""
        return False

    @property
    def labels(self) -> Mapping[str, str]:
        """The labels of the vendors' custom fields, by their ids, as far as configured."""
        return {}

    def stands_in(self, source: Side, shown: Shown, wish: str) -> bool:  # noqa: ARG002 - for rules about people
        """Whether a wish is somebody else than the person shown at `source`, who is unknown on the other side."""
        return False

    @abstractmethod
    def shown(self, side: Side, ticket: Ticket, severity: Severity) -> Shown:
        """What the ticket at one side shows; `severity` is the case's."""

    @abstractmethod
    def wish(self, source: Side, shown: Shown, unknown: Iterable[str]) -> Wish:
        """The wanted value of the other side; the names in `unknown` are nobody there."""

    @abstractmethod
    def is_met(self, side: Side, shown: Shown, wish: str) -> bool:
        """Whether a side shows what is wished of it."""

    @abstractmethod
    def change(self, side: Side, wish: str, present: Ticket) -> TicketChange:
        """The change that makes the ticket of a side show what is wished."""


class FieldFamily(ABC):
    """Fields that are known only from the tickets that show them, such as tags: they need one rule each.

    Attributes:
        key: The link's key for the family as a whole: whether it is synced at all.
    """

    key: ClassVar[str]

    @abstractmethod
    def rules(self, origin: Ticket, linked: Ticket, known: Iterable[str]) -> Iterator[FieldRule]:
        """A rule for every field that is or was (`known`: keys that a link remembers) on one of the two tickets."""


@dataclass(frozen=True, slots=True)
class FieldRules:
    """All synced fields of a route.

    Attributes:
        single: Those that every ticket has.
        families: Those that only some tickets have.
    """

    single: tuple[FieldRule, ...] = ()
    families: tuple[FieldFamily, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.single or self.families)

    def rules(self, origin: Ticket, linked: Ticket, known: Iterable[str]) -> tuple[FieldRule, ...]:
        """One rule per field; of a family, for those fields that are or were on one of the two tickets."""
        known = tuple(known)
        found = (rule for family in self.families for rule in family.rules(origin, linked, known))
        return (*self.single, *found)
