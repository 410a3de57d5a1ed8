"""A connection as the core uses it: typed calls to its vendor plugin and the extensions around it."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, BinaryIO, TypeVar, cast

import pluggy
import structlog

from escalation_bridge.domain.case.cases import Refusal
from escalation_bridge.domain.sla.native_clock import NativeClock
from escalation_bridge.domain.teams.facts import GroupMember
from escalation_bridge.domain.tickets.clean_text import cleaned
from escalation_bridge.domain.tickets.satisfaction import Satisfaction
from escalation_bridge.domain.tickets.tickets import (
    Attachment,
    Comment,
    CommentDraft,
    Person,
    StatusChange,
    Ticket,
    TicketChange,
    TicketDraft,
    TicketPointer,
    WrittenComment,
)
from escalation_bridge.errors import (
    AuthenticationFailed,
    BridgeError,
    PluginError,
    TicketNotFound,
    UnsupportedOperation,
)
from escalation_bridge.plugin.accounts import (
    AccountDescription,
    ChangePage,
    ConnectionReport,
    DraftDescription,
    OpenTickets,
    Subscription,
    TicketKind,
    TicketReading,
    WriteReceipt,
)
from escalation_bridge.plugin.connection import HelpdeskPlugin
from escalation_bridge.plugin.contract import find_hook_breaches, hooks_of
from escalation_bridge.plugin.files import FetchedFile, FileDraft
from escalation_bridge.plugin.hooks import PROJECT, FoundNothing, HelpdeskHooks
from escalation_bridge.plugin.settings import ConnectionSettings
from escalation_bridge.plugin.webhooks import Verified, WebhookNews, WebhookRequest

T = TypeVar("T")

_log = structlog.get_logger(__name__)

_BETWEEN_TRIES = timedelta(minutes=1)
_ANYHOW = frozenset(
    {"check_connection", "verify_webhook", "parse_webhook", "webhook_setup", "fetch_attachment"}
)
"""Hooks that are called in spite of refused credentials: those without a request, the check, and files, whose addresses expire."""

_OF_WEBHOOKS = frozenset({"verify_webhook", "parse_webhook"})
"""Hooks about webhooks, whose arguments stay unchanged: the signature covers the raw body."""
_WITH_TEXTS = (
    Ticket,
    WrittenComment,
    TicketReading,
    Comment,
    TicketDraft,
    CommentDraft,
    TicketChange,
    TicketPointer,
    Attachment,
    FileDraft,
    Person,
    GroupMember,
    WriteReceipt,
)


def _clean(value: T) -> T:
    """Remove control characters from texts in both directions. Cursors and ids are the plugin's own and stay."""
    if isinstance(value, _WITH_TEXTS):
        return cleaned(value)
    if isinstance(value, tuple):
        return cast("T", tuple(_clean(item) for item in value))
    return value


class Helpdesk:
    """One connection: its vendor plugin, and the extensions that wrap it, behind typed methods.

    Every method is a hook of `HelpdeskHooks`, which documents it. Errors that are not the bridge's own
    become a `PluginError` with the names of plugin and hook, so that a broken plugin affects one connection only.

    While the vendor refuses the connection's credentials, it is called once a minute: retries of a thousand cases
    would lock the account. Other callers get its last answer.

    Attributes:
        watch: Called when the credentials are refused, and now and then while they are accepted (None).
    """

    watch: Callable[[str, AuthenticationFailed | None], None] | None = None

    def __init__(self, name: str, plugin: HelpdeskPlugin[Any]) -> None:
        self.name = name
        self.vendor = plugin.vendor
        self.title = plugin.title
        self.settings: ConnectionSettings = plugin.connection.settings
        self.budgets = plugin.connection.budgets
        self._plugin = plugin
        self._refusal: tuple[datetime, AuthenticationFailed] | None = None
        self._refused_since: datetime | None = None
        self._seen_accepted: datetime | None = None
        self._relay = pluggy.PluginManager(PROJECT)
        self._relay.add_hookspecs(HelpdeskHooks)
        self.extend(plugin, plugin.vendor)

    def can(self, hook: str) -> bool:
        """Whether the plugin or an extension of this connection implements a hook."""
        return bool(self._caller(hook).get_hookimpls())

    def capabilities(self) -> tuple[str, ...]:
        """The implemented hooks, in the order of the contract."""
        return tuple(name for name in hooks_of(HelpdeskHooks) if self.can(name))

    def extend(self, extension: object, name: str) -> None:
        """Let an extension, an instance of any class, wrap or answer this connection's hooks.

        Raises:
            PluginError: It breaks the contract, or another one has its name.
        """
        breaches = "; ".join(find_hook_breaches(type(extension), HelpdeskHooks))
        if breaches:
            raise PluginError(f"{self.name}: {name} breaks the contract: {breaches}")
        if self._relay.has_plugin(name):
            raise PluginError(f"{self.name}: two of its plugins are called {name}")
        self._relay.register(extension, name=name)

    def close(self) -> None:
        """Let the plugin close its sockets."""
        self._plugin.close()

    def check_connection(self) -> ConnectionReport:
        return self._call("check_connection", ConnectionReport)

    def describe_fields(self) -> AccountDescription:
        return self._call("describe_fields", AccountDescription)

    def describe_draft(self, fields: Mapping[str, object]) -> DraftDescription:
        return self._call("describe_draft", DraftDescription, fields=fields)

    def describe_kinds(self) -> tuple[TicketKind, ...]:
        return self._call("describe_kinds", tuple)

    def find_assignee(self, name: str, fields: Mapping[str, object]) -> Person:
        return self._call("find_assignee", Person, name=name, fields=fields)

    def fetch_group_members(self, group: str) -> tuple[GroupMember, ...]:
        return self._call("fetch_group_members", tuple, group=group)

    def fetch_role_members(self, role: str) -> tuple[Person, ...]:
        return self._call("fetch_role_members", tuple, role=role)

    def verify_webhook(self, request: WebhookRequest) -> Verified:
        return self._call("verify_webhook", Verified, request=request)

    def parse_webhook(self, request: WebhookRequest) -> WebhookNews:
        return self._call("parse_webhook", WebhookNews, request=request)

    def subscribe_webhooks(self, callback: str, secret: str) -> tuple[Subscription, ...]:
        return self._call("subscribe_webhooks", tuple, callback=callback, secret=secret)

    def webhook_setup(self, callback: str) -> tuple[str, ...]:
        return self._call("webhook_setup", tuple, callback=callback)

    def list_subscriptions(self) -> tuple[Subscription, ...]:
        return self._call("list_subscriptions", tuple)

    def fetch_ticket(self, ticket_id: str) -> Ticket:
        return self._call("fetch_ticket", Ticket, ticket_id=ticket_id)

    def fetch_comments(self, ticket_id: str, after: str | None) -> tuple[Comment, ...]:
        return self._call("fetch_comments", tuple, ticket_id=ticket_id, after=after)

    def fetch_with_comments(self, ticket_id: str, after: str | None) -> TicketReading:
        if not self.can("fetch_with_comments") or any(
            map(self._is_extended, ("fetch_ticket", "fetch_comments"))
        ):
            return TicketReading(self.fetch_ticket(ticket_id), self.fetch_comments(ticket_id, after))
        return self._call("fetch_with_comments", TicketReading, ticket_id=ticket_id, after=after)

    def _is_extended(self, hook: str) -> bool:
        """Whether an extension wraps or replaces a hook of the plugin."""
        return any(each.plugin is not self._plugin for each in self._caller(hook).get_hookimpls())

    def fetch_status_changes(self, ticket_id: str, since: datetime) -> tuple[StatusChange, ...]:
        return self._call("fetch_status_changes", tuple, ticket_id=ticket_id, since=since)

    def fetch_attachment(self, attachment: Attachment, into: BinaryIO, limit: int) -> FetchedFile:
        return self._call("fetch_attachment", FetchedFile, attachment=attachment, into=into, limit=limit)

    def find_ticket(self, key: str, sent_at: datetime | None) -> Ticket | None:
        # Whatever is not a definite no must not pass for one: a second ticket would be created.
        found = self._call("find_ticket", Ticket, FoundNothing, key=key, sent_at=sent_at)
        return found if isinstance(found, Ticket) else None

    def find_by_key(self, text: str) -> Ticket | None:
        if not self.can("find_by_key"):
            return self._found_by_id(text)
        found = self._call("find_by_key", Ticket, FoundNothing, text=text)
        return found if isinstance(found, Ticket) else None

    def _found_by_id(self, ticket_id: str) -> Ticket | None:
        try:
            return self.fetch_ticket(ticket_id)
        except TicketNotFound:
            return None

    def create_ticket(self, draft: TicketDraft, key: str) -> Ticket:
        return self._call("create_ticket", Ticket, draft=draft, key=key)

    def update_ticket(self, ticket_id: str, change: TicketChange, expected: Ticket) -> Ticket:
        return self._call("update_ticket", Ticket, ticket_id=ticket_id, change=change, expected=expected)

    def is_own_status(self, ticket_id: str, status_id: str) -> bool:
        if not self.can("is_own_status"):
            return False  # a vendor that sets a status in one step stops at none on the way
        return self._call("is_own_status", bool, ticket_id=ticket_id, status_id=status_id)

    def add_comment(self, ticket_id: str, comment: CommentDraft, key: str) -> Comment:
        return self.write_comment(ticket_id, comment, key).comment

    def write_comment(self, ticket_id: str, comment: CommentDraft, key: str) -> WrittenComment:
        """As `add_comment`; also returns the ticket if the answer contains it."""
        written = self._call(
            "add_comment", WrittenComment, Comment, ticket_id=ticket_id, comment=comment, key=key
        )
        return WrittenComment(written) if isinstance(written, Comment) else cast("WrittenComment", written)

    def edit_comment(self, ticket_id: str, comment_id: str, comment: CommentDraft, key: str) -> Comment:
        return self._call(
            "edit_comment", Comment, ticket_id=ticket_id, comment_id=comment_id, comment=comment, key=key
        )

    def delete_comment(self, ticket_id: str, comment_id: str) -> WriteReceipt:
        return self._call("delete_comment", WriteReceipt, ticket_id=ticket_id, comment_id=comment_id)

    def add_attachment(self, ticket_id: str, file: FileDraft, key: str) -> WriteReceipt:
        return self._call("add_attachment", WriteReceipt, ticket_id=ticket_id, file=file, key=key)

    def link_ticket(self, ticket_id: str, other: TicketPointer, key: str) -> WriteReceipt:
        return self._call("link_ticket", WriteReceipt, ticket_id=ticket_id, other=other, key=key)

    def changes_since(self, cursor: str | None) -> ChangePage:
        return self._call("changes_since", ChangePage, cursor=cursor)

    def open_tickets(self, cursor: str | None) -> OpenTickets:
        return self._call("open_tickets", OpenTickets, cursor=cursor)

    def fetch_satisfaction(self, ticket_id: str) -> tuple[Satisfaction, ...]:
        return self._call("fetch_satisfaction", tuple, ticket_id=ticket_id)

    def native_clocks(self, ticket_id: str) -> tuple[NativeClock, ...]:
        return self._call("native_clocks", tuple, ticket_id=ticket_id)

    def _spare_the_vendor(self) -> None:
        if self._refusal is None:
            return
        until, error = self._refusal
        left = (until - self._plugin.connection.now()).total_seconds()
        if left > 0:
            raise AuthenticationFailed(
                error.message, replace(error.at, retry_after=left), advice=error.advice
            )

    @property
    def refusal(self) -> Refusal | None:
        """Since when the vendor refuses the credentials, as far as this process knows; None: it accepts them."""
        if self._refusal is None or self._refused_since is None:
            return None
        return Refusal(self._refused_since, str(self._refusal[1]))

    def _note_refusal(self, error: AuthenticationFailed) -> None:
        now = self._plugin.connection.now()
        is_news = self._refusal is None
        self._refusal = now + _BETWEEN_TRIES, error
        if is_news:  # one alert, not one for each case
            self._refused_since, self._seen_accepted = now, None
            _log.error("connection.refused", connection=self.name, error=str(error))
            if self.watch is not None:
                self.watch(self.name, error)

    def _note_accepted(self) -> None:
        """End the alert, including one that another process raised before it ended."""
        now = self._plugin.connection.now()
        if self._refusal is not None:
            self._refusal = self._refused_since = self._seen_accepted = None
            _log.info("connection.accepted_again", connection=self.name)
        if self._seen_accepted is None or now - self._seen_accepted > _BETWEEN_TRIES:
            self._seen_accepted = now
            if self.watch is not None:
                self.watch(self.name, None)

    def _caller(self, hook: str) -> pluggy.HookCaller:
        caller: pluggy.HookCaller = getattr(self._relay.hook, hook)
        return caller

    def _call(self, hook: str, *kinds: type[T], **arguments: object) -> T:
        caller = self._caller(hook)
        if not caller.get_hookimpls():
            raise UnsupportedOperation(f"{self.name}: the plugin {self.vendor} does not implement {hook}")
        if hook not in _ANYHOW:
            self._spare_the_vendor()
        if hook not in _OF_WEBHOOKS:
            arguments = {name: _clean(value) for name, value in arguments.items()}
        try:
            result = caller(**arguments)
        except AuthenticationFailed as error:
            if hook not in _ANYHOW:
                self._note_refusal(error)
            raise
        except BridgeError:
            raise
        except Exception as error:
            raise PluginError(f"{self.name}: the plugin {self.vendor} failed in {hook}: {error!r}") from error
        if hook not in _ANYHOW:
            self._note_accepted()
        if isinstance(result, kinds):
            return result if hook in _OF_WEBHOOKS else _clean(result)
        answer = "nothing" if result is None else type(result).__name__
        wanted = " or ".join(kind.__name__ for kind in kinds)
        raise PluginError(
            f"{self.name}: the plugin {self.vendor} answered {hook} with {answer}, not {wanted}"
        )
