"""The life of a ticket: new, open, pending, hold, solved, closed."""

from escalation_bridge_sandbox.zendesk.state import seed
from escalation_bridge_sandbox.zendesk.state.errors import invalid_value, record_invalid
from escalation_bridge_sandbox.zendesk.state.records import Json, Ticket, TicketField, User
from escalation_bridge_sandbox.zendesk.state.settings import ZendeskSettings
from escalation_bridge_sandbox.zendesk.state.state import State

CATEGORIES = ("new", "open", "pending", "hold", "solved")


def set_status(state: State, ticket: Ticket, category: str) -> None:
    """Set a status category, and the custom status that stands for it."""
    ticket.status = category
    default = state.default_status(category)
    # A closed ticket keeps the custom status that it was solved with.
    if default is not None:
        ticket.custom_status_id = default.id


def write_status(state: State, ticket: Ticket, values: Json, *, previous: str | None) -> None:
    """Put the status that is asked for into a draft; `previous` is None for a new ticket.

    Raises:
        ApiError: 422, for an unknown or inactive status, for `closed` (only the account's automation closes),
            for `new` after something else, and when `status` contradicts `custom_status_id`.
    """
    category = values.get("status")
    if category is not None and category not in CATEGORIES:
        raise invalid_value("status", "Status")
    if values.get("custom_status_id") is not None:
        custom = state.custom_statuses.get(values["custom_status_id"])
        if custom is None or not custom.active or category not in (None, custom.status_category):
            raise invalid_value("custom_status", "Ticket status")
        ticket.status, ticket.custom_status_id = custom.status_category, custom.id
    elif category is not None and category != ticket.status:
        set_status(state, ticket, category)
    if ticket.status == "new" and previous not in (None, "new"):
        raise invalid_value("status", "Status")


def open_if_taken_up(state: State, ticket: Ticket, answered_by: User | None) -> None:
    """A new ticket is open once an agent is assigned or answers in public (general knowledge, not verified).

    A field that an agent changes does not open it: recorded traffic shows it staying new.
    """
    is_taken_up = ticket.assignee_id is not None or (answered_by is not None and answered_by.is_staff)
    if ticket.status == "new" and is_taken_up:
        set_status(state, ticket, "open")


def reopen(state: State, ticket: Ticket) -> None:
    """The requester wrote again."""
    if ticket.status in ("pending", "hold", "solved"):
        set_status(state, ticket, "open")


def check_solvable(state: State, settings: ZendeskSettings, ticket: Ticket) -> None:
    """What the account requires before a ticket may be solved.

    Raises:
        ApiError: 422, naming the fields that are missing.
    """
    missing = []
    for field in state.ticket_fields.values():
        if not field.required:
            continue
        if field.id == seed.FIELD_ASSIGNEE.id:
            is_missing = settings.solve_needs_assignee and ticket.assignee_id is None
        else:
            is_missing = field.removable and ticket.custom_fields.get(field.id) in (None, False)
        if is_missing:
            missing.append(field)
    if missing:
        raise record_invalid("base", *(_required_when_solving(field) for field in missing))


def _required_when_solving(field: TicketField) -> Json:
    return {
        "description": f"{field.title}: is required when solving a ticket",
        "error": None,
        "ticket_field_id": field.id,
        "ticket_field_type": f"Field{field.type.capitalize()}",
    }
