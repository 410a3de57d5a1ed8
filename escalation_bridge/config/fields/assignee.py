"""`assignee`: keeps the assignee in sync."""

from collections.abc import Iterator, Mapping

from pydantic import Field

from escalation_bridge.config.field_kind import FieldKind, FieldsSettings, NamedPerson, report_unused
from escalation_bridge.config.values import Word
from escalation_bridge.configfile import Path, Review
from escalation_bridge.configfile.findings import name
from escalation_bridge.domain.routes.fields.assignee import AssigneeRule
from escalation_bridge.domain.routes.fields.rule import Direction, FieldRule
from escalation_bridge.domain.routes.sides import Side
from escalation_bridge.plugin.settings import Settings


class AssigneeSync(Settings):
    """Keep the assignee in sync. The same email address on both sides is the same person."""

    direction: Direction = Direction.TO_ORIGIN
    """to_linked, to_origin or both."""
    owner: Side | None = None
    """Whose assignee wins if both changed at once. If omitted, a person chooses."""
    users: Mapping[Word, Word | tuple[Word, ...]] = Field(default_factory=dict)
    """Maps an agent of the origin to the same person at the linked side, each by email address or id.

    Each of several people at the linked side maps back to that agent; the first one is used in the other direction.
    """
    default: Mapping[Side, Word] = Field(default_factory=dict)
    """The assignee on a side (origin, linked) for a person who is unknown there. If omitted, the assignee there
    stays.
    """


def _rules(assignee: AssigneeSync | None, _: FieldsSettings) -> Iterator[FieldRule]:
    if assignee is None:
        return
    pairs = (
        (agent, person)
        for agent, people in assignee.users.items()
        for person in ((people,) if isinstance(people, str) else people)
    )
    yield AssigneeRule(
        direction=assignee.direction, owner=assignee.owner, users=tuple(pairs), default=assignee.default
    )


def _check(review: Review, at: Path, assignee: AssigneeSync | None, _: object) -> None:
    if assignee is None:
        return
    for side in assignee.default:
        if not assignee.direction.carries(side.other):
            report_unused(review, (*at, "default", side.value), assignee)
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


def _people(assignee: AssigneeSync | None) -> Iterator[NamedPerson]:
    if assignee is None:
        return
    for side in Side:
        assigned = assignee.direction.carries(side.other)
        for at, word in _words(assignee, side):
            yield NamedPerson(at, word, side, assigned)
        if side in assignee.default and assigned:
            yield NamedPerson(("default", str(side)), assignee.default[side], side, assigned)


def _words(assignee: AssigneeSync, side: Side) -> Iterator[tuple[Path, str]]:
    for key, there in assignee.users.items():
        if side is Side.ORIGIN:
            yield ("users", key), key
        elif isinstance(there, str):
            yield ("users", key), there
        else:
            yield from ((("users", key, position), word) for position, word in enumerate(there))


ASSIGNEE: FieldKind[AssigneeSync | None] = FieldKind(
    "assignee", AssigneeSync | None, None, _rules, _check, place=3, people=_people
)
