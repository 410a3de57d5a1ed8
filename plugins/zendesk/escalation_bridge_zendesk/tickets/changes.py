"""Which part of a wanted change has still to be written, which somebody else has overtaken, and whether it took."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from escalation_bridge.plugin import (
    Group,
    Person,
    Ticket,
    TicketChange,
)
from escalation_bridge_zendesk.translation.drafts import custom_field_members, tag
from escalation_bridge_zendesk.translation.statuses import StatusBook


class Unresolvable(ValueError):
    """A wanted value is none that the account has."""


class Nobody(ValueError):
    """The wanted assignee is no agent of the account."""


@dataclass(frozen=True, slots=True)
class Wish:
    """One property of a ticket and what it should be.

    Attributes:
        members: What an update carries to set it.
        read: The property of a ticket, to compare.
        is_met: Whether a ticket has it as wanted.
    """

    name: str
    members: Mapping[str, object]
    read: Callable[[Ticket], object]
    is_met: Callable[[Ticket], bool]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is left to be written to a ticket.

    Attributes:
        overtaken: The properties that changed since the change was decided, to something that is not wanted either.
    """

    wishes: tuple[Wish, ...]
    overtaken: tuple[str, ...]
    add_tags: tuple[str, ...]
    remove_tags: tuple[str, ...]

    @property
    def members(self) -> dict[str, object]:
        """The members of the update that writes all properties at once."""
        together: dict[str, object] = {}
        fields: list[object] = []
        for wish in self.wishes:
            for name, value in wish.members.items():
                if name == "custom_fields" and isinstance(value, list):
                    fields.extend(value)
                else:
                    together[name] = value
        if fields:
            together["custom_fields"] = fields
        return together

    def unmet(self, ticket: Ticket) -> tuple[str, ...]:
        """What this ticket, read back, still has not as wanted."""
        missing = [wish.name for wish in self.wishes if not wish.is_met(ticket)]
        missing += [f"tag {name}" for name in self.add_tags if name not in ticket.tags]
        missing += [f"no tag {name}" for name in self.remove_tags if name in ticket.tags]
        return tuple(missing)


def plan_change(
    change: TicketChange,
    current: Ticket,
    expected: Ticket,
    statuses: StatusBook,
    groups: Callable[[], tuple[Group, ...]],
    agent: Callable[[str], Person | None],
) -> Plan:
    """Compare what is wanted with what is and with what was.

    Raises:
        Unresolvable: A status or group is none that the account has.
        Nobody: The assignee is no agent of the account.
        UnknownField: A custom field's name is no id.
    """
    wishes = [wish for wish in _wishes(change, statuses, groups, agent) if not wish.is_met(current)]
    wanted = {tag(name) for name in change.add_tags}
    unwanted = {tag(name) for name in change.remove_tags}
    present = set(current.tags)
    return Plan(
        wishes=tuple(wishes),
        overtaken=tuple(wish.name for wish in wishes if wish.read(current) != wish.read(expected)),
        add_tags=tuple(sorted(wanted - present)),
        remove_tags=tuple(sorted(unwanted & present)),
    )


def _wishes(
    change: TicketChange,
    statuses: StatusBook,
    groups: Callable[[], tuple[Group, ...]],
    agent: Callable[[str], Person | None],
) -> list[Wish]:
    wishes: list[Wish] = []
    if change.status is not None:
        wishes.append(_status(change.status, statuses))
    if change.priority is not None:
        wanted = change.priority
        wishes.append(
            Wish("priority", {"priority": wanted.value}, lambda t: t.priority, lambda t: t.priority == wanted)
        )
    if change.group is not None:
        wishes.append(_group(change.group, groups()))
    if change.assignee is not None:
        wishes.append(_assignee(change.assignee, agent(change.assignee)))
    wishes.extend(_field(name, value) for name, value in change.fields.items())
    return wishes


def _status(asked: str, statuses: StatusBook) -> Wish:
    wanted = statuses.resolve(asked)
    if wanted is None:
        known = ", ".join(f"{status.name} ({status.id})" for status in statuses.all())
        raise Unresolvable(f"the account has no status {asked!r}; it has {known}")
    if wanted.category == "closed":
        # It would be final: a closed ticket is never opened again.
        raise Unresolvable(
            "a ticket is closed by Zendesk itself, some time after it was solved: ask for solved"
        )
    return Wish("status", wanted.members, lambda t: t.status.id, lambda t: wanted.is_met_by(t.status))


def _group(asked: str, groups: tuple[Group, ...]) -> Wish:
    name = asked.strip().casefold()
    found = next((group.id for group in groups if name in (group.id, group.name.casefold())), None)
    if found is None:
        known = ", ".join(group.name for group in groups)
        raise Unresolvable(f"the account has no group {asked!r}; it has {known}")
    return Wish(
        "group",
        {"group_id": int(found)},
        lambda t: t.group and t.group.id,
        lambda t: t.group is not None and t.group.id == found,
    )


def _assignee(asked: str, found: Person | None) -> Wish:
    if found is None:
        raise Nobody(
            f"the assignee {asked!r} is neither the id nor the e-mail address of an agent who takes tickets"
        )
    return Wish(
        "assignee",
        {"assignee_id": int(found.id)},
        lambda t: t.assignee and t.assignee.id,
        lambda t: t.assignee is not None and t.assignee.id == found.id,
    )


def _field(name: str, value: object) -> Wish:
    members = custom_field_members({name: value})
    field_id = str(members[0]["id"])
    wanted = comparable(value)
    return Wish(
        f"field {field_id}",
        {"custom_fields": members},
        lambda t: comparable(t.custom_fields.get(field_id)),
        lambda t: comparable(t.custom_fields.get(field_id)) == wanted,
    )


def comparable(value: object) -> object:
    """A field's value as it can be compared: numbers come back as text, and empty comes back as null."""
    if value is None or value in ("", []):
        return None
    if isinstance(value, bool):
        return value
    if isinstance(value, list):
        return frozenset(str(entry) for entry in value)
    return str(value)
