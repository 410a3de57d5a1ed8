"""Copy comments over a link: each comment once, and never more visible than the route allows."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import count, takewhile

from escalation_bridge.domain.case import keys
from escalation_bridge.domain.case.cases import CaseView, Link
from escalation_bridge.domain.case.part import NOTHING, Part
from escalation_bridge.domain.case.write_records import IntentState, KeyedIntent
from escalation_bridge.domain.case.writes.comments import DeleteComment, WriteComment
from escalation_bridge.domain.links.closed_tickets import is_closed_for_good
from escalation_bridge.domain.routes.quoting import quote
from escalation_bridge.domain.routes.routes import CommentRule, Route, Take
from escalation_bridge.domain.routes.sides import Side
from escalation_bridge.domain.sync.comments.chains import comments_on
from escalation_bridge.domain.tickets.command_line import is_command
from escalation_bridge.domain.tickets.messages import MessageRequest
from escalation_bridge.domain.tickets.tickets import Comment, Presence, Role, Ticket, Visibility


def pass_comments(view: CaseView, link: Link, route: Route) -> Part:
    """Copy the comments of either side since the link exists, as far as the route allows."""
    intents: list[KeyedIntent] = []
    for side in Side:
        source, target = view.tickets.get(link.ticket(side)), view.tickets.get(link.ticket(side.other))
        if source is None or target is None or not _takes_comments(view, target):
            continue
        for key, comment in _passing(view, link, route, side):
            if key in view.intents:
                continue
            visibility = visible_as(comment, route.comment_rule(side))
            write = WriteComment(
                target.ref,
                visibility,
                in_their_words(view, source, comment, route, visibility),
                source=(source.ref, comment.id),
                files=route.files is not None,
            )
            intents.append(KeyedIntent(key, write))
    return Part(intents=tuple(intents)) if intents else NOTHING


def _takes_comments(view: CaseView, target: Ticket) -> bool:
    merged = target.presence is Presence.MERGED  # waiting comments go to the ticket that it was merged into
    return not merged and view.absence(target.ref) is None and not is_closed_for_good(view, target.ref)


def _passing(view: CaseView, link: Link, route: Route, side: Side) -> Iterator[tuple[str, Comment]]:
    """The comments of a side to copy, with the keys of their writes, whether or not they were copied."""
    rule, carriers = route.comment_rule(side), Carriers.of(view)
    if rule.take is Take.NONE:
        return
    not_copied = frozenset(link.excluded if side is Side.ORIGIN else link.excluded_linked)
    for comment in comments_on(view, link, side):
        if _passes(view, link, side, comment, rule, not_copied) and not _is_for_a_later_link(
            view, link, side, comment
        ):
            yield carriers.key(link, comment), comment


def not_carried_yet(view: CaseView, link: Link, route: Route, side: Side) -> Mapping[str, str]:
    """The ids of comments on a side that are not copied yet, by the keys of their writes."""
    waiting = (IntentState.PENDING, IntentState.FAILED)
    return {
        key: comment.id
        for key, comment in _passing(view, link, route, side)
        if key not in view.intents or view.intents[key].state in waiting
    }


@dataclass(frozen=True, slots=True)
class Carriers:
    """The writes that copied a comment, usually one; another one follows if the first is gone.

    Attributes:
        undone: The keys of those whose comments were taken back again, or should not be read where they are.
    """

    view: CaseView
    undone: frozenset[str]

    @classmethod
    def of(cls, view: CaseView) -> "Carriers":
        """Those of a case."""
        gone = (
            record.intent.written
            for record in view.intents.values()
            if isinstance(record.intent, DeleteComment)
            and (
                record.state is IntentState.DONE
                or (record.state is IntentState.FAILED and record.intent.is_hidden)
            )
        )
        return cls(view, frozenset(gone))

    def key(self, link: Link, comment: Comment) -> str:
        """The key of the write that copies a comment now."""
        return next(key for key in _keys(link, comment) if not self._is_over(key))

    def earlier(self, link: Link, comment: Comment) -> tuple[str, ...]:
        """The keys of the writes before that one."""
        return tuple(takewhile(self._is_over, _keys(link, comment)))

    def _is_over(self, key: str) -> bool:
        record = self.view.intents.get(key)
        return record is not None and (key in self.undone or record.state is IntentState.CANCELLED)


def _keys(link: Link, comment: Comment) -> Iterator[str]:
    return (keys.Comment.of(link.id, comment, number).text for number in count(1))


def visible_as(comment: Comment, rule: CommentRule) -> Visibility:
    """The visibility of a copy: public only if the original is and the rule allows it."""
    return Visibility.PUBLIC if comment.visibility is rule.write is Visibility.PUBLIC else Visibility.PRIVATE


def is_taken(comment: Comment, rule: CommentRule) -> bool:
    """Whether the rule copies a comment with its current visibility."""
    return rule.take is Take.ALL or (rule.take is Take.PUBLIC and comment.visibility is Visibility.PUBLIC)


def in_their_words(
    view: CaseView, source: Ticket, comment: Comment, route: Route, visibility: Visibility
) -> MessageRequest:
    """The message for the other side: author, place, time and text."""
    relay = view.relays.get((comment.ticket, comment.id))
    facts = {"from_key": source.key, "from_vendor": view.vendors.get(source.ref.connection, "")}
    if relay is not None:  # it was first written elsewhere
        facts |= relay.facts
    return MessageRequest("passed_comment", facts, (quote(comment, route),), visibility)


def _is_for_a_later_link(view: CaseView, link: Link, side: Side, comment: Comment) -> bool:
    """Whether a customer's ticket was escalated again before this comment: it goes to the latest linked ticket.

    A second ticket that was linked by hand is no escalation: comments go to both.
    """
    return side is Side.ORIGIN and any(
        later.route == link.route and link.since < later.since <= comment.created_at and not later.by_hand
        for later in view.links
    )


def _passes(
    view: CaseView, link: Link, side: Side, comment: Comment, rule: CommentRule, not_copied: Collection[str]
) -> bool:
    if is_command(comment):
        return False
    if (comment.ticket, comment.id) in view.taken_back:
        return False
    if comment.author.role is Role.SYSTEM or not is_taken(comment, rule):
        return False
    if link.by_hand:
        return comment.id not in not_copied
    if side is Side.ORIGIN:
        return comment.id not in not_copied and (
            comment.created_at >= link.since or comment.visibility is Visibility.PUBLIC
        )
    return True
