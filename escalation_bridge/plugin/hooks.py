"""The two contracts of the bridge: what a helpdesk plugin implements, and what an extension may decide or listen to.

Both classes are hook specification, reference and base class at once. A plugin subclasses one of them, overrides the
methods that it supports, and marks each with `@hookimpl`. Methods that it does not override are never called. Therefore
`get_hookimpls()` is the only list of a plugin's capabilities.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import BinaryIO, NoReturn

import pluggy

from escalation_bridge.domain.case.cases import CaseView, Link, TimelineEntry, Veto
from escalation_bridge.domain.routes.sides import Side
from escalation_bridge.domain.sla.native_clock import NativeClock
from escalation_bridge.domain.teams.facts import GroupMember
from escalation_bridge.domain.tickets.classification import Classification
from escalation_bridge.domain.tickets.messages import Message, MessageRequest
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

    Rules for every method:

    * It may be called from several threads at once, but never twice at once for the same ticket.
    * It raises only the classes of `escalation_bridge.errors`; the transport raises most of them.
    * It keeps no ticket state: the store does that.
    * A method that writes takes a `key`: `eb-` and 20 hexadecimal digits, which fit a label, a tag or an external id.
      If it is called again with the same key, it must find the first write and return it. This also applies if the answer to
      the first call was lost. Only `create_ticket` need not look, because the engine calls `find_ticket` first.
    """

    @hookspec(firstresult=True)
    def check_connection(self) -> ConnectionReport:
        """Return the bridge's account at the vendor, and whether it has the permissions that the bridge needs.

        Raises:
            AuthenticationFailed: The vendor rejects the credentials.
        """
        _specified_only()

    @hookspec(firstresult=True)
    def describe_fields(self) -> AccountDescription:
        """Read the account's statuses, priorities, groups and fields, against which the configuration is checked.

        For each field, return its content and whether the bridge can write it, if the vendor reports that. Fields without a
        statement are not checked.
        """
        _specified_only()

    @hookspec(firstresult=True)
    def describe_draft(self, fields: Mapping[str, object]) -> DraftDescription:
        """Check which ticket the account would create from these fields. Nothing is created.

        For vendors whose fields and statuses depend on a project or type. `config check --online` calls it for every route.

        Args:
            fields: What the route's configuration sets for every ticket (`create`), in the vendor's terms.
        """
        _specified_only()

    @hookspec(firstresult=True)
    def describe_kinds(self) -> tuple[TicketKind, ...]:
        """Return for each kind of ticket of the account which statuses it can get. Nothing is changed.

        For vendors whose tickets cannot go from every status to every other one. `config check --online` compares the statuses
        that a route would set with the result. What the vendor does not report is unknown, never guessed.
        """
        _specified_only()

    @hookspec(firstresult=True)
    def find_assignee(self, name: str, fields: Mapping[str, object]) -> Person:
        """Look up a possible assignee. Nothing is assigned.

        `config check --online` calls it for everybody in a route's table of assignees. Accept and refuse the same names as
        `update_ticket`.

        Args:
            name: An id or an email address.
            fields: What the route sets for every ticket (`create`), for vendors where that determines who can be assigned. It is
                empty for the route's origin.

        Raises:
            UnknownPerson: Nobody has this name, or the person cannot be assigned.
            PermissionDenied: The account does not allow the bridge to look.
            Rejected: This name cannot be looked up.
        """
        _specified_only()

    @hookspec(firstresult=True)
    def fetch_group_members(self, group: str) -> tuple[GroupMember, ...]:
        """Read who is in a group of agents, and who of them is away now. Nothing is changed.

        For vendors with groups of agents. These people become members of the teams with `members_from_group`. The worker calls it
        every 15 minutes.

        Args:
            group: A name or id, as in `TicketChange.group`.

        Returns:
            The possible assignees, each once, without the bridge's own account. `person.email` is None if the
            account hides it, and `away` is None if the vendor does not report it.

        Raises:
            Rejected: There is no such group.
            PermissionDenied: The account does not allow the bridge to look.
        """
        _specified_only()

    @hookspec(firstresult=True)
    def fetch_role_members(self, role: str) -> tuple[Person, ...]:
        """Read which agents have a role of the whole account. Nothing is changed.

        These people may do what leads may, if `escalation: lead_roles` names the role. The worker calls it every 15 minutes.

        Args:
            role: A name or id, as the account's admins know it.

        Returns:
            The agents, each once, without the bridge's own account and without people who may no longer sign in.

        Raises:
            Rejected: There is no such role.
            PermissionDenied: The account does not allow the bridge to look.
        """
        _specified_only()

    @hookspec(firstresult=True)
    def verify_webhook(self, request: WebhookRequest) -> Verified:
        """Verify from the raw body that the vendor sent this.

        Pure: no network, no store. Compare in constant time, and accept every configured secret, so that one can be rotated. If
        a time stamp is signed, compare it with `request.received_at`. Without a configured secret, accept nothing.

        Raises:
            WebhookRefused: A signature, secret or time stamp is missing, wrong or too old. Its message must not help a forger.
        """
        _specified_only()

    @hookspec(firstresult=True)
    def parse_webhook(self, request: WebhookRequest) -> WebhookNews:
        """Return the tickets that a verified webhook is about. Pure: no network, no store.

        The request is as it was stored: without its query, and without headers that contain a signature or a secret. The result of
        `verify_webhook` for the body is `request.body_is_proven`.

        Raises:
            WebhookMalformed: It cannot be read. The message names the place in the payload and quotes no customer's text.
        """
        _specified_only()

    @hookspec(firstresult=True)
    def subscribe_webhooks(self, callback: str, secret: str) -> tuple[Subscription, ...]:
        """Create, repair and prune the bridge's own registrations until exactly the needed ones call `callback`.

        Idempotent. Use `secret` if the vendor lets the subscriber choose it. If the vendor creates its own, return that one in the
        subscription. A registration that calls another host belongs to another bridge, whatever its name, and stays.
        """
        _specified_only()

    @hookspec(firstresult=True)
    def webhook_setup(self, callback: str) -> tuple[str, ...]:
        """Return the steps with which an admin makes the vendor call `callback`.

        For vendors whose webhooks cannot be created, or not completely, through their API. Pure. Name secrets by their place in the
        configuration; never print them.
        """
        _specified_only()

    @hookspec(firstresult=True)
    def list_subscriptions(self) -> tuple[Subscription, ...]:
        """List the webhook registrations of the account that call this bridge, and those that resemble them.

        `connect` names those that call another address, so that an admin sees a second bridge, or the remains of a move.
        """
        _specified_only()

    @hookspec(firstresult=True)
    def fetch_ticket(self, ticket_id: str) -> Ticket:
        """Read a ticket. A deleted or merged one that can still be read is returned with its `presence`.

        Raises:
            TicketNotFound: It does not exist, or the account may not see it.
        """
        _specified_only()

    @hookspec(firstresult=True)
    def fetch_comments(self, ticket_id: str, after: str | None) -> tuple[Comment, ...]:
        """Read the comments after the description, oldest first.

        Args:
            ticket_id: The ticket's immutable id.
            after: The id of a comment that is already known; None for all. Comments at or before it may be
                returned again. Never omit one after it: a young comment that is missing twice counts as deleted.
        """
        _specified_only()

    @hookspec(firstresult=True)
    def fetch_with_comments(self, ticket_id: str, after: str | None) -> TicketReading:
        """Read a ticket with its comments, in fewer requests than one after the other.

        For vendors whose answer about a ticket contains its comments, or the other way round. Without this hook, the bridge calls
        `fetch_ticket` and `fetch_comments`. It also does so if an extension answers or wraps one of the two.

        Args:
            ticket_id: The ticket's immutable id.
            after: As for `fetch_comments`.

        Raises:
            TicketNotFound: There is none, or the account may not see it.
        """
        _specified_only()

    @hookspec(firstresult=True)
    def fetch_status_changes(self, ticket_id: str, since: datetime) -> tuple[StatusChange, ...]:
        """Read how a ticket's status changed, from the vendor's own history: audits, a changelog, statistics.

        The engine calls it only if the snapshots of a ticket leave a gap. Either it was first read long after it was opened, or its
        status differs from the last snapshot, or `Ticket.status_since` is later than expected. Clocks use the times of the answer.
        It also calls it for a ticket that `find_ticket` found and that has no `status_since`, to learn whether people already
        changed its status.
        Without this hook, a change counts from `Ticket.status_since`. Without that, it counts from the ticket's last
        change of any kind, which may be days later.

        Args:
            ticket_id: The ticket's immutable id.
            since: The time up to which the history is known. Earlier changes may be returned again.

        Returns:
            The changes that the vendor keeps, oldest first. A change that is omitted is not noticed.

        Raises:
            PermissionDenied: The account may not read the history. The engine then uses the snapshots alone.
        """
        _specified_only()

    @hookspec(firstresult=True)
    def fetch_attachment(self, attachment: Attachment, into: BinaryIO, limit: int) -> FetchedFile:
        """Stream a file's content to `into`. `escalation_bridge.plugin.http.downloads.download` does all of this.

        Credentials never leave the vendor's own host, and nothing is read from a private network.

        Args:
            attachment: The file, as the ticket or comment has it.
            into: Open for writing, in binary.
            limit: The maximum size in bytes.

        Raises:
            FileRefused: It is larger, or its address is not allowed.
            Intercepted: The answer was a login page instead of the file.
        """
        _specified_only()

    @hookspec(firstresult=True)
    def find_ticket(self, key: str, sent_at: datetime | None) -> "Ticket | FoundNothing":
        """Look for the ticket that an earlier `create_ticket` with this key created.

        Args:
            key: The key of the write that creates the ticket.
            sent_at: When a create with this key was last sent, or None if it never was. If the vendor's search lags
                behind its writes, "nothing found" is an answer only after the lag has passed.

        Raises:
            NotSettled: Nothing is found, but the search may lag behind. `retry_after` is the time until the next attempt.
        """
        _specified_only()

    @hookspec(firstresult=True)
    def find_by_key(self, text: str) -> "Ticket | FoundNothing":
        """Look for a ticket by the name that people use: `Ticket.key`, in any case, with or without a "#", or its immutable id.

        For tickets that are linked by hand. Without this hook, only the id is accepted.

        Raises:
            PermissionDenied: It exists, and the account may not see it.
        """
        _specified_only()

    @hookspec(firstresult=True)
    def create_ticket(self, draft: TicketDraft, key: str) -> Ticket:
        """Create a ticket that contains `key` where `find_ticket` finds it, and return it as stored.

        A field that the vendor rejects must not stop an escalation. Omit it and name it in `Ticket.left_out`; both teams get a
        note about it. Raise an error only for fields that the vendor requires, or that determine who may read the ticket.

        Raises:
            OutcomeUnknown: It may have been created. The engine calls `find_ticket` before it retries.
            Rejected: The vendor rejects the draft; the message names the field.
            PersonRefused: The vendor refuses a person in the draft. The hook is called again with these people in
                `draft.without`, and with a description that names them.
        """
        _specified_only()

    @hookspec(firstresult=True)
    def update_ticket(self, ticket_id: str, change: TicketChange, expected: Ticket) -> Ticket:
        """Change a ticket, read it back and return it.

        A value that is already as wanted is not written. Tags are added and removed one by one; other people's tags stay.
        `UNASSIGNED` in place of an assignee takes the assignee away.

        Args:
            ticket_id: The ticket's immutable id.
            change: What to change.
            expected: The ticket as it was when the change was decided.

        Raises:
            ConcurrentChange: A field to be changed is neither as in `expected` nor already as wanted.
            NotApplied: The vendor accepted the change, and the field is not as wanted.
            Rejected: No transition leads there, a required field is missing, or a value is unknown.
            UnknownPerson: The assignee does not exist at the vendor. Nothing was changed.
            TicketClosed: The ticket can no longer be changed.
        """
        _specified_only()

    @hookspec(firstresult=True)
    def is_own_status(self, ticket_id: str, status_id: str) -> bool:
        """Whether this connection's own account set the status that a ticket shows.

        For vendors where a status may be reached through others, such as Jira's transitions. A change that failed halfway leaves
        the ticket at a status that nobody asked for. Only the vendor's history distinguishes it from a person's change. The
        engine calls it only if a change of status failed and the ticket shows neither the old status nor the wanted one.

        Args:
            ticket_id: The ticket's immutable id.
            status_id: The status in the snapshot.

        Returns:
            Whether the connection's account made the last change of status, and it led to that status.
        """
        _specified_only()

    @hookspec(firstresult=True)
    def add_comment(self, ticket_id: str, comment: CommentDraft, key: str) -> Comment | WrittenComment:
        """Write a comment with exactly the given visibility, and return it as the vendor stored it.

        If the vendor's answer shows the ticket too, return both (`WrittenComment`). A comment can change its ticket, and the bridge
        need not read it again.

        Store the key in the comment: in metadata if the vendor has them, otherwise in a short trailing mark. The bridge recognizes
        the comment by it. If the first answer was lost, the comment is found by it and not written again. Do not search at the
        first attempt (`comment.first_attempt`); it would cost a request.

        Raises:
            Rejected: The vendor cannot store a private comment here. Never write it as a public one instead.
            PrivacyBreach: It became public; it was deleted if that is possible.
            TicketClosed: The ticket accepts no more comments.
        """
        _specified_only()

    @hookspec(firstresult=True)
    def edit_comment(self, ticket_id: str, comment_id: str, comment: CommentDraft, key: str) -> Comment:
        """Replace the text of a comment that the bridge wrote, and return it as the vendor stored it.

        It keeps its key, so that the bridge still recognizes it, and its visibility.

        Args:
            ticket_id: The ticket's immutable id.
            comment_id: The comment's id, from the receipt of `add_comment`.
            comment: Its new text.
            key: The key with which it was written.

        Raises:
            Rejected: The vendor does not allow the edit. The engine then adds another comment.
            CommentNotFound: It no longer exists.
            PrivacyBreach: It became public; it was deleted if that is possible.
            TicketClosed: The ticket can no longer be changed.
        """
        _specified_only()

    @hookspec(firstresult=True)
    def delete_comment(self, ticket_id: str, comment_id: str) -> WriteReceipt:
        """Delete a comment that the bridge wrote. If it no longer exists, that is a success.

        Raises:
            Rejected: The vendor does not allow the deletion. The engine then adds a note.
            TicketClosed: The ticket can no longer be changed.
        """
        _specified_only()

    @hookspec(firstresult=True)
    def add_attachment(self, ticket_id: str, file: FileDraft, key: str) -> WriteReceipt:
        """Attach a file to the ticket with the given visibility, streamed if the vendor's API allows it.

        Raises:
            FileRefused: The vendor rejects its size or type. The message names which, with the limit.
            Rejected: The vendor cannot store a private file here. Never write it as a public one instead.
            TicketClosed: The ticket accepts no more files.
        """
        _specified_only()

    @hookspec(firstresult=True)
    def link_ticket(self, ticket_id: str, other: TicketPointer, key: str) -> WriteReceipt:
        """Show another system's ticket to the agents of this one: remote link, custom field, private note.

        Called again for the same `other.ref`, it updates title, status, done, assignee, last change and health in place. What the
        vendor cannot change in place stays as it is, and is never repeated as another note. At the first attempt
        (`other.first_attempt`) there is nothing to update. Customers never see it.
        """
        _specified_only()

    @hookspec(firstresult=True)
    def changes_since(self, cursor: str | None) -> ChangePage:
        """List the tickets that changed since the cursor, with some overlap; None: from now on."""
        _specified_only()

    @hookspec(firstresult=True)
    def open_tickets(self, cursor: str | None) -> OpenTickets:
        """List the tickets that are not done, page by page: those that existed before the bridge.

        Args:
            cursor: The cursor of the page before; None for the first page. A cursor that the vendor no longer accepts starts
                again, so tickets may be listed twice.
        """
        _specified_only()

    @hookspec(firstresult=True)
    def fetch_satisfaction(self, ticket_id: str) -> tuple[Satisfaction, ...]:
        """Read what the customer answered to the helpdesk's own satisfaction survey of a ticket.

        The engine calls it after an escalated case is over, if the configuration says that the helpdesk sends a survey. A survey
        that was not answered is none.

        Args:
            ticket_id: The ticket's immutable id.

        Returns:
            The answers, oldest first; empty if there is none.
        """
        _specified_only()

    @hookspec(firstresult=True)
    def native_clocks(self, ticket_id: str) -> tuple[NativeClock, ...]:
        """Read the vendor's own SLA clocks of a ticket. They are shown beside the bridge's and never written."""
        _specified_only()


class EscalationHooks:
    """What an extension may decide or listen to, bridge-wide.

    Extensions are called in the order in which `bridge.extensions` names them, the core last. The first answer that is not
    None counts. They are called while a case is being decided, and must answer quickly. An exception is logged and counts as no
    answer.
    """

    @hookspec(firstresult=True)
    def classify_ticket(self, ticket: Ticket) -> Classification | None:
        """Classify the severity of a ticket: when it arrives, and again when its customer writes. By default the rules decide."""
        _specified_only()

    @hookspec(firstresult=True)
    def choose_target(self, view: CaseView, route: str, candidates: tuple[str, ...]) -> str | None:
        """Choose the route that an escalation takes.

        Args:
            view: The case.
            route: The route that the ladder names.
            candidates: All routes that start at the case's connection, including `route`.
        """
        _specified_only()

    @hookspec(firstresult=True)
    def choose_team(self, view: CaseView, team: str, candidates: tuple[str, ...]) -> str | None:
        """Choose the team that takes an escalation over.

        If nobody of the chosen team is there, the teams after it are tried as always.

        Args:
            view: The case.
            team: The team that would get it.
            candidates: All teams that have a place in the case's helpdesk, or a route from there, including `team`.
        """
        _specified_only()

    @hookspec(firstresult=True)
    def map_status(self, link: Link, side: Side, ticket: Ticket) -> str | None:
        """Return the status for the other side when `side` shows `ticket.status`, in the other vendor's terms.

        None leaves the decision to the route's status map.
        """
        _specified_only()

    @hookspec(firstresult=True)
    def resolve_conflict(self, link: Link, origin: Ticket, linked: Ticket) -> Side | None:
        """Choose whose status wins when both sides changed. None leaves it to the route's owner, or to a person."""
        _specified_only()

    @hookspec(firstresult=True)
    def compose_message(self, request: MessageRequest, language: str) -> Message | None:
        """Write the text of a message. The core's default is its catalogue, in English and Indonesian."""
        _specified_only()

    @hookspec
    def veto_escalation(self, view: CaseView, route: str) -> Veto | None:
        """Object to an escalation, with a reason. Any objection stops it, and all are recorded."""
        _specified_only()

    @hookspec
    def notify(self, to: str, message: Message, key: str) -> str | None:
        """Send a notification to people outside the ticket.

        Args:
            to: The recipient, as the ladder names it.
            message: The text.
            key: The same at every attempt. Do not send a notification again that was sent under it.

        Returns:
            How it was sent ("mail to duty@example.com"), or None if this extension does not serve `to`.
        """
        _specified_only()

    @hookspec
    def case_changed(self, case_id: int, entry: TimelineEntry) -> None:
        """Receive an entry of a case's history, after it was recorded. A failure stops nothing else."""
        _specified_only()


class FoundNothing:
    """The definite "no" of `find_ticket`. For pluggy, None would mean that the plugin does not answer."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return False


FOUND_NOTHING = FoundNothing()
