"""All records of the account, and where numbers come from."""

import itertools
import secrets
from collections.abc import Callable
from datetime import datetime

from escalation_bridge_sandbox.zendesk.state import seed
from escalation_bridge_sandbox.zendesk.state.errors import not_found
from escalation_bridge_sandbox.zendesk.state.records import (
    Attachment,
    Audit,
    Comment,
    CustomStatus,
    Grant,
    Group,
    Invocation,
    Job,
    Organization,
    RememberedCreation,
    Ticket,
    TicketField,
    Trigger,
    Upload,
    User,
    Webhook,
)

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
FIRST_GENERATED_ID = 6_164_039_000_001


class State:
    """A plain container; the rules are elsewhere. Guarded by the vendor's lock."""

    def __init__(self, now: datetime) -> None:
        self.users: dict[int, User] = {user.id: user for user in seed.users(now)}
        self.groups: dict[int, Group] = {group.id: group for group in seed.groups(now)}
        self.organizations: dict[int, Organization] = {
            organization.id: organization for organization in seed.organizations(now)
        }
        self.custom_statuses: dict[int, CustomStatus] = {status.id: status for status in seed.CUSTOM_STATUSES}
        self.ticket_fields: dict[int, TicketField] = {field.id: field for field in seed.TICKET_FIELDS}
        self.tickets: dict[int, Ticket] = {}
        self.uploads: dict[str, Upload] = {}
        self.attachments: dict[int, Attachment] = {}
        self.triggers: dict[int, Trigger] = {}
        self.webhooks: dict[str, Webhook] = {}
        self.invocations: dict[str, Invocation] = {}
        self.jobs: dict[str, Job] = {}
        self.grants: dict[str, Grant] = {}
        self.creations: dict[str, RememberedCreation] = {}
        self.sla_targets: dict[str, int] = {}
        self.now: Callable[[], datetime] = lambda: now
        self._ids = itertools.count(FIRST_GENERATED_ID)
        self._ticket_ids = itertools.count(1)
        self._sequence = itertools.count(1)
        self.add_grant(seed.grant(now))

    def next_id(self) -> int:
        """For everything but tickets, which are counted from 1."""
        return next(self._ids)

    def next_ticket_id(self) -> int:
        return next(self._ticket_ids)

    def next_ulid(self, now: datetime) -> str:
        """As webhooks and invocations have it; sorts by the time of making, then by the order of making."""
        number = (int(now.timestamp() * 1000) << 80) | (next(self._sequence) << 48) | secrets.randbits(48)
        return "".join(CROCKFORD[(number >> shift) & 31] for shift in range(125, -1, -5))

    def add_grant(self, grant: Grant) -> None:
        self.grants[grant.access_token] = grant

    def visible_ticket(self, ticket_id: int) -> Ticket:
        """A ticket that is not deleted.

        Raises:
            ApiError: 404, for deleted tickets too.
        """
        ticket = self.tickets.get(ticket_id)
        if ticket is None or ticket.deleted_at is not None:
            raise not_found()
        return ticket

    def visible_tickets(self) -> list[Ticket]:
        return [ticket for ticket in self.tickets.values() if ticket.deleted_at is None]

    def user_by_email(self, email: str) -> User | None:
        wanted = email.strip().lower()
        return next(
            (user for user in self.users.values() if user.email and user.email.lower() == wanted), None
        )

    def members_of(self, group_id: int) -> list[User]:
        return [user for user in self.users.values() if group_id in user.group_ids]

    def default_status(self, category: str) -> CustomStatus | None:
        """The custom status that stands for a category; `closed` has none."""
        return next(
            (
                status
                for status in self.custom_statuses.values()
                if status.default and status.status_category == category
            ),
            None,
        )

    def custom_fields(self) -> list[TicketField]:
        return [field for field in self.ticket_fields.values() if field.removable]

    def comment(self, ticket: Ticket, comment_id: int) -> Comment:
        for comment in ticket.comments:
            if comment.id == comment_id:
                return comment
        raise not_found()

    def audit(self, ticket: Ticket, audit_id: int) -> Audit:
        for audit in ticket.audits:
            if audit.id == audit_id:
                return audit
        raise not_found()
