"""The Jira plugin: Cloud and Data Center, with or without Jira Service Management."""

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
    DraftDescription,
    FetchedFile,
    FileDraft,
    FoundNothing,
    HelpdeskPlugin,
    NativeClock,
    OpenTickets,
    Person,
    RenewedToken,
    Satisfaction,
    StatusChange,
    Subscription,
    Ticket,
    TicketChange,
    TicketDraft,
    TicketKind,
    TicketPointer,
    TicketReading,
    Verified,
    WebhookNews,
    WebhookRequest,
    WriteReceipt,
    download,
    hookimpl,
)
from escalation_bridge_jira.checks.account import Account
from escalation_bridge_jira.checks.drafting import Drafting
from escalation_bridge_jira.checks.kinds import Kinds
from escalation_bridge_jira.comments.comments import Comments
from escalation_bridge_jira.comments.rewording import Rewording
from escalation_bridge_jira.comments.standing import Standing
from escalation_bridge_jira.files.attached import at_home, with_files
from escalation_bridge_jira.files.files import Files
from escalation_bridge_jira.http.client import CLOUD, DATA_CENTER, Jira, transport_for
from escalation_bridge_jira.http.signin import credentials
from escalation_bridge_jira.issues import changes, links
from escalation_bridge_jira.issues.tickets import Tickets
from escalation_bridge_jira.settings import JiraSettings
from escalation_bridge_jira.site import clocks, history
from escalation_bridge_jira.site.assignees import assignable
from escalation_bridge_jira.site.backlog import Backlog
from escalation_bridge_jira.site.desk import Desk
from escalation_bridge_jira.site.memory import Memory
from escalation_bridge_jira.site.polling import Polling
from escalation_bridge_jira.site.satisfaction import satisfaction
from escalation_bridge_jira.translation.mapping import Mapper
from escalation_bridge_jira.webhooks import setup, webhook
from escalation_bridge_jira.webhooks.app_webhooks import AppWebhooks
from escalation_bridge_jira.webhooks.proof import Secrets, verify
from escalation_bridge_jira.webhooks.subscriptions import Subscriptions


class JiraPlugin(HelpdeskPlugin[JiraSettings]):
    """One Jira site."""

    vendor: ClassVar[str] = "jira"
    title: ClassVar[str] = "Jira"
    settings: ClassVar[type[ConnectionSettings]] = JiraSettings

    def __init__(self, connection: Connection[JiraSettings]) -> None:
        """Create the transport. Sends no request."""
        super().__init__(connection)
        self._auth = credentials(connection)
        self._transport = transport_for(connection, self._auth)
        self._edition = CLOUD if connection.settings.cloud else DATA_CENTER
        self._mapper = Mapper(connection.name, connection.settings)
        self._memory = Memory(connection.now)

    def close(self) -> None:
        self._transport.close()
        if isinstance(self._auth, RenewedToken):
            self._auth.close()

    def _desk(self, operation: str) -> Desk:
        jira = Jira(self._transport, self._edition, operation, self.connection.settings.project)
        return Desk(self.connection, jira, self._mapper, self._memory)

    @hookimpl
    def check_connection(self) -> ConnectionReport:
        return Account(self._desk("check_connection")).check()

    @hookimpl
    def describe_fields(self) -> AccountDescription:
        return Account(self._desk("describe_fields")).describe()

    @hookimpl
    def describe_draft(self, fields: Mapping[str, object]) -> DraftDescription:
        return Drafting(self._desk("describe_draft"), fields).describe()

    @hookimpl
    def describe_kinds(self) -> tuple[TicketKind, ...]:
        return Kinds(self._desk("describe_kinds")).describe()

    @hookimpl
    def find_assignee(self, name: str, fields: Mapping[str, object]) -> Person:
        desk = self._desk("find_assignee")
        project = fields.get("project") or self.connection.settings.project
        if not project:
            desk.reject(
                "who can be assigned depends on the project, and neither the route nor the connection names one"
            )
        return assignable(desk, str(project), name)

    @hookimpl
    def verify_webhook(self, request: WebhookRequest) -> Verified:
        settings = self.connection.settings
        secrets = Secrets(settings.webhook_secrets, settings.automation_secrets, settings.app_secret)
        return verify(request, secrets, timedelta(hours=settings.webhook_window_hours))

    @hookimpl
    def parse_webhook(self, request: WebhookRequest) -> WebhookNews:
        return webhook.parse(request, self._memory.account)

    @hookimpl
    def subscribe_webhooks(self, callback: str, secret: str) -> tuple[Subscription, ...]:
        desk = self._desk("subscribe_webhooks")
        if self.connection.settings.oauth is not None:
            return AppWebhooks(desk).ensure(callback)
        return Subscriptions.of(desk).ensure(callback, secret)

    @hookimpl
    def webhook_setup(self, callback: str) -> tuple[str, ...]:
        return setup.steps(self.connection, callback)

    @hookimpl
    def list_subscriptions(self) -> tuple[Subscription, ...]:
        desk = self._desk("list_subscriptions")
        if self.connection.settings.oauth is not None:
            return AppWebhooks(desk).all()
        return Subscriptions.of(desk).all()

    @hookimpl
    def fetch_ticket(self, ticket_id: str) -> Ticket:
        desk = self._desk("fetch_ticket")
        issue = desk.jira.issue(ticket_id)
        return Standing(desk, issue).of(with_files(desk, issue))

    @hookimpl
    def fetch_comments(self, ticket_id: str, after: str | None) -> tuple[Comment, ...]:
        return Comments(self._desk("fetch_comments"), ticket_id).fetch(after)

    @hookimpl
    def fetch_with_comments(self, ticket_id: str, after: str | None) -> TicketReading:
        """Read an issue with its changelog and its comments: the issue decides their visibility."""
        desk = self._desk("fetch_ticket")
        issue = desk.jira.issue(ticket_id)
        ticket = Standing(desk, issue).of(with_files(desk, issue))
        comments = Comments(self._desk("fetch_comments"), ticket_id).fetch(after, issue)
        return TicketReading(ticket, comments, history.all_status_changes(desk, issue))

    @hookimpl
    def fetch_status_changes(self, ticket_id: str, since: datetime) -> tuple[StatusChange, ...]:
        return history.status_changes(self._desk("fetch_status_changes"), ticket_id, since)

    @hookimpl
    def find_ticket(self, key: str, sent_at: datetime | None) -> Ticket | FoundNothing:
        return Tickets(self._desk("find_ticket")).find(key, sent_at)

    @hookimpl
    def find_by_key(self, text: str) -> Ticket | FoundNothing:
        return Tickets(self._desk("find_by_key")).find_by_key(text)

    @hookimpl
    def create_ticket(self, draft: TicketDraft, key: str) -> Ticket:
        return Tickets(self._desk("create_ticket")).create(draft, key)

    @hookimpl
    def update_ticket(self, ticket_id: str, change: TicketChange, expected: Ticket) -> Ticket:
        return changes.update(self._desk("update_ticket"), ticket_id, change, expected)

    @hookimpl
    def is_own_status(self, ticket_id: str, status_id: str) -> bool:
        return history.is_own_status(self._desk("is_own_status"), ticket_id, status_id)

    @hookimpl
    def add_comment(self, ticket_id: str, comment: CommentDraft, key: str) -> Comment:
        return Comments(self._desk("add_comment"), ticket_id).add(comment, key)

    @hookimpl
    def edit_comment(self, ticket_id: str, comment_id: str, comment: CommentDraft, key: str) -> Comment:
        return Rewording(self._desk("edit_comment"), ticket_id, comment_id).edit(comment, key)

    @hookimpl
    def delete_comment(self, ticket_id: str, comment_id: str) -> WriteReceipt:
        return Rewording(self._desk("delete_comment"), ticket_id, comment_id).delete()

    @hookimpl
    def fetch_attachment(self, attachment: Attachment, into: BinaryIO, limit: int) -> FetchedFile:
        return download(self._transport, at_home(attachment, self.connection.settings), into, limit)

    @hookimpl
    def add_attachment(self, ticket_id: str, file: FileDraft, key: str) -> WriteReceipt:
        return Files(self._desk("add_attachment"), ticket_id).add(file, key)

    @hookimpl
    def link_ticket(self, ticket_id: str, other: TicketPointer, key: str) -> WriteReceipt:  # noqa: ARG002 - the remote link's global id is its key: Jira keeps one per id
        return links.link(self._desk("link_ticket"), ticket_id, other)

    @hookimpl
    def changes_since(self, cursor: str | None) -> ChangePage:
        return Polling(self._desk("changes_since")).page(cursor)

    @hookimpl
    def open_tickets(self, cursor: str | None) -> OpenTickets:
        return Backlog(self._desk("open_tickets")).page(cursor)

    @hookimpl
    def fetch_satisfaction(self, ticket_id: str) -> tuple[Satisfaction, ...]:
        return satisfaction(self._desk("fetch_satisfaction"), ticket_id)

    @hookimpl
    def native_clocks(self, ticket_id: str) -> tuple[NativeClock, ...]:
        return clocks.native_clocks(self._desk("native_clocks"), ticket_id)
