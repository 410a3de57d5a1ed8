"""Show another system's ticket to agents: a private note and fields, both updated in place."""

import html

import structlog

from escalation_bridge.plugin import (
    Connection,
    NotApplied,
    PermissionDenied,
    Rejected,
    TicketNotFound,
    TicketPointer,
    Visibility,
    WriteReceipt,
    with_link,
)
from escalation_bridge_freshdesk.account import Account
from escalation_bridge_freshdesk.comments.comments import ensure_seen_by
from escalation_bridge_freshdesk.http.client import FreshdeskClient
from escalation_bridge_freshdesk.http.shapes import ConversationShape, TicketShape
from escalation_bridge_freshdesk.settings import FreshdeskSettings
from escalation_bridge_freshdesk.translation import marks

_log = structlog.get_logger(__name__)

_OPERATION = "link_ticket"
_BETWEEN_LINKS = ", "
_LONGEST_FIELD = 255
"""Characters of a single-line text field."""


class Linking:
    """Links in the tickets of one account."""

    def __init__(
        self, connection: Connection[FreshdeskSettings], client: FreshdeskClient, account: Account
    ) -> None:
        self._connection = connection
        self._settings = connection.settings
        self._client = client
        self._account = account

    def link(self, ticket_id: str, other: TicketPointer, key: str) -> WriteReceipt:
        """Show a ticket: one note, and one update for all fields that differ.

        Raises:
            NotApplied: A field did not store the written value.
        """
        earlier = () if other.first_attempt else self._client.list_conversations(ticket_id)
        note = next((entry for entry in earlier if marks.is_link_note(entry, other.ref, other.url)), None)
        if note is not None:
            # Before the note is edited, for it tells by which key a ticket that was moved stands in the fields.
            self._fill_fields(ticket_id, other, marks.linked_key(note))
        receipt = self._link_note(ticket_id, note, other, key)
        if note is None:
            self._fill_fields(ticket_id, other, None)
        return receipt

    # --- the note ---

    def _link_note(
        self, ticket_id: str, note: ConversationShape | None, other: TicketPointer, key: str
    ) -> WriteReceipt:
        markup = marks.marked_note(_shown(other), key, link=other.ref)
        if note is None:
            written = self._client.write_note(ticket_id, markup)
            ensure_seen_by(self._client, written, Visibility.PRIVATE, _OPERATION)
            return WriteReceipt(str(written.id), other.key)
        if marks.shows_the_same(note, markup):
            return WriteReceipt(str(note.id), other.key)
        try:
            edited = self._client.edit_note(note.id, markup)
        except (Rejected, PermissionDenied, TicketNotFound) as refusal:
            # The link itself stands there already; only its words are old.
            return WriteReceipt(str(note.id), f"{other.key}, not updated ({refusal.message})")
        ensure_seen_by(self._client, edited, Visibility.PRIVATE, _OPERATION)
        return WriteReceipt(str(note.id), other.key)

    # --- the fields ---

    def _fill_fields(self, ticket_id: str, other: TicketPointer, earlier: str | None) -> None:
        if not (self._settings.link_field or self._settings.link_fields):
            return
        ticket = self._client.fetch_ticket(ticket_id, include=None)
        wanted = {**self._link_field(ticket, other), **self._link_fields(ticket, other, earlier)}
        if not wanted:
            return
        after = self._client.update_ticket(ticket, {"custom_fields": wanted}).custom_fields
        ignored = [field for field, value in wanted.items() if (after.get(field) or "") != value]
        if ignored:
            self._client.transport.refuse(NotApplied, _OPERATION, f"{', '.join(ignored)} did not change")

    def _link_field(self, ticket: TicketShape, other: TicketPointer) -> dict[str, str]:
        """The field that lists keys and addresses, with the link added; empty if it has it already."""
        field = self._settings.link_field
        if field is None:
            return {}
        shown = ticket.custom_fields.get(field)
        links = str(shown).split(_BETWEEN_LINKS) if shown else []
        if other.url in (link.rpartition(" ")[2] for link in links):
            return {}
        return {field: _BETWEEN_LINKS.join([*links, f"{other.key} {other.url}"])}

    def _link_fields(self, ticket: TicketShape, other: TicketPointer, earlier: str | None) -> dict[str, str]:
        """The differences in the fields that show the link, by field; `earlier` is the key in the note."""
        if self._settings.link_fields is None:
            return {}
        fields: dict[str, str] = {}
        for part, name in self._settings.link_fields.named.items():
            problem = self._account.objection_to_link_field(name)
            if problem is None:
                fields[part] = name
            else:
                _log.warning(
                    "freshdesk.link_field_left_out",
                    connection=self._connection.name,
                    part=part,
                    reason=problem,
                )
        if "key" not in fields:
            return {}  # without the keys nobody can tell whose words stand there
        shown = {part: str(ticket.custom_fields.get(name) or "") for part, name in fields.items()}
        keys = [part.strip() for part in shown["key"].split(",")]
        moved = earlier in keys and other.key not in keys
        wanted = with_link(shown, other, _LONGEST_FIELD, replaces=earlier if moved else None)
        return {fields[part]: value for part, value in wanted.items() if value != shown[part]}


def _shown(other: TicketPointer) -> str:
    """The note in a form without language: who is linked, title, state, assignee, health of the link."""
    parts = (other.title, other.status, other.assignee or "")
    shown = " · ".join(html.escape(part) for part in parts if part)
    health = f"<p>{html.escape(other.health)}</p>" if other.health else ""
    return (
        f'<p>{html.escape(other.vendor.capitalize())} <a href="{html.escape(other.url)}">'
        f"{html.escape(other.key)}</a>{': ' if shown else ''}{shown}{' ✓' if other.done else ''}</p>{health}"
    )
