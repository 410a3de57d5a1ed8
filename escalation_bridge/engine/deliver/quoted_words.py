"""Where the words stand that a message quotes: what else was said in the case, and where all of it can be read."""

from collections.abc import Callable

from escalation_bridge.domain.case.cases import CaseView
from escalation_bridge.domain.tickets.messages import MessageRequest, Quote
from escalation_bridge.domain.tickets.tickets import Visibility
from escalation_bridge.text.known_words import KnownWords
from escalation_bridge.text.names import Surroundings


def around(view: CaseView, request: MessageRequest) -> Callable[[Quote], Surroundings]:
    """The surroundings of each quote of a message.

    What the bridge wrote itself does not count as known: a copy of the message in question may be among it. The address of a ticket is
    for agents; a message that customers read does not name it.
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
