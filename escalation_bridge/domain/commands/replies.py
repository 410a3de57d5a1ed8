"""Answers to commands: once, in the ticket of the note.

On a linked ticket that several customers wait for, all their cases get the same note. Each does what is meant for its own link; of
what is meant for none of them in particular only one speaks.
"""

from dataclasses import replace

from escalation_bridge.domain.case.cases import CaseView, Link
from escalation_bridge.domain.case.other_customers import Sibling
from escalation_bridge.domain.case.part import Part
from escalation_bridge.domain.case.write_records import KeyedIntent
from escalation_bridge.domain.case.writes.comments import WriteComment
from escalation_bridge.domain.commands.command import Command
from escalation_bridge.domain.links.shared_ticket import speaks_for_all
from escalation_bridge.domain.tickets.messages import MessageRequest
from escalation_bridge.domain.tickets.tickets import TicketRef, Visibility


def leave_to_another(view: CaseView, command: Command) -> Part | None:
    """Record that another customer's case answers; None: this one has to."""
    near = near_links(view, command)
    if command.ticket == view.origin or not near or any(speaks_for_all(view, link) for link in near):
        return None
    return ignore_command(near, command)


def ignore_command(near: list[Link], command: Command) -> Part:
    """Record a command that this case does not answer, so that it is not processed again."""
    return Part(
        links=tuple(replace(link, excluded_linked=(*link.excluded_linked, command.comment)) for link in near)
    )


def answer(command: Command, template: str, **facts: str) -> Part:
    """Answer a command with a note in its ticket."""
    return answer_with(
        command, MessageRequest(template, {"by": command.by, **facts}, visibility=Visibility.PRIVATE)
    )


def answer_with(command: Command, message: MessageRequest) -> Part:
    """Answer a command with a message."""
    note = WriteComment(command.ticket, Visibility.PRIVATE, message)
    return Part(intents=(KeyedIntent(command.key, note),))


def near_links(view: CaseView, command: Command) -> list[Link]:
    """The links at the command's ticket."""
    return [link for link in view.links if command.ticket in (link.origin, link.linked)]


def is_called(ref: TicketRef, key: str, name: str) -> bool:
    """Whether a name denotes a ticket."""
    names = (key, ref.id, str(ref))
    return name.casefold().removeprefix("#") in (each.casefold().removeprefix("#") for each in names)


def other_end(link: Link, command: Command) -> TicketRef:
    """The ticket at the other end of a link."""
    return link.linked if command.ticket == link.origin else link.origin


def key_of(view: CaseView, ref: TicketRef) -> str:
    """The name of a ticket for people."""
    ticket = view.tickets.get(ref)
    return ticket.key if ticket else str(ref)


def others_at(view: CaseView, link: Link, command: Command) -> tuple[Sibling, ...]:
    """The other customers' tickets that are linked with the command's ticket."""
    return view.siblings.get(link.id, ()) if command.ticket == link.linked else ()
