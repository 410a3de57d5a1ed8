"""Statuses, transitions and the screens that are shown on the way."""

from dataclasses import dataclass
from enum import Enum


class Category(Enum):
    """The four status categories, the same in every Jira; only their names are translated."""

    UNDEFINED = (1, "undefined", "No Category", "medium-gray")
    NEW = (2, "new", "To Do", "blue-gray")
    DONE = (3, "done", "Done", "green")
    INDETERMINATE = (4, "indeterminate", "In Progress", "yellow")

    def __init__(self, number: int, key: str, label: str, color: str) -> None:
        self.number = number
        self.key = key
        self.label = label
        self.color = color


@dataclass(frozen=True)
class Status:
    id: str
    name: str
    category: Category
    description: str = ""


@dataclass(frozen=True)
class ScreenField:
    """A field on a screen."""

    field_id: str
    required: bool = False


@dataclass(frozen=True)
class Transition:
    """A way from one status to another.

    Attributes:
        sources: Ids of the statuses it starts from; None is every status (a global transition).
        screen: The fields that are asked for on the way.
        event: The issue event that its post function fires, as webhooks name it.
        clears_resolution: Whether its post function empties the resolution.
        for_customers: Whether it is shown in the customer portal of a service desk.
        hides_target: Whether the list of transitions does not tell where it leads (recorded; why is not known).
    """

    id: str
    name: str
    sources: frozenset[str] | None
    target: str
    screen: tuple[ScreenField, ...] = ()
    event: str = "issue_generic"
    clears_resolution: bool = False
    for_customers: bool = False
    hides_target: bool = False

    def starts_from(self, status_id: str) -> bool:
        return self.sources is None or status_id in self.sources


@dataclass(frozen=True)
class Workflow:
    """Which transitions there are, and where an issue begins."""

    name: str
    initial: str
    transitions: tuple[Transition, ...]

    def available(self, status_id: str) -> tuple[Transition, ...]:
        """The transitions that lead on from a status."""
        return tuple(transition for transition in self.transitions if transition.starts_from(status_id))

    def find(self, transition_id: str) -> Transition | None:
        return next((each for each in self.transitions if each.id == transition_id), None)

    def status_ids(self) -> tuple[str, ...]:
        """All statuses that an issue can be in, the first one first."""
        return tuple(dict.fromkeys([self.initial, *(each.target for each in self.transitions)]))
