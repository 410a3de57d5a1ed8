"""Choose the transition to a wanted status, and its fields. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeVar

from escalation_bridge.plugin import (
    JsonPart,
    Status,
    StatusKind,
)

Given = TypeVar("Given")


@dataclass(frozen=True, slots=True)
class Transition:
    """A transition that Jira offers for an issue to this account now.

    Attributes:
        on_screen: The ids of the fields that it accepts.
        required: The required ones: id -> name.
    """

    id: str
    name: str
    to: Status
    on_screen: frozenset[str]
    required: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Step:
    """A transition to perform.

    Attributes:
        left_out: Configured fields that its screen does not have; with them Jira would refuse it.
    """

    transition: Transition
    fields: Mapping[str, object]
    left_out: tuple[str, ...]


class NoWay(Exception):
    """No transition leads there now; the message names what an admin can do."""


def offered(answer: JsonPart, status: Callable[[JsonPart], Status]) -> tuple[Transition, ...]:
    """The transitions of an answer with `expand=transitions.fields`, without unavailable ones.

    One without a target status (recorded) is skipped; the others still count.
    """
    return tuple(
        _transition(each, status)
        for each in (answer / "transitions").elements()
        if (each / "isAvailable").maybe_flag() is not False  # only Cloud tells
        and (each / "to" / "id").maybe_text()
        and (each / "to" / "name").maybe_text()
    )


def _transition(part: JsonPart, status: Callable[[JsonPart], Status]) -> Transition:
    fields = dict((part / "fields").members())
    required = {
        field_id: (field / "name").maybe_text() or field_id
        for field_id, field in fields.items()
        if (field / "required").maybe_flag() and not (field / "hasDefaultValue").maybe_flag()
    }
    return Transition(
        id=(part / "id").text(),
        name=(part / "name").maybe_text() or "",
        to=status(part / "to"),
        on_screen=frozenset(fields),
        required=required,
    )


def _ways_to_mean(wanted: str) -> Sequence[Callable[[Status], bool]]:
    """How a status may be meant, the strictest way first."""
    return (
        lambda status: status.id == wanted,
        lambda status: status.name.casefold() == wanted.casefold(),
        lambda status: status.kind is not StatusKind.UNKNOWN and status.kind.value == wanted,
    )


def meant(wanted: str, statuses: Sequence[Status]) -> list[Status]:
    """The statuses that are meant, in the strictest way that matches one."""
    for fits in _ways_to_mean(wanted):
        found = [status for status in statuses if fits(status)]
        if found:
            return found
    return []


def is_there(current: Status, wanted: str, reachable: Iterable[Transition]) -> bool:
    """Whether nothing has to be done: the present status is meant, and no reachable one more strictly."""
    statuses = [transition.to for transition in reachable]
    for fits in _ways_to_mean(wanted):
        if fits(current):
            return True
        if any(map(fits, statuses)):
            return False
    return False


def step_to(
    wanted: str,
    transitions: Sequence[Transition],
    configured: Mapping[str, Mapping[str, object]],
    chosen: Mapping[str, str] = MappingProxyType({}),
) -> Step:
    """The transition to perform.

    If several lead there, it is the configured one; without a configuration, the one with the
    fewest required fields, and of those the first in Jira's order.

    Args:
        wanted: A status id, a status name, or a `StatusKind` value.
        transitions: The transitions that Jira offers now.
        configured: Fields for transitions, by their own name or by the name or id of the status they lead to.
        chosen: Names or ids of transitions, by the name or id of the status they lead to.

    Raises:
        NoWay: None leads there, or all require fields that are not configured.
    """
    candidates = _leading_to(wanted, transitions)
    if not candidates:
        raise NoWay(_unreachable(wanted, transitions))
    allowed = [transition for transition in candidates if _is_allowed(transition, chosen)]
    if not allowed:
        raise NoWay(_not_chosen(candidates, chosen))
    steps = [_step(transition, configured) for transition in allowed]
    possible = [step for step in steps if not _lacking(step)]
    if not possible:
        raise NoWay("; ".join(_incomplete(step) for step in steps))
    return min(possible, key=lambda step: len(step.transition.required))


def _leading_to(wanted: str, transitions: Sequence[Transition]) -> list[Transition]:
    for fits in _ways_to_mean(wanted):
        found = [transition for transition in transitions if fits(transition.to)]
        if found:
            return found
    return []


def is_named(status: Status, word: str) -> bool:
    """Whether a word of the configuration is the status's id or name."""
    return word == status.id or word.casefold() == status.name.casefold()


def for_status(configured: Mapping[str, Given], status: Status) -> Given | None:
    """The configuration under a status's id or name."""
    return next((value for word, value in configured.items() if is_named(status, word)), None)


def _is_allowed(transition: Transition, chosen: Mapping[str, str]) -> bool:
    word = for_status(chosen, transition.to)
    return word is None or word == transition.id or word.casefold() == transition.name.casefold()


def _step(transition: Transition, configured: Mapping[str, Mapping[str, object]]) -> Step:
    by_name = (fields for word, fields in configured.items() if word.casefold() == transition.name.casefold())
    # What stands under the transition itself goes before what stands under the status that it leads to.
    given = {**(for_status(configured, transition.to) or {}), **next(by_name, {})}
    fields = {name: value for name, value in given.items() if name in transition.on_screen}
    return Step(transition, fields, tuple(name for name in given if name not in transition.on_screen))


def _lacking(step: Step) -> list[str]:
    return [name for field, name in step.transition.required.items() if field not in step.fields]


def _unreachable(wanted: str, transitions: Sequence[Transition]) -> str:
    names = dict.fromkeys(transition.to.name for transition in transitions)
    if not names:
        return (
            f"no transition leads to {wanted!r}: Jira offers none at all. The account may lack the permission "
            "Transition issues, or the workflow ends here"
        )
    return (
        f"no transition leads to {wanted!r} from here; reachable now: {', '.join(names)}. If the way leads over other "
        f"statuses, name them in the connection: status_paths: {{{wanted}: [...]}}"
    )


def _not_chosen(candidates: Sequence[Transition], chosen: Mapping[str, str]) -> str:
    to = candidates[0].to
    names = ", ".join(repr(transition.name) for transition in candidates)
    return (
        f"the transition {for_status(chosen, to)!r}, which transitions.{to.name} names, is not offered here; "
        f"what leads to {to.name!r} is {names}"
    )


def _incomplete(step: Step) -> str:
    to = step.transition.to.name
    lacking = ", ".join(
        f"{field} ({name})" for field, name in step.transition.required.items() if field not in step.fields
    )
    return f"the transition {step.transition.name!r} to {to!r} asks for {lacking}: set transition_fields.{to}"
