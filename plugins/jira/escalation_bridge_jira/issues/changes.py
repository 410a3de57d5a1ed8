"""Change an issue: only properties that differ, never over somebody else's change, with a check of the result."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from escalation_bridge.plugin import (
    UNASSIGNED,
    JsonPart,
    Ticket,
    TicketChange,
    Wish,
    carry_out,
    refuse_unwritten,
)
from escalation_bridge_jira.files.attached import with_files
from escalation_bridge_jira.issues.walk import Walk
from escalation_bridge_jira.site.assignees import assignee
from escalation_bridge_jira.site.desk import Desk, labels_of
from escalation_bridge_jira.translation.fields import holds
from escalation_bridge_jira.translation.properties import PROPERTIES
from escalation_bridge_jira.workflow.transitions import Step


@dataclass(frozen=True, slots=True)
class _Issue:
    """An issue that was read: Jira's JSON and the bridge's ticket."""

    raw: JsonPart
    ticket: Ticket


@dataclass(frozen=True, slots=True)
class _Edit:
    """The writes to an issue.

    Attributes:
        fields: Values by field id.
        labels: Jira's operations on single labels: other people's labels stay.
        assignee: A user, or None to keep the present one; `UNASSIGNED` takes the present one away.
        walk: The way to the wanted status, with its first step; None to stay.
    """

    fields: Mapping[str, object] = field(default_factory=dict)
    labels: tuple[Mapping[str, str], ...] = ()
    assignee: str | None = None
    walk: tuple[Walk, Step] | None = None

    @classmethod
    def of(cls, parts: Iterable["_Edit"]) -> "_Edit":
        """All of these in one edit."""
        edits = tuple(parts)
        return cls(
            {name: value for edit in edits for name, value in edit.fields.items()},
            tuple(operation for edit in edits for operation in edit.labels),
            next((edit.assignee for edit in edits if edit.assignee is not None), None),
            next((edit.walk for edit in edits if edit.walk), None),
        )


_WRITTEN = frozenset({"status", "assignee", "fields", "add_tags", "remove_tags", *PROPERTIES})
"""The parts of a change that this plugin writes."""
_Wish = Wish[_Issue, _Edit]


def update(desk: Desk, ticket_id: str, change: TicketChange, expected: Ticket) -> Ticket:
    """Apply a change. Returns the resulting issue."""
    if change.group is not None:
        desk.reject("Jira has no groups of agents: use an assignee or a field")
    refuse_unwritten(desk.jira.transport, desk.jira.operation, change, _WRITTEN)
    current = _read(desk, ticket_id)

    def write(unmet: Sequence[_Wish]) -> _Issue:
        edit = _Edit.of(wish.write for wish in unmet)
        # A finished issue may not be editable: it is edited before it is finished, and after it is reopened.
        if current.ticket.status.kind.done:
            moved = _move(edit)
            after = None if _edit(desk, ticket_id, edit) else moved
        else:
            _edit(desk, ticket_id, edit)
            after = _move(edit)
        return _read(desk, ticket_id) if after is None else _Issue(after, with_files(desk, after))

    wanted = _Wishes(desk, current, change, expected).all()
    return carry_out(desk.jira.transport, desk.jira.operation, wanted, current, write).ticket


def _read(desk: Desk, ticket_id: str) -> _Issue:
    raw = desk.jira.issue(ticket_id)
    return _Issue(raw, with_files(desk, raw))


@dataclass(frozen=True, slots=True)
class _Wishes:
    """The parts of a change, property by property."""

    desk: Desk
    current: _Issue
    change: TicketChange
    expected: Ticket

    def all(self) -> Iterator[_Wish]:
        yield from self._fields()
        yield from self._labels()
        yield from self._assignee()
        yield from self._status()

    def _fields(self) -> Iterator[_Wish]:
        for name, value in self.change.asked():
            if name in PROPERTIES:
                sent = PROPERTIES[name].write(self.desk.mapper.settings, value)
                changed_since = getattr(self.current.ticket, name) != getattr(self.expected, name)
                yield Wish(f"the {name}", _Edit(sent), partial(self._has, name, value), changed_since)
        for name, value in self.desk.shaped(self.change.fields).items():
            now, then = self.current.ticket.custom_fields.get(name), self.expected.custom_fields.get(name)
            changed_since = name.startswith("customfield_") and now != then
            yield Wish(name, _Edit({name: value}), partial(_holds, name, value), changed_since)

    def _has(self, name: str, wanted: object, issue: _Issue) -> bool:
        # After the write one whose name the bridge does not know may be the very one in another language: Jira has just taken it.
        after_writing = issue is not self.current
        fitting = (wanted, None) if after_writing and PROPERTIES[name].may_be_unknown else (wanted,)
        return getattr(issue.ticket, name) in fitting

    def _labels(self) -> Iterator[_Wish]:
        for label in labels_of(self.change.add_tags):
            yield Wish(f"the label {label}", _Edit(labels=({"add": label},)), partial(_has_label, label))
        for label in labels_of(self.change.remove_tags):
            yield Wish(f"no label {label}", _Edit(labels=({"remove": label},)), partial(_lacks_label, label))

    def _assignee(self) -> Iterator[_Wish]:
        named, now = self.change.assignee, self.current.ticket.assignee
        if named is None or (now and named in (now.id, now.email)):
            return
        wanted = assignee(self.desk, self.current.raw, named) if named != UNASSIGNED else UNASSIGNED
        changed_since = _assignee_of(self.current.ticket) != _assignee_of(self.expected)
        yield Wish(
            "the assignee",
            _Edit(assignee=wanted),
            lambda issue: (_assignee_of(issue.ticket) or UNASSIGNED) == wanted,
            changed_since,
        )

    def _status(self) -> Iterator[_Wish]:
        if self.change.status is None:
            return
        walk = Walk(self.desk, self.current.raw, self.change.status)
        step = walk.first_step()
        if step is None:
            return
        changed_since = self.current.ticket.status.id != self.expected.status.id
        yield Wish(
            "the status",
            _Edit(walk=(walk, step)),
            lambda issue: walk.reached is not None and issue.ticket.status.id == walk.reached.id,
            changed_since,
        )


def _edit(desk: Desk, ticket_id: str, edit: _Edit) -> bool:
    """Write fields, labels and the assignee. Returns whether there was something to write."""
    body = {
        **({"fields": edit.fields} if edit.fields else {}),
        **({"update": {"labels": edit.labels}} if edit.labels else {}),
    }
    if body:
        desk.jira.write("PUT", f"/issue/{ticket_id}", body, repeatable=True)
    if edit.assignee is not None:
        # An endpoint of its own: assigning needs another permission than editing, and no field on a screen.
        user = desk.jira.user(edit.assignee or None)
        desk.jira.write("PUT", f"/issue/{ticket_id}/assignee", user, repeatable=True)
    return bool(body) or edit.assignee is not None


def _move(edit: _Edit) -> JsonPart | None:
    """Lead the issue to its status. Returns the issue as read there, or None if it stays."""
    if edit.walk is None:
        return None
    walk, step = edit.walk
    walk.go(step)
    return walk.after


def _holds(name: str, value: object, issue: _Issue) -> bool:
    return holds(issue.raw / "fields" / name, value)


def _has_label(label: str, issue: _Issue) -> bool:
    return label in issue.ticket.tags


def _lacks_label(label: str, issue: _Issue) -> bool:
    return label not in issue.ticket.tags


def _assignee_of(ticket: Ticket) -> str | None:
    return ticket.assignee.id if ticket.assignee else None
