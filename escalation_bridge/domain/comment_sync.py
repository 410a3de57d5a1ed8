"""Carrying over what is said on either side of a link: each comment once, and never more visible than the route allows."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count, takewhile

from escalation_bridge.domain.cases import CaseView, Link
from escalation_bridge.domain.closed_tickets import is_closed_for_good
from escalation_bridge.domain.commands import is_command
from escalation_bridge.domain.intents import DeleteComment, IntentState, KeyedIntent, WriteComment
from escalation_bridge.domain.messages import MessageRequest, Quote, Trim
from escalation_bridge.domain.parts import NOTHING, Part
from escalation_bridge.domain.relays import comments_on
from escalation_bridge.domain.routes import CommentRule, Route, Side, Take
from escalation_bridge.domain.tickets import Comment, Role, Ticket, Visibility


def pass_comments(view: CaseView, link: Link, route: Route) -> Part:
    """Carry over what was said on either side since the link exists, as far as the route allows it."""
    part, carriers = NOTHING, Carriers.of(view)
    for side in Side:
        rule = route.comment_rule(side)
        source, target = view.tickets.get(link.ticket(side)), view.tickets.get(link.ticket(side.other))
        if rule.take is Take.NONE or source is None or target is None or view.absence(target.ref) is not None:
            continue
        if is_closed_for_good(view, target.ref):
            continue
        for comment in comments_on(view, link, side):
            if _passes(view, link, side, comment, rule) and not _is_for_a_later_link(
                view, link, side, comment
            ):
                visibility = visible_as(comment, rule)
                write = WriteComment(
                    target.ref,
                    visibility,
                    in_their_words(view, source, comment, route, visibility),
                    source=(source.ref, comment.id),
                    files=route.files is not None,
                )
                part += Part(intents=(KeyedIntent(carriers.key(link, comment), write),))
    return part


@dataclass(frozen=True, slots=True)
class Carriers:
    """Which writes carried a comment over. Mostly it is one; another one follows where the first is no more.

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
        """The natural key of the write that carries a comment over now, or is to."""
        return next(key for key in _keys(link, comment) if not self._is_over(key))

    def earlier(self, link: Link, comment: Comment) -> tuple[str, ...]:
        """The keys of the writes before that one."""
        return tuple(takewhile(self._is_over, _keys(link, comment)))

    def _is_over(self, key: str) -> bool:
        record = self.view.intents.get(key)
        return record is not None and (key in self.undone or record.state is IntentState.CANCELLED)


def _keys(link: Link, comment: Comment) -> Iterator[str]:
    first = f"comment:{link.id}:{comment.ticket}:{comment.id}"
    yield first
    yield from (f"{first}#{number}" for number in count(2))


def visible_as(comment: Comment, rule: CommentRule) -> Visibility:
    """Who reads a comment on the other side: everybody only if they do on its own side and the rule says so."""
    return Visibility.PUBLIC if comment.visibility is rule.write is Visibility.PUBLIC else Visibility.PRIVATE


def is_taken(comment: Comment, rule: CommentRule) -> bool:
    """Whether the rule carries such a comment over as it is to be seen now."""
    return rule.take is Take.ALL or (rule.take is Take.PUBLIC and comment.visibility is Visibility.PUBLIC)


def in_their_words(
    view: CaseView, source: Ticket, comment: Comment, route: Route, visibility: Visibility
) -> MessageRequest:
    """What the other side is told: who said it, where, when, and the words."""
    relay = view.relays.get((comment.ticket, comment.id))
    facts = {"from_key": source.key, "from_vendor": view.vendors.get(source.ref.connection, "")}
    if relay is not None:  # it was said elsewhere first
        facts |= relay.facts
    return MessageRequest("passed_comment", facts, (quote(comment, route),), visibility)


def quote(comment: Comment, route: Route) -> Quote:
    """Somebody's words as a route carries them over. Two hyphens end a mail; colleagues may part their paragraphs with them."""
    by_mail = comment.author.role in (Role.CUSTOMER, Role.UNKNOWN)
    trim = (Trim.MAIL if by_mail else Trim.HISTORY) if route.trim_quotes else Trim.NOTHING
    return Quote(comment.author.name, comment.created_at, comment.body, trim, comment=comment.id)


def _is_for_a_later_link(view: CaseView, link: Link, side: Side, comment: Comment) -> bool:
    """Whether a customer's ticket was handed on again before this was said: it goes where the work is now.

    A ticket that somebody linked beside the first one is no hand-over: what is said goes to both.
    """
    return side is Side.ORIGIN and any(
        later.route == link.route and link.since < later.since <= comment.created_at and not later.by_hand
        for later in view.links
    )


def _passes(view: CaseView, link: Link, side: Side, comment: Comment, rule: CommentRule) -> bool:
    if is_command(comment):
        return False
    if (comment.ticket, comment.id) in view.taken_back:
        return False
    if comment.author.role is Role.SYSTEM or not is_taken(comment, rule):
        return False
    if link.by_hand:
        return comment.id not in (link.told if side is Side.ORIGIN else link.told_linked)
    if side is Side.ORIGIN:
        return comment.id not in link.told and (
            comment.created_at >= link.since or comment.visibility is Visibility.PUBLIC
        )
    return True
