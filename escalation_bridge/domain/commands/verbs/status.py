"""`/bridge status`: how the links of a ticket are; one note, however many there are."""

from collections.abc import Sequence
from datetime import datetime

from escalation_bridge.domain.case.cases import CaseView, Link
from escalation_bridge.domain.case.part import Part
from escalation_bridge.domain.commands.command import Asked, Command, Verb
from escalation_bridge.domain.commands.replies import (
    answer,
    answer_with,
    ignore_command,
    is_called,
    key_of,
    leave_to_another,
    near_links,
    other_end,
    others_at,
)
from escalation_bridge.domain.links.shared_ticket import everybody_on
from escalation_bridge.domain.links.shown_link import all_of_health
from escalation_bridge.domain.tickets.messages import Health, LinkReport, MessageRequest
from escalation_bridge.domain.tickets.tickets import Visibility

_MOST_NAMED = 20
"""With more tickets, only the number is shown."""


def _obey(asked: Asked) -> Part:
    """Report the state of a ticket's links, or of the named one.

    If several customers wait for the ticket, one of their cases reports all of them briefly, because each knows only its own.
    """
    view, command, now = asked.view, asked.command, asked.now
    near, name = near_links(view, command), " ".join(command.words[:1])
    if not near:
        return answer(command, "command_no_link")
    ends = {link.id: other_end(link, command) for link in near}
    named = [link for link in near if name and is_called(ends[link.id], key_of(view, ends[link.id]), name)]
    shared = [link for link in near if others_at(view, link, command)]
    if named or not shared:
        return _report_links(view, named or near, command, now)
    if any(is_called(one.origin, one.key, name) for link in shared for one in others_at(view, link, command)):
        return ignore_command(near, command)
    return leave_to_another(view, command) or _report_everybody(view, shared[0], command)


def _report_links(view: CaseView, links: Sequence[Link], command: Command, now: datetime) -> Part:
    reports = tuple(_report(view, link, command, now) for link in links)
    if len(reports) > 1:
        return answer_with(
            command, MessageRequest("command_status_all", visibility=Visibility.PRIVATE, links=reports)
        )
    (one,) = reports
    facts = {"other_key": one.key, "other_url": one.url, "status": one.status, "assignee": one.assignee}
    return answer_with(
        command,
        MessageRequest("command_status", facts, visibility=Visibility.PRIVATE, health=one.health),
    )


def _report(view: CaseView, link: Link, command: Command, now: datetime) -> LinkReport:
    other = other_end(link, command)
    ticket = view.tickets.get(other)
    return LinkReport(
        key=key_of(view, other),
        url=ticket.url if ticket else "",
        status=ticket.status.name if ticket else "",
        assignee=ticket.assignee.name if ticket and ticket.assignee else "",
        health=all_of_health(view, link, now),
    )


def _report_everybody(view: CaseView, link: Link, command: Command) -> Part:
    everybody = everybody_on(view, link)
    held = [one for one in everybody if one.held]
    named = [one.key for one in everybody[:_MOST_NAMED]]
    facts = {
        "count": str(len(everybody)),
        "open": str(sum(not one.done for one in everybody)),
        "held": str(len(held)),
        "keys": ", ".join(named),
        "more": str(len(everybody) - len(named)) if len(everybody) > len(named) else "",
        "example": named[0],
    }
    lines = tuple(Health("customer_held", {"key": one.key, "reason": one.held}) for one in held[:_MOST_NAMED])
    return answer_with(
        command,
        MessageRequest("command_status_shared", facts, visibility=Visibility.PRIVATE, health=lines),
    )


STATUS = Verb(("status",), _obey)
