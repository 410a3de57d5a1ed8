"""Rules are values: a rule has a name, names the tickets that must be fresh, and decides.

Each write keeps the name of its rule (`explain` shows it). Some writes cannot be undone: a ticket is handed back,
closed, reopened or escalated, a customer is notified. Such a rule names the tickets that must be fresh. The engine reads
stale ones and decides again, so a lost webhook changes nothing. While one of them is unreadable, the
rule waits.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from escalation_bridge.domain.case.cases import CaseView, Link, Rules
from escalation_bridge.domain.case.escalations import merged
from escalation_bridge.domain.case.part import NOTHING, Part
from escalation_bridge.domain.case.write_records import IntentState, KeyedIntent, as_retried
from escalation_bridge.domain.routes.routes import Route
from escalation_bridge.domain.sla.clocks import Clock
from escalation_bridge.domain.sla.events import order
from escalation_bridge.domain.sla.policy import Policy
from escalation_bridge.domain.tickets.tickets import Ticket, TicketRef


@dataclass(frozen=True, slots=True)
class CaseLook:
    """The input of a rule about a case.

    Attributes:
        view: The case after the previous rules.
        origin: The customer's ticket.
        policy: The ticket's policy in force; None: there is none.
        clocks: The clocks, as of now.
        decided: The writes of the previous rules.
    """

    view: CaseView
    rules: Rules
    origin: Ticket
    policy: Policy | None
    clocks: tuple[Clock, ...]
    now: datetime
    decided: tuple[KeyedIntent, ...] = ()


@dataclass(frozen=True, slots=True)
class LinkLook:
    """The input of a rule about a link.

    Attributes:
        view: The case.
        link: The link after the previous rules.
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
    """For rules whose writes may be late or corrected: no ticket has to be fresh."""
    return ()


@dataclass(frozen=True)
class Rule(Generic[LookT]):
    """A rule.

    Attributes:
        name: Its name for people; a template of the catalogue.
        decide: Returns its contribution.
        rests_on: The tickets that must be fresh for this contribution.
    """

    name: str
    decide: Callable[[LookT], Part]
    rests_on: Callable[[LookT, Part], Iterable[TicketRef]] = on_nothing

    def apply(self, look: LookT) -> Part:
        """Apply the rule, and name its writes. Returns nothing while a required ticket is unreadable."""
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
    """The case for the next rule: links, escalations and events changed, writes withdrawn or retried.

    New writes are not included.
    """
    if part.happened:
        view = replace(view, events=order((*view.events, *part.happened)))
    if part.escalations:
        view = replace(view, escalations=merged(view.escalations, part.escalations))
    if part.corrections:
        view = replace(view, classification=part.corrections[-1].after)
    if not (part.links or part.withdrawn or part.retried):
        return view
    intents = dict(view.intents)
    intents |= {key: replace(intents[key], state=IntentState.CANCELLED) for key in part.withdrawn}
    intents |= {key: as_retried(intents[key]) for key in part.retried if key not in part.withdrawn}
    return replace(with_links(view, part.links), intents=intents)


def with_links(view: CaseView, changed: Iterable[Link]) -> CaseView:
    """The case with changed links; ended ones are removed."""
    links = {link.id: link for link in (*view.links, *changed)}
    return replace(view, links=tuple(link for link in links.values() if link.ended is None))
