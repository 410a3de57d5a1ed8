"""The rule about the priority."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from escalation_bridge.domain.routes.fields.mapped import Words
from escalation_bridge.domain.routes.fields.rule import FieldRule
from escalation_bridge.domain.routes.fields.values import Shown, single
from escalation_bridge.domain.routes.sides import Keep, Side, Wish
from escalation_bridge.domain.tickets.tickets import Priority, Severity, Ticket, TicketChange

PRIORITY = "priority"


@dataclass(frozen=True, slots=True, kw_only=True)
class PriorityRule(FieldRule):
    """The priority. An unmapped one passes unchanged; a missing one is not copied."""

    key: str = PRIORITY
    to_linked: Words = field(default_factory=dict)
    to_origin: Words = field(default_factory=dict)

    @property
    def is_settled_for_all(self) -> bool:
        return True

    def shown(self, side: Side, ticket: Ticket, severity: Severity) -> Shown:  # noqa: ARG002 - as all rules
        return single(str(ticket.priority or ""))

    def wish(self, source: Side, shown: Shown, unknown: Iterable[str]) -> Wish:  # noqa: ARG002 - as all rules
        words = self.to_linked if source is Side.ORIGIN else self.to_origin
        return words.get(shown.text, shown.text) if shown.text else Keep.KEEP

    def is_met(self, side: Side, shown: Shown, wish: str) -> bool:  # noqa: ARG002 - as all rules
        return shown.text == wish

    def change(self, side: Side, wish: str, present: Ticket) -> TicketChange:  # noqa: ARG002 - as all rules
        return TicketChange(priority=Priority(wish))
