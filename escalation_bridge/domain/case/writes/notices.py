"""Notifications to people outside the ticket."""

from dataclasses import dataclass, field, replace
from typing import Literal, Self

from escalation_bridge.domain.case.write import Failure, Write
from escalation_bridge.domain.notices.notice import About
from escalation_bridge.domain.tickets.messages import MessageRequest
from escalation_bridge.domain.tickets.tickets import Severity


@dataclass(frozen=True, slots=True)
class Notify(Write):
    """Notify people outside the ticket.

    Attributes:
        to: A team, a member's address, a channel, or a name that an extension serves.
        page: Whether it is sent at any hour, and repeated until somebody acknowledges.
        about: What is looked at again just before it goes out.
        severity: Of the ticket.
    """

    to: str
    message: MessageRequest
    page: bool = False
    about: About = field(default_factory=About)
    severity: Severity = Severity.STANDARD
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
