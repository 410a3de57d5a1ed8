"""Creation of linked tickets."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from escalation_bridge.domain.case.stored_names import stored_as
from escalation_bridge.domain.case.write import Known, Line, Write
from escalation_bridge.domain.tickets.messages import MessageRequest
from escalation_bridge.domain.tickets.tickets import Person, Priority, Severity


@stored_as(excluded="told")
@dataclass(frozen=True, slots=True)
class CreateTicket(Write):
    """Create the linked ticket of an escalation.

    Attributes:
        excluded: Ids of the origin's comments that the description contains; they are not copied again.
        origin_status: The origin's status id at the decision; a later one is a change.
        files: Whether the files of the description's texts are copied, too.
    """

    connection: str = field()  # without a default: the property of all writes is none
    route: str
    summary: str
    description: MessageRequest
    severity: Severity
    priority: Priority | None
    labels: tuple[str, ...] = ()
    requester: Person | None = None
    fields: Mapping[str, object] = field(default_factory=dict)
    excluded: tuple[str, ...] = ()
    origin_status: str = ""
    files: bool = False
    kind: Literal["create_ticket"] = "create_ticket"

    reshapes = True

    @property
    def escalates_along(self) -> str | None:
        return self.route

    def described(self, known: Known) -> Iterator[Line]:  # noqa: ARG002 - others need it
        yield "new ticket", "", self.summary
