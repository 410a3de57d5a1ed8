"""The rule about a custom field."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from escalation_bridge.domain.routes.fields.mapped import counterpart
from escalation_bridge.domain.routes.fields.rule import FieldName, FieldRule
from escalation_bridge.domain.routes.fields.values import Convert, Shown, read_value, single, write_value
from escalation_bridge.domain.routes.sides import Keep, Side, Unmapped, Wish
from escalation_bridge.domain.tickets.tickets import Severity, Ticket, TicketChange


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomRule(FieldRule):
    """A custom field at either side.

    Attributes:
        ids: The vendors' ids of the fields. Without one at the origin it stands for the case's severity.
        convert: What the field at the origin holds, and the linked one too unless there are `values`.
        values: A value at the origin and the choice at the linked side that means the same. Empty: values pass unchanged;
            else what is not listed is not guessed.
        label: The name of the field for people; empty: unknown, and the ids are shown.
    """

    ids: Mapping[Side, str]
    convert: Convert
    values: tuple[tuple[str, str | Keep], ...] = ()
    label: str = ""

    @property
    def name(self) -> FieldName:
        if Side.ORIGIN not in self.ids:
            return FieldName("severity")
        return FieldName("custom_field", self.label or " / ".join(self.ids[side] for side in Side))

    @property
    def word(self) -> str:
        return self.label or self.key

    @property
    def labels(self) -> Mapping[str, str]:
        return dict.fromkeys(self.ids.values(), self.label) if self.label else {}

    @property
    def shows_values(self) -> bool:
        return Side.ORIGIN not in self.ids

    def shown(self, side: Side, ticket: Ticket, severity: Severity) -> Shown:
        if side not in self.ids:
            return single(str(severity))
        return read_value(ticket.custom_fields.get(self.ids[side]), self._kind(side))

    def wish(self, source: Side, shown: Shown, unknown: Iterable[str]) -> Wish:  # noqa: ARG002 - as all rules
        if not shown.valid:
            return Unmapped.UNMAPPED
        if not shown.text:
            return "no" if self._kind(source.other) is Convert.YES_NO else ""
        if not self.values:
            return shown.text
        wishes = [self._counterpart(source, part) for part in shown.parts]
        special = next((wish for wish in wishes if isinstance(wish, Keep | Unmapped)), None)
        return "\n".join(sorted(map(str, wishes))) if special is None else special

    def is_met(self, side: Side, shown: Shown, wish: str) -> bool:
        match self._kind(side):
            case Convert.CHOICE:
                return shown.goes_by(wish)
            case Convert.CHOICES:
                return shown.is_exactly(wish.split("\n") if wish else ())
            case _:  # what vendors do to white space is no difference
                return shown.valid and shown.text.split() == wish.split()

    def change(self, side: Side, wish: str, present: Ticket) -> TicketChange:  # noqa: ARG002 - as all rules
        return TicketChange(fields={self.ids[side]: write_value(wish, self._kind(side))})

    def _kind(self, side: Side) -> Convert:
        many = self.convert is Convert.CHOICES
        return Convert.CHOICE if self.values and side is Side.LINKED and not many else self.convert

    def _counterpart(self, source: Side, words: Sequence[str]) -> Wish:
        found = counterpart(self.values, source, words)
        # A box that is not ticked needs no choice of its own: nothing is chosen then.
        unticked = (
            self.convert is Convert.YES_NO and source is Side.ORIGIN and "no" in map(str.casefold, words)
        )
        return "" if unticked and found is Unmapped.UNMAPPED else found
