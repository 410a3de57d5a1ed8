"""Rules about tags, one each."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import ClassVar

from escalation_bridge.domain.routes.fields.rule import Direction, FieldFamily, FieldName, FieldRule
from escalation_bridge.domain.routes.fields.values import Shown, single
from escalation_bridge.domain.routes.sides import Side, Wish
from escalation_bridge.domain.tickets.tickets import Severity, Ticket, TicketChange

TAGS = "tags"
"""The link's key for the tags as a whole."""
_PRESENT = "yes"


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
    def family(self) -> str | None:
        return TAGS if self.severity is None else None

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


@dataclass(frozen=True, slots=True)
class TagsRule(FieldFamily):
    """Which tags are synced; all others belong to other people and stay.

    Attributes:
        names: Tags at the origin and what they are called at the linked side.
        same: Patterns (`*` stands for anything) of further tags at the origin, which have the same name there.
        prefix: What these begin with at the linked side besides.
        not_these: Tags of the linked side that mean something else, whatever fits the patterns.
    """

    key: ClassVar[str] = TAGS
    direction: Direction
    names: Mapping[str, str] = field(default_factory=dict)
    same: tuple[str, ...] = ()
    prefix: str = ""
    not_these: tuple[str, ...] = ()

    def rules(self, origin: Ticket, linked: Ticket, known: Iterable[str]) -> Iterator[TagRule]:
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


def tag_key(tag: str) -> str:
    """What a link remembers a tag by."""
    return f"tag:{folded_tag(tag)}"


def same_tag(one: str, other: str) -> bool:
    """Whether two tags are the same, wherever they come from."""
    return folded_tag(one) == folded_tag(other)


def folded_tag(tag: str) -> str:
    """A tag as it is compared: Zendesk makes "Big customer" big_customer, Jira Big-customer, and Freshdesk keeps it."""
    return re.sub(r"[\s_-]+", "-", tag.strip().casefold())
