"""Notes about failed writes: one for all of them, with what is missing and what to do.

A permission that is lost at a connection makes every write there fail. So one note in a ticket lists all comments that did not
get from there to the other one, and another one of whatever else could not be done; each is reworded as that changes.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import partial

from escalation_bridge.domain.case import keys
from escalation_bridge.domain.case.cases import CaseView
from escalation_bridge.domain.case.part import NOTHING, Part
from escalation_bridge.domain.case.write import Failure, Leaves
from escalation_bridge.domain.case.write_records import IntentRecord, IntentState
from escalation_bridge.domain.case.writes.comments import WriteComment
from escalation_bridge.domain.links.closed_tickets import is_closed_for_good
from escalation_bridge.domain.links.lasting_note import LastingNote
from escalation_bridge.domain.tickets.messages import MessageRequest
from escalation_bridge.domain.tickets.tickets import TicketRef, Visibility

_MOST_NAMED = 10
"""With more comments, only the number is shown."""


def note_failures(view: CaseView) -> Part:
    """Keep the notes about failures up to date: about comments in their own tickets, about everything else in the
    origin.
    """
    if not any(r.state is IntentState.FAILED or _is_lasting(r.key) for r in view.intents.values()):
        return NOTHING
    part, missing = NOTHING, _missing_comments(view)
    for (source, target), lost in missing.items():
        part += _note_comments(view, source, target, lost)
    troubled = {target.connection for (_, target), lost in missing.items() if lost} | set(_refusing(view))
    for connection, failed in _other_failures(view).items():
        part += _note_others(view, connection, failed, reported=connection in troubled)
    return part


# --- comments -----------------------------------------------------------------------------------------------------------


def _missing_comments(view: CaseView) -> Mapping[tuple[TicketRef, TicketRef], list[IntentRecord]]:
    """The comments that were given up, by source and target; may be empty."""
    ends = [(link.origin, link.linked) for link in view.links]
    missing: dict[tuple[TicketRef, TicketRef], list[IntentRecord]] = {
        way: [] for here, there in ends for way in ((here, there), (there, here))
    }
    for record in view.intents.values():
        source, target = record.intent.passes_on, record.intent.written_to
        if source is None or target is None or record.state is not IntentState.FAILED:
            continue
        if (source[0], target) in missing:
            missing[source[0], target].append(record)
    # A permanently closed ticket is reported already, and no retry helps.
    return {way: lost for way, lost in missing.items() if not is_closed_for_good(view, way[1])}


def _note_comments(
    view: CaseView, source: TicketRef, target: TicketRef, lost: Iterable[IntentRecord]
) -> Part:
    note = LastingNote(view, source, partial(keys.Missing, source, target))
    records = tuple(lost)
    if not records:
        facts = {"to_key": _key(view, target)}
        over = MessageRequest("comments_got_over", facts, visibility=Visibility.PRIVATE)
        return note.close(over) if not _on_their_way(view, target) else NOTHING
    if view.absence(source) is not None or is_closed_for_good(view, source):
        return NOTHING  # nobody would read it there
    named = [_named(record) for record in records[:_MOST_NAMED]]
    facts = {
        "to_key": _key(view, target),
        "to_vendor": view.vendors.get(target.connection, target.connection),
        "connection": target.connection,
        "count": str(len(records)),
        "comments": ", ".join(named),
        "more": str(len(records) - len(named)) if len(records) > len(named) else "",
        "error": records[-1].error or "",
        "tries": _tries(records),
    }
    message = MessageRequest("comments_not_over", facts, visibility=Visibility.PRIVATE)
    return note.update(message)


def _tries(records: Iterable[IntentRecord]) -> str:
    """The maximum number of tries, so that a person sees that the retry happened."""
    return str(max(record.attempts for record in records))


def _named(record: IntentRecord) -> str:
    """The author and time of a comment, never its text."""
    quotes = record.intent.says.quotes if record.intent.says is not None else ()
    return ", ".join(f"{quote.author} ({_minute(quote.at)})" for quote in quotes)


def _minute(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _on_their_way(view: CaseView, target: TicketRef) -> bool:
    return any(
        record.state.outstanding
        and isinstance(record.intent, WriteComment)
        and record.intent.ticket == target
        for record in view.intents.values()
    )


def _key(view: CaseView, ref: TicketRef) -> str:
    ticket = view.tickets.get(ref)
    return ticket.key if ticket is not None else str(ref)


# --- everything else ----------------------------------------------------------------------------------------------------


def _other_failures(view: CaseView) -> Mapping[str, list[IntentRecord]]:
    """Other writes that were given up, by connection; empty if there are none.

    At the origin's own connection a note would not get through either; the history and the doctor have it. A word to the
    customer is another matter: a customer of a chat without an e-mail address cannot be written to, and agents can.
    """
    failures: dict[str, list[IntentRecord]] = {}
    for record in view.intents.values():
        at_home = record.intent.connection == view.origin.connection
        if _is_reported_elsewhere(record) or (at_home and not _is_for_the_customer(view, record)):
            continue
        failed = failures.setdefault(record.intent.connection, [])
        if record.state is IntentState.FAILED:
            failed.append(record)
    return failures


def _is_for_the_customer(view: CaseView, record: IntentRecord) -> bool:
    """Whether it is a public comment in the customer's ticket, into which a note can still be written."""
    intent = record.intent
    return (
        intent.leaves is Leaves.COMMENT
        and intent.written_to == view.origin
        and not intent.is_private
        and not is_closed_for_good(view, view.origin)
    )


def _is_reported_elsewhere(record: IntentRecord) -> bool:
    return record.intent.failure is Failure.REPORTED_ELSEWHERE or _is_lasting(record.key)


def _is_lasting(key: str) -> bool:
    """Whether a write is one of a note about what could not be done."""
    kinds = (keys.Missing, keys.Failures, keys.Refused, keys.CredentialsRefused)
    return any(kind.read(key) is not None for kind in kinds)


def _note_others(view: CaseView, connection: str, failed: Iterable[IntentRecord], *, reported: bool) -> Part:
    note = LastingNote(view, view.origin, partial(keys.Failures, connection))
    records = tuple(failed)
    if not records:
        underway = any(
            r.state.outstanding and r.intent.connection == connection for r in view.intents.values()
        )
        over = MessageRequest("writes_got_over", {"connection": connection}, visibility=Visibility.PRIVATE)
        return note.close(over) if not underway else NOTHING
    if reported and not note.stands and all(record.intent.failure is Failure.MINOR for record in records):
        return NOTHING  # that the connection refuses what is written is known by what matters more
    facts = {
        "what": ",".join(dict.fromkeys(record.intent.called for record in records)),
        "connection": connection,
        "error": records[-1].error or "",
        "tries": _tries(records),
    }
    message = MessageRequest("write_failed", facts, visibility=Visibility.PRIVATE)
    return note.update(message)


def _refusing(view: CaseView) -> Iterator[str]:
    """The connections that a hold already reports as refusing writes."""
    for link in view.links:
        holds = (link.hold, *(state.hold for state in link.fields.values()))
        if any(hold is not None and hold.reason.is_refusal for hold in holds):
            yield from (link.origin.connection, link.linked.connection)
