"""What can be done with tickets: the one place where they change."""

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from escalation_bridge_sandbox.kernel.clock import SandboxClock
from escalation_bridge_sandbox.zendesk.state import seed
from escalation_bridge_sandbox.zendesk.state.errors import (
    ApiError,
    closed_ticket,
    forbidden,
    not_found,
    record_invalid,
    update_conflict,
)
from escalation_bridge_sandbox.zendesk.state.records import Audit, Comment, Json, Message, Ticket, User
from escalation_bridge_sandbox.zendesk.state.settings import ZendeskSettings
from escalation_bridge_sandbox.zendesk.state.state import State
from escalation_bridge_sandbox.zendesk.state.times import parse_iso, whole_seconds
from escalation_bridge_sandbox.zendesk.tickets import channels
from escalation_bridge_sandbox.zendesk.tickets.audits import (
    change_events,
    comment_event,
    creation_events,
    new_audit,
    snapshot,
)
from escalation_bridge_sandbox.zendesk.tickets.channels import Channel
from escalation_bridge_sandbox.zendesk.tickets.fields import write_fields
from escalation_bridge_sandbox.zendesk.tickets.people import existing_user
from escalation_bridge_sandbox.zendesk.tickets.redaction import redact_files, redact_text
from escalation_bridge_sandbox.zendesk.tickets.statuses import (
    check_solvable,
    open_if_taken_up,
    reopen,
    set_status,
    write_status,
)
from escalation_bridge_sandbox.zendesk.tickets.writing import CommentDraft, draft_comment

LIGHT_AGENT_MAY_WRITE = frozenset({"comment", "metadata", "safe_update", "updated_stamp"})
TAG_OF_MERGED = "closed_by_merge"


@dataclass(frozen=True)
class Deed:
    """Who does something, and by which way."""

    actor: User
    channel: Channel
    client: str
    via: Json

    @classmethod
    def by_api(cls, actor: User, client: str) -> "Deed":
        return cls(actor, channels.API, client, channels.via(channels.API))


@dataclass(frozen=True)
class Change:
    """What became of a ticket: `kind` is created, updated, deleted, spam, restored or purged."""

    kind: str
    ticket: Ticket
    audit: Audit
    deed: Deed
    merged_into: int | None = None


class Desk:
    """The rules of tickets.

    Attributes:
        react: Called with each change before it is stored; may change the ticket further (triggers do), and
            hands back what is to be called once it is stored (webhooks, the search index).
    """

    def __init__(self, state: State, clock: SandboxClock, settings: ZendeskSettings) -> None:
        self.state = state
        self.settings = settings
        self.base_url: Callable[[], str] = lambda: ""
        self.react: Callable[[Change], Callable[[], None]] = lambda _: _nothing
        self._clock = clock

    def create(self, values: Json, deed: Deed) -> tuple[Ticket, Audit]:
        """Make a ticket.

        Raises:
            ApiError: 422, when something is missing or not valid; nothing is kept.
        """
        state, now = self.state, self._now()
        ticket = Ticket(
            id=0,
            created_at=now,
            updated_at=now,
            generated_at=self._clock.now(),
            channel=deed.channel.rest,
            via=deed.via,
            subject=None,
            description="",
            requester_id=deed.actor.id,
            submitter_id=deed.actor.id,
            status="new",
            custom_status_id=seed.STATUS_NEW.id,
            organization_id=deed.actor.organization_id,
            brand_id=seed.BRAND_ID,
            ticket_form_id=seed.TICKET_FORM_ID,
        )
        source = self._follow_up_source(values)
        if source is not None:
            _inherit(ticket, source)
        with self._all_or_nothing():
            if values.get("submitter_id") is not None:
                ticket.submitter_id = existing_user(
                    state, values["submitter_id"], "submitter", "Submitter"
                ).id
            draft = draft_comment(state, ticket, _first_comment(values), deed.actor, now)
            write_fields(state, ticket, values, now)
            write_status(state, ticket, values, previous=None)
            open_if_taken_up(state, ticket, answered_by=None)
            if ticket.status == "solved":
                check_solvable(state, self.settings, ticket)
        ticket.id = state.next_ticket_id()
        ticket.is_public = draft.public
        ticket.description = draft.bodies.body
        audit = self._audit(ticket, deed, values.get("metadata"))
        self._add_comment(ticket, audit, draft)
        audit.events.extend(creation_events(state, ticket))
        if source is not None:
            source.followup_ids.append(ticket.id)
        self._store(Change("created", ticket, audit, deed))
        return ticket, audit

    def update(self, ticket: Ticket, values: Json, deed: Deed) -> tuple[Ticket, Audit]:
        """Change a ticket, comment on it, or both.

        Raises:
            ApiError: 409, when `updated_stamp` is out of date; 422, when the ticket is closed or a value is
                not valid; nothing is kept then.
        """
        state, now = self.state, self._now()
        if ticket.status == "closed":
            raise closed_ticket()
        if deed.actor.light and values.keys() - LIGHT_AGENT_MAY_WRITE:
            raise forbidden()
        check_stamp(ticket, values)
        draft = _copy(ticket)
        before = snapshot(ticket)
        comment = None
        with self._all_or_nothing():
            if values.get("comment"):
                comment = draft_comment(state, ticket, values["comment"], deed.actor, now)
            write_fields(state, draft, values, now)
            write_status(state, draft, values, previous=ticket.status)
            if comment is not None and comment.public:
                open_if_taken_up(state, draft, answered_by=comment.author)
                if comment.author.id == ticket.requester_id and not comment.author.is_staff:
                    reopen(state, draft)
            else:
                open_if_taken_up(state, draft, answered_by=None)
            if draft.status == "solved" and ticket.status != "solved":
                check_solvable(state, self.settings, draft)
        audit = self._audit(draft, deed, values.get("metadata"))
        if comment is not None:
            self._add_comment(draft, audit, comment)
        audit.events.extend(change_events(state, before, draft))
        if audit.events:
            self._store(Change("updated", draft, audit, deed))
        return draft, audit

    def add_message(self, ticket: Ticket, message: Message, deed: Deed) -> None:
        """Put a message into the ticket's conversation. It is no update: no audit is written, and no trigger runs."""
        ticket.messages.append(message)
        if (deed.actor.is_staff and ticket.status == "new") or (
            deed.actor.id == ticket.requester_id and ticket.status in ("pending", "solved")
        ):
            self.update(ticket, {"status": "open"}, deed)

    def make_private(self, ticket: Ticket, comment_id: int, deed: Deed) -> None:
        """Turn a public comment into an internal note."""
        comment = self.state.comment(ticket, comment_id)
        if ticket.status == "closed":
            raise closed_ticket()
        if not comment.public:
            return
        comment.public = False
        audit = self._audit(ticket, deed, None)
        audit.events.append(
            {
                "id": self.state.next_id(),
                "type": "CommentPrivacyChange",
                "comment_id": comment.id,
                "public": False,
            }
        )
        self._store(Change("updated", ticket, audit, deed))

    def redact(
        self, ticket: Ticket, comment_id: int, html_body: str | None, urls: list[str], deed: Deed
    ) -> Comment:
        """Take words and files out of a comment for good; closed tickets' too.

        Raises:
            ApiError: 422, when `html_body` is not the comment's own with `redact` tags in it.
        """
        comment = self.state.comment(ticket, comment_id)
        if html_body is not None:
            redact_text(comment, html_body)
        redact_files(comment, urls)
        audit = self._audit(ticket, deed, None)
        audit.events.append(
            {"id": self.state.next_id(), "type": "CommentRedactionEvent", "comment_id": comment.id}
        )
        self._store(Change("updated", ticket, audit, deed))
        return comment

    def close(self, ticket: Ticket, deed: Deed) -> None:
        """What the account's automation does with tickets that have been solved for some days."""
        draft, before = _copy(ticket), snapshot(ticket)
        set_status(self.state, draft, "closed")
        audit = self._audit(draft, deed, None)
        audit.events.extend(change_events(self.state, before, draft))
        self._store(Change("updated", draft, audit, deed))

    def merge(self, source: Ticket, target: Ticket, comment: Json, deed: Deed) -> None:
        """Close a ticket in favour of another one; the other one's comment is the caller's to add."""
        now = self._now()
        draft, before = _copy(source), snapshot(source)
        written = draft_comment(self.state, source, comment, deed.actor, now)
        draft.tags = sorted({*draft.tags, TAG_OF_MERGED})
        set_status(self.state, draft, "closed")
        audit = self._audit(draft, deed, None)
        self._add_comment(draft, audit, written)
        audit.events.extend(change_events(self.state, before, draft))
        self._store(Change("updated", draft, audit, deed, merged_into=target.id))

    def delete(self, ticket: Ticket, deed: Deed, kind: str = "deleted") -> None:
        """Put a ticket among the deleted ones; `kind` is deleted or spam."""
        ticket.deleted_at = self._now()
        ticket.deleted_by = deed.actor.id
        self._store(Change(kind, ticket, self._audit(ticket, deed, None), deed))

    def restore(self, ticket: Ticket, deed: Deed) -> None:
        ticket.deleted_at = ticket.deleted_by = None
        self._store(Change("restored", ticket, self._audit(ticket, deed, None), deed))

    def purge(self, ticket: Ticket, deed: Deed) -> None:
        """Delete for good."""
        announce = self.react(Change("purged", ticket, self._audit(ticket, deed, None), deed))
        del self.state.tickets[ticket.id]
        announce()

    def _store(self, change: Change) -> None:
        ticket = change.ticket
        if change.kind in ("created", "updated"):
            ticket.audits.append(change.audit)
        announce = self.react(change)
        ticket.updated_at = self._now()
        ticket.generated_at = self._clock.now()
        self.state.tickets[ticket.id] = ticket
        announce()

    def _audit(self, ticket: Ticket, deed: Deed, metadata: Json | None) -> Audit:
        if metadata is not None and metadata.keys() == {"custom"} and isinstance(metadata["custom"], dict):
            metadata = metadata["custom"]
        return new_audit(
            self.state,
            ticket.id,
            self._now(),
            author_id=deed.actor.id,
            via=deed.via,
            client=deed.client,
            custom=metadata,
        )

    def _add_comment(self, ticket: Ticket, audit: Audit, draft: CommentDraft) -> None:
        comment = draft.comment(self.state, audit)
        ticket.comments.append(comment)
        ticket.is_public = ticket.is_public or comment.public
        audit.events.append(comment_event(comment, self.base_url()))

    @contextmanager
    def _all_or_nothing(self) -> Iterator[None]:
        """Users and uploads that were made or used on the way do not stay so when a check fails."""
        users, uploads = dict(self.state.users), dict(self.state.uploads)
        try:
            yield
        except ApiError:
            self.state.users, self.state.uploads = users, uploads
            raise

    def _follow_up_source(self, values: Json) -> Ticket | None:
        source_id = values.get("via_followup_source_id")
        if source_id is None:
            return None
        # Documented: the parameter "only works with closed tickets" and "has no effect with other tickets".
        source = self.state.tickets.get(source_id)
        return source if source is not None and source.status == "closed" else None

    def _now(self) -> datetime:
        return whole_seconds(self._clock.now())


def _nothing() -> None:
    pass


def check_stamp(ticket: Ticket, values: Json) -> None:
    """Safe update: refuse when somebody else was faster.

    Raises:
        ApiError: 409, when `updated_stamp` is not the ticket's last change.
    """
    if not values.get("safe_update"):
        return
    stamp = parse_iso(values.get("updated_stamp") or "")
    if stamp is None or stamp != ticket.updated_at:
        raise update_conflict()


def deleted_ticket(state: State, ticket_id: int) -> Ticket:
    ticket = state.tickets.get(ticket_id)
    if ticket is None or ticket.deleted_at is None:
        raise not_found()
    return ticket


def _first_comment(values: Json) -> Json:
    """A new ticket's comment; `description` is the older way to say it."""
    comment: Json = values.get("comment") or {}
    if any((comment.get(key) or "").strip() for key in ("body", "html_body")) or comment.get("uploads"):
        return comment
    if (values.get("description") or "").strip():
        return {"body": values["description"], **{key: comment[key] for key in comment if key == "public"}}
    raise record_invalid(
        "base",
        {
            "description": "Description: cannot be blank",
            "error": "BlankValue",
            "ticket_field_id": seed.FIELD_DESCRIPTION.id,
            "ticket_field_type": "FieldDescription",
        },
    )


def _inherit(ticket: Ticket, source: Ticket) -> None:
    """A follow-up takes over tags and custom fields, and points back."""
    ticket.tags = [tag for tag in source.tags if tag != TAG_OF_MERGED]
    ticket.custom_fields = dict(source.custom_fields)
    ticket.via = {
        "channel": ticket.via["channel"],
        "source": {
            "from": {"ticket_id": source.id, "subject": source.subject, "channel": source.channel},
            "to": {},
            "rel": "follow_up",
        },
    }


def _copy(ticket: Ticket) -> Ticket:
    """A draft whose lists may be changed without the stored ticket noticing."""
    return dataclasses.replace(
        ticket,
        collaborator_ids=list(ticket.collaborator_ids),
        tags=list(ticket.tags),
        custom_fields=dict(ticket.custom_fields),
        followup_ids=list(ticket.followup_ids),
        comments=list(ticket.comments),
        audits=list(ticket.audits),
        messages=list(ticket.messages),
    )
