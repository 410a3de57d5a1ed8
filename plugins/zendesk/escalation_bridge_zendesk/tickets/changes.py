"""Convert a change to Zendesk's terms."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from operator import attrgetter

from escalation_bridge.plugin import (
    UNASSIGNED,
    Group,
    Person,
    Ticket,
    TicketChange,
    Wish,
)
from escalation_bridge_zendesk.translation.drafts import custom_field_members, tag
from escalation_bridge_zendesk.translation.properties import PROPERTIES
from escalation_bridge_zendesk.translation.statuses import StatusBook, WantedStatus


class Unresolvable(ValueError):
    """The account does not have a wanted value."""


class Nobody(ValueError):
    """The wanted assignee is not an agent of the account."""


@dataclass(frozen=True, slots=True)
class Update:
    """The writes for a change.

    Attributes:
        members: The members of the one update that writes all properties. Zendesk accepts thirty of a ticket in ten minutes.
        add_tags: Tags have endpoints of their own.
        remove_tags: The same.
    """

    members: Mapping[str, object] = field(default_factory=dict)
    add_tags: tuple[str, ...] = ()
    remove_tags: tuple[str, ...] = ()

    @classmethod
    def of(cls, parts: Iterable["Update"]) -> "Update":
        """All of these in one update."""
        members: dict[str, object] = {}
        own: list[object] = []
        add: list[str] = []
        remove: list[str] = []
        for part in parts:
            for name, value in part.members.items():
                if name == "custom_fields" and isinstance(value, list):
                    own.extend(value)
                else:
                    members[name] = value
            add += part.add_tags
            remove += part.remove_tags
        if own:
            members["custom_fields"] = own
        return cls(members, tuple(add), tuple(remove))


WRITTEN = frozenset({"status", "group", "assignee", "fields", "add_tags", "remove_tags", *PROPERTIES})
"""The parts of a change that this plugin writes."""
TicketWish = Wish[Ticket, Update]


def wishes(
    change: TicketChange,
    current: Ticket,
    expected: Ticket,
    statuses: StatusBook,
    groups: Callable[[], tuple[Group, ...]],
    agent: Callable[[str], Person | None],
) -> Iterator[TicketWish]:
    """The parts of a change, property by property.

    Raises:
        Unresolvable: The account does not have a status or group.
        Nobody: The assignee is not an agent of the account.
        UnknownField: A custom field's name is not an id.
    """

    def wish(
        name: str, members: Mapping[str, object], read: Callable[[Ticket], object], wanted: object
    ) -> TicketWish:
        changed_since = read(current) != read(expected)
        return Wish(name, Update(members), lambda ticket: read(ticket) == wanted, changed_since)

    if change.status is not None:
        status = _status(change.status, statuses)
        changed_since = current.status.id != expected.status.id
        yield Wish("status", Update(status.members), lambda t: status.is_met_by(t.status), changed_since)
    for name, value in change.asked():
        if name in PROPERTIES:
            yield wish(name, PROPERTIES[name].write(value), attrgetter(name), value)
    if change.group is not None:
        found = _group(change.group, groups())
        yield wish("group", {"group_id": int(found)}, lambda t: t.group and t.group.id, found)
    if change.assignee == UNASSIGNED:
        yield wish("assignee", {"assignee_id": None}, lambda t: t.assignee and t.assignee.id, None)
    elif change.assignee is not None:
        agent_id = _assignee(change.assignee, agent(change.assignee))
        yield wish(
            "assignee", {"assignee_id": int(agent_id)}, lambda t: t.assignee and t.assignee.id, agent_id
        )
    for name, value in change.fields.items():
        members = custom_field_members({name: value})
        field_id = str(members[0]["id"])
        yield wish(
            f"field {field_id}",
            {"custom_fields": members},
            partial(_custom_field, field_id),
            comparable(value),
        )
    for name in sorted({tag(label) for label in change.add_tags}):
        yield Wish(f"tag {name}", Update(add_tags=(name,)), partial(_has_tag, name))
    for name in sorted({tag(label) for label in change.remove_tags}):
        yield Wish(f"no tag {name}", Update(remove_tags=(name,)), partial(_lacks_tag, name))


def _status(asked: str, statuses: StatusBook) -> WantedStatus:
    wanted = statuses.resolve(asked)
    if wanted is None:
        known = ", ".join(f"{status.name} ({status.id})" for status in statuses.all())
        raise Unresolvable(f"the account has no status {asked!r}; it has {known}")
    if wanted.category == "closed":
        # It would be final: a closed ticket is never opened again.
        raise Unresolvable(
            "a ticket is closed by Zendesk itself, some time after it was solved: ask for solved"
        )
    return wanted


def _group(asked: str, groups: tuple[Group, ...]) -> str:
    name = asked.strip().casefold()
    found = next((group.id for group in groups if name in (group.id, group.name.casefold())), None)
    if found is None:
        known = ", ".join(group.name for group in groups)
        raise Unresolvable(f"the account has no group {asked!r}; it has {known}")
    return found


def _assignee(asked: str, found: Person | None) -> str:
    if found is None:
        raise Nobody(
            f"the assignee {asked!r} is neither the id nor the e-mail address of an agent who takes tickets"
        )
    return found.id


def _custom_field(field_id: str, ticket: Ticket) -> object:
    return comparable(ticket.custom_fields.get(field_id))


def _has_tag(name: str, ticket: Ticket) -> bool:
    return name in ticket.tags


def _lacks_tag(name: str, ticket: Ticket) -> bool:
    return name not in ticket.tags


def comparable(value: object) -> object:
    """A field's value in a comparable form: numbers come back as text, and empty values as null."""
    if value is None or value in ("", []):
        return None
    if isinstance(value, bool):
        return value
    if isinstance(value, list):
        return frozenset(str(entry) for entry in value)
    return str(value)
