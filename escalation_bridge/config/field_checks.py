"""What cannot work in the fields of a route: maps that do not come back, and rules that are about the same field."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from escalation_bridge.config.fields import (
    AssigneeSync,
    CustomFieldSync,
    PrioritySync,
    SeveritySync,
    TagsSync,
)
from escalation_bridge.config.routes import KEEP, RouteSettings
from escalation_bridge.configfile import Path, Review
from escalation_bridge.configfile.findings import name
from escalation_bridge.domain.routes.field_rules import Direction, folded_tag
from escalation_bridge.domain.routes.field_values import Convert, read_value
from escalation_bridge.domain.routes.sides import Side
from escalation_bridge.domain.tickets.tickets import Priority


class _Directed(Protocol):
    @property
    def direction(self) -> Direction: ...


def check_fields(review: Review, route_at: Path, route: RouteSettings) -> None:
    """Check the fields of one route."""
    at, fields = (*route_at, "fields"), route.fields
    if fields.priority is not None:
        _check_priority(review, (*at, "priority"), fields.priority)
        _check_beginning(review, route_at, route, fields.priority)
    if fields.severity is not None:
        _check_labels(review, (*at, "severity", "labels"), fields.severity)
    if fields.assignee is not None:
        _check_assignee(review, (*at, "assignee"), fields.assignee)
    if fields.tags is not None:
        labels = fields.severity.labels.values() if fields.severity else ()
        _check_tags(review, (*at, "tags"), fields.tags, labels)
    for position, custom in enumerate(fields.custom):
        _check_values(review, (*at, "custom", position), custom)
    taken = [fields.severity.field] if fields.severity and fields.severity.field else []
    _check_unique(review, at, fields.custom, taken)


def _check_priority(review: Review, at: Path, priority: PrioritySync) -> None:
    maps = {"to_linked": priority.to_linked, "to_origin": priority.to_origin}
    for way, source in (("to_linked", Side.ORIGIN), ("to_origin", Side.LINKED)):
        if maps[way] and not priority.direction.carries(source):
            _unused(review, (*at, way), priority)
    if priority.direction is not Direction.BOTH:
        return
    for way, back_way in (("to_linked", "to_origin"), ("to_origin", "to_linked")):
        for word in Priority:
            wish = maps[way].get(word, word)
            if not isinstance(wish, Priority) or {word, wish} & set(priority.one_way):
                continue
            back = maps[back_way].get(wish, wish)
            if back not in (word, KEEP):
                _does_not_come_back(review, (*at, way, word.value), word, wish, back)


def _does_not_come_back(review: Review, at: Path, word: str, wish: str, back: str) -> None:
    review.report(
        at,
        f"{name(word)} becomes {name(wish)}, and {name(wish)} comes back as {name(back)}. If that is meant, add "
        f"{name(word)} to `one_way`; `keep` on the way back changes nothing",
        of_key=True,
    )


def _check_beginning(review: Review, at: Path, route: RouteSettings, priority: PrioritySync) -> None:
    if not priority.direction.carries(Side.ORIGIN):
        return
    for word, given in route.priorities.items():
        if priority.to_linked.get(word, word) != given:
            review.report(
                (*at, "priorities", word.value),
                "`fields.priority.to_linked` says otherwise, and would change it at once; leave `priorities` out",
            )


def _check_labels(review: Review, at: Path, severity: SeveritySync) -> None:
    if len(severity.labels) > 1 and len({folded_tag(label) for label in severity.labels.values()}) == 1:
        word, label = list(severity.labels.items())[-1]
        review.report(
            (*at, word.value), f"{name(label)} would stand for both severities; leave one of them out"
        )


def _check_assignee(review: Review, at: Path, assignee: AssigneeSync) -> None:
    for side in assignee.default:
        if not assignee.direction.carries(side.other):
            _unused(review, (*at, "default", side.value), assignee)
    if not assignee.direction.carries(Side.LINKED):
        return
    seen: dict[str, str] = {}
    for agent, people in assignee.users.items():
        for person in (people,) if isinstance(people, str) else people:
            other = seen.setdefault(person.casefold(), agent)
            if other != agent:
                review.report(
                    (*at, "users", agent),
                    f"{name(person)} is {name(other)} already, and can be one agent only",
                )


def _check_tags(review: Review, at: Path, tags: TagsSync, labels: Iterable[str]) -> None:
    if tags.prefix and not tags.same:
        review.report(
            (*at, "prefix"), "it is put before the tags under `same`, and there are none", of_key=True
        )
    reserved = {folded_tag(label): "the severity" for label in labels}
    seen: dict[str, str] = {}
    for tag, label in tags.map.items():
        here = (*at, "map", tag)
        taken = reserved.get(folded_tag(label))
        if taken is not None:
            review.report(here, f"{name(label)} stands for {taken} already, under `severity.labels`")
        if folded_tag(tag) in {folded_tag(each) for each in seen.values()}:
            review.report(here, f"{name(tag)} is there already: {_ALIKE}", of_key=True)
        other = seen.setdefault(folded_tag(label), tag)
        if other != tag:
            review.report(
                here,
                f"{name(other)} becomes {name(label)} already; which of them is meant would be ambiguous ({_ALIKE})",
            )


_ALIKE = "upper and lower case, spaces, - and _ make no difference"


def _check_values(review: Review, at: Path, custom: CustomFieldSync) -> None:
    for word in custom.one_way:
        if word not in custom.values:
            review.report_unknown((*at, "one_way", custom.one_way.index(word)), "value", tuple(custom.values))
    seen: dict[str, str] = {}
    for word, wish in custom.values.items():
        here = (*at, "values", word)
        if not read_value(word, custom.convert).valid:
            review.report(
                here, f"this is nothing that a field of the kind {custom.convert} holds", of_key=True
            )
        if wish == KEEP:
            if custom.convert is Convert.CHOICES:
                review.report(here, "`keep` is for one value, and this field holds several")
            continue
        if word in custom.one_way or not custom.direction.carries(Side.LINKED):
            continue
        other = seen.setdefault(wish.casefold(), word)
        if other != word:
            _does_not_come_back(review, here, word, wish, other)


def _check_unique(review: Review, at: Path, customs: Iterable[CustomFieldSync], taken: Iterable[str]) -> None:
    """Two rules that write one field would fight each other."""
    written: Mapping[str, set[str]] = {"origin": set(), "linked": set(taken)}
    for position, custom in enumerate(customs):
        for end, source in (("origin", Side.LINKED), ("linked", Side.ORIGIN)):
            field = getattr(custom, end)
            if field in written[end]:
                review.report((*at, "custom", position, end), "another rule is about this field already")
            if custom.direction.carries(source):
                written[end].add(field)


def _unused(review: Review, at: Path, rule: _Directed) -> None:
    review.report(at, f"it is never used: the direction is {rule.direction}", of_key=True)
