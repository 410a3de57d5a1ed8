"""Updates to the customer."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal, Self

from escalation_bridge.domain.case.write import Failure, Known, Leaves, Line, OfTicket
from escalation_bridge.domain.tickets.messages import MessageRequest
from escalation_bridge.domain.tickets.tickets import TicketRef


@dataclass(frozen=True, slots=True)
class InformCustomer(OfTicket):
    """Write the customer an update, as a public comment of the bridge's own."""

    ticket: TicketRef
    message: MessageRequest
    kind: Literal["inform_customer"] = "inform_customer"

    leaves = Leaves.COMMENT
    shows_closed = True
    waits_for_answers = True

    @property
    def says(self) -> MessageRequest | None:
        return self.message

    def saying(self, message: MessageRequest) -> Self:
        return replace(self, message=message)

    @property
    def is_decided_again(self) -> bool:
        return True

    @property
    def failure(self) -> Failure:
        return Failure.REPORTED_ELSEWHERE  # a draft with the reason, for the agents

    def described(self, known: Known) -> Iterator[Line]:
        yield "public comment", "", known.word(self.message.template)
