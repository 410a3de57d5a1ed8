"""From what an admin wrote about a route's fields to the domain's rules."""

from collections.abc import Iterator, Mapping

from escalation_bridge.config.fields import (
    AssigneeSync,
    CustomFieldSync,
    FieldsSync,
    PrioritySync,
    SeveritySync,
    TagsSync,
)
from escalation_bridge.domain.routes.field_rules import (
    AssigneeRule,
    CustomRule,
    Direction,
    FieldRule,
    FieldRules,
    PriorityRule,
    TagRule,
    TagsRule,
    Words,
)
from escalation_bridge.domain.routes.field_values import Convert, read_value
from escalation_bridge.domain.routes.sides import Keep, Side
from escalation_bridge.domain.tickets.tickets import Priority, Severity


def field_rules(fields: FieldsSync) -> FieldRules | None:
    """The rules of a route, from settings in which nothing is wrong; None: no field is kept in step."""
    rules = FieldRules(tuple(_single(fields)), _tags(fields.tags, fields.severity) if fields.tags else None)
    return rules or None


def begun_priorities(
    priorities: Mapping[Priority, Priority], fields: FieldsSync
) -> Mapping[Priority, Priority]:
    """What priority a linked ticket begins with: what it would be given at once, lest it be written twice."""
    if fields.priority is None or not fields.priority.direction.carries(Side.ORIGIN):
        return priorities
    given = {word: wish for word, wish in fields.priority.to_linked.items() if isinstance(wish, Priority)}
    return {**given, **priorities}


def _single(fields: FieldsSync) -> Iterator[FieldRule]:
    if fields.priority is not None:
        yield _priority(fields.priority)
    if fields.severity is not None:
        yield from _severity(fields.severity)
    if fields.assignee is not None:
        yield _assignee(fields.assignee)
    yield from (_custom(each) for each in fields.custom)


def _priority(priority: PrioritySync) -> PriorityRule:
    return PriorityRule(
        direction=priority.direction,
        owner=priority.owner,
        to_linked=_words(priority.to_linked),
        to_origin=_words(priority.to_origin),
    )


def _words(words: Mapping[Priority, Priority | str]) -> Words:
    return {
        word.value: str(wish) if isinstance(wish, Priority) else Keep.KEEP for word, wish in words.items()
    }


def _severity(severity: SeveritySync) -> Iterator[FieldRule]:
    if severity.field is not None:
        yield CustomRule(
            key="severity",
            direction=Direction.TO_LINKED,
            ids={Side.LINKED: severity.field},
            convert=Convert.CHOICE,
            values=tuple((each.value, severity.values.get(each, each.value)) for each in Severity),
        )
    for each, label in severity.labels.items():
        yield TagRule(
            key=f"severity:{each}",
            direction=Direction.TO_LINKED,
            names={Side.ORIGIN: each.value, Side.LINKED: label},
            severity=each,
        )


def _assignee(assignee: AssigneeSync) -> AssigneeRule:
    pairs = (
        (agent, person)
        for agent, people in assignee.users.items()
        for person in ((people,) if isinstance(people, str) else people)
    )
    return AssigneeRule(
        direction=assignee.direction, owner=assignee.owner, users=tuple(pairs), default=assignee.default
    )


def _tags(tags: TagsSync, severity: SeveritySync | None) -> TagsRule:
    labels = tuple(severity.labels.values()) if severity else ()
    return TagsRule(tags.direction, tags.map, tags.same, tags.prefix, not_these=labels)


def _custom(custom: CustomFieldSync) -> CustomRule:
    # Of two values that become one the one that is meant to come back is found first.
    ordered = sorted(custom.values.items(), key=lambda pair: pair[0] in custom.one_way)
    return CustomRule(
        key=f"custom:{custom.origin}:{custom.linked}",
        label=custom.label or "",
        direction=custom.direction,
        owner=custom.owner,
        ids={Side.ORIGIN: custom.origin, Side.LINKED: custom.linked},
        convert=custom.convert,
        values=tuple(
            (_as_read(word, custom.convert), Keep.KEEP if wish == Keep.KEEP.value else wish)
            for word, wish in ordered
        ),
    )


def _as_read(word: str, convert: Convert) -> str:
    """A value as the field's own is read: 5.0 is 5."""
    return word if convert in (Convert.CHOICE, Convert.CHOICES) else read_value(word, convert).text
