"""Changing an issue: only what is not yet as wanted, never over somebody else's change, and looked at afterwards."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from escalation_bridge.plugin import (
    ConcurrentChange,
    NotApplied,
    Status,
    Ticket,
    TicketChange,
)
from escalation_bridge_jira.files.attached import with_files
from escalation_bridge_jira.issues.walk import Walk
from escalation_bridge_jira.shapes import Part
from escalation_bridge_jira.site.assignees import assignee
from escalation_bridge_jira.site.desk import Desk, labels_of
from escalation_bridge_jira.translation.fields import holds
from escalation_bridge_jira.vocabulary import reference
from escalation_bridge_jira.workflow.transitions import Step


def update(desk: Desk, ticket_id: str, change: TicketChange, expected: Ticket) -> Ticket:
    """Carry out a change and return the issue as it then is."""
    if change.group is not None:
        desk.reject("Jira has no groups of agents: use an assignee or a field")
    raw = desk.jira.issue(ticket_id)
    before = with_files(desk, raw)
    plan = _Planner(desk, raw, before, change, expected).plan()
    if plan.empty:
        return before
    # A finished issue may not be editable: it is edited before it is finished, and after it is reopened.
    if before.status.kind.done:
        reached = _move(plan)
        _edit(desk, ticket_id, plan)
    else:
        _edit(desk, ticket_id, plan)
        reached = _move(plan)
    raw = desk.jira.issue(ticket_id)
    after = with_files(desk, raw)
    wrong = list(_not_as_wanted(raw, after, change, plan, reached))
    if wrong:
        desk.refuse(NotApplied, f"Jira accepted the change of {after.key}, and {'; '.join(wrong)}")
    return after


@dataclass(frozen=True, slots=True)
class _Plan:
    """What has to be written.

    Attributes:
        fields: Values by field id.
        labels: Jira's operations on labels, one by one: other people's labels stay.
        assignee: A user, or None to leave the present one.
        walk: The way to the wanted status, with its first step; None to stay.
    """

    fields: Mapping[str, object]
    labels: tuple[Mapping[str, str], ...]
    assignee: str | None
    walk: tuple[Walk, Step] | None

    @property
    def empty(self) -> bool:
        return not (self.fields or self.labels or self.assignee or self.walk)


@dataclass(frozen=True, slots=True)
class _Planner:
    """Compares what is with what is wanted and with what was expected."""

    desk: Desk
    raw: Part
    current: Ticket
    change: TicketChange
    expected: Ticket

    def plan(self) -> _Plan:
        return _Plan(dict(self._fields()), tuple(self._labels()), self._assignee(), self._walk())

    def _fields(self) -> Iterator[tuple[str, object]]:
        priority = self.change.priority
        if priority is not None and self.current.priority != priority:
            self._unless_changed("the priority", self.current.priority, self.expected.priority)
            yield "priority", reference(self.desk.mapper.vendor_priority(priority))
        for name, value in self.desk.shaped(self.change.fields).items():
            if not holds(self.raw / "fields" / name, value):
                if name.startswith("customfield_"):
                    now, then = self.current.custom_fields.get(name), self.expected.custom_fields.get(name)
                    self._unless_changed(name, now, then)
                yield name, value

    def _labels(self) -> Iterator[Mapping[str, str]]:
        for label in labels_of(self.change.add_tags):
            if label not in self.current.tags:
                yield {"add": label}
        for label in labels_of(self.change.remove_tags):
            if label in self.current.tags:
                yield {"remove": label}

    def _assignee(self) -> str | None:
        named, now = self.change.assignee, self.current.assignee
        if named is None or (now and named in (now.id, now.email)):
            return None
        wanted = assignee(self.desk, self.raw, named)
        if wanted == _assignee_of(self.current):
            return None
        self._unless_changed("the assignee", _assignee_of(self.current), _assignee_of(self.expected))
        return wanted

    def _walk(self) -> tuple[Walk, Step] | None:
        if self.change.status is None:
            return None
        walk = Walk(self.desk, self.raw, self.change.status)
        step = walk.first_step()
        if step is None:
            return None
        self._unless_changed("the status", self.current.status.id, self.expected.status.id)
        return walk, step

    def _unless_changed(self, what: str, now: object, then: object) -> None:
        if now != then:
            self.desk.refuse(ConcurrentChange, f"{what} was changed by somebody else meanwhile")


def _edit(desk: Desk, ticket_id: str, plan: _Plan) -> None:
    body = {
        **({"fields": plan.fields} if plan.fields else {}),
        **({"update": {"labels": plan.labels}} if plan.labels else {}),
    }
    if body:
        desk.jira.write("PUT", f"/issue/{ticket_id}", body, repeatable=True)
    if plan.assignee:
        # An endpoint of its own: assigning needs another permission than editing, and no field on a screen.
        user = desk.jira.user(plan.assignee)
        desk.jira.write("PUT", f"/issue/{ticket_id}/assignee", user, repeatable=True)


def _move(plan: _Plan) -> Status | None:
    """Go to the wanted status; the one that was reached."""
    if plan.walk is None:
        return None
    walk, step = plan.walk
    return walk.go(step)


def _not_as_wanted(
    raw: Part, after: Ticket, change: TicketChange, plan: _Plan, reached: Status | None
) -> Iterator[str]:
    """What did not change, whatever Jira answered."""
    if reached and after.status.id != reached.id:
        yield f"it is {after.status.name!r} instead of {reached.name!r}"
    # One whose name the bridge does not know may be the very one in another language: Jira has just taken it.
    if change.priority is not None and after.priority not in (None, change.priority):
        yield "its priority is not as wanted"
    if plan.assignee and _assignee_of(after) != plan.assignee:
        yield "its assignee is not as wanted"
    added, removed = set(labels_of(change.add_tags)), set(labels_of(change.remove_tags))
    if not added <= set(after.tags) or removed & set(after.tags):
        yield "its labels are not as wanted"
    for name, value in plan.fields.items():
        if name != "priority" and not holds(raw / "fields" / name, value):
            yield f"its {name} is not as wanted"


def _assignee_of(ticket: Ticket) -> str | None:
    return ticket.assignee.id if ticket.assignee else None
