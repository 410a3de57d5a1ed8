"""Prepare texts for other readers: trim quoted history of mails, and disarm mentions.

A mention ("@sari", "[~accountid:...]") would notify people on the other side about a text that is not
for them, or mention somebody else with that name.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, fields, replace

from escalation_bridge.domain.tickets.messages import MessageRequest, Named, Package, Quote, Trim
from escalation_bridge.domain.tickets.tickets import RichText
from escalation_bridge.text.known_words import KnownWords
from escalation_bridge.text.markup import tokens
from escalation_bridge.text.outgoing import trim

_JOINER = "\u2060"
"""A word joiner: invisible, does not break lines, and no vendor parses a mention that contains it."""
# Not within addresses of mail or of pages, which it would break.
_CALL = re.compile(r"(?<![\w./:?&=#%+~-])@(?=\w)|\[(?=~)")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The context of a quoted text.

    Attributes:
        known: The other texts of the case: quoted history is trimmed only if the case has it.
        url: Where the message's readers find the whole text; empty if it must not be shown to them.
    """

    known: KnownWords
    url: str = ""


def alone(_quote: Quote) -> Surroundings:
    """A context without any other texts."""
    return Surroundings(KnownWords())


def prepared(request: MessageRequest, around: Callable[[Quote], Surroundings] = alone) -> MessageRequest:
    """The message with quotes trimmed as requested, and with disarmed mentions.

    Args:
        request: The message.
        around: The context of a quote. Without one, no history is trimmed.
    """
    facts = {name: without_mentions(fact) for name, fact in request.facts.items()}
    return replace(
        request,
        facts=facts,
        quotes=tuple(_prepared(quote, around) for quote in request.quotes),
        package=_prepared_package(request.package, around) if request.package is not None else None,
    )


def _prepared_package(package: Package, around: Callable[[Quote], Surroundings]) -> Package:
    """The package with its quotes trimmed, and without mentions in any of its texts."""

    def harmless(value: object) -> object:
        match value:
            case str():
                return without_mentions(value)
            case Quote():
                return _prepared(value, around)
            case Named(name, text):
                is_address = text.startswith(("https://", "http://"))
                return Named(without_mentions(name), text if is_address else without_mentions(text))
            case tuple():
                return tuple(map(harmless, value))
            case _:
                return value

    return Package(**{each.name: harmless(getattr(package, each.name)) for each in fields(package)})  # type: ignore[arg-type]


def _prepared(quote: Quote, around: Callable[[Quote], Surroundings]) -> Quote:
    body, left_out, url = quote.body, quote.left_out, quote.url
    if quote.trim is not Trim.NOTHING:
        place = around(quote)
        is_mail = quote.trim is Trim.MAIL
        trimmed = trim(body, known=place.known, author=quote.author, signatures=is_mail)
        body, left_out = trimmed.body, (*left_out, *trimmed.left_out)
        url = place.url if trimmed.left_out else ""
    harmless = RichText(_without_mentions_html(body.html), without_mentions(body.text))
    author = without_mentions(quote.author)
    return replace(quote, author=author, body=harmless, trim=Trim.NOTHING, left_out=left_out, url=url)


def without_mentions(text: str) -> str:
    """Disarm the mentions of a plain text; it looks the same."""
    return _CALL.sub(lambda found: found[0] + _JOINER, text)


def _without_mentions_html(markup: str) -> str:
    """Disarm the mentions of sanitized markup: only its texts change."""
    return "".join(
        without_mentions(token.text) if token.text else markup[token.start : token.end]
        for token in tokens(markup)
    )
