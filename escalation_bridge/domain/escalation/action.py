"""The interface of a kind of action, and the context of an action."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from escalation_bridge.domain.case.cases import CaseView, Rules
from escalation_bridge.domain.case.part import Part
from escalation_bridge.domain.case.write_records import KeyedIntent
from escalation_bridge.domain.escalation.rungs import Rung
from escalation_bridge.domain.sla.clocks import Clock
from escalation_bridge.domain.sla.policy import Action, Policy
from escalation_bridge.domain.tickets.tickets import Ticket


@dataclass(frozen=True, slots=True)
class Acting:
    """The step whose action is carried out.

    Attributes:
        key: Of the write that the action decides.
        facts: What its message may mention.
        rules: The routes and teams.
        decided: What other actions decided in this look.
        clocks: The clocks, as of now.
    """

    view: CaseView
    origin: Ticket
    policy: Policy
    rules: Rules
    rung: Rung
    key: str
    facts: Mapping[str, str]
    decided: tuple[KeyedIntent, ...]
    now: datetime
    clocks: tuple[Clock, ...] = ()


def _to_nobody(_: Any) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Name:
    """A name in the value of an action.

    Attributes:
        kind: What it is a name of: `message`, `route` or `team`.
        name: The name.
        at: The keys that lead to it within the value.
    """

    kind: str
    name: str
    at: tuple[str, ...] = ()


def _no_names(_: Any) -> Iterator[Name]:
    yield from ()


def _no_problem(_: Any) -> str:
    return ""


def name_of(kind: str) -> Callable[[Any], Iterator[Name]]:
    """For actions whose value is the name of a `message`, a `route` or a `team`."""

    def names(value: Any) -> Iterator[Name]:
        yield Name(kind, str(value))

    return names


@dataclass(frozen=True, slots=True)
class ActionKind:
    """A kind of action: a file in `actions`.

    Attributes:
        word: What it is called in a step's `do`.
        help: Its description in the configuration's schema.
        make: The action, from the value after the word.
        of: Its class; `act` and `reader` are called with it.
        act: What it does.
        takes: The type of the value, as pydantic reads it.
        problem: Why a value cannot be read, in words for an admin; empty: it can, or pydantic says why.
        values: The texts that may be written; empty: any.
        names: The names in the value, to be checked where the configuration is read.
        pages: Whether it is what a step's `page` is about.
        reader: The recipient of an action's message. Of several at once only the last one is carried out.
    """

    word: str
    help: str
    make: Callable[[Any], Action]
    of: type[Action]
    act: Callable[[Any, Acting], Part]
    values: tuple[str, ...] = ()
    takes: Any = str
    problem: Callable[[Any], str] = _no_problem
    names: Callable[[Any], Iterator[Name]] = _no_names
    pages: bool = False
    reader: Callable[[Any], tuple[str, ...] | None] = _to_nobody
