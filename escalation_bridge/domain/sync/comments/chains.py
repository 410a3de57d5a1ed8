"""Chains over three systems and more: copies continue from a ticket in the same direction and no other (no loops).

A comment of the bridge is not copied, unless it is a copy itself and another
link continues from there: down, from the customer, or up again. It continues as its first author's comment, and never turns around: what
came down from one customer does not go up to the next one, and what came up from one linked ticket not down into another.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from escalation_bridge.domain.case.cases import CaseView, Link, Relay
from escalation_bridge.domain.case.write_records import IntentRecord, IntentState
from escalation_bridge.domain.case.writes.comments import DeleteComment, EditComment, WriteComment
from escalation_bridge.domain.routes.sides import Side
from escalation_bridge.domain.tickets.messages import Trim
from escalation_bridge.domain.tickets.tickets import Comment, Person, Role, TicketRef

Place = tuple[TicketRef, str]
"""A ticket, and the id of a comment in it."""


def comments_on(view: CaseView, link: Link, side: Side) -> Iterator[Comment]:
    """The comments on one side of a link that may be copied: people's, and copies that continue along a chain."""
    for comment in view.comments_of(link.ticket(side)):
        place = (comment.ticket, comment.id)
        relay = view.relays.get(place)
        if place not in view.own_comments:
            yield comment
        elif relay is not None and relay.heading is side.other:
            yield relay.comment


def with_relays(view: CaseView) -> CaseView:
    """The case with the copies in tickets from which a link continues, in this case or in others."""
    headings = {
        **{(link.origin, link.linked): Side.LINKED for link in view.links},
        **{(link.linked, link.origin): Side.ORIGIN for link in view.links},
        **view.beyond.headings,
    }
    middles = {ticket for _, ticket in view.beyond.headings}
    middles |= {link.origin for link in view.links} & {link.linked for link in view.links}
    if not middles:
        return view
    copies = {(c.ticket, c.id): c for c in view.comments if c.ticket in middles}
    relays, taken_back = dict(view.relays), dict(view.taken_back)
    for carried in _carried((*view.intents.values(), *view.beyond.records)):
        copy = copies.get(carried.place)
        heading = headings.get((carried.source, carried.place[0]))
        if copy is None or heading is None:
            continue
        relays[carried.place] = Relay(carried.with_last_text(copy), heading, carried.write.message.facts)
        if carried.end is not None:
            taken_back[carried.place] = carried.end.decided_at
    return replace(view, relays=relays, taken_back=taken_back)


@dataclass(frozen=True, slots=True)
class _Carried:
    """A comment that was carried into a ticket.

    Attributes:
        place: Where it stands now.
        source: The ticket that it came from.
        words: The last write of its text.
        end: The write that took it back, if one did.
    """

    place: Place
    source: TicketRef
    write: WriteComment
    words: WriteComment | EditComment
    end: IntentRecord | None

    def with_last_text(self, copy: Comment) -> Comment:
        """The comment as if its first author had written it here. Its visibility here counts, not the original one."""
        quote = self.words.message.quotes[0]
        # By it the next route knows how a mail ends; where the first one leaves words as they are, they are a colleague's.
        role = Role.CUSTOMER if quote.trim is Trim.MAIL else Role.AGENT
        author = Person("", quote.author, role=role)
        return replace(copy, author=author, created_at=quote.at, body=quote.body, attachments=())


def _carried(records: Iterable[IntentRecord]) -> Iterator[_Carried]:
    done = [record for record in records if record.state is IntentState.DONE]
    edits: dict[Place, EditComment] = {}
    ends: dict[Place, IntentRecord] = {}
    for record in done:
        if record.receipt is None or record.receipt.comment_id is None:
            continue
        if isinstance(record.intent, EditComment):
            edits[record.intent.ticket, record.receipt.comment_id] = record.intent
        elif isinstance(record.intent, DeleteComment):
            ends[record.intent.ticket, record.receipt.comment_id] = record
    for record in done:
        intent = record.intent
        if not isinstance(intent, WriteComment) or intent.source is None or not intent.message.quotes:
            continue
        if record.receipt is not None and record.receipt.comment_id is not None:
            place = (intent.ticket, record.receipt.comment_id)
            yield _Carried(place, intent.source[0], intent, edits.get(place, intent), ends.get(place))
