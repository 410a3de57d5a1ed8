"""Notifications to people outside the ticket."""

from dataclasses import dataclass, replace
from typing import Literal, Self

from escalation_bridge.domain.case.write import Failure, Write
from escalation_bridge.domain.tickets.messages import MessageRequest


@dataclass(frozen=True, slots=True)
class Notify(Write):
    """Notify people outside the ticket."""

    to: str
    message: MessageRequest
    kind: Literal["notify"] = "notify"

    waits_for_opening = True

    @property
    def says(self) -> MessageRequest | None:
        return self.message

    def saying(self, message: MessageRequest) -> Self:
        return replace(self, message=message)

    @property
    def failure(self) -> Failure:
        return Failure.REPORTED_ELSEWHERE  # this concerns the admin, not an agent
