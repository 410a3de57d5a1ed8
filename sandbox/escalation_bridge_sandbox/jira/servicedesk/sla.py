"""A service desk's own clocks, worked out from what happened to the request. Its calendar knows no nights."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from escalation_bridge_sandbox.jira.model.issue import Issue
from escalation_bridge_sandbox.jira.model.workflow import Category, Status
from escalation_bridge_sandbox.jira.site import JiraSite

WAITS_FOR_CUSTOMER = "10302"


@dataclass(frozen=True)
class Cycle:
    """One run of a clock; without `stop` it is running, or paused."""

    start: datetime
    stop: datetime | None
    paused: bool
    elapsed: timedelta
    goal: timedelta

    @property
    def remaining(self) -> timedelta:
        return self.goal - self.elapsed

    @property
    def breached(self) -> bool:
        return self.remaining < timedelta()


@dataclass(frozen=True)
class Metric:
    """A promise of the service desk and how its cycles are found."""

    id: str
    name: str
    goal: timedelta
    cycles: Callable[[Issue, timedelta, JiraSite], list[Cycle]]


def status_history(issue: Issue, site: JiraSite) -> list[tuple[datetime, Status]]:
    """The statuses that an issue has had and since when, oldest first."""
    changes = [
        (change.created, item.old, item.new)
        for change in issue.history
        for item in change.items
        if item.field == "status"
    ]
    first = changes[0][1] if changes else issue.status_id
    steps = [(issue.created, first), *((at, new) for at, _, new in changes)]
    return [(at, site.statuses[status_id]) for at, status_id in steps if status_id is not None]


def _first_response(issue: Issue, goal: timedelta, site: JiraSite) -> list[Cycle]:
    answered = [
        comment.created for comment in issue.comments if not comment.is_marked_internal and comment.by_agent
    ]
    stop = min(answered, default=None)
    return [Cycle(issue.created, stop, paused=False, elapsed=(stop or site.now()) - issue.created, goal=goal)]


def _resolution(issue: Issue, goal: timedelta, site: JiraSite) -> list[Cycle]:
    steps = status_history(issue, site)
    ends = [at for at, _ in steps[1:]] + [site.now()]
    cycles: list[Cycle] = []
    start: datetime | None = None
    elapsed = timedelta()
    for (begin, status), end in zip(steps, ends, strict=True):
        if status.category is Category.DONE:
            if start is not None:
                cycles.append(Cycle(start, begin, paused=False, elapsed=elapsed, goal=goal))
            start, elapsed = None, timedelta()
            continue
        start = start or begin
        if status.id != WAITS_FOR_CUSTOMER:
            elapsed += end - begin
    if start is not None:
        paused = issue.status_id == WAITS_FOR_CUSTOMER
        cycles.append(Cycle(start, None, paused=paused, elapsed=elapsed, goal=goal))
    return cycles


METRICS = (
    Metric("1", "Time to first response", timedelta(hours=4), _first_response),
    Metric("2", "Time to resolution", timedelta(hours=24), _resolution),
)
