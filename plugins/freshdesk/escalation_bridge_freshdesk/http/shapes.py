"""Freshdesk's answers, as far as the bridge reads them.

Strict for required members (ids, statuses, instants), tolerant otherwise: missing fields are None.
"""

from typing import Annotated, Any

from pydantic import (
    AliasChoices,
    BeforeValidator,
    ConfigDict,
    Field,
)

from escalation_bridge.plugin import (
    Instant,
    Shape,
)


def _or_empty_list(value: object) -> object:
    return [] if value is None else value


def _or_empty_object(value: object) -> object:
    return {} if value is None else value


class AttachmentShape(Shape):
    id: int
    name: str = "attachment"
    content_type: str | None = None
    size: Annotated[int | None, Field(validation_alias=AliasChoices("size", "file_size"))] = None
    """Samples of an older shape have `file_size`."""
    attachment_url: str = ""
    created_at: Instant | None = None


class UserShape(Shape):
    """A contact, a ticket's `requester`, or the contact of an agent."""

    id: int | None = None
    name: str | None = None
    email: str | None = None


class CompanyShape(Shape):
    """A ticket's `company`; an empty object where it has none."""

    id: int | None = None
    name: str | None = None


class StatsShape(Shape):
    first_responded_at: Instant | None = None
    resolved_at: Instant | None = None
    closed_at: Instant | None = None
    reopened_at: Instant | None = None
    pending_since: Instant | None = None
    status_updated_at: Instant | None = None


class ConversationShape(Shape):
    id: int
    body: str | None = None
    body_text: str | None = None
    private: bool | None = None
    incoming: bool | None = None
    user_id: int | None = None
    source: int | None = None
    from_email: str | None = None
    auto_response: bool | None = None
    automation_id: int | None = None
    created_at: Instant
    attachments: Annotated[tuple[AttachmentShape, ...], BeforeValidator(_or_empty_list)] = ()


class TicketShape(Shape):
    # Fields of an account's own, and those that the bridge only passes through, are kept as they are.
    model_config = ConfigDict(extra="allow", frozen=True)

    id: int
    status: int
    created_at: Instant
    updated_at: Instant | None = None
    subject: str | None = None
    description: str | None = None
    description_text: str | None = None
    priority: int | None = None
    source: int | None = None
    type: str | None = None
    requester_id: int | None = None
    responder_id: int | None = None
    group_id: int | None = None
    company_id: int | None = None
    product_id: int | None = None
    tags: Annotated[tuple[str, ...], BeforeValidator(_or_empty_list)] = ()
    custom_fields: Annotated[dict[str, Any], BeforeValidator(_or_empty_object)] = Field(default_factory=dict)
    due_by: Instant | None = None
    fr_due_by: Instant | None = None
    nr_due_by: Instant | None = None
    is_escalated: bool | None = None
    fr_escalated: bool | None = None
    nr_escalated: bool | None = None
    spam: bool | None = None
    deleted: bool | None = None
    requester: UserShape | None = None
    company: CompanyShape | None = None
    stats: StatsShape | None = None
    conversations: tuple[ConversationShape, ...] | None = None
    attachments: Annotated[tuple[AttachmentShape, ...], BeforeValidator(_or_empty_list)] = ()
    cc_emails: tuple[str, ...] | None = None
    reply_cc_emails: tuple[str, ...] | None = None
    to_emails: tuple[str, ...] | None = None
    support_email: str | None = None

    def value_of(self, field: str) -> object:
        """A field in Freshdesk's own form; the account's own fields begin with `cf_`."""
        return self.custom_fields.get(field) if field.startswith("cf_") else getattr(self, field, None)


class SatisfactionShape(Shape):
    """A customer's answer to a survey. `ratings` has the answer to each question: 101 to 103, 100, -101 to -103."""

    id: int
    ratings: Annotated[dict[str, int], BeforeValidator(_or_empty_object)] = Field(default_factory=dict)
    feedback: str | None = None
    created_at: Instant | None = None


class SearchShape(Shape):
    total: int
    results: tuple[TicketShape, ...]


class AgentShape(Shape):
    """An agent. Lists of agents do not show the roles (https://developers.freshdesk.com/api/#list_all_agents)."""

    id: int
    ticket_scope: int | None = None
    available: bool | None = None
    role_ids: tuple[int, ...] | None = None
    contact: UserShape = UserShape()


class RoleShape(Shape):
    """A role of agents."""

    id: int
    name: str = ""


class GroupShape(Shape):
    """A group of agents. `auto_ticket_assign` is a number or a boolean; 0 and False: agents take tickets themselves."""

    id: int
    agent_ids: Annotated[tuple[int, ...], BeforeValidator(_or_empty_list)]
    auto_ticket_assign: bool | int | None = None


class NestedFieldShape(Shape):
    """A further level of a dependent field, which a ticket stores as a separate field."""

    name: str
    label: str | None = None
    level: int | None = None


class FieldShape(Shape):
    """A ticket field. `choices` has a shape of its own per type: see `mapping`."""

    name: str
    label: str | None = None
    type: str = ""
    required_for_agents: bool | None = None
    required_for_closure: bool | None = None
    displayed_to_customers: bool | None = None
    choices: Any = None
    nested_ticket_fields: Annotated[tuple["NestedFieldShape", ...], BeforeValidator(_or_empty_list)] = ()


class ActionShape(Shape):
    """An action of a rule; `url` is a webhook's."""

    field_name: str | None = None
    url: str | None = None


class RuleShape(Shape):
    """An automation rule, as far as it concerns webhooks."""

    id: int
    name: str | None = None
    active: bool | None = None
    actions: Annotated[tuple[ActionShape, ...], BeforeValidator(_or_empty_list)] = ()

    @property
    def webhooks(self) -> tuple[str, ...]:
        """The addresses that it calls."""
        return tuple(
            action.url for action in self.actions if action.field_name == "trigger_webhook" and action.url
        )
