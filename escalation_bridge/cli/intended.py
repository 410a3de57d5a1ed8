"""The writes of a decision, line by line, for admins. They name the authors of people's texts, never the texts."""

from collections.abc import Iterator

from escalation_bridge.domain.case.cases import CaseView
from escalation_bridge.domain.case.writes import (
    ChangeTicket,
    CreateTicket,
    DeleteComment,
    EditComment,
    Intent,
    Notify,
    PassFile,
    ReviseNote,
    ShowLink,
    WriteComment,
)
from escalation_bridge.domain.routes.field_values import in_words
from escalation_bridge.domain.tickets.tickets import TicketChange, TicketRef
from escalation_bridge.messages.catalogue import word

_LANGUAGE = "en"


def into(view: CaseView, intent: Intent) -> str:
    """Where a write goes: a ticket's key, or a connection's name."""
    ticket = intent.written_to
    if ticket is not None:
        return view.tickets[ticket].key if ticket in view.tickets else str(ticket)
    return "" if isinstance(intent, Notify) else intent.connection


def described(view: CaseView, intent: Intent) -> Iterator[tuple[str, str, str]]:
    """What a write changes: each field with its known present value and its new value."""
    match intent:
        case ChangeTicket(ticket=ref, change=change):
            yield from _changed(view, ref, change)
        case CreateTicket(summary=summary):
            yield "new ticket", "", summary
        case WriteComment(source=None, message=message, visibility=visibility):
            yield f"{visibility} comment", "", word(message.template, _LANGUAGE)
        case WriteComment(source=(ref, comment), visibility=visibility):
            yield f"{visibility} comment", "", f"copied from {_author(view, ref, comment)}"
        case EditComment(source=(ref, comment)):
            yield "comment", "", f"new text of {_author(view, ref, comment)}"
        case DeleteComment(source=(ref, comment)):
            yield "comment", f"text of {_author(view, ref, comment)}", "taken back"
        case PassFile(attachment=attachment, visibility=visibility):
            yield f"{visibility} file", "", attachment.name
        case ReviseNote(message=message):
            yield "private comment", "", word(message.template, _LANGUAGE)
        case ShowLink(pointer=pointer):
            yield "shown", "", f"{pointer.key}: {pointer.status}"
        case _:
            yield word(intent.kind, _LANGUAGE), "", ""


def _changed(view: CaseView, ref: TicketRef, change: TicketChange) -> Iterator[tuple[str, str, str]]:
    there = view.tickets.get(ref)
    if change.status is not None:
        yield "status", there.status.name if there else "", change.status
    if change.priority is not None:
        yield "priority", str(there.priority or "") if there else "", str(change.priority)
    if change.assignee is not None:
        yield "assignee", there.assignee.name if there and there.assignee else "", change.assignee
    if change.group is not None:
        yield "group", there.group.name if there and there.group else "", change.group
    for tag in change.add_tags:
        yield "tag", "", tag
    for tag in change.remove_tags:
        yield "tag", tag, ""
    for name, value in change.fields.items():
        yield name, in_words(there.custom_fields.get(name)) if there else "", in_words(value)


def _author(view: CaseView, ref: TicketRef, comment_id: str) -> str:
    said = next((each for each in view.comments_of(ref) if each.id == comment_id), None)
    key = view.tickets[ref].key if ref in view.tickets else str(ref)
    return f"{said.author.name} in {key}" if said else key
