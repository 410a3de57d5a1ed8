"""The synced fields of a link, and how values map between the sides."""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase

from escalation_bridge.domain.routes.field_values import (
    EMPTY,
    Convert,
    Shown,
    read_value,
    single,
    write_value,
)
from escalation_bridge.domain.routes.sides import Keep, Side, Unmapped, Wish
from escalation_bridge.domain.tickets.tickets import Person, Priority, Severity, Ticket, TicketChange


class Direction(StrEnum):
    """Which side's changes of a field are copied to the other one."""

    TO_LINKED = "to_linked"
    TO_ORIGIN = "to_origin"
    BOTH = "both"

    def carries(self, source: Side) -> bool:
        """Whether a change of `source` is copied."""
        only = {Direction.TO_LINKED: Side.ORIGIN, Direction.TO_ORIGIN: Side.LINKED}
        return only.get(self, source) is source


Words = Mapping[str, str | Keep]
"""A value of one side to a value of the other."""
ASSIGNEE = "assignee"
"""The key of the assignee's rule."""
PRIORITY = "priority"
_PRESENT = "yes"


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
    def tells_values(self) -> bool:
        """Whether its values may appear in a case's history, which contains no customer's text."""
        return True

    @property
    def names_people(self) -> bool:
        """Whether its values are people, of whom nobody holds anything up."""
        return False

    @property
    def forgets(self) -> bool:
        """Whether a link remembers it only while it is on one of the tickets."""
        return False

    @property
    def is_settled_for_all(self) -> bool:
        """Whether a ticket that several customers share has one value for all of them, which is seen to elsewhere."""
        return False

    @property
    def labels(self) -> Mapping[str, str]:
        """The labels of the vendors' custom fields, by their ids, as far as configured."""
        return {}

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


@dataclass(frozen=True, slots=True, kw_only=True)
class PriorityRule(FieldRule):
    """The priority. An unmapped one passes unchanged; a missing one is not copied."""

    key: str = PRIORITY
    to_linked: Words = field(default_factory=dict)
    to_origin: Words = field(default_factory=dict)

    @property
    def is_settled_for_all(self) -> bool:
        return True

    def shown(self, side: Side, ticket: Ticket, severity: Severity) -> Shown:  # noqa: ARG002 - as all rules
        return single(str(ticket.priority or ""))

    def wish(self, source: Side, shown: Shown, unknown: Iterable[str]) -> Wish:  # noqa: ARG002 - as all rules
        words = self.to_linked if source is Side.ORIGIN else self.to_origin
        return words.get(shown.text, shown.text) if shown.text else Keep.KEEP

    def is_met(self, side: Side, shown: Shown, wish: str) -> bool:  # noqa: ARG002 - as all rules
        return shown.text == wish

    def change(self, side: Side, wish: str, present: Ticket) -> TicketChange:  # noqa: ARG002 - as all rules
        return TicketChange(priority=Priority(wish))


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueRule(FieldRule):
    """A single-valued property; a missing value is not copied.

    Attributes:
        values: A value at the origin and the one at the linked side that means the same. Empty: values pass unchanged; else
            what is not listed is not guessed.
        read: What a ticket shows.
        write: The change after which it shows a value.
    """

    values: tuple[tuple[str, str | Keep], ...] = ()
    read: Callable[[Ticket], str]
    write: Callable[[str], TicketChange]

    def shown(self, side: Side, ticket: Ticket, severity: Severity) -> Shown:  # noqa: ARG002 - as all rules
        return single(self.read(ticket))

    def wish(self, source: Side, shown: Shown, unknown: Iterable[str]) -> Wish:  # noqa: ARG002 - as all rules
        if not shown.text:
            return Keep.KEEP
        return counterpart(self.values, source, (shown.text,)) if self.values else shown.text

    def is_met(self, side: Side, shown: Shown, wish: str) -> bool:  # noqa: ARG002 - as all rules
        return shown.text.casefold() == wish.casefold()

    def change(self, side: Side, wish: str, present: Ticket) -> TicketChange:  # noqa: ARG002 - as all rules
        return self.write(wish)


@dataclass(frozen=True, slots=True, kw_only=True)
class AssigneeRule(FieldRule):
    """The assignee. Removing one is not copied: the contract has no such change.

    Attributes:
        users: Pairs of the same person at the origin and at the linked side, each by id or e-mail address.
        default: By side, who gets what nobody there can be found for.
    """

    key: str = ASSIGNEE
    users: tuple[tuple[str, str], ...] = ()
    default: Mapping[Side, str] = field(default_factory=dict)

    @property
    def names_people(self) -> bool:
        return True

    def shown(self, side: Side, ticket: Ticket, severity: Severity) -> Shown:  # noqa: ARG002 - as all rules
        person = ticket.assignee
        if person is None:
            return EMPTY
        words = _words_of(person)
        return Shown(words[0], (words,), display=person.name or words[0]) if words else EMPTY

    def wish(self, source: Side, shown: Shown, unknown: Iterable[str]) -> Wish:
        if not shown.text:
            return Keep.KEEP
        known_wrong = {word.casefold() for word in unknown}
        candidates = (*self.counterparts(source, shown), self.default.get(source.other, ""))
        return next(
            (word for word in candidates if word and word.casefold() not in known_wrong), Unmapped.UNMAPPED
        )

    def counterparts(self, source: Side, shown: Shown) -> tuple[str, ...]:
        """Who the same person may be on the other side: by the table, else by the same e-mail address."""
        here, there = (0, 1) if source is Side.ORIGIN else (1, 0)
        listed = tuple(pair[there] for pair in self.users if shown.goes_by(pair[here]))
        return listed or tuple(word for part in shown.parts for word in part if "@" in word)

    def is_met(self, side: Side, shown: Shown, wish: str) -> bool:  # noqa: ARG002 - as all rules
        return shown.goes_by(wish)

    def change(self, side: Side, wish: str, present: Ticket) -> TicketChange:  # noqa: ARG002 - as all rules
        return TicketChange(assignee=wish)


@dataclass(frozen=True, slots=True, kw_only=True)
class TagRule(FieldRule):
    """One tag, that is there or not.

    Attributes:
        names: What it is called at each side.
        severity: At the origin it stands for the case's severity instead of a tag; None: it is a tag there.
    """

    names: Mapping[Side, str]
    severity: Severity | None = None

    @property
    def name(self) -> FieldName:
        return FieldName("tag", self.names[Side.ORIGIN])

    @property
    def forgets(self) -> bool:
        return self.severity is None

    def shown(self, side: Side, ticket: Ticket, severity: Severity) -> Shown:
        if side is Side.ORIGIN and self.severity is not None:
            return single(_PRESENT if severity is self.severity else "")
        return single(_PRESENT if self._present(side, ticket) else "")

    def wish(self, source: Side, shown: Shown, unknown: Iterable[str]) -> Wish:  # noqa: ARG002 - as all rules
        return shown.text

    def is_met(self, side: Side, shown: Shown, wish: str) -> bool:  # noqa: ARG002 - as all rules
        return shown.text == wish

    def change(self, side: Side, wish: str, present: Ticket) -> TicketChange:
        if wish:
            return TicketChange(add_tags=(self.names[side],))
        return TicketChange(remove_tags=self._present(side, present))

    def _present(self, side: Side, ticket: Ticket) -> tuple[str, ...]:
        return tuple(tag for tag in ticket.tags if same_tag(tag, self.names[side]))


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomRule(FieldRule):
    """A custom field at either side.

    Attributes:
        ids: The vendors' ids of the fields. Without one at the origin it stands for the case's severity.
        convert: What the field at the origin holds, and the linked one too unless there are `values`.
        values: A value at the origin and the choice at the linked side that means the same. Empty: values pass unchanged;
            else what is not listed is not guessed.
        label: What people call the field; empty: nobody said, and the ids have to do.
    """

    ids: Mapping[Side, str]
    convert: Convert
    values: tuple[tuple[str, str | Keep], ...] = ()
    label: str = ""

    @property
    def name(self) -> FieldName:
        if Side.ORIGIN not in self.ids:
            return FieldName("severity")
        return FieldName("custom_field", self.label or " / ".join(self.ids[side] for side in Side))

    @property
    def word(self) -> str:
        return self.label or self.key

    @property
    def labels(self) -> Mapping[str, str]:
        return dict.fromkeys(self.ids.values(), self.label) if self.label else {}

    @property
    def tells_values(self) -> bool:
        return Side.ORIGIN not in self.ids

    def shown(self, side: Side, ticket: Ticket, severity: Severity) -> Shown:
        if side not in self.ids:
            return single(str(severity))
        return read_value(ticket.custom_fields.get(self.ids[side]), self._kind(side))

    def wish(self, source: Side, shown: Shown, unknown: Iterable[str]) -> Wish:  # noqa: ARG002 - as all rules
        if not shown.valid:
            return Unmapped.UNMAPPED
        if not shown.text:
            return "no" if self._kind(source.other) is Convert.YES_NO else ""
        if not self.values:
            return shown.text
        wishes = [self._counterpart(source, part) for part in shown.parts]
        special = next((wish for wish in wishes if isinstance(wish, Keep | Unmapped)), None)
        return "\n".join(sorted(map(str, wishes))) if special is None else special

    def is_met(self, side: Side, shown: Shown, wish: str) -> bool:
        match self._kind(side):
            case Convert.CHOICE:
                return shown.goes_by(wish)
            case Convert.CHOICES:
                return shown.is_exactly(wish.split("\n") if wish else ())
            case _:  # what vendors do to white space is no difference
                return shown.valid and shown.text.split() == wish.split()

    def change(self, side: Side, wish: str, present: Ticket) -> TicketChange:  # noqa: ARG002 - as all rules
        return TicketChange(fields={self.ids[side]: write_value(wish, self._kind(side))})

    def _kind(self, side: Side) -> Convert:
        many = self.convert is Convert.CHOICES
        return Convert.CHOICE if self.values and side is Side.LINKED and not many else self.convert

    def _counterpart(self, source: Side, words: Sequence[str]) -> Wish:
        found = counterpart(self.values, source, words)
        # A box that is not ticked needs no choice of its own: nothing is chosen then.
        unticked = (
            self.convert is Convert.YES_NO and source is Side.ORIGIN and "no" in map(str.casefold, words)
        )
        return "" if unticked and found is Unmapped.UNMAPPED else found


@dataclass(frozen=True, slots=True)
class TagsRule:
    """Which tags are synced; all others belong to other people and stay.

    Attributes:
        names: Tags at the origin and what they are called at the linked side.
        same: Patterns (`*` stands for anything) of further tags at the origin, which have the same name there.
        prefix: What these begin with at the linked side besides.
        not_these: Tags of the linked side that mean something else, whatever fits the patterns.
    """

    direction: Direction
    names: Mapping[str, str] = field(default_factory=dict)
    same: tuple[str, ...] = ()
    prefix: str = ""
    not_these: tuple[str, ...] = ()

    def rules(self, origin: Ticket, linked: Ticket, known: Iterable[str]) -> Iterator[TagRule]:
        """A rule for every tag that is or was (`known`: keys that a link remembers) on one of the two tickets."""
        found = {tag_key(name): (name, there) for name, there in self.names.items()}
        for key in known:
            if key.startswith("tag:"):
                found.setdefault(key, (key.removeprefix("tag:"), self.prefix + key.removeprefix("tag:")))
        for name in (*self._from_linked(linked), *(tag for tag in origin.tags if self._passes(tag))):
            found[tag_key(name)] = (name, self.prefix + name)
        for key, (name, there) in found.items():
            names = {Side.ORIGIN: name, Side.LINKED: there}
            yield TagRule(key=key, direction=self.direction, names=names)

    def _from_linked(self, linked: Ticket) -> Iterator[str]:
        for tag in linked.tags:
            name = tag[len(self.prefix) :]
            if tag.casefold().startswith(self.prefix.casefold()) and name and self._passes(name):
                yield name

    def _passes(self, name: str) -> bool:
        taken = [*self.not_these, *self.names.values()]
        if any(same_tag(name, each) for each in self.names) or any(
            same_tag(self.prefix + name, each) for each in taken
        ):
            return False
        return any(fnmatchcase(folded_tag(name), folded_tag(pattern)) for pattern in self.same)


@dataclass(frozen=True, slots=True)
class FieldRules:
    """All synced fields of a route."""

    single: tuple[FieldRule, ...] = ()
    tags: TagsRule | None = None

    def __bool__(self) -> bool:
        return bool(self.single or self.tags)

    def rules(self, origin: Ticket, linked: Ticket, known: Iterable[str]) -> tuple[FieldRule, ...]:
        """One rule per field; of tags, of those that are or were on one of the two tickets."""
        return (*self.single, *(self.tags.rules(origin, linked, known) if self.tags else ()))


def counterpart(values: Iterable[tuple[str, str | Keep]], source: Side, words: Iterable[str]) -> Wish:
    """The counterpart of a value on the other side; an unmapped one is not guessed."""
    folded = {word.casefold() for word in words}
    for origin, linked in values:
        if source is Side.ORIGIN and origin.casefold() in folded:
            return linked
        if source is Side.LINKED and linked is not Keep.KEEP and linked.casefold() in folded:
            return origin
    return Unmapped.UNMAPPED


def tag_key(tag: str) -> str:
    """What a link remembers a tag by."""
    return f"tag:{folded_tag(tag)}"


def same_tag(one: str, other: str) -> bool:
    """Whether two tags are the same, wherever they come from."""
    return folded_tag(one) == folded_tag(other)


def folded_tag(tag: str) -> str:
    """A tag as it is compared: Zendesk makes "Big customer" big_customer, Jira Big-customer, and Freshdesk keeps it."""
    return re.sub(r"[\s_-]+", "-", tag.strip().casefold())


def _words_of(person: Person) -> tuple[str, ...]:
    return tuple(word for word in (person.id, person.email or "") if word)
