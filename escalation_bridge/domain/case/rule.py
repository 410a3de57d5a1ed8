"""Rules are values: a rule has a name, says on which tickets its writes rest, and decides.

What a rule writes is known under its name for ever (`explain` shows it). Some writes cannot be taken back: a ticket is handed back,
closed, reopened or escalated, a customer is told something. Such a rule names the tickets on which that rests. The engine reads
those that it has not just read and decides again, so a webhook that was lost changes nothing; while one of them cannot be read, the
rule waits.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from escalation_bridge.domain.case.cases import CaseView, Link, Rules
from escalation_bridge.domain.case.part import NOTHING, Part
from escalation_bridge.domain.case.write_records import IntentState, as_retried
from escalation_bridge.domain.routes.routes import Route
from escalation_bridge.domain.sla.clocks import Clock
from escalation_bridge.domain.sla.policy import Policy
from escalation_bridge.domain.tickets.tickets import Ticket, TicketRef


@dataclass(frozen=True, slots=True)
class CaseLook:
    """What a rule about a case decides from.

    Attributes:
        view: The case, as the rules before left it.
        origin: The customer's ticket.
        policy: What the ticket is promised, as the terms that count for it say; None: nothing.
        clocks: The clocks, as they stand now.
    """

    view: CaseView
    rules: Rules
    origin: Ticket
    policy: Policy | None
    clocks: tuple[Clock, ...]
    now: datetime


@dataclass(frozen=True, slots=True)
class LinkLook:
    """What a rule about a link decides from.

    Attributes:
        view: The case.
        link: The link, as the rules before left it.
        route: Its route.
    """

    view: CaseView
    rules: Rules
    link: Link
    route: Route
    now: datetime


class _Look(Protocol):
    @property
    def view(self) -> CaseView: ...


LookT = TypeVar("LookT", bound=_Look)


def on_nothing(_look: object, _part: Part) -> Iterable[TicketRef]:
    """What a rule rests on whose writes may come late or be corrected: nothing that has to be read for it."""
    return ()


@dataclass(frozen=True)
class Rule(Generic[LookT]):
    """A rule.

    Attributes:
        name: How people know it; a template of the catalogue.
        decide: What it contributes.
        rests_on: The tickets that have to be fresh for what it just decided.
    """

    name: str
    decide: Callable[[LookT], Part]
    rests_on: Callable[[LookT, Part], Iterable[TicketRef]] = on_nothing

    def apply(self, look: LookT) -> Part:
        """What the rule contributes, under its name. Nothing while a ticket that it rests on cannot be read."""
        part = self.decide(look)
        if part == NOTHING:
            return part
        needed = frozenset(self.rests_on(look, part))
        if needed & look.view.unread:
            return NOTHING
        return replace(
            part,
            intents=tuple(keyed if keyed.rule else replace(keyed, rule=self.name) for keyed in part.intents),
            rests_on=part.rests_on | needed,
        )


def with_part(view: CaseView, part: Part) -> CaseView:
    """The case as the next rule finds it: links changed, writes withdrawn or tried again. New writes are not among it."""
    if not (part.links or part.withdrawn or part.retried):
        return view
    intents = dict(view.intents)
    intents |= {key: replace(intents[key], state=IntentState.CANCELLED) for key in part.withdrawn}
    intents |= {key: as_retried(intents[key]) for key in part.retried if key not in part.withdrawn}
    return replace(with_links(view, part.links), intents=intents)


def with_links(view: CaseView, changed: Iterable[Link]) -> CaseView:
    """The case as it is once these links are changed; one that is ended is none of the case's any more."""
    links = {link.id: link for link in (*view.links, *changed)}
    return replace(view, links=tuple(link for link in links.values() if link.ended is None))
