"""Which fields may be kept in step (the priority, tags, a custom field, the assignee), and what each value means over there."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from bridge_histories.desks import Desk
from bridge_histories.seen import End
from escalation_bridge.domain.routes.fields.assignee import ASSIGNEE, AssigneeRule
from escalation_bridge.domain.routes.fields.custom import CustomRule
from escalation_bridge.domain.routes.fields.priority import PRIORITY, PriorityRule
from escalation_bridge.domain.routes.fields.rule import Direction, FieldRule, FieldRules
from escalation_bridge.domain.routes.fields.tags import TagsRule
from escalation_bridge.domain.routes.fields.values import Convert
from escalation_bridge.domain.routes.sides import Side

ESCALATED = "escalated"
"""What tickets are tagged with when they are handed on."""
YES = "yes"
"""The value of a tag that is there."""


@dataclass(frozen=True)
class Kept:
    """By kind of field, in which direction an admin has it kept in step; None: not at all.

    Attributes:
        priority: The priority is kept in step, both ways.
        default: At the linked side, whom nobody stands for there is replaced by somebody.
    """

    tags: Direction | None = None
    custom: Direction | None = None
    assignee: Direction | None = None
    default: bool = False
    priority: bool = False


NOTHING = Kept()
BOTH_WAYS = Kept(Direction.BOTH, Direction.BOTH, Direction.BOTH)


@dataclass(frozen=True)
class Book:
    """The fields of a pair. The keys are those that a link remembers them by, the values what people there see.

    Attributes:
        same_tags: What a tag is called at the origin and at the linked side; the first one is mapped by name.
        other_tags: By end, tags that people use and no rule names.
        custom: The two custom fields' ids.
        convert: What they hold.
        words: The values of both that mean the same; empty: values pass unchanged.
        choices: By end, what people set the custom field to.
        people: Who at the origin is who at the linked side.
        by_address: Who of them is not in the table, since both helpdesks know the same address.
        strangers: By end, somebody who is nobody at the other one.
    """

    same_tags: tuple[tuple[str, str], ...]
    other_tags: Mapping[End, tuple[str, ...]]
    custom: tuple[str, str]
    convert: Convert
    words: tuple[tuple[str, str], ...]
    choices: Mapping[End, tuple[str, ...]]
    people: tuple[tuple[str, str], ...]
    by_address: tuple[str, ...]
    strangers: Mapping[End, str]

    @property
    def custom_key(self) -> str:
        return "custom:{}:{}".format(*self.custom)

    @property
    def tag_keys(self) -> Mapping[str, tuple[str, str]]:
        return {f"tag:{folded(origin)}": (origin, linked) for origin, linked in self.same_tags}

    def direction(self, kept: Kept, key: str) -> Direction | None:
        if key == PRIORITY:
            return Direction.BOTH if kept.priority else None
        if key == ASSIGNEE:
            return kept.assignee
        return kept.custom if key == self.custom_key else kept.tags

    def carries(self, kept: Kept, key: str, source: End) -> bool:
        """Whether a change at an end goes over to the other one."""
        against = Direction.TO_ORIGIN if source is End.ORIGIN else Direction.TO_LINKED
        return self.direction(kept, key) not in (None, against)

    def assignees(self, end: End) -> tuple[str, ...]:
        """Whom people at an end give a ticket to."""
        return (self.strangers[end], *(pair[_index(end)] for pair in self.people))

    def tags(self, end: End) -> tuple[str, ...]:
        """What people at an end put on a ticket, as they write it there."""
        return (*(pair[_index(end)] for pair in self.same_tags), *self.other_tags[end])

    def is_same_tag(self, one: str, other: str) -> bool:
        return folded(one) == folded(other)

    def values(self, end: End, desk: Desk, ticket: str) -> dict[str, str]:
        """What a ticket holds, by key."""
        tags = {folded(tag) for tag in desk.tags(ticket)}
        here = _index(end)
        return {
            PRIORITY: desk.rank(ticket) or "",
            ASSIGNEE: desk.assignee(ticket),
            self.custom_key: self._plain(desk.custom(ticket, self.custom[here])),
            **{key: YES if folded(names[here]) in tags else "" for key, names in self.tag_keys.items()},
        }

    def strange_tags(self, end: End, desk: Desk, ticket: str) -> frozenset[str]:
        """The tags that no rule names; neither what Zendesk puts there for what is chosen in a dropdown, nor the bridge's own."""
        same = (pair[_index(end)] for pair in self.same_tags)
        named = {folded(tag) for tag in (*same, *self.choices[end], ESCALATED)}
        return frozenset(tag for tag in desk.tags(ticket) if folded(tag) not in named)

    def counterpart(self, kept: Kept, source: End, key: str, value: str) -> str | None:
        """What a value of one end means at the other one; None: nothing that could be carried over."""
        if key == PRIORITY:
            return value or None
        if key == ASSIGNEE:
            default = self.strangers[End.LINKED] if kept.default and source is End.ORIGIN and value else None
            return _listed(self.people, source, value) or default
        if key != self.custom_key or not value:
            return value
        if self.words:
            return _listed(self.words, source, value)
        return None if self.convert is Convert.NUMBER and _number(value) is None else value

    def rules(self, kept: Kept, owner: Side | None, desks: Mapping[str, Desk]) -> FieldRules | None:
        """All that as an admin writes it."""
        single: list[FieldRule] = []
        if kept.priority:
            single.append(PriorityRule(direction=Direction.BOTH, owner=owner))
        if kept.assignee is not None:
            single.append(self._assignee_rule(kept, kept.assignee, owner, desks))
        if kept.custom is not None:
            single.append(
                CustomRule(
                    key=self.custom_key,
                    direction=kept.custom,
                    owner=owner,
                    ids=dict(zip(Side, self.custom, strict=True)),
                    convert=self.convert,
                    values=self.words,
                )
            )
        tags: tuple[TagsRule, ...] = ()
        if kept.tags is not None:
            mapped, *same = self.same_tags
            tags = (TagsRule(kept.tags, dict([mapped]), tuple(origin for origin, _ in same)),)
        return FieldRules(tuple(single), tags) if single or tags else None

    def _assignee_rule(
        self, kept: Kept, direction: Direction, owner: Side | None, desks: Mapping[str, Desk]
    ) -> AssigneeRule:
        origin, linked = desks["origin"], desks["linked"]
        table = [pair for pair in self.people if pair[0] not in self.by_address]
        return AssigneeRule(
            direction=direction,
            owner=owner,
            users=tuple((origin.called(one), linked.called(other)) for one, other in table),
            default={Side.LINKED: linked.called(self.strangers[End.LINKED])} if kept.default else {},
        )

    def _plain(self, value: str) -> str:
        """A value without what vendors do to it, and what is no difference."""
        number = _number(value) if self.convert is Convert.NUMBER else None
        return f"{number.normalize():f}" if number is not None else " ".join(value.split())


def folded(tag: str) -> str:
    """A tag without what makes no difference."""
    return re.sub(r"[\s_-]+", "-", tag.lower())


def _index(end: End) -> int:
    return 0 if end is End.ORIGIN else 1


def _listed(pairs: tuple[tuple[str, str], ...], source: End, value: str) -> str | None:
    here, there = _index(source), _index(source.other)
    return next((pair[there] for pair in pairs if pair[here] == value), None)


def _number(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None
