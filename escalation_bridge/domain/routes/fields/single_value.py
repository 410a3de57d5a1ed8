"""The rule about a single-valued property of a ticket."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from escalation_bridge.domain.routes.fields.mapped import counterpart
from escalation_bridge.domain.routes.fields.rule import FieldRule
from escalation_bridge.domain.routes.fields.values import Shown, single
from escalation_bridge.domain.routes.sides import Keep, Side, Wish
from escalation_bridge.domain.tickets.tickets import Severity, Ticket, TicketChange


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueRule(FieldRule):
    """A single-valued property; a missing value is not copied.

    Attributes:
        values: A value at the origin and the one at the linked side that means the same. Empty: values pass unchanged; else
            what is not listed is not guessed.
        read: What a ticket shows.
        write: The change after which it shows a value.
    """

    values: tuple[tuple[str, str | Keep], ...] = ()
    read: Callable[[Ticket], str]
    write: Callable[[str], TicketChange]

    def shown(self, side: Side, ticket: Ticket, severity: Severity) -> Shown:  # noqa: ARG002 - as all rules
        return single(self.read(ticket))

    def wish(self, source: Side, shown: Shown, unknown: Iterable[str]) -> Wish:  # noqa: ARG002 - as all rules
        if not shown.text:
            return Keep.KEEP
        return counterpart(self.values, source, (shown.text,)) if self.values else shown.text

    def is_met(self, side: Side, shown: Shown, wish: str) -> bool:  # noqa: ARG002 - as all rules
        return shown.text.casefold() == wish.casefold()

    def change(self, side: Side, wish: str, present: Ticket) -> TicketChange:  # noqa: ARG002 - as all rules
        return self.write(wish)
