"""The rule about the assignee."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from escalation_bridge.domain.routes.fields.rule import FieldRule
from escalation_bridge.domain.routes.fields.values import EMPTY, Shown
from escalation_bridge.domain.routes.sides import Keep, Side, Unmapped, Wish
from escalation_bridge.domain.tickets.tickets import Person, Severity, Ticket, TicketChange

ASSIGNEE = "assignee"
"""The key of the rule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AssigneeRule(FieldRule):
    """The assignee. Removing one is not copied: the contract has no such change.

    Attributes:
        users: Pairs of the same person at the origin and at the linked side, each by id or e-mail address.
        default: By side, who gets what nobody there can be found for.
    """

    key: str = ASSIGNEE
    users: tuple[tuple[str, str], ...] = ()
    default: Mapping[Side, str] = field(default_factory=dict)

    @property
    def names_people(self) -> bool:
        return True

    def shown(self, side: Side, ticket: Ticket, severity: Severity) -> Shown:  # noqa: ARG002 - as all rules
        person = ticket.assignee
        if person is None:
            return EMPTY
        words = _words_of(person)
        return Shown(words[0], (words,), display=person.name or words[0]) if words else EMPTY

    def wish(self, source: Side, shown: Shown, unknown: Iterable[str]) -> Wish:
        if not shown.text:
            return Keep.KEEP
        known_wrong = {word.casefold() for word in unknown}
        candidates = (*self.counterparts(source, shown), self.default.get(source.other, ""))
        return next(
            (word for word in candidates if word and word.casefold() not in known_wrong), Unmapped.UNMAPPED
        )

    def counterparts(self, source: Side, shown: Shown) -> tuple[str, ...]:
        """Who the same person may be on the other side: by the table, else by the same e-mail address."""
        here, there = (0, 1) if source is Side.ORIGIN else (1, 0)
        listed = tuple(pair[there] for pair in self.users if shown.goes_by(pair[here]))
        return listed or tuple(word for part in shown.parts for word in part if "@" in word)

    def stands_in(self, source: Side, shown: Shown, wish: str) -> bool:
        return wish not in self.counterparts(source, shown)

    def is_met(self, side: Side, shown: Shown, wish: str) -> bool:  # noqa: ARG002 - as all rules
        return shown.goes_by(wish)

    def change(self, side: Side, wish: str, present: Ticket) -> TicketChange:  # noqa: ARG002 - as all rules
        return TicketChange(assignee=wish)


def _words_of(person: Person) -> tuple[str, ...]:
    return tuple(word for word in (person.id, person.email or "") if word)
