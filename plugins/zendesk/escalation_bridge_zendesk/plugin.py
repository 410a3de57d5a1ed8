"""The Zendesk plugin: each hook calls the package that does the work."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import BinaryIO, ClassVar

from escalation_bridge.plugin import (
    AccountDescription,
    Attachment,
    ChangePage,
    Comment,
    CommentDraft,
    Connection,
    ConnectionReport,
    ConnectionSettings,
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
    UnknownPerson,
    Verified,
    WebhookNews,
    WebhookRequest,
    WriteReceipt,
    WrittenComment,
    download,
    hookimpl,
)
from escalation_bridge_zendesk.account.account import Account
from escalation_bridge_zendesk.account.history import History
from escalation_bridge_zendesk.account.people import People
from escalation_bridge_zendesk.account.reports import Reports
from escalation_bridge_zendesk.account.standing import Standing
from escalation_bridge_zendesk.comments.comments import Comments
from escalation_bridge_zendesk.comments.conversations import Conversations
from escalation_bridge_zendesk.comments.files import Files
from escalation_bridge_zendesk.comments.redaction import Redaction
from escalation_bridge_zendesk.comments.uploads import Uploads
from escalation_bridge_zendesk.http.client import ZendeskClient, ticket_path
from escalation_bridge_zendesk.settings import ZendeskSettings
from escalation_bridge_zendesk.tickets import clocks
from escalation_bridge_zendesk.tickets.backlog import Backlog
from escalation_bridge_zendesk.tickets.export import TicketExport
from escalation_bridge_zendesk.tickets.linking import Linking
from escalation_bridge_zendesk.tickets.satisfaction import satisfaction
from escalation_bridge_zendesk.tickets.tickets import Tickets
from escalation_bridge_zendesk.webhooks import webhook
from escalation_bridge_zendesk.webhooks.subscriptions import Subscriptions


class ZendeskPlugin(HelpdeskPlugin[ZendeskSettings]):
    """Zendesk Support, by its REST API v2 and its webhooks."""

    vendor: ClassVar[str] = "zendesk"
    title: ClassVar[str] = "Zendesk"
    closes_solved_tickets: ClassVar[bool] = True
    settings: ClassVar[type[ConnectionSettings]] = ZendeskSettings

    def __init__(self, connection: Connection[ZendeskSettings]) -> None:
        """Create the parts of the plugin. Sends no request."""
        super().__init__(connection)
        self._client = ZendeskClient(connection)
        self._account = account = Account(self._client, connection.now)
        self._reports = Reports(connection, self._client, account)
        uploads = Uploads(self._client)
        self._people = people = People(self._client, connection.now)
        self._history = History(self._client, account)
        self._standing = Standing(self._client, people, self._history)
        conversations = Conversations(self._client, connection.now)
        shared = (people, uploads, self._standing, conversations)
        self._tickets = Tickets(connection, self._client, account, *shared)
        self._comments = Comments(connection, self._client, account, *shared)
        self._linking = Linking(connection, self._client, account, self._comments)
        self._redaction = Redaction(self._client, account)
        self._subscriptions = Subscriptions(connection, self._client)
        self._files = Files(self._client, account, self._comments, uploads)
        self._export = TicketExport(self._client, connection.now)
        self._secrets = tuple(secret.get_secret_value() for secret in connection.settings.webhook_secrets)

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    @hookimpl
    def check_connection(self) -> ConnectionReport:
        """Return the bridge's user, and everything that prevents its work."""
        return self._reports.check()

    @hookimpl
    def describe_fields(self) -> AccountDescription:
        """Read the account's statuses, priorities, groups and fields."""
        return self._reports.describe()

    @hookimpl
    def find_assignee(self, name: str, fields: Mapping[str, object]) -> Person:  # noqa: ARG002 - every agent can have every ticket
        """Look up an agent as an update would."""
        message = f"nobody who may be assigned has the id or e-mail address {name!r}"
        return self._people.agent(name) or self._client.refuse(UnknownPerson, "find_assignee", message)

    @hookimpl
    def fetch_group_members(self, group: str) -> tuple[GroupMember, ...]:
        """Read who is in a group. Whether somebody is away is known to omnichannel accounts only, and not asked."""
        return self._account.members(group)

    @hookimpl
    def fetch_role_members(self, role: str) -> tuple[Person, ...]:
        """Read who has a role: admin, agent, or one of the account's own."""
        return self._account.having_role(role)

    @hookimpl
    def verify_webhook(self, request: WebhookRequest) -> Verified:
        """Check the signature and its time."""
        tolerance = timedelta(seconds=self.connection.settings.webhook_tolerance_seconds)
        return webhook.verify(request, self._secrets, tolerance)

    @hookimpl
    def parse_webhook(self, request: WebhookRequest) -> WebhookNews:
        """Read an event subscription's or a trigger's body."""
        return webhook.parse(request, self._account.known_id())

    @hookimpl
    def subscribe_webhooks(self, callback: str, secret: str) -> tuple[Subscription, ...]:  # noqa: ARG002 - unused
        """Maintain one webhook, for events or called by a trigger. Zendesk generates its signing secret."""
        return self._subscriptions.subscribe(callback)

    @hookimpl
    def webhook_setup(self, callback: str) -> tuple[str, ...]:
        """Describe where the signing secret is, and how an admin creates the webhook if the bridge's user may not."""
        return self._subscriptions.setup(callback)

    @hookimpl
    def list_subscriptions(self) -> tuple[Subscription, ...]:
        """List the webhooks that carry this connection's name."""
        return self._subscriptions.all()

    @hookimpl
    def fetch_ticket(self, ticket_id: str) -> Ticket:
        """Read a ticket."""
        return self._tickets.fetch(ticket_id)

    @hookimpl
    def fetch_comments(self, ticket_id: str, after: str | None) -> tuple[Comment, ...]:
        """Read the comments except the first, which is the description."""
        return self._comments.fetch(ticket_id, after)

    @hookimpl
    def fetch_with_comments(self, ticket_id: str, after: str | None) -> TicketReading:
        """Read a ticket and the list of its comments, which also contains its description."""
        listed = self._comments.listed(ticket_id)
        ticket = self._tickets.fetch(ticket_id, listed=listed)
        return TicketReading(ticket, self._comments.fetch(ticket_id, after, listed))

    @hookimpl
    def fetch_status_changes(self, ticket_id: str, since: datetime) -> tuple[StatusChange, ...]:
        """Read a ticket's audits."""
        return self._history.status_changes(ticket_id, since)

    @hookimpl
    def fetch_attachment(self, attachment: Attachment, into: BinaryIO, limit: int) -> FetchedFile:
        """Read a file. Zendesk redirects to its file store, which is read without credentials."""
        return download(self._client.transport, attachment, into, limit)

    @hookimpl
    def find_ticket(self, key: str, sent_at: datetime | None) -> "Ticket | FoundNothing":
        """Find a ticket by its external id."""
        return self._tickets.find(key, sent_at)

    @hookimpl
    def find_by_key(self, text: str) -> "Ticket | FoundNothing":
        """Find a ticket by its number, which is its id."""
        return self._tickets.find_by_number(text)

    @hookimpl
    def create_ticket(self, draft: TicketDraft, key: str) -> Ticket:
        """Create a ticket whose external id and idempotency key are `key`."""
        return self._tickets.create(draft, key)

    @hookimpl
    def update_ticket(self, ticket_id: str, change: TicketChange, expected: Ticket) -> Ticket:
        """Change a ticket under Zendesk's protection against lost updates."""
        return self._tickets.update(ticket_id, change, expected)

    @hookimpl
    def add_comment(self, ticket_id: str, comment: CommentDraft, key: str) -> Comment | WrittenComment:
        """Write a public comment or an internal note."""
        written = self._comments.add(ticket_id, comment, key)
        return written if written.ticket is not None else written.comment

    @hookimpl
    def delete_comment(self, ticket_id: str, comment_id: str) -> WriteReceipt:
        """Redact a comment: Zendesk deletes none. There is no `edit_comment`, because it edits none either."""
        return self._redaction.redact(ticket_id, comment_id)

    @hookimpl
    def add_attachment(self, ticket_id: str, file: FileDraft, key: str) -> WriteReceipt:
        """Upload a file, and attach it by a public comment or an internal note."""
        return self._files.add(ticket_id, file, key)

    @hookimpl
    def link_ticket(self, ticket_id: str, other: TicketPointer, key: str) -> WriteReceipt:
        """Show the other ticket by an internal note, fields and a tag."""
        return self._linking.link(ticket_id, other, key)

    @hookimpl
    def changes_since(self, cursor: str | None) -> ChangePage:
        """Read a page of the incremental export."""
        return self._export.since(cursor)

    @hookimpl
    def open_tickets(self, cursor: str | None) -> OpenTickets:
        """Read a page of the exported search results."""
        return Backlog(self._client).page(cursor)

    @hookimpl
    def fetch_satisfaction(self, ticket_id: str) -> tuple[Satisfaction, ...]:
        """Read the requester's rating, which Zendesk shows in the ticket."""
        answer = self._client.read("fetch_satisfaction", ticket_path(ticket_id), {})
        return satisfaction((answer / "ticket").as_object())

    @hookimpl
    def native_clocks(self, ticket_id: str) -> tuple[NativeClock, ...]:
        """Read Zendesk's own SLA clocks."""
        answer = self._client.read("native_clocks", ticket_path(ticket_id), {"include": "slas"})
        ticket = (answer / "ticket").as_object()
        return clocks.native_clocks(ticket, self.connection.now())
