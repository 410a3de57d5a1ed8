"""The context of quotes in a message: the other comments of the case, and the address of the quoted ticket."""

from collections.abc import Callable

from escalation_bridge.domain.case.cases import CaseView
from escalation_bridge.domain.tickets.messages import MessageRequest, Quote
from escalation_bridge.domain.tickets.tickets import Visibility
from escalation_bridge.text.known_words import KnownWords
from escalation_bridge.text.names import Surroundings


def around(view: CaseView, request: MessageRequest) -> Callable[[Quote], Surroundings]:
    """The context of each quote of a message.

    The bridge's own comments are excluded: one of them may be a copy of this message. The address of a ticket is
    for agents; a message that customers read does not contain it.
    """

    def of(quote: Quote) -> Surroundings:
        source = next(
            (
                comment
                for comment in view.comments
                if comment.id == quote.comment and comment.created_at == quote.at
            ),
            None,
        )
        ticket = view.tickets.get(source.ticket) if source else None
        others = [
            comment
            for comment in view.comments
            if comment is not source
            and comment.body != quote.body
            and comment.marker is None
            and (comment.ticket, comment.id) not in view.own_comments
        ]
        texts = [each.description.text for each in view.tickets.values() if each.bridge_key is None]
        texts += [each.body.text for each in others]
        people = [each.author.name for each in others]
        people += [each.requester.name for each in view.tickets.values() if each.requester]
        is_for_agents = request.visibility is not Visibility.PUBLIC
        return Surroundings(KnownWords(texts, people), ticket.url if ticket and is_for_agents else "")

    return of
