"""What is to be said, made fit to be said to others: mails without their quoted history, and nobody called by name.

A name that calls somebody ("@sari", "[~accountid:...]") would send the other side's colleagues a notice about words that were not meant
for them, or about somebody else of that name.
"""

import re
from dataclasses import replace

from escalation_bridge.domain.messages import MessageRequest, Quote, Trim
from escalation_bridge.domain.tickets import RichText
from escalation_bridge.quoting import trim

_JOINER = "\u2060"
"""A word joiner: takes no room and breaks no line, and no vendor takes what has it inside for a name."""
# Not within addresses of mail or of pages, which would lead nowhere with anything inside.
_CALL = re.compile(r"(?<![\w./:?&=#%+~-])@(?=\w)|\[(?=~)")

_TAG_OR_CALL = re.compile(rf'(?P<tag><(?:[^<>"]|"[^"]*")*>)|{_CALL.pattern}')


def prepared(request: MessageRequest) -> MessageRequest:
    """The message with its quotes trimmed as they say, and with names that call nobody."""
    facts = {name: calling_nobody(fact) for name, fact in request.facts.items()}
    return replace(request, facts=facts, quotes=tuple(_prepared(quote) for quote in request.quotes))


def _prepared(quote: Quote) -> Quote:
    body, left_out = quote.body, quote.left_out
    if quote.trim is not Trim.NOTHING:
        trimmed = trim(body, signatures=quote.trim is Trim.MAIL)
        body, left_out = trimmed.body, (*left_out, *trimmed.left_out)
    harmless = RichText(_calling_nobody_html(body.html), calling_nobody(body.text))
    author = calling_nobody(quote.author)
    return replace(quote, author=author, body=harmless, trim=Trim.NOTHING, left_out=left_out)


def calling_nobody(text: str) -> str:
    """A plain text in which names are as they were to the eye, and call nobody."""
    return _CALL.sub(lambda found: found[0] + _JOINER, text)


def _calling_nobody_html(markup: str) -> str:
    """The same of sanitised markup: its texts are changed, and no tag."""
    return _TAG_OR_CALL.sub(lambda found: found[0] if found["tag"] else found[0] + _JOINER, markup)
