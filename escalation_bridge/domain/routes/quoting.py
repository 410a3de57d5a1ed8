"""Quote a comment according to a route."""

from escalation_bridge.domain.routes.routes import Route
from escalation_bridge.domain.tickets.messages import Quote, Trim
from escalation_bridge.domain.tickets.tickets import Comment, Role


def quote(comment: Comment, route: Route) -> Quote:
    """Quote a comment as the route copies it. Two hyphens end a mail; colleagues may use them between paragraphs."""
    by_mail = comment.author.role in (Role.CUSTOMER, Role.UNKNOWN, Role.BOT)
    trim = (Trim.MAIL if by_mail else Trim.HISTORY) if route.trim_quotes else Trim.NOTHING
    left_out = ("automatic",) if comment.author.role is Role.BOT else ()
    return Quote(comment.author.name, comment.created_at, comment.body, trim, left_out, comment=comment.id)
