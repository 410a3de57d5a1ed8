"""The two contracts of the bridge: what a helpdesk plugin implements, and what an extension may decide or listen to.

Both classes are hook specification, reference and base class at once. A plugin subclasses one of them, overrides the
methods that it can honour and marks each with `@hookimpl`; what it does not override it cannot do, and nobody calls it.
`get_hookimpls()` is therefore the only list of capabilities there is.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import BinaryIO, NoReturn

import pluggy

from escalation_bridge.domain.case.cases import CaseView, Link, TimelineEntry, Veto
from escalation_bridge.domain.routes.sides import Side
from escalation_bridge.domain.sla.native_clock import NativeClock
from escalation_bridge.domain.tickets.classification import Classification
from escalation_bridge.domain.tickets.messages import Message, MessageRequest
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
)
from escalation_bridge.plugin.accounts import (
    AccountDescription,
    ChangePage,
    ConnectionReport,
    DraftDescription,
    OpenTickets,
    Subscription,
    TicketKind,
    WriteReceipt,
)
from escalation_bridge.plugin.files import FetchedFile, FileDraft
from escalation_bridge.plugin.webhooks import Verified, WebhookNews, WebhookRequest

PROJECT = "escalation_bridge"
"""The name of the entry point group and of the pluggy project."""

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


def _specified_only() -> NoReturn:
    raise AssertionError("a hook specification was called; overriding methods are marked with @hookimpl")


class HelpdeskHooks:
    """What a vendor plugin implements, for one connection.

    Rules that hold for every method:

    * It may be called from several threads at once, and a hook is never called twice at once for the same ticket.
    * It raises the classes of `escalation_bridge.errors` and no others; the transport raises most of them by itself.
    * It keeps no ticket state: what has to be remembered is in the store.
    * A method that writes takes a `key`, a short token (`eb-` and 20 hexadecimal digits; fit for a label, a tag, an external id).
      Called again with the same key it must find what it wrote the first time and return that, also when the first call
      never heard the answer. `create_ticket` alone need not look: the engine asks `find_ticket` before it tries again.
    """

    @hookspec(firstresult=True)
    def check_connection(self) -> ConnectionReport:
        """Tell who the bridge is at the vendor and whether it may do what it has to.

        Raises:
            AuthenticationFailed: The vendor does not accept the credentials.
        """
        _specified_only()

    @hookspec(firstresult=True)
    def describe_fields(self) -> AccountDescription:
        """Read the account's statuses, priorities, groups and fields: what the configuration is checked against.

        Of each field say what it holds and whether the bridge can write it, as far as the vendor tells: what is left out is
        not judged.
        """
        _specified_only()

    @hookspec(firstresult=True)
    def describe_draft(self, fields: Mapping[str, object]) -> DraftDescription:
        """Look what the account would make of a ticket with these fields. Nothing is created.

        For vendors whose fields and statuses depend on what a ticket is (a project, a type); `config check --online` asks for
        every route.

        Args:
            fields: What the route's configuration gives to every ticket (`create`), in the vendor's own terms.
        """
        _specified_only()

    @hookspec(firstresult=True)
    def describe_kinds(self) -> tuple[TicketKind, ...]:
        """Say of the kinds of tickets that are at the account which statuses they can get. Nothing is changed.

        For vendors whose tickets cannot be set to every status from every other one; `config check --online` holds what a
        route would set at the tickets that it begins with against it. What the vendor does not tell is said to be unknown, never
        guessed.
        """
        _specified_only()

    @hookspec(firstresult=True)
    def find_assignee(self, name: str, fields: Mapping[str, object]) -> Person:
        """Look up somebody to whom tickets can be assigned. Nothing is assigned.

        `config check --online` asks for everybody whom a route's table of assignees names. Take and refuse the same names as
        `update_ticket` does.

        Args:
            name: An id or an e-mail address.
            fields: What the route gives to every ticket (`create`), for vendors where that decides who can be assigned; empty where
                the tickets begin.

        Raises:
            UnknownPerson: Nobody is called so, or it is somebody who cannot be assigned.
            PermissionDenied: The account does not let the bridge look.
            Rejected: It cannot be told by this name.
        """
        _specified_only()

    @hookspec(firstresult=True)
    def verify_webhook(self, request: WebhookRequest) -> Verified:
        """Prove from the raw body that the vendor sent this.

        Pure: no network, no store. Compares in constant time, accepts every secret that is configured (so that one can
        be rotated), checks the time stamp against `request.received_at` where one is signed, and fails closed: with no
        secret configured nothing is accepted.

        Raises:
            WebhookRefused: A signature, secret or time stamp is missing, wrong or too old. Its message must not help a forger.
        """
        _specified_only()

    @hookspec(firstresult=True)
    def parse_webhook(self, request: WebhookRequest) -> WebhookNews:
        """Say which tickets a verified webhook is about. Pure: no network, no store.

        The request comes as it is stored: without its query and without headers that hold a signature or a secret. What
        `verify_webhook` found about the body is in `request.body_is_proven`.

        Raises:
            WebhookMalformed: It cannot be read. The message names the place in the payload and quotes no customer's text.
        """
        _specified_only()

    @hookspec(firstresult=True)
    def subscribe_webhooks(self, callback: str, secret: str) -> tuple[Subscription, ...]:
        """Create, repair and prune the bridge's own registrations until exactly the needed ones call `callback`.

        Idempotent. `secret` is used where the vendor lets the subscriber choose it; where the vendor makes its own, the
        returned subscription carries that one. What calls another host is another bridge's, whatever its name, and stays.
        """
        _specified_only()

    @hookspec(firstresult=True)
    def webhook_setup(self, callback: str) -> tuple[str, ...]:
        """Say in steps what an admin has to enter by hand so that the vendor calls `callback`.

        For vendors whose webhooks cannot be made, or not completely, through their API. Pure. Secrets are named by where
        the configuration has them, never printed.
        """
        _specified_only()

    @hookspec(firstresult=True)
    def list_subscriptions(self) -> tuple[Subscription, ...]:
        """List the webhook registrations of the account that call this bridge, and those that look as if they did.

        `connect` names those that call another address, so that an admin sees a second bridge, or what a move left behind.
        """
        _specified_only()

    @hookspec(firstresult=True)
    def fetch_ticket(self, ticket_id: str) -> Ticket:
        """Read a ticket. A deleted or merged one that can still be read is returned with its `presence`.

        Raises:
            TicketNotFound: There is none, or the account may not see it.
        """
        _specified_only()

    @hookspec(firstresult=True)
    def fetch_comments(self, ticket_id: str, after: str | None) -> tuple[Comment, ...]:
        """Read what was said after the description, oldest first.

        Args:
            ticket_id: The ticket's immutable id.
            after: The id of a comment that is known already; None for all. Comments at or before it may be
                returned again, never left out after it: one that is young and missing twice counts as deleted.
        """
        _specified_only()

    @hookspec(firstresult=True)
    def fetch_status_changes(self, ticket_id: str, since: datetime) -> tuple[StatusChange, ...]:
        """Read how a ticket's status changed, from the vendor's own history: audits, a changelog, statistics.

        The engine asks only where the readings of a ticket leave a gap: it was read for the first time long after it was opened,
        its status is another one than at the last reading, or `Ticket.status_since` shows that it changed and changed back.
        Clocks are dated by the answer. Where this is not implemented, a change counts from `Ticket.status_since`, else from the
        ticket's last change of any kind, which may be days later.

        Args:
            ticket_id: The ticket's immutable id.
            since: Up to when the course is known. Earlier changes may be returned again.

        Returns:
            The changes as far as the vendor keeps them, oldest first. A change that is left out is not noticed.

        Raises:
            PermissionDenied: The account may not read the history. The readings have to do then.
        """
        _specified_only()

    @hookspec(firstresult=True)
    def fetch_attachment(self, attachment: Attachment, into: BinaryIO, limit: int) -> FetchedFile:
        """Write a file's content to `into` while it comes. `escalation_bridge.plugin.http.downloads.download` does all of this.

        Credentials never leave the vendor's own host, and nothing is read from inside a private network.

        Args:
            attachment: The file, as the ticket or comment told of it.
            into: Open for writing, in binary.
            limit: Bytes, at the most.

        Raises:
            FileRefused: It is larger, or its address is one that is not fetched.
            Intercepted: A login page came instead of the file.
        """
        _specified_only()

    @hookspec(firstresult=True)
    def find_ticket(self, key: str, sent_at: datetime | None) -> "Ticket | FoundNothing":
        """Look for the ticket that an earlier `create_ticket` with this key made.

        Args:
            key: The creating intent's key.
            sent_at: When a create with this key was last sent, or None if it never was. Where the vendor's
                search lags behind its writes, "nothing found" is only an answer once the lag has passed.

        Raises:
            NotSettled: Nothing is found, but the search may not know it yet; `retry_after` says when to ask again.
        """
        _specified_only()

    @hookspec(firstresult=True)
    def find_by_key(self, text: str) -> "Ticket | FoundNothing":
        """Look for the ticket that people mean by `text`: what they call it (`Ticket.key`, in any case, with or without a
        "#"), or its immutable id.

        For tickets that are linked by hand. Where this is not implemented, only the id is taken.

        Raises:
            PermissionDenied: It is there, and the account may not see it.
        """
        _specified_only()

    @hookspec(firstresult=True)
    def create_ticket(self, draft: TicketDraft, key: str) -> Ticket:
        """Create a ticket with `key` written into it where `find_ticket` finds it, and return it as it then is.

        A field that the vendor does not take must not stop an escalation: leave it out and name it in `Ticket.left_out`, of which
        both teams get a note. Only what the vendor requires, or what decides who may read the ticket, is worth a refusal.

        Raises:
            OutcomeUnknown: It may have been created. The engine calls `find_ticket` before it tries again.
            Rejected: The vendor refuses the draft; the message names the field.
            PersonRefused: The vendor refuses somebody whom the draft names. It is called again with these people in
                `draft.without`, and with a description that names them.
        """
        _specified_only()

    @hookspec(firstresult=True)
    def update_ticket(self, ticket_id: str, change: TicketChange, expected: Ticket) -> Ticket:
        """Change a ticket, read it back and return it.

        What already is as wanted is not written. Tags are added and removed one by one: other people's stay.

        Args:
            ticket_id: The ticket's immutable id.
            change: What to change.
            expected: The ticket as it was when the change was decided.

        Raises:
            ConcurrentChange: A field that is to be changed is no longer as in `expected`, nor already as wanted.
            NotApplied: The vendor accepted the change and the field is not as wanted.
            Rejected: No transition leads there, a required field is missing, a word is unknown.
            UnknownPerson: The assignee is nobody at the vendor. Nothing was changed.
            TicketClosed: The ticket takes no change any more.
        """
        _specified_only()

    @hookspec(firstresult=True)
    def is_own_status(self, ticket_id: str, status_id: str) -> bool:
        """Whether this connection's own account set the status that a ticket shows.

        For vendors where a status may have to be reached over others, as by Jira's transitions: a change that failed half way
        leaves the ticket at a status that nobody asked for, and only the vendor's history tells that from a person's change.
        The engine asks only when a change of a status failed and the ticket shows neither the old status nor the wanted one.

        Args:
            ticket_id: The ticket's immutable id.
            status_id: The status that it showed when it was read.

        Returns:
            Whether the last change of its status led to that status and was made by the connection's account.
        """
        _specified_only()

    @hookspec(firstresult=True)
    def add_comment(self, ticket_id: str, comment: CommentDraft, key: str) -> Comment:
        """Write a comment with exactly the visibility asked for, and return it as the vendor stored it.

        The key is left in the comment (metadata where the vendor has it, else a short trailing mark), so that the comment
        is recognised when it comes back, and found instead of written again when the first answer was lost. At the first attempt
        (`comment.first_attempt`) there is nothing to be found, and looking for it would cost a request.

        Raises:
            Rejected: The vendor cannot store a private comment here. It is never written as a public one instead.
            PrivacyBreach: It came out public; it was deleted again where that is possible.
            TicketClosed: The ticket takes no comment any more.
        """
        _specified_only()

    @hookspec(firstresult=True)
    def edit_comment(self, ticket_id: str, comment_id: str, comment: CommentDraft, key: str) -> Comment:
        """Replace the text of a comment that the bridge wrote, and return it as the vendor stored it.

        It keeps its key, so that it is still recognised; the visibility is the one it has already.

        Args:
            ticket_id: The ticket's immutable id.
            comment_id: The comment's id, from the receipt of `add_comment`.
            comment: Its new text.
            key: The key that it was written with.

        Raises:
            Rejected: The vendor lets no comment, or not this one, be edited. The engine adds a further comment then.
            CommentNotFound: It is not there any more.
            PrivacyBreach: It came out public; it was deleted again where that is possible.
            TicketClosed: The ticket takes no change any more.
        """
        _specified_only()

    @hookspec(firstresult=True)
    def delete_comment(self, ticket_id: str, comment_id: str) -> WriteReceipt:
        """Take a comment that the bridge wrote back. One that is not there any more is as wanted.

        Raises:
            Rejected: The vendor lets no comment, or not this one, be deleted. The engine adds a note then.
            TicketClosed: The ticket takes no change any more.
        """
        _specified_only()

    @hookspec(firstresult=True)
    def add_attachment(self, ticket_id: str, file: FileDraft, key: str) -> WriteReceipt:
        """Put a file at the ticket, visible as asked, streamed as far as the vendor's API lets it.

        Raises:
            FileRefused: The vendor does not take it: its size, its type. The message says which, with the limit.
            Rejected: The vendor cannot keep a private file here. It is never written as a public one instead.
            TicketClosed: The ticket takes no file any more.
        """
        _specified_only()

    @hookspec(firstresult=True)
    def link_ticket(self, ticket_id: str, other: TicketPointer, key: str) -> WriteReceipt:
        """Make another system's ticket visible to the agents of this one: remote link, custom field, private note.

        Called again for the same `other.ref` it updates what is shown (title, status, done, assignee, last change, health)
        in place, where the vendor lets it; what the vendor cannot change in place is left as it is, never repeated as
        another note. Never visible to customers. At the first attempt (`other.first_attempt`) there is nothing to update.
        """
        _specified_only()

    @hookspec(firstresult=True)
    def changes_since(self, cursor: str | None) -> ChangePage:
        """List the tickets that changed since the cursor, with some overlap; None: from now on."""
        _specified_only()

    @hookspec(firstresult=True)
    def open_tickets(self, cursor: str | None) -> OpenTickets:
        """List the tickets that are not done, page by page: those that were there before the bridge.

        Args:
            cursor: Where to go on, as the page before said; None: at the beginning. A cursor that the vendor no longer takes
                begins again: tickets may be listed twice.
        """
        _specified_only()

    @hookspec(firstresult=True)
    def native_clocks(self, ticket_id: str) -> tuple[NativeClock, ...]:
        """Read the vendor's own SLA clocks of a ticket, shown beside the bridge's and never written."""
        _specified_only()


class EscalationHooks:
    """What an extension may decide or listen to, bridge-wide.

    Extensions are asked in the order in which `bridge.extensions` names them, the core last: whoever answers first, with
    anything but None, is heard. They are asked while a case is being decided and must answer quickly; one that raises is
    logged and treated as if it had not answered.
    """

    @hookspec(firstresult=True)
    def classify_ticket(self, ticket: Ticket) -> Classification | None:
        """Say how grave a ticket is. The core's own answer: urgent tickets are emergencies."""
        _specified_only()

    @hookspec(firstresult=True)
    def choose_target(self, view: CaseView, route: str, candidates: tuple[str, ...]) -> str | None:
        """Choose the route that an escalation takes.

        Args:
            view: The case.
            route: The route that the ladder names.
            candidates: All routes that begin at the case's connection, `route` among them.
        """
        _specified_only()

    @hookspec(firstresult=True)
    def map_status(self, link: Link, side: Side, ticket: Ticket) -> str | None:
        """Say what the other side should show when `side` shows `ticket.status`: a word of the other side's vendor.

        None leaves it to the route's status map.
        """
        _specified_only()

    @hookspec(firstresult=True)
    def resolve_conflict(self, link: Link, origin: Ticket, linked: Ticket) -> Side | None:
        """Say whose status wins when both sides changed. None leaves it to the route's owner, or to a person."""
        _specified_only()

    @hookspec(firstresult=True)
    def compose_message(self, request: MessageRequest, language: str) -> Message | None:
        """Put a message into words. The core's own answer is its catalogue, in English and Indonesian."""
        _specified_only()

    @hookspec
    def veto_escalation(self, view: CaseView, route: str) -> Veto | None:
        """Object to an escalation, with a reason. Any objection stops it, and all are recorded."""
        _specified_only()

    @hookspec
    def notify(self, to: str, message: Message, key: str) -> str | None:
        """Tell people outside the ticket.

        Args:
            to: Whom, as the ladder names them.
            message: What.
            key: The same at every repetition: a notice that went out under it is not sent again.

        Returns:
            How it went out ("mail to duty@example.com"), or None when this extension does not serve `to`.
        """
        _specified_only()

    @hookspec
    def case_changed(self, case_id: int, entry: TimelineEntry) -> None:
        """Listen to a case's history, after it was recorded. A listener that fails stops nobody."""
        _specified_only()


class FoundNothing:
    """`find_ticket`'s definite no; None would mean, to pluggy, that the plugin does not answer."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return False


FOUND_NOTHING = FoundNothing()
