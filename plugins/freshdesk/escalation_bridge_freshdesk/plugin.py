"""The Freshdesk plugin: each hook calls the package that does the work."""

from collections.abc import Mapping
from datetime import datetime
from typing import BinaryIO

from escalation_bridge.plugin import (
    AccountDescription,
    Attachment,
    ChangePage,
    Comment,
    CommentDraft,
    Connection,
    ConnectionReport,
    DraftDescription,
    FetchedFile,
    FileDraft,
    FoundNothing,
    GroupMember,
    HelpdeskPlugin,
    NativeClock,
    OpenTickets,
    Person,
    Satisfaction,
    StatusChange,
    Subscription,
    Ticket,
    TicketChange,
    TicketDraft,
    TicketPointer,
    TicketReading,
    Verified,
    WebhookNews,
    WebhookRequest,
    WriteReceipt,
    hookimpl,
)
from escalation_bridge_freshdesk.account import Account
from escalation_bridge_freshdesk.comments.comments import Comments
from escalation_bridge_freshdesk.comments.files import Files
from escalation_bridge_freshdesk.comments.rewording import Rewording
from escalation_bridge_freshdesk.http.client import FreshdeskClient
from escalation_bridge_freshdesk.settings import FreshdeskSettings
from escalation_bridge_freshdesk.tickets.backlog import Backlog
from escalation_bridge_freshdesk.tickets.catch_up import CatchUp
from escalation_bridge_freshdesk.tickets.linking import Linking
from escalation_bridge_freshdesk.tickets.satisfaction import satisfaction
from escalation_bridge_freshdesk.tickets.tickets import Tickets
from escalation_bridge_freshdesk.webhooks import webhook
from escalation_bridge_freshdesk.webhooks.rules import Rules


class FreshdeskPlugin(HelpdeskPlugin[FreshdeskSettings]):
    """Freshdesk, through its REST API v2 and the webhooks of its automation rules."""

    vendor = "freshdesk"
    title = "Freshdesk"
    settings = FreshdeskSettings

    def __init__(self, connection: Connection[FreshdeskSettings]) -> None:
        super().__init__(connection)
        self._client = FreshdeskClient(connection)
        self._account = Account(self._client, connection.settings)
        self._tickets = Tickets(connection, self._client, self._account)
        self._comments = Comments(connection, self._client, self._account)
        self._linking = Linking(connection, self._client, self._account)
        self._rewording = Rewording(self._client, self._account, connection.settings.longest_shown)
        self._rules = Rules(connection, self._client)
        self._files = Files(connection, self._client, self._account, self._comments)
        self._catch_up = CatchUp(self._client, connection.now)
        self._backlog = Backlog(self._client, self._account)

    def close(self) -> None:
        self._client.close()

    @hookimpl
    def check_connection(self) -> ConnectionReport:
        return self._account.check()

    @hookimpl
    def describe_fields(self) -> AccountDescription:
        return self._account.describe()

    @hookimpl
    def describe_draft(self, fields: Mapping[str, object]) -> DraftDescription:  # noqa: ARG002 - every ticket has the same form
        return self._account.describe_draft()

    @hookimpl
    def find_assignee(self, name: str, fields: Mapping[str, object]) -> Person:  # noqa: ARG002 - every agent can have every ticket
        return self._account.find_assignee(name)

    @hookimpl
    def fetch_group_members(self, group: str) -> tuple[GroupMember, ...]:
        return self._account.members(group)

    @hookimpl
    def fetch_role_members(self, role: str) -> tuple[Person, ...]:
        return self._account.having_role(role)

    @hookimpl
    def verify_webhook(self, request: WebhookRequest) -> Verified:
        return webhook.verify(request, self.connection.settings)

    @hookimpl
    def parse_webhook(self, request: WebhookRequest) -> WebhookNews:
        return webhook.parse(request)

    @hookimpl
    def webhook_setup(self, callback: str) -> tuple[str, ...]:
        return self._rules.setup(callback)

    @hookimpl
    def subscribe_webhooks(self, callback: str, secret: str) -> tuple[Subscription, ...]:
        return self._rules.subscribe(callback, secret)

    @hookimpl
    def list_subscriptions(self) -> tuple[Subscription, ...]:
        return self._rules.registered()

    @hookimpl
    def fetch_ticket(self, ticket_id: str) -> Ticket:
        return self._tickets.fetch(ticket_id)

    @hookimpl
    def fetch_comments(self, ticket_id: str, after: str | None) -> tuple[Comment, ...]:
        return self._comments.fetch(ticket_id, after)

    @hookimpl
    def fetch_with_comments(self, ticket_id: str, after: str | None) -> TicketReading:
        raw = self._tickets.read(ticket_id, conversations=self._comments.come_along(ticket_id))
        return TicketReading(
            self._tickets.as_ticket(raw),
            self._comments.of(raw, after),
            self._tickets.changes_of(raw, raw.created_at),
            self._tickets.clocks_of(raw),
        )

    @hookimpl
    def fetch_status_changes(self, ticket_id: str, since: datetime) -> tuple[StatusChange, ...]:
        return self._tickets.status_changes(ticket_id, since)

    @hookimpl
    def fetch_attachment(self, attachment: Attachment, into: BinaryIO, limit: int) -> FetchedFile:
        return self._client.download(attachment, into, limit)

    @hookimpl
    def find_ticket(self, key: str, sent_at: datetime | None) -> Ticket | FoundNothing:
        return self._tickets.find(key, sent_at)

    @hookimpl
    def find_by_key(self, text: str) -> Ticket | FoundNothing:
        return self._tickets.find_by_number(text)

    @hookimpl
    def create_ticket(self, draft: TicketDraft, key: str) -> Ticket:
        return self._tickets.create(draft, key)

    @hookimpl
    def update_ticket(self, ticket_id: str, change: TicketChange, expected: Ticket) -> Ticket:
        return self._tickets.update(ticket_id, change, expected)

    @hookimpl
    def add_comment(self, ticket_id: str, comment: CommentDraft, key: str) -> Comment:
        return self._comments.add(ticket_id, comment, key)

    @hookimpl
    def edit_comment(self, ticket_id: str, comment_id: str, comment: CommentDraft, key: str) -> Comment:
        stored, carried = self._rewording.edit(ticket_id, comment_id, comment, key)
        return self._comments.as_comment(ticket_id, stored, carried)

    @hookimpl
    def delete_comment(self, ticket_id: str, comment_id: str) -> WriteReceipt:
        return self._rewording.delete(ticket_id, comment_id)

    @hookimpl
    def add_attachment(self, ticket_id: str, file: FileDraft, key: str) -> WriteReceipt:
        return self._files.add(ticket_id, file, key)

    @hookimpl
    def link_ticket(self, ticket_id: str, other: TicketPointer, key: str) -> WriteReceipt:
        return self._linking.link(ticket_id, other, key)

    @hookimpl
    def changes_since(self, cursor: str | None) -> ChangePage:
        return self._catch_up.since(cursor)

    @hookimpl
    def open_tickets(self, cursor: str | None) -> OpenTickets:
        return self._backlog.page(cursor)

    @hookimpl
    def fetch_satisfaction(self, ticket_id: str) -> tuple[Satisfaction, ...]:
        return satisfaction(self._client.list_satisfaction(ticket_id))

    @hookimpl
    def native_clocks(self, ticket_id: str) -> tuple[NativeClock, ...]:
        return self._tickets.native_clocks(ticket_id)
