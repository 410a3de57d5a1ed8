"""Show another system's ticket to agents: one internal note, and fields and a tag that are kept current."""

import html
import re
import threading
from collections.abc import Mapping

import structlog

from escalation_bridge.plugin import (
    Connection,
    JsonPart,
    NotApplied,
    RichText,
    Ticket,
    TicketPointer,
    TicketRef,
    Visibility,
    WriteReceipt,
    WrittenComment,
    from_html,
    with_link,
)
from escalation_bridge_zendesk.account.account import Account
from escalation_bridge_zendesk.comments.comments import Comments
from escalation_bridge_zendesk.http.client import ZendeskClient, ticket_path
from escalation_bridge_zendesk.settings import ZendeskSettings
from escalation_bridge_zendesk.translation import mapping
from escalation_bridge_zendesk.translation.drafts import comment_members, tag
from escalation_bridge_zendesk.translation.mapping import LINK_MARK, MARK

_log = structlog.get_logger(__name__)

_OPERATION = "link_ticket"
_NEWEST_FIRST = {"sort": "-created_at", "include": "users"}
_LONGEST_FIELD = 255
"""Characters: the field stays one readable line."""
_MOST_NOTES = 5000
_SHOWN_KEY = re.compile(r"<a [^<>]*>([^<]*)</a>")

Note = tuple[str, str]
"""A note's id, and the key in it."""


def shown_key(markup: str) -> str:
    """The key in a link note; empty if there is none."""
    found = _SHOWN_KEY.search(markup)
    return html.unescape(found[1]) if found else ""


class Linking:
    """Links in the account's tickets. Thread-safe."""

    def __init__(
        self,
        connection: Connection[ZendeskSettings],
        client: ZendeskClient,
        account: Account,
        comments: Comments,
    ) -> None:
        self._connection = connection
        self._settings = connection.settings
        self._client = client
        self._account = account
        self._comments = comments
        self._lock = threading.Lock()
        # Notes are never edited nor deleted at Zendesk, so one that was found once is there.
        self._notes: dict[tuple[str, TicketRef], Note] = {}

    def link(self, ticket_id: str, other: TicketPointer, key: str) -> WriteReceipt:
        """Show a ticket: one note, and one update for all fields that differ, because ten minutes allow thirty updates.

        Raises:
            NotApplied: A field did not store the written value.
        """
        tags, own = self._shown_on(ticket_id, other)
        after: Ticket | None = None
        note = None if other.first_attempt else self._note_about(ticket_id, other.ref)
        fields = {**self._link_field(own, other), **self._link_fields(own, other, note)}
        written: WrittenComment | None = None
        members = {"custom_fields": [{"id": one, "value": value} for one, value in fields.items()]}
        if note is None:
            marks = {MARK: key, LINK_MARK: str(other.ref)}
            update = comment_members(_note(other), Visibility.PRIVATE, marks) | (members if fields else {})
            written = self._comments.write(
                _OPERATION, ticket_id, update, Visibility.PRIVATE, key, other.known
            )
            after = written.ticket
            note = self._remember(ticket_id, other.ref, (written.comment.id, other.key))
        elif fields:
            answer = self._client.write_and_read(
                _OPERATION, "PUT", ticket_path(ticket_id), {"ticket": members}
            )
            self._refuse_if_ignored((answer / "ticket").as_object(), fields)
        tagged = self._settings.link_tag
        if tagged is not None and tag(tagged) not in tags:
            self._client.write(_OPERATION, "PUT", ticket_path(ticket_id, "tags"), {"tags": [tag(tagged)]})
            after = None  # this answer does not show the ticket
        shown = [f"internal note {note[0]}"]
        shown += [f"field {self._settings.link_field_id}"] if self._settings.link_field_id else []
        shown += (
            [f"{len(fields)} field{'s' if len(fields) > 1 else ''} updated"]
            if self._settings.link_fields and fields
            else []
        )
        shown += [f"tag {tag(tagged)}"] if tagged else []
        comment = written.comment if written is not None else None
        return WriteReceipt(note[0], f"{other.key}: {', '.join(shown)}", after, comment)

    def _shown_on(self, ticket_id: str, other: TicketPointer) -> tuple[tuple[str, ...], Mapping[str, object]]:
        """The tags and the custom fields of the ticket that shows the other one, as far as they matter.

        If fields show the link, the ticket is read: otherwise they would count as empty, and other people's content would be overwritten.
        Without such fields only its tags matter, and tags are only added: the known ones suffice.
        """
        if other.known is not None and not (self._settings.link_field_id or self._settings.link_fields):
            return other.known.tags, {}
        ticket = (self._client.read(_OPERATION, ticket_path(ticket_id)) / "ticket").as_object()
        return (ticket / "tags").texts(), mapping.custom_fields(ticket)

    def _note_about(self, ticket_id: str, ref: TicketRef) -> Note | None:
        with self._lock:
            known = self._notes.get((ticket_id, ref))
        if known is not None:
            return known
        for page in self._client.pages(_OPERATION, ticket_path(ticket_id, "comments"), _NEWEST_FIRST):
            for raw in (page / "comments").as_list().objects():
                if mapping.mark(raw, LINK_MARK) == str(ref):
                    note_id = (raw / "id").identifier()
                    return self._remember(
                        ticket_id, ref, (note_id, shown_key((raw / "html_body").maybe_text() or ""))
                    )
        return None

    def _remember(self, ticket_id: str, ref: TicketRef, note: Note) -> Note:
        with self._lock:
            if len(self._notes) >= _MOST_NOTES:
                self._notes.clear()
            self._notes[ticket_id, ref] = note
        return note

    def _link_field(self, own: Mapping[str, object], other: TicketPointer) -> dict[int, str]:
        """The field that lists keys, with the other ticket's key added; empty if it has it already."""
        field_id = self._settings.link_field_id
        if field_id is None:
            return {}
        shown = str(own.get(str(field_id)) or "")
        keys = [key.strip() for key in shown.split(",") if key.strip()]
        return {} if other.key in keys else {field_id: ", ".join([*keys, other.key])}

    def _link_fields(
        self, own: Mapping[str, object], other: TicketPointer, note: Note | None
    ) -> dict[int, str]:
        """The differences in the fields that show the link, by field."""
        if self._settings.link_fields is None:
            return {}
        fields: dict[str, int] = {}
        for part, name in self._settings.link_fields.named.items():
            finding = self._account.text_field(name)
            if isinstance(finding, int):
                fields[part] = finding
            else:
                _log.warning(
                    "zendesk.link_field_left_out",
                    connection=self._connection.name,
                    part=part,
                    reason=finding,
                )
        shown = {part: str(own.get(str(field)) or "") for part, field in fields.items()}
        if "key" not in shown:
            return {}  # without the keys nobody can tell whose words stand there
        wanted = with_link(shown, other, _LONGEST_FIELD, replaces=_earlier_key(shown["key"], other, note))
        return {fields[part]: value for part, value in wanted.items() if value != shown[part]}

    def _refuse_if_ignored(self, after: JsonPart, fields: dict[int, str]) -> None:
        values = mapping.custom_fields(after)
        ignored = [
            str(one)
            for one, value in fields.items()
            if values.get(str(one), value) not in (value, value or None)
        ]
        if ignored:
            self._client.refuse(
                NotApplied, _OPERATION, f"Zendesk said yes, but fields did not change: {', '.join(ignored)}"
            )


def _earlier_key(keys: str, other: TicketPointer, note: Note | None) -> str | None:
    """The key under which the same ticket was shown before it was moved, if it can be found.

    A note about it proves that it was shown. If the field has a single key, it is that one; otherwise the note has it.
    """
    shown = [key for part in keys.split(",") if (key := part.strip())]
    if note is None or other.key in shown:
        return None
    if len(shown) == 1:
        return shown[0]
    return note[1] if note[1] in shown else None


def _note(other: TicketPointer) -> RichText:
    """The note in a form without language: who is linked, title and state."""
    safe = {name: html.escape(getattr(other, name)) for name in ("key", "url", "vendor", "title", "status")}
    return from_html(
        f'<p>Escalation Bridge: {safe["vendor"]} <a href="{safe["url"]}">{safe["key"]}</a>'
        f": {safe['title']} ({safe['status']})</p>"
    )
