"""The ticket form of an account: its fields, statuses and types, as `GET /ticket_fields` describes them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from escalation_bridge_sandbox.freshdesk.state.records import Priority, Source, Status

CLOSING_STATUSES = frozenset({int(Status.RESOLVED), int(Status.CLOSED)})

# What `POST /tickets` and `PUT /tickets/{id}` take; the other sources come from channels, never from the API.
WRITABLE_SOURCES = (
    Source.EMAIL,
    Source.PORTAL,
    Source.PHONE,
    Source.CHAT,
    Source.FEEDBACK_WIDGET,
    Source.OUTBOUND_EMAIL,
)

SOURCE_LABELS = {
    Source.EMAIL: "Email",
    Source.PORTAL: "Portal",
    Source.PHONE: "Phone",
    Source.FORUM: "Forum",
    Source.TWITTER: "Twitter",
    Source.FACEBOOK: "Facebook",
    Source.CHAT: "Chat",
    Source.MOBIHELP: "MobiHelp",
    Source.FEEDBACK_WIDGET: "Feedback Widget",
    Source.OUTBOUND_EMAIL: "Outbound Email",
    Source.ECOMMERCE: "Ecommerce",
    Source.BOT: "Bot",
    Source.WHATSAPP: "Whatsapp",
}
PRIORITY_LABELS = {
    Priority.LOW: "Low",
    Priority.MEDIUM: "Medium",
    Priority.HIGH: "High",
    Priority.URGENT: "Urgent",
}


@dataclass(frozen=True)
class StatusChoice:
    """A status.

    Which statuses stop the SLA timer, and which reopen when the customer writes, is the admin's choice; the seed has
    what a new account is said to have (not verified on a live account).
    """

    code: int
    label: str
    customer_label: str
    stops_sla: bool = False
    reopens_on_reply: bool = False


@dataclass(frozen=True)
class TicketField:
    """A field of the form. `name` is what ticket_fields calls it; `attribute` what the ticket calls it."""

    id: int
    name: str
    label: str
    type: str
    description: str = ""
    attribute: str = ""
    label_for_customers: str = ""
    required_for_closure: bool = False
    required_for_agents: bool = False
    required_for_customers: bool = False
    customers_can_edit: bool = False
    displayed_to_customers: bool = False
    choices: tuple[str, ...] = ()

    @property
    def is_custom(self) -> bool:
        return self.type.startswith("custom_")


@dataclass(frozen=True)
class TicketForm:
    fields: tuple[TicketField, ...]
    statuses: tuple[StatusChoice, ...]
    types: tuple[str, ...]

    def status(self, code: int) -> StatusChoice:
        return next(status for status in self.statuses if status.code == code)

    @property
    def status_codes(self) -> tuple[int, ...]:
        return tuple(status.code for status in self.statuses)

    @property
    def custom_fields(self) -> dict[str, TicketField]:
        return {field.name: field for field in self.fields if field.is_custom}

    def required(self, when: Callable[[TicketField], bool]) -> tuple[TicketField, ...]:
        return tuple(field for field in self.fields if when(field))

    def blank_custom_fields(self) -> dict[str, object]:
        """The custom fields of a new ticket: a checkbox is false, the rest null."""
        return {
            name: False if field.type == "custom_checkbox" else None
            for name, field in self.custom_fields.items()
        }

    def requiring_for_closure(self, names: Iterable[str]) -> "TicketForm":
        """The same form, with these fields mandatory for resolving and closing.

        Raises:
            ValueError: There is no such field.
        """
        wanted = set(names)
        unknown = wanted - {field.name for field in self.fields}
        if unknown:
            raise ValueError(f"no such ticket field: {', '.join(sorted(unknown))}")
        return replace(
            self,
            fields=tuple(
                replace(field, required_for_closure=True) if field.name in wanted else field
                for field in self.fields
            ),
        )
