"""Show a linked ticket of another system to agents."""

from dataclasses import replace

from escalation_bridge.domain.case.cases import CaseView
from escalation_bridge.domain.case.write_records import Receipt
from escalation_bridge.domain.case.writes.shown_links import ShowLink
from escalation_bridge.engine.deliver.work import Kind, Result, Work
from escalation_bridge.messages.catalogue import health_line
from escalation_bridge.text.rich_text import one_line


def _show(work: Work, intent: ShowLink) -> Result:
    work.mark_sent(None)
    pointer = replace(
        intent.pointer,
        title=one_line(intent.pointer.title),
        health="" if intent.health is None else health_line(intent.health, work.language, work.timezone),
        first_attempt=not _was_tried(work.view, intent),
        known=work.view.tickets.get(intent.ticket),
    )
    written = work.helpdesk.link_ticket(intent.ticket.id, pointer, work.record.token)
    return Result(Receipt(intent.ticket, detail=written.detail), written.ticket, written.comment)


def _was_tried(view: CaseView, intent: ShowLink) -> bool:
    """Whether an earlier attempt may have shown the ticket."""
    return any(
        record.attempts > 0
        and isinstance(record.intent, ShowLink)
        and (record.intent.ticket, record.intent.pointer.ref) == (intent.ticket, intent.pointer.ref)
        for record in view.intents.values()
    )


SHOW_LINK = Kind(ShowLink, _show)
