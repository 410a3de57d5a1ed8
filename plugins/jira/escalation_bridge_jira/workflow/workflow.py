"""A workflow as Jira Cloud shows it to administrators, and the shortest allowed way through it. Pure."""

from collections import deque
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace

from escalation_bridge.plugin import (
    JsonPart,
    Status,
    StatusKind,
)

_KEY_OF_CATEGORY = {"TODO": "new", "IN_PROGRESS": "indeterminate", "DONE": "done"}
"""The workflow interface has its own names for the keys of status categories."""
_HARMLESS = frozenset({StatusKind.NEW, StatusKind.OPEN})


@dataclass(frozen=True, slots=True)
class Workflow:
    """Which status leads to which.

    Attributes:
        statuses: By id.
        next_of: The ids of the statuses that a status leads to.
        initial: The ids of the initial statuses; empty if unknown.
        complete: Whether missing parts do not exist; otherwise they are only unknown.
        unseen: The ids of the statuses with unknown transitions.
    """

    statuses: Mapping[str, Status]
    next_of: Mapping[str, tuple[str, ...]]
    initial: tuple[str, ...] = ()
    complete: bool = True
    unseen: frozenset[str] = frozenset()

    def supposing(self, target: Status) -> "Workflow":
        """The same, as if every status with unknown transitions led to the target."""
        ways = {start: (target.id,) if start in self.unseen else ends for start, ends in self.next_of.items()}
        return replace(self, next_of=ways)

    def way(
        self, start: Status, target: Status, first: Collection[str], closed: Collection[str]
    ) -> tuple[Status, ...]:
        """The shortest way; empty if there is none.

        It uses only intermediate statuses that mean nothing to outsiders: new and open ones. Finished ones are used
        only from or to a finished one: an issue is not cancelled to be reopened. A status that waits for somebody is never
        used: customers would be notified. `status_paths` can allow other ways.

        Args:
            start: The present status.
            target: The wanted status.
            first: The ids of the statuses that the first step can lead to.
            closed: The ids of statuses that must not be used.
        """
        passable = _HARMLESS | (
            {StatusKind.SOLVED, StatusKind.CLOSED} if start.kind.done or target.kind.done else frozenset()
        )
        came_from: dict[str, str] = {start.id: ""}
        waiting = deque([start.id])
        while waiting:
            here = waiting.popleft()
            for there in first if here == start.id else self.next_of.get(here, ()):
                if there in came_from:
                    continue
                came_from[there] = here
                if there == target.id:
                    return self._back(there, came_from)
                if there in self.statuses and self.statuses[there].kind in passable and there not in closed:
                    waiting.append(there)
        return ()

    def _back(self, end: str, came_from: Mapping[str, str]) -> tuple[Status, ...]:
        way = [end]
        while came_from[came_from[way[-1]]]:
            way.append(came_from[way[-1]])
        return tuple(self.statuses[each] for each in reversed(way))


def read(answer: JsonPart, status: Callable[[str, str, str], Status]) -> Workflow | None:
    """The workflow of an answer of `POST /workflows` about one project and issue type; None if it has none.

    Args:
        answer: The answer.
        status: Makes a status of its id, its name and its category's key.
    """
    workflows = list((answer / "workflows").elements())
    if len(workflows) != 1:
        return None
    by_reference: dict[str, Status] = {}
    for each in (answer / "statuses").elements():
        category = _KEY_OF_CATEGORY.get((each / "statusCategory").maybe_text() or "", "")
        reference = (each / "statusReference").text()
        by_reference[reference] = status((each / "id").text(), (each / "name").text(), category)
    references = [(each / "statusReference").text() for each in (workflows[0] / "statuses").elements()]
    statuses = {
        by_reference[reference].id: by_reference[reference]
        for reference in references
        if reference in by_reference
    }
    next_of: dict[str, list[str]] = {identifier: [] for identifier in statuses}
    initial: list[str] = []
    for transition in (workflows[0] / "transitions").elements():
        to = by_reference.get((transition / "toStatusReference").maybe_text() or "")
        kind = (transition / "type").maybe_text()
        if to is None or kind == "INITIAL":
            initial += [to.id] if to else []
            continue
        links = (transition / "links").items()  # what leads there from everywhere has none
        sources = [by_reference.get((link / "fromStatusReference").maybe_text() or "") for link in links]
        starts = statuses if kind == "GLOBAL" else [source.id for source in sources if source]
        for start in starts:
            if start in next_of and to.id != start:
                next_of[start].append(to.id)
    ways = {start: tuple(dict.fromkeys(ends)) for start, ends in next_of.items()}
    return Workflow(statuses, ways, tuple(initial))
