"""Trim what mail programs add below a reply: the quoted message, the sender's signature, "Sent from my iPhone".

In doubt nothing is trimmed. Quoted history is trimmed only if the case has its text, so that remarks between the lines, pasted
headers and other people's mails stay. A signature is trimmed only if it names its author and has only contact details.
Everything works by lines and in one pass. See docs/adr/0013-quotes-by-lines.md.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from escalation_bridge.domain.tickets.tickets import RichText
from escalation_bridge.text import mail_lines
from escalation_bridge.text.known_words import KnownWords, words_of
from escalation_bridge.text.markup import tokens, unescaped
from escalation_bridge.text.rich_text import from_html

_LONGEST_SIGNATURE = 10
"""A longer signature, in lines, has content."""
_BLOCKS = frozenset("p h1 h2 h3 h4 h5 h6 pre blockquote table tr li ul ol br hr".split())


@dataclass(frozen=True, slots=True)
class Trimmed:
    """A trimmed text.

    Attributes:
        left_out: The trimmed parts, as words of the message catalogue; empty: none.
    """

    body: RichText
    left_out: tuple[str, ...] = ()


@dataclass(slots=True)
class _Line:
    """A line: the end of its content in the markup, and its quote depth."""

    end: int
    depth: int
    text: str = ""
    is_pictured: bool = False

    @property
    def is_quoted(self) -> bool:
        return self.depth > 0 or self.text.startswith(">")

    @property
    def has_content(self) -> bool:
        return self.is_pictured or (not self.is_quoted and bool(words_of(self.text)))


def trim(body: RichText, *, known: KnownWords, author: str = "", signatures: bool) -> Trimmed:
    """Trim known quoted history, and a signature on request. Never trims a text to nothing.

    Args:
        body: The text.
        known: The other texts of the case. A quote of anything else stays.
        author: The author; a signature without the author's name stays.
        signatures: Whether to trim signatures: right for mail, not for what colleagues type.
    """
    lines = [line for line in _lines(body.html) if line.text or line.is_pictured]
    kept, left_out = lines, []
    end = _history(kept, known)
    if end is not None:
        kept, left_out = kept[:end], ["quoted_text"]
    if kept and not kept[-1].is_quoted and mail_lines.is_footer(kept[-1].text):
        kept, left_out = kept[:-1], ["mail_footer", *left_out]
    if signatures and (end := _signature(kept, author)) is not None:
        kept, left_out = kept[:end], ["signature", *left_out]
    if not left_out or not any(line.has_content for line in kept):
        return Trimmed(body)
    return Trimmed(from_html(body.html[: kept[-1].end]), tuple(left_out))


def _history(lines: Sequence[_Line], known: KnownWords) -> int | None:
    """The first line of the quoted message; None: there is none, or not all of it is known."""
    for number, line in enumerate(lines):
        if line.is_quoted or not line.text:
            continue
        if mail_lines.is_forwarding(line.text):
            return None  # forwarded text is there to be read
        after = _after_opening(lines, number)
        if after is None:
            continue
        quoted = _without_signature(lines[after:])
        if any(each.is_pictured for each in quoted if not each.is_quoted):
            return None
        is_marked = bool(quoted) and all(each.is_quoted for each in quoted)
        texts = [each.text.lstrip("> ") for each in quoted]
        return number if (known.has_most if is_marked else known.has_all)(texts) else None
    return None


def _after_opening(lines: Sequence[_Line], number: int) -> int | None:
    """The line after the introduction of a quoted message; None: this line is no introduction."""
    text = lines[number].text
    if mail_lines.is_divider(text):
        return number + 1
    headers = mail_lines.header_block([line.text for line in lines[number : number + 7]])
    if headers:
        return number + headers
    joined = ""
    for length in (1, 2, 3):
        if number + length > len(lines) or lines[number + length - 1].is_quoted:
            return None
        joined = f"{joined} {lines[number + length - 1].text}".strip()
        if mail_lines.is_introduction(joined):
            return number + length
    return None


def _without_signature(lines: Sequence[_Line]) -> Sequence[_Line]:
    """The quoted lines without the replying person's own signature, which some programs put below the quote."""
    for number in range(len(lines) - 1, max(-1, len(lines) - 2 - _LONGEST_SIGNATURE), -1):
        if lines[number].is_quoted:
            break
        if lines[number].text == "--" and _reads_like_one([line.text for line in lines[number + 1 :]]):
            return lines[:number]
    return lines


def _signature(lines: Sequence[_Line], author: str) -> int | None:
    """The line of hyphens above the signature; None: there is none, or it may be something else."""
    names = {word for word in words_of(author.partition("@")[0]) if len(word) > 2}
    for number in range(len(lines) - 1, max(-1, len(lines) - 2 - _LONGEST_SIGNATURE), -1):
        if lines[number].is_quoted:
            return None
        if lines[number].text == "--":
            below = lines[number + 1 :]
            is_one = _reads_like_one([line.text for line in below]) and not any(
                line.is_pictured for line in below
            )
            return number if is_one and names.intersection(words_of(below[0].text)) else None
    return None


def _reads_like_one(texts: Sequence[str]) -> bool:
    return 0 < len(texts) <= _LONGEST_SIGNATURE and all(map(mail_lines.is_contact_detail, texts))


def _lines(markup: str) -> Iterator[_Line]:
    """The lines of sanitized markup. Line ends count in preformatted text; elsewhere they are spaces."""
    depth = preformatted = 0
    line: _Line | None = None
    for token in tokens(markup):
        if token.name:
            step = -1 if token.is_end else 1
            depth += step * (token.name == "blockquote")
            preformatted += step * (token.name == "pre")
        if token.name in _BLOCKS:
            if line is not None:
                yield _finished(line)
            line = None
        elif token.name == "img":
            line = line or _Line(token.end, depth)
            line.is_pictured, line.end = True, token.end
        elif token.text:
            end = token.start
            for part in token.text.splitlines(keepends=True) if preformatted else [token.text]:
                end += len(part)
                if part.strip():
                    line = line or _Line(end, depth)
                    line.text += unescaped(part)
                    line.end = end
                if preformatted and line is not None and part[-1:].isspace() and part.rstrip("\r\n") != part:
                    yield _finished(line)
                    line = None
        elif line is not None:
            line.end = token.end  # a style ends
    if line is not None:
        yield _finished(line)


def _finished(line: _Line) -> _Line:
    line.text = " ".join(line.text.split())
    return line
