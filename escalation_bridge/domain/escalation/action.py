"""The interface of a kind of action, and the context of an action."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from escalation_bridge.domain.case.cases import CaseView
from escalation_bridge.domain.case.part import Part
from escalation_bridge.domain.case.write_records import KeyedIntent
from escalation_bridge.domain.escalation.rungs import Rung
from escalation_bridge.domain.routes.routes import Route
from escalation_bridge.domain.sla.policy import Action, Policy
from escalation_bridge.domain.tickets.tickets import Ticket


@dataclass(frozen=True, slots=True)
class Acting:
    """The step whose action is carried out.

    Attributes:
        key: Of the write that the action decides.
        facts: What its message may mention.
        decided: What other actions decided in this look.
    """

    view: CaseView
    origin: Ticket
    policy: Policy
    routes: Mapping[str, Route]
    rung: Rung
    key: str
    facts: Mapping[str, str]
    decided: tuple[KeyedIntent, ...]
    now: datetime


def _to_nobody(_: Any) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Hook:
    """A hook of extensions without which an action could not be carried out.

    Attributes:
        name: Of the hook.
        problem: What does not happen where no extension implements it.
        instead: What else can be written.
    """

    name: str
    problem: str
    instead: str


@dataclass(frozen=True, slots=True)
class ActionKind:
    """A kind of action: a file in `actions`.

    Attributes:
        word: What it is called in a step's `do`.
        help: What the configuration's schema says of it.
        make: The action, from what is written after the word.
        of: Its class; `act` and `reader` are called with it.
        act: What it does.
        values: What may be written; empty: any text.
        names: What the text is a name of, to be checked where the configuration is read.
        hook: What an extension has to implement for it; None: nothing.
        pages: Whether it is what a step's `page` is about.
        reader: Of an action that tells something: to whom. Of several at once only the last one is carried out.
    """

    word: str
    help: str
    make: Callable[[str], Action]
    of: type[Action]
    act: Callable[[Any, Acting], Part]
    values: tuple[str, ...] = ()
    names: Literal["message", "route"] | None = None
    hook: Hook | None = None
    pages: bool = False
    reader: Callable[[Any], tuple[str, ...] | None] = _to_nobody
