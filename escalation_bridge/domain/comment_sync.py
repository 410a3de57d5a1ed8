"""Carrying over what is said on either side of a link: each comment once, and never more visible than the route allows."""

from escalation_bridge.domain.cases import CaseView, Link
from escalation_bridge.domain.intents import KeyedIntent, WriteComment
from escalation_bridge.domain.messages import MessageRequest, Quote
from escalation_bridge.domain.parts import NOTHING, Part
from escalation_bridge.domain.routes import Route, Side, Take
from escalation_bridge.domain.tickets import Comment, Role, Visibility


def pass_comments(view: CaseView, link: Link, route: Route) -> Part:
    """Carry over what was said on either side since the link exists, as far as the route allows it."""
    part = NOTHING
    for side in Side:
        rule = route.comment_rule(side)
        source, target = view.tickets.get(link.ticket(side)), view.tickets.get(link.ticket(side.other))
        if rule.take is Take.NONE or source is None or target is None or target.ref in view.gone:
            continue
        for comment in view.comments_of(source.ref):
            if _passes(view, link, side, comment, rule.take) and not _is_for_a_later_link(
                view, link, side, comment
            ):
                facts = {"from_key": source.key, "from_vendor": view.vendors.get(source.ref.connection, "")}
                quote = Quote(comment.author.name, comment.created_at, comment.body)
                message = MessageRequest("passed_comment", facts, (quote,), rule.write)
                write = WriteComment(
                    target.ref,
                    rule.write,
                    message,
                    source=(source.ref, comment.id),
                    files=route.files is not None,
                )
                part += Part(intents=(KeyedIntent(comment_key(link, comment), write),))
    return part


def comment_key(link: Link, comment: Comment) -> str:
    """The natural key of carrying a comment over."""
    return f"comment:{link.id}:{comment.ticket}:{comment.id}"


def _is_for_a_later_link(view: CaseView, link: Link, side: Side, comment: Comment) -> bool:
    """Whether a customer's ticket was handed on again before this was said: it goes where the work is now.

    A ticket that somebody linked beside the first one is no hand-over: what is said goes to both.
    """
    return side is Side.ORIGIN and any(
        later.route == link.route and link.since < later.since <= comment.created_at and not later.by_hand
        for later in view.links
    )


def _passes(view: CaseView, link: Link, side: Side, comment: Comment, take: Take) -> bool:
    if (comment.ticket, comment.id) in view.own_comments or comment.author.role is Role.SYSTEM:
        return False
    if take is Take.PUBLIC and comment.visibility is not Visibility.PUBLIC:
        return False
    if link.by_hand:
        return comment.id not in (link.told if side is Side.ORIGIN else link.told_linked)
    if side is Side.ORIGIN:
        return comment.id not in link.told and (
            comment.created_at >= link.since or comment.visibility is Visibility.PUBLIC
        )
    return True
