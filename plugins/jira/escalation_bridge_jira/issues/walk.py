"""Move an issue through its workflow: directly if possible, otherwise over intermediate statuses.

Jira shows only the transitions out of the present status. So each step is read at the issue itself, and the rest of the way is known
from the configuration (`status_paths`) or from the workflow.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NoReturn

import structlog

from escalation_bridge.plugin import (
    JsonPart,
    NotApplied,
    Status,
)
from escalation_bridge_jira.issues.graphs import note_seen, statuses_of, workflow_of
from escalation_bridge_jira.site.desk import Desk
from escalation_bridge_jira.workflow.transitions import (
    NoWay,
    Step,
    Transition,
    for_status,
    is_named,
    is_there,
    meant,
    offered,
    step_to,
)
from escalation_bridge_jira.workflow.workflow import Workflow

MOST_STEPS = 8
"""A longer way is treated as a configuration error."""

_log = structlog.get_logger(__name__)


@dataclass
class Walk:
    """The way of one issue to a wanted status.

    Attributes:
        issue: As it was read.
        wanted: A status id, a status name, or a `StatusKind` value.
        after: The issue as read at the end of the way; None before.
    """

    desk: Desk
    issue: JsonPart
    wanted: str
    after: JsonPart | None = None
    _been: list[Status] = field(default_factory=list)
    _workflow: Workflow | None = None
    _asked: bool = False
    _last: bool = False

    def __post_init__(self) -> None:
        self._been.append(self.desk.mapper.status(self.issue / "fields" / "status"))

    def first_step(self) -> Step | None:
        """The first step; None if the issue is there already.

        Raises:
            Rejected: No way is known.
        """
        transitions = self._offered()
        if is_there(self._here, self.wanted, transitions):
            return None
        return self._next_step(transitions)

    @property
    def reached(self) -> Status | None:
        """The status at the end of the way; None before."""
        return self._here if self.after is not None else None

    def go(self, step: Step) -> None:
        """Move to the end of the way.

        Raises:
            NotApplied: Jira confirmed it, and the issue is not in the transition's target status.
            Rejected: There is no further step; the message names the present status.
        """
        while True:
            self._perform(step)
            if self._last:
                return
            step = self._next_step(self._offered())

    @property
    def _here(self) -> Status:
        return self._been[-1]

    @property
    def _id(self) -> str:
        return (self.issue / "id").identifier()

    @property
    def _key(self) -> str:
        return (self.issue / "key").text()

    def _offered(self) -> tuple[Transition, ...]:
        answer = self.desk.jira.get(f"/issue/{self._id}/transitions", expand="transitions.fields")
        transitions = offered(answer, self.desk.mapper.status)
        note_seen(self.desk, self.issue, self._here, transitions)
        return transitions

    def _perform(self, step: Step) -> None:
        if step.left_out:
            _log.warning(
                "jira.transition_fields_not_on_screen",
                connection=self.desk.connection.name,
                issue=self._key,
                transition=step.transition.name,
                left_out=step.left_out,
            )
        body = {"transition": {"id": step.transition.id}, **({"fields": step.fields} if step.fields else {})}
        self.desk.jira.write("POST", f"/issue/{self._id}/transitions", body)
        # On the way the status will do; of the end, whoever asked for the change looks at all of the issue.
        read = self.desk.jira.issue(self._id) if self._last else None
        shown = read / "fields" / "status" if read is not None else self.desk.jira.status_of(self._id)
        now = self.desk.mapper.status(shown)
        if now.id != step.transition.to.id:
            # Jira has said yes and kept the old status (JRASERVER-33909); a rule may have moved it on, too.
            self.desk.refuse(
                NotApplied,
                f"Jira accepted the transition {step.transition.name!r} of {self._key}, and it is {now.name!r} "
                f"instead of {step.transition.to.name!r}",
            )
        self._been.append(now)
        self.after = read

    # --- where to -----------------------------------------------------------------------------------------------------

    def _next_step(self, transitions: Sequence[Transition]) -> Step:
        settings = self.desk.settings
        try:
            step = step_to(self.wanted, transitions, settings.transition_fields, settings.transitions)
        except NoWay as problem:
            return self._roundabout(transitions) or self._stuck(str(problem))
        self._last = True
        return step

    def _roundabout(self, transitions: Sequence[Transition]) -> Step | None:
        if len(self._been) > MOST_STEPS:
            self._stuck(f"more than {MOST_STEPS} steps are not taken")
        onward = [each for each in transitions if all(each.to.id != status.id for status in self._been)]
        step = self._by_configuration(onward)
        if step is not None or meant(self.wanted, [each.to for each in transitions]):
            return (
                step  # round a transition that is there, and lacks its fields, only the configuration leads
            )
        return self._by_workflow(onward)

    def _stuck(self, problem: str) -> NoReturn:
        names = [status.name for status in self._been]
        gone = f" (it went {' > '.join(names)})" if len(names) > 1 else ""
        self.desk.reject(f"{self._key} is {names[-1]!r}{gone}: {problem}")

    def _possible(self, stops: Iterable[str], onward: Sequence[Transition]) -> Iterator[Step]:
        """The possible steps to the named statuses, in their order."""
        for stop in stops:
            to = next((each.to for each in onward if is_named(each.to, stop)), None)
            if to is None:
                continue
            try:
                yield step_to(
                    to.id, onward, self.desk.settings.transition_fields, self.desk.settings.transitions
                )
            except NoWay as problem:
                _log.info(
                    "jira.step_not_possible",
                    connection=self.desk.connection.name,
                    issue=self._key,
                    to=to.name,
                    problem=str(problem),
                )

    def _by_configuration(self, onward: Sequence[Transition]) -> Step | None:
        """The step to the furthest reachable status of the configured path."""
        path = self._configured_path()
        passed = next((i + 1 for i, word in enumerate(path) if is_named(self._here, word)), 0)
        return next(self._possible(reversed(path[passed:]), onward), None)

    def _configured_path(self) -> Sequence[str]:
        paths = self.desk.settings.status_paths
        for word, path in paths.items():
            if word.casefold() == self.wanted.casefold():
                return path
        if not paths:
            return ()
        found = (
            for_status(paths, status)
            for status in meant(
                self.wanted, statuses_of(self.desk, self._part("project"), self._part("issuetype"))
            )
        )
        return next((path for path in found if path), ())

    def _by_workflow(self, onward: Sequence[Transition]) -> Step | None:
        graph = self._graph()
        if graph is None:
            return None
        targets = meant(self.wanted, list(graph.statuses.values()))
        if len(targets) != 1:
            return None  # several finished statuses, say: which one is not for the bridge to choose
        steps = {
            step.transition.to.id: step for step in self._possible({each.to.id: 0 for each in onward}, onward)
        }
        been = {status.id for status in self._been}
        way = graph.way(self._here, targets[0], tuple(steps), been)
        if not way and graph.unseen:
            way = self._supposed_way(graph, targets[0], steps)
        return steps[way[0].id] if 0 < len(way) <= MOST_STEPS else None

    def _supposed_way(self, graph: Workflow, target: Status, steps: Mapping[str, Step]) -> tuple[Status, ...]:
        """The way over a status without issues, whose transitions are unknown: they are read when the issue is there.

        A finished issue is not reopened to try, and of several finished statuses none is tried: one of them may mean
        that the issue was rejected. The transitions are stored, so that nothing is tried twice.
        """
        finished = [each for each in steps if graph.statuses[each].kind.done] if target.kind.done else []
        first: Collection[str] = [each for each in finished if each in graph.unseen]
        if len(first) > 1 or (self._here.kind.done and not first):
            return ()
        first = first or [each for each in steps if each not in finished]
        return graph.supposing(target).way(self._here, target, first, {status.id for status in self._been})

    def _graph(self) -> Workflow | None:
        """The workflow, as far as known; read once."""
        if self.desk.settings.follow_workflow and not self._asked:
            self._asked = True
            self._workflow = workflow_of(self.desk, self._part("project"), self._part("issuetype"))
        return self._workflow

    def _part(self, name: str) -> str:
        return (self.issue / "fields" / name / "id").text()
