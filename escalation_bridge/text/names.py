"""What is to be said, made fit to be said to others: mails without their quoted history, and nobody called by name.

A name that calls somebody ("@sari", "[~accountid:...]") would send the other side's colleagues a notice about words that were not meant
for them, or about somebody else of that name.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from escalation_bridge.domain.tickets.messages import MessageRequest, Quote, Trim
from escalation_bridge.domain.tickets.tickets import RichText
from escalation_bridge.text.known_words import KnownWords
from escalation_bridge.text.markup import tokens
from escalation_bridge.text.outgoing import trim

_JOINER = "\u2060"
"""A word joiner: takes no room and breaks no line, and no vendor takes what has it inside for a name."""
# Not within addresses of mail or of pages, which would lead nowhere with anything inside.
_CALL = re.compile(r"(?<![\w./:?&=#%+~-])@(?=\w)|\[(?=~)")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where somebody's words stand.

    Attributes:
        known: What else is said in the case: quoted history goes only where it stands there.
        url: Where the readers of the message find all of it; empty where it must not be shown to them.
    """

    known: KnownWords
    url: str = ""


def alone(_quote: Quote) -> Surroundings:
    """The surroundings of words of which nothing else is known."""
    return Surroundings(KnownWords())


def prepared(request: MessageRequest, around: Callable[[Quote], Surroundings] = alone) -> MessageRequest:
    """The message with its quotes trimmed as they say, and with names that call nobody.

    Args:
        request: The message.
        around: Where the words of a quote stand. Of words that stand nowhere, no history is left out.
    """
    facts = {name: calling_nobody(fact) for name, fact in request.facts.items()}
    return replace(request, facts=facts, quotes=tuple(_prepared(quote, around) for quote in request.quotes))


def _prepared(quote: Quote, around: Callable[[Quote], Surroundings]) -> Quote:
    body, left_out, url = quote.body, quote.left_out, quote.url
    if quote.trim is not Trim.NOTHING:
        place = around(quote)
        is_mail = quote.trim is Trim.MAIL
        trimmed = trim(body, known=place.known, author=quote.author, signatures=is_mail)
        body, left_out = trimmed.body, (*left_out, *trimmed.left_out)
        url = place.url if trimmed.left_out else ""
    harmless = RichText(_calling_nobody_html(body.html), calling_nobody(body.text))
    author = calling_nobody(quote.author)
    return replace(quote, author=author, body=harmless, trim=Trim.NOTHING, left_out=left_out, url=url)


def calling_nobody(text: str) -> str:
    """A plain text in which names are as they were to the eye, and call nobody."""
    return _CALL.sub(lambda found: found[0] + _JOINER, text)


def _calling_nobody_html(markup: str) -> str:
    """The same of sanitised markup: its texts are changed, and no tag."""
    return "".join(
        calling_nobody(token.text) if token.text else markup[token.start : token.end]
        for token in tokens(markup)
    )
