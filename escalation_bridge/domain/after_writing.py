"""The effect of a completed write on its case."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from escalation_bridge.domain.after_reading import Shown, after_reading, in_order
from escalation_bridge.domain.case.cases import CaseView, Link, TimelineEntry
from escalation_bridge.domain.case.write_records import IntentRecord, IntentState, Receipt
from escalation_bridge.domain.case.writes.changes import ChangeTicket
from escalation_bridge.domain.case.writes.new_tickets import CreateTicket
from escalation_bridge.domain.routes.routes import Route
from escalation_bridge.domain.routes.sides import Side
from escalation_bridge.domain.sync.fields.writing import after_fields
from escalation_bridge.domain.tickets.tickets import Comment, Ticket, TicketChange, called


@dataclass(frozen=True, slots=True)
class Consequence:
    """A new or changed link, and the history lines about it.

    Attributes:
        begins: Whether the link is new.
        others: Other links that changed.
    """

    link: Link | None = None
    begins: bool = False
    others: tuple[Link, ...] = ()
    timeline: tuple[TimelineEntry, ...] = ()


def after_writing(
    view: CaseView,
    record: IntentRecord,
    shown: Shown | None,
    comment: Comment | None,
    consequence: Consequence,
) -> CaseView:
    """Apply a completed write to the case: the result equals what the store returns once it has saved the write.

    Args:
        view: The case before the write.
        record: The write with its receipt.
        shown: The news in the answer.
        comment: The written comment, if the answer contains it.
        consequence: The effect on the case's links. None of them has ended.
    """
    if shown is not None:
        view = after_reading(view, shown)
    comments, own = view.comments, view.own_comments
    if comment is not None:
        own |= {(comment.ticket, comment.id)}
        if all((each.ticket, each.id) != (comment.ticket, comment.id) for each in comments):
            comments = in_order((*comments, comment))
    changed = (consequence.link, *consequence.others) if consequence.link is not None else ()
    links = {link.id: link for link in view.links}
    links |= {link.id: link for link in changed if consequence.begins or link.id in links}
    return replace(
        view,
        comments=comments,
        own_comments=own,
        links=tuple(sorted(links.values(), key=lambda link: (link.since, link.id))),
        intents={**view.intents, record.key: record},
    )


def as_done(record: IntentRecord, receipt: Receipt) -> IntentRecord:
    """A completed write."""
    return replace(
        record,
        state=IntentState.DONE,
        receipt=receipt,
        error=None,
        next_attempt_at=None,
        sent_text=None,
    )


def after_create(
    view: CaseView,
    record: IntentRecord,
    intent: CreateTicket,
    created: Ticket,
    *,
    adopted: bool,
    moved_on: bool,
    now: datetime,
) -> Consequence:
    """The linked ticket exists: from now on both are kept in sync.

    Args:
        view: The case before.
        record: The write that created the ticket.
        intent: The same write's intent.
        created: The ticket.
        adopted: Whether an earlier attempt created it.
        moved_on: Whether somebody has set another status since. The first one is not known then, and the present one is a
            change that has to be copied.
        now: When the answer arrived.
    """
    link = Link(
        id=record.key,
        route=intent.route,
        origin=view.origin,
        linked=created.ref,
        since=record.decided_at,
        statuses={Side.ORIGIN: intent.origin_status, Side.LINKED: "" if moved_on else created.status.id},
        excluded=intent.excluded,
        done={Side.ORIGIN: False, Side.LINKED: created.status.kind.done and not moved_on},
    )
    facts = {"key": created.key, "connection": intent.connection, "url": created.url}
    entry = TimelineEntry(now, "adopted" if adopted else "linked", facts)
    return Consequence(link, begins=True, timeline=(entry,))


def after_change(
    view: CaseView, record: IntentRecord, changed: Ticket, routes: Mapping[str, Route]
) -> Consequence:
    """A status or fields were copied: both sides count as in sync at their current values."""
    settles = record.intent.status_settled
    if settles is None:
        return Consequence(after_fields(view, record, changed, routes))
    link = next((link for link in view.links if link.id == settles.link), None)
    if link is None:
        return Consequence()
    statuses = {
        **link.statuses,
        settles.source: settles.source_status,
        settles.source.other: changed.status.id,
    }
    source = view.tickets.get(link.ticket(settles.source))
    done = {**link.done, settles.source.other: changed.status.kind.done}
    if source is not None and source.status.id == settles.source_status:
        done[settles.source] = source.status.kind.done
    others = tuple(_seen_by_others(view, link, settles.source.other, changed))
    return Consequence(replace(link, statuses=statuses, done=done, chosen=None), others=others)


def _seen_by_others(view: CaseView, link: Link, side: Side, changed: Ticket) -> Iterator[Link]:
    """Other links with the same ticket on the same side: a write of one link is no change for the others.

    A link that continues to a third system is different: there it is a change to be copied.
    """
    for other in view.links:
        if other.id != link.id and other.ticket(side) == changed.ref:
            yield replace(
                other,
                statuses={**other.statuses, side: changed.status.id},
                done={**other.done, side: changed.status.kind.done},
            )


def described_changes(
    change: TicketChange, ticket: Ticket, labels: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """The changed fields of a ticket for its history, without values that customers wrote.

    `labels` says what people call fields, by their ids.
    """
    signed = [*(f"+{tag}" for tag in change.add_tags), *(f"-{tag}" for tag in change.remove_tags)]
    for name, value in change.asked():
        if name == "fields":
            yield from (("field", labels.get(own, own)) for own in value)
        elif name not in ("add_tags", "remove_tags"):
            yield name, called(getattr(ticket, name, None))
        elif signed:
            yield "tags", " ".join(signed)
            signed = []


def field_labels(view: CaseView, intent: ChangeTicket, routes: Mapping[str, Route]) -> Mapping[str, str]:
    """The labels of the fields that a change copies, by their ids, as far as the route has them."""
    settles = intent.settles_fields
    link = next((link for link in view.links if settles is not None and link.id == settles.link), None)
    route = routes.get(link.route) if link is not None else None
    rules = route.synced.single if route is not None and route.synced is not None else ()
    return {field: label for rule in rules for field, label in rule.labels.items()}
