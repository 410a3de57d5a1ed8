"""The plugin: what the bridge asks of a helpdesk, in Plainlist's terms.

Each hook is described in docs/hooks.md. What is not overridden here Plainlist cannot do, and nobody calls it.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NoReturn

from escalation_bridge.plugin import (
    FOUND_NOTHING,
    AccountDescription,
    Comment,
    CommentDraft,
    Connection,
    ConnectionReport,
    FoundNothing,
    HelpdeskPlugin,
    Rejected,
    Ticket,
    TicketChange,
    TicketDraft,
    TicketPointer,
    TicketRef,
    VendorError,
    Verified,
    Visibility,
    WebhookNews,
    WebhookRequest,
    Wish,
    WriteReceipt,
    carry_out,
    ensure_visibility,
    hookimpl,
)
from escalation_bridge_plainlist import mapping, webhook
from escalation_bridge_plainlist.client import PlainlistClient
from escalation_bridge_plainlist.settings import PlainlistSettings
from escalation_bridge_plainlist.shapes import CommentShape, TicketShape


class PlainlistPlugin(HelpdeskPlugin[PlainlistSettings]):
    """Plainlist, through its HTTP API."""

    vendor = "plainlist"
    title = "Plainlist"
    settings = PlainlistSettings

    def __init__(self, connection: Connection[PlainlistSettings]) -> None:
        super().__init__(connection)
        self._client = PlainlistClient(connection)

    def close(self) -> None:
        self._client.transport.close()

    # --- the account ---

    @hookimpl
    def check_connection(self) -> ConnectionReport:
        me = self._client.fetch_me()
        problems = [] if me.may_write else ["the bridge's user may only read: make it a member of the staff"]
        if not self.connection.settings.webhook_secrets:
            problems.append("webhook_secrets is empty, so no webhook is accepted: set at least one secret")
        return ConnectionReport(me.id, me.name, problems=tuple(problems))

    @hookimpl
    def describe_fields(self) -> AccountDescription:
        own = self.connection.settings.states
        states = tuple(mapping.status(state, own) for state in self._client.fetch_states())
        return AccountDescription(statuses=states, priorities=tuple(mapping.PRIORITIES))

    # --- webhooks ---

    @hookimpl
    def verify_webhook(self, request: WebhookRequest) -> Verified:
        return webhook.verify(request, self.connection.settings)

    @hookimpl
    def parse_webhook(self, request: WebhookRequest) -> WebhookNews:
        return webhook.parse(request)

    # --- reading ---

    @hookimpl
    def fetch_ticket(self, ticket_id: str) -> Ticket:
        return self._ticket(self._client.fetch_ticket(ticket_id))

    @hookimpl
    def fetch_comments(self, ticket_id: str, after: str | None) -> tuple[Comment, ...]:
        # The API has no way to begin after a comment; more than what is new may be returned.
        return tuple(self._comment(ticket_id, raw) for raw in self._client.fetch_comments(ticket_id))

    # --- find or create ---

    @hookimpl
    def find_ticket(self, key: str, sent_at: datetime | None) -> Ticket | FoundNothing:
        # Plainlist finds a ticket as soon as it is there. Where a search lags, `found_nothing` raises `NotSettled` until
        # some time after `sent_at`.
        found = self._client.find_tickets(key)
        return self._ticket(found[0]) if found else FOUND_NOTHING

    @hookimpl
    def create_ticket(self, draft: TicketDraft, key: str) -> Ticket:
        unknown = sorted(set(draft.fields) - {"state"})
        if unknown:
            self._refuse(
                Rejected, "create_ticket", f"create: Plainlist has no {', '.join(unknown)}, only state"
            )
        body = {
            "title": draft.summary,
            "text": draft.description.text,
            "priority": mapping.PRIORITY_WORDS[draft.priority] if draft.priority else None,
            "tags": list(draft.labels),
            "key": key,
            **draft.fields,
        }
        return self._ticket(self._client.create_ticket(body))

    # --- changing ---

    @hookimpl
    def update_ticket(self, ticket_id: str, change: TicketChange, expected: Ticket) -> Ticket:
        beyond = [name for name in ("assignee", "group", "fields") if getattr(change, name)]
        if beyond:
            self._refuse(Rejected, "update_ticket", f"Plainlist has no {', '.join(beyond)}")
        current = self._client.fetch_ticket(ticket_id)
        wishes = self._wishes(current, change, expected)

        def write(unmet: Sequence[Wish[TicketShape, object]]) -> TicketShape:
            return self._client.update_ticket(current, {wish.name: wish.write for wish in unmet})

        return self._ticket(carry_out(self._client.transport, "update_ticket", wishes, current, write))

    def _wishes(
        self, raw: TicketShape, change: TicketChange, expected: Ticket
    ) -> Iterator[Wish[TicketShape, object]]:
        """What is wanted, in Plainlist's terms, and what somebody else has changed since the change was decided."""
        now = self._ticket(raw)
        if change.status is not None:
            state = self._state(change.status)
            changed_since = now.status.id != expected.status.id
            yield Wish("state", state, lambda seen: seen.state.id == state, changed_since)
        if change.priority is not None:
            priority = mapping.PRIORITY_WORDS[change.priority]
            changed_since = now.priority != expected.priority
            yield Wish("priority", priority, lambda seen: seen.priority == priority, changed_since)
        # One by one: tags that other people set meanwhile stay.
        kept = [tag for tag in raw.tags if tag not in change.remove_tags]
        tags = [*kept, *(tag for tag in change.add_tags if tag not in kept)]
        yield Wish("tags", tags, lambda seen: list(seen.tags) == tags)

    def _state(self, word: str) -> str:
        states = self.describe_fields().statuses
        state = mapping.find_state(states, word)
        if state is None:
            names = ", ".join(state.name for state in states)
            self._refuse(Rejected, "update_ticket", f"state: there is no {word!r}, only {names}")
        return state

    # --- speaking ---

    @hookimpl
    def add_comment(self, ticket_id: str, comment: CommentDraft, key: str) -> Comment:
        earlier = (raw for raw in self._client.fetch_comments(ticket_id) if raw.key == key)
        written = next(earlier, None) or self._write(ticket_id, comment, key)
        return self._comment(ticket_id, written)

    def _write(self, ticket_id: str, comment: CommentDraft, key: str) -> CommentShape:
        private = comment.visibility is Visibility.PRIVATE
        written = self._client.write_comment(
            ticket_id, {"text": comment.body.text, "internal": private, "key": key}
        )
        ensure_visibility(
            self._client.transport,
            "add_comment",
            f"comment {written.id}",
            comment.visibility,
            written.internal,
            lambda: self._client.delete_comment(ticket_id, written.id),
        )
        return written

    @hookimpl
    def link_ticket(self, ticket_id: str, other: TicketPointer, key: str) -> WriteReceipt:
        # The name is always the same for this other ticket, so that the link is replaced; the key is not needed.
        shown = {
            "title": f"{other.vendor} {other.key}: {other.title}",
            "url": other.url,
            "state": other.status,
        }
        self._client.show_link(ticket_id, str(other.ref), {**shown, "done": other.done})
        return WriteReceipt(str(other.ref), f"link to {other.key}")

    # --- into the bridge's words ---

    def _refuse(self, error: type[VendorError], operation: str, message: str) -> NoReturn:
        self._client.transport.refuse(error, operation, message)

    def _ticket(self, raw: TicketShape) -> Ticket:
        return mapping.ticket(raw, self.connection.name, self.connection.settings.states)

    def _comment(self, ticket_id: str, raw: CommentShape) -> Comment:
        return mapping.comment(raw, TicketRef(self.connection.name, ticket_id))
