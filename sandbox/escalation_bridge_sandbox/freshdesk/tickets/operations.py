"""What can be done to tickets, and what follows from it: stats, reopening, deadlines, search index, webhooks."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from escalation_bridge_sandbox.freshdesk.input.checks import parse_instant
from escalation_bridge_sandbox.freshdesk.input.ticket_input import TicketWish
from escalation_bridge_sandbox.freshdesk.state.desk import Desk
from escalation_bridge_sandbox.freshdesk.state.events import (
    Actor,
    Announce,
    FieldChange,
    NoteKind,
    TicketEvent,
)
from escalation_bridge_sandbox.freshdesk.state.records import (
    Association,
    Conversation,
    ConversationSource,
    Dues,
    Priority,
    Source,
    Status,
    Ticket,
    Upload,
)
from escalation_bridge_sandbox.freshdesk.state.search_index import SearchIndex
from escalation_bridge_sandbox.freshdesk.state.text import as_html
from escalation_bridge_sandbox.freshdesk.tickets import lifecycle, sla
from escalation_bridge_sandbox.freshdesk.tickets.sla import SlaPolicy
from escalation_bridge_sandbox.kernel.clock import SandboxClock

# Assigned as they are; the others need something more than an assignment.
PLAIN_ATTRIBUTES = (
    "subject", "priority", "source", "type", "group_id", "responder_id", "company_id", "email_config_id",
)  # fmt: skip


@dataclass(frozen=True)
class NewConversation:
    """A reply or note that is to be added."""

    user_id: int
    body: str
    source: ConversationSource
    private: bool
    incoming: bool = False
    from_email: str | None = None
    to_emails: Sequence[str] = ()
    cc_emails: Sequence[str] = ()
    bcc_emails: Sequence[str] = ()
    uploads: Sequence[Upload] = ()
    auto_response: bool = False
    automation_id: int | None = None


@dataclass(frozen=True)
class NoteInMerge:
    body: str
    private: bool = True


@dataclass
class Helpdesk:
    """The account at work. Callers hold the stand-in's lock."""

    desk: Desk
    clock: SandboxClock
    policy: SlaPolicy
    index: SearchIndex
    announce: Announce

    def now(self) -> datetime:
        """The present, in whole seconds: the vendor stores no finer time, so several changes share one instant."""
        return self.clock.now().replace(microsecond=0)

    def catch_up(self) -> None:
        """Let deadlines appear and escalate what is overdue by now."""
        now = self.now()
        for ticket in self.desk.tickets.values():
            if sla.catch_up(ticket, now):
                self.index.put(ticket)

    def create_ticket(self, wish: TicketWish, uploads: Collection[Upload], actor: Actor) -> Ticket:
        """A new ticket, from a body that was judged."""
        if wish.requester is None:
            raise ValueError("a new ticket needs a requester")
        now = self.now()
        values = wish.values
        requester_id = wish.requester.fulfil(self.desk, now)
        status = int(values.get("status", Status.OPEN))
        contact = self.desk.contacts.get(requester_id)
        ticket = Ticket(
            id=self.desk.new_ticket_id(),
            requester_id=requester_id,
            subject=values.get("subject", ""),
            description=as_html(values.get("description", "")),
            status=status,
            priority=int(values.get("priority", Priority.LOW)),
            source=int(values.get("source", Source.PORTAL)),
            created_at=now,
            updated_at=now,
            stats=lifecycle.first_stats(status, now),
            company_id=values.get("company_id", contact.company_id if contact else None),
            type=values.get("type"),
            group_id=values.get("group_id"),
            responder_id=values.get("responder_id"),
            email_config_id=values.get("email_config_id"),
            cc_emails=list(values.get("cc_emails", [])),
            reply_cc_emails=list(values.get("cc_emails", [])),
            tags=_unique(values.get("tags", [])),
            custom_fields={**self.desk.form.blank_custom_fields(), **wish.custom_fields},
            attachments=self.desk.store(uploads, now),
        )
        self._take_mailbox(ticket)
        self.desk.tickets[ticket.id] = ticket
        self._associate(ticket, values)
        self._set_dues(ticket, values, now)
        self.policy.status_changed(ticket, self.desk.form, now)
        self._finish(ticket, TicketEvent(actor, created=True))
        return ticket

    def update_ticket(
        self, ticket: Ticket, wish: TicketWish, uploads: Collection[Upload], actor: Actor
    ) -> None:
        """Change what was asked for; what is not named stays, and `tags` are replaced."""
        now = self.now()
        before = _watched(ticket)
        values = wish.values
        for name in PLAIN_ATTRIBUTES:
            if name in values:
                setattr(ticket, name, values[name])
        if "description" in values:
            ticket.description = as_html(values["description"])
        if "tags" in values:
            ticket.tags = _unique(values["tags"])
        if wish.requester is not None:
            ticket.requester_id = wish.requester.fulfil(self.desk, now)
        ticket.custom_fields.update(wish.custom_fields)
        ticket.attachments += self.desk.store(uploads, now)
        self._associate(ticket, values)
        self._set_dues(ticket, values, now)
        if values.get("status", ticket.status) != ticket.status:
            lifecycle.change_status(ticket, int(values["status"]), now)
            self.policy.status_changed(ticket, self.desk.form, now)
        changes = _changes(before, _watched(ticket))
        if any(change.field == "priority" for change in changes):
            self.policy.plan(ticket, now)
        if changes or uploads:
            ticket.updated_at = now
            self._finish(ticket, TicketEvent(actor, changes=changes))

    def add_conversation(self, ticket: Ticket, new: NewConversation, actor: Actor) -> Conversation:
        """Add a reply or a note, and let it count as the response that it is."""
        now = self.now()
        before = ticket.status
        entry = Conversation(
            id=self.desk.new_id(),
            ticket_id=ticket.id,
            user_id=new.user_id,
            body=as_html(new.body),
            source=new.source,
            incoming=new.incoming,
            private=new.private,
            created_at=now,
            updated_at=now,
            from_email=new.from_email,
            support_email=new.from_email
            if new.source is ConversationSource.REPLY and not new.incoming
            else None,
            to_emails=list(new.to_emails),
            cc_emails=list(new.cc_emails),
            bcc_emails=list(new.bcc_emails),
            attachments=self.desk.store(new.uploads, now),
            auto_response=new.auto_response,
            automation_id=new.automation_id,
        )
        self.desk.conversations[entry.id] = entry
        if new.cc_emails and new.source is ConversationSource.REPLY:
            ticket.reply_cc_emails = list(new.cc_emails)
        ticket.updated_at = now
        self._count_response(ticket, entry, now)
        changes = (FieldChange("status", before, ticket.status),) if ticket.status != before else ()
        self._finish(ticket, _conversation_event(entry, actor, changes))
        return entry

    def edit_note(
        self, entry: Conversation, body: str | None, uploads: Collection[Upload], user_id: int
    ) -> None:
        now = self.now()
        if body is not None:
            entry.body = as_html(body)
        entry.attachments += self.desk.store(uploads, now)
        entry.updated_at = entry.last_edited_at = now
        entry.last_edited_user_id = user_id

    def set_deleted(self, ticket: Ticket, deleted: bool) -> None:
        ticket.deleted = deleted
        self._touch(ticket)

    def set_spam(self, ticket: Ticket, spam: bool) -> None:
        ticket.spam = spam
        self._touch(ticket)

    def merge(
        self,
        primary: Ticket,
        secondaries: Sequence[Ticket],
        user_id: int,
        note_in_primary: NoteInMerge | None,
        note_in_secondary: NoteInMerge | None,
        *,
        requesters_to_cc: bool,
    ) -> None:
        """Close the secondary tickets and say so in notes on both sides (the default texts are not verified)."""
        for ticket in secondaries:
            note = note_in_secondary or NoteInMerge(
                f"This ticket is closed and merged into ticket {primary.id}"
            )
            self._merge_note(ticket, note, user_id)
            closing = TicketWish({"status": int(Status.CLOSED)}, {}, None)
            self.update_ticket(ticket, closing, (), Actor.AGENT)
            ticket.merged_into = primary.id
            requester = self.desk.person(ticket.requester_id)
            if requesters_to_cc and requester is not None and requester.email:
                primary.cc_emails = _unique([*primary.cc_emails, requester.email])
        listed = ", ".join(str(ticket.id) for ticket in secondaries)
        self._merge_note(
            primary, note_in_primary or NoteInMerge(f"Ticket(s) {listed} merged into this ticket"), user_id
        )

    def _merge_note(self, ticket: Ticket, note: NoteInMerge, user_id: int) -> None:
        self.add_conversation(
            ticket,
            NewConversation(user_id, note.body, ConversationSource.NOTE, private=note.private),
            Actor.AGENT,
        )

    def _count_response(self, ticket: Ticket, entry: Conversation, now: datetime) -> None:
        if entry.private or entry.auto_response or entry.source is ConversationSource.SURVEY:
            return
        if entry.user_id in self.desk.agents and not entry.incoming:
            lifecycle.agent_responded(ticket, now)
        elif lifecycle.requester_responded(ticket, self.desk.form, now):
            self.policy.status_changed(ticket, self.desk.form, now)

    def _take_mailbox(self, ticket: Ticket) -> None:
        config = self.desk.email_configs.get(ticket.email_config_id or 0)
        if config is not None:
            ticket.support_email = config.reply_email
            ticket.to_emails = [config.reply_email]
            ticket.group_id = config.group_id if ticket.group_id is None else ticket.group_id

    def _associate(self, ticket: Ticket, values: Mapping[str, object]) -> None:
        parent_id, related_ids = values.get("parent_id"), values.get("related_ticket_ids")
        if isinstance(parent_id, int):
            self._link(self.desk.tickets[parent_id], Association.PARENT, [ticket], Association.CHILD)
        if isinstance(related_ids, list):
            related = [self.desk.tickets[number] for number in related_ids]
            self._link(ticket, Association.TRACKER, related, Association.RELATED)

    def _link(
        self, prime: Ticket, kind: Association, others: Sequence[Ticket], other_kind: Association
    ) -> None:
        prime.association = kind
        for other in others:
            prime.associated.append(other.id)
            other.association, other.associated = other_kind, [prime.id]

    def _set_dues(self, ticket: Ticket, values: Mapping[str, object], now: datetime) -> None:
        if ticket.sla.shown is None and ticket.sla.coming is None:
            self.policy.plan(ticket, now)
        if "due_by" not in values and "fr_due_by" not in values:
            return
        planned = ticket.sla.shown or (ticket.sla.coming[1] if ticket.sla.coming else None)
        due_by = parse_instant(str(values.get("due_by", ""))) or (planned.due_by if planned else now)
        fr_due_by = parse_instant(str(values.get("fr_due_by", ""))) or (planned.fr_due_by if planned else now)
        sla.set_by_hand(ticket.sla, Dues(fr_due_by, due_by))

    def _touch(self, ticket: Ticket) -> None:
        ticket.updated_at = self.now()
        self.index.put(ticket)

    def _finish(self, ticket: Ticket, event: TicketEvent) -> None:
        self.index.put(ticket)
        self.announce(ticket, event)


def _conversation_event(entry: Conversation, actor: Actor, changes: tuple[FieldChange, ...]) -> TicketEvent:
    if entry.private:
        return TicketEvent(actor, changes=changes, note=NoteKind.PRIVATE)
    if entry.source is ConversationSource.NOTE and not entry.incoming:
        return TicketEvent(actor, changes=changes, note=NoteKind.PUBLIC)
    return TicketEvent(actor, changes=changes, reply=actor)


def _watched(ticket: Ticket) -> dict[str, object]:
    """All of a ticket that an update can change."""
    names = (*PLAIN_ATTRIBUTES, "status", "description", "requester_id", "association")
    return {
        **{name: getattr(ticket, name) for name in names},
        "tags": list(ticket.tags),
        "due_by": ticket.sla.shown.due_by if ticket.sla.fixed and ticket.sla.shown else None,
        "fr_due_by": ticket.sla.shown.fr_due_by if ticket.sla.fixed and ticket.sla.shown else None,
        **ticket.custom_fields,
    }


def _changes(before: Mapping[str, object], after: Mapping[str, object]) -> tuple[FieldChange, ...]:
    return tuple(
        FieldChange(name, before[name], after[name]) for name in after if before[name] != after[name]
    )


def _unique(texts: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(texts))
