"""What mail programs add below an answer: the message that it answers, and the sender's signature.

Works on what `escalation_bridge.richtext` makes, where classes and styles are gone: what is left of a mail is its lines. A cut is only made
where it is plain that everything below belongs to it; whoever answers between the lines of a quote, or forwards a message, keeps it.
See docs/adr/0013-quotes-by-lines.md.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html.parser import HTMLParser

from escalation_bridge.domain.tickets import RichText
from escalation_bridge.richtext import from_html

_LONGEST_INTRODUCTION = 300
_LONGEST_SIGNATURE = 12
"""Lines: what is longer has something to say."""
_BLOCKS = frozenset("p h1 h2 h3 h4 h5 h6 pre blockquote table tr li ul ol".split())

# "On Mon, 2 Mar 2026 at 16:02, Sari <sari@example.com> wrote:", as mail programs say it where the bridge's customers are.
_INTRODUCTION = re.compile(
    r"(?:On\b.*\bwrote|Pada\b.*\bmenulis|Am\b.*\bschrieb\b.*|Le\b.*\ba écrit|El\b.*\bescribió|Em\b.*\bescreveu"
    r"|Op\b.*\bschreef\b.*|Il\b.*\bha scritto)\s?:",
    re.IGNORECASE,
)
# "-----Original Message-----", as Outlook says it. A forwarded message is what its sender wants to be read.
_DIVIDER = re.compile(
    r"[-_]{2,}\s*(?:Original Message|Pesan Asli|Ursprüngliche Nachricht|Message d'origine|Mensaje original)\s*[-_]{2,}",
    re.IGNORECASE,
)
_PLEASE_TYPE_ABOVE = re.compile(r"##-.*-##")
"""Zendesk's line above the message that is answered: "##- Please type your reply above this line -##"."""
_FROM = re.compile(r"\*?(?:From|Dari|Von|De|Van|Da):\*?\s*\S", re.IGNORECASE)
_HEADER = re.compile(
    r"\*?(?:Sent|Date|To|Cc|Subject|Dikirim|Terkirim|Tanggal|Kepada|Untuk|Ke|Subjek|Perihal|Gesendet|Datum|An|Betreff"
    r"|Envoyé|Objet|Enviado|Para|Asunto|Verzonden|Aan|Onderwerp):\*?\s*\S",
    re.IGNORECASE,
)
_FORWARDED = re.compile(
    r"[-_\s]*(?:Begin forwarded message|Forwarded message|Pesan terusan|Pesan yang diteruskan|Weitergeleitete Nachricht)\b.*",
    re.IGNORECASE,
)
_SENT_FROM = re.compile(
    r"(?:Sent from (?:my|Outlook|Yahoo|Mail for)\b|Get Outlook for\b|Dikirim dari\b|Von meinem\b.*\bgesendet).{0,60}",
    re.IGNORECASE,
)
_EMPTY_END = re.compile(r"(?:<br>|<hr>|<p>(?:<br>|\s)*</p>|\s)+\Z")


@dataclass(frozen=True, slots=True)
class Trimmed:
    """A text without what was left out.

    Attributes:
        left_out: What that is, as words of the message catalogue; empty: nothing.
    """

    body: RichText
    left_out: tuple[str, ...] = ()


@dataclass(slots=True)
class _Line:
    """A line as it is read: where it begins in the markup, and how deep in quotes."""

    start: int
    depth: int
    text: str = ""
    is_pictured: bool = False

    @property
    def is_quoted(self) -> bool:
        return self.depth > 0 or self.text.startswith(">")


def trim(body: RichText, *, signatures: bool) -> Trimmed:
    """Leave quoted history out, and a signature if that is asked for. Never trims a text to nothing.

    Args:
        body: The text.
        signatures: Whether what follows two hyphens at its end goes as well: right for mail, not for what colleagues type.
    """
    lines = [line for line in _lines(body.html) if line.text or line.is_pictured]
    kept, left_out = lines, []
    end = _history(kept, _signature(kept))
    if end is not None:
        kept, left_out = kept[:end], ["quoted_text"]
    if signatures and (end := _signature(kept)) is not None:
        kept, left_out = kept[:end], ["signature", *left_out]
    if not left_out or not any(_says_something(line) for line in kept):
        return Trimmed(body)
    above = _EMPTY_END.sub("", from_html(body.html[: lines[len(kept)].start]).html)
    return Trimmed(from_html(above), tuple(left_out))


def _says_something(line: _Line) -> bool:
    return line.is_pictured or (not line.is_quoted and re.search(r"\w", line.text) is not None)


def _history(lines: Sequence[_Line], signature: int | None) -> int | None:
    """The first line of the message that is answered; None: there is none, or it is answered between its lines."""
    for number, line in enumerate(lines):
        if line.is_quoted or not line.text:
            continue
        if _FORWARDED.fullmatch(line.text):
            return None
        if _DIVIDER.fullmatch(line.text) or _PLEASE_TYPE_ABOVE.fullmatch(line.text):
            return number
        if _FROM.match(line.text) and _has_headers(lines[number + 1 : number + 5]):
            return number
        after = _after_introduction(lines, number)
        if after is not None:
            return None if _is_answered_between(lines[after:signature]) else number
    return None


def _has_headers(lines: Sequence[_Line]) -> bool:
    return sum(_HEADER.match(line.text) is not None for line in lines) >= 2


def _after_introduction(lines: Sequence[_Line], number: int) -> int | None:
    """The line after one that says who wrote what follows, which may go over three; None: it says no such thing."""
    joined = ""
    for length in (1, 2, 3):
        if number + length > len(lines) or lines[number + length - 1].is_quoted:
            return None
        joined = f"{joined} {lines[number + length - 1].text}".strip()
        if len(joined) > _LONGEST_INTRODUCTION:
            return None
        # There is a date in it, so that "On the phone she wrote:" is no introduction.
        if _INTRODUCTION.fullmatch(joined) and re.search(r"\d", joined):
            return number + length
    return None


def _is_answered_between(lines: Sequence[_Line]) -> bool:
    """Whether the quote is marked as one and something else comes after its beginning."""
    quoted = [number for number, line in enumerate(lines) if line.is_quoted]
    return bool(quoted) and any(not line.is_quoted and _says_something(line) for line in lines[quoted[0] :])


def _signature(lines: Sequence[_Line]) -> int | None:
    """The first line of the signature; None: there is none."""
    for number in range(len(lines) - 1, max(-1, len(lines) - 2 - _LONGEST_SIGNATURE), -1):
        if lines[number].text in ("--", "—") and not lines[number].is_quoted:
            return number
    return len(lines) - 1 if lines and _SENT_FROM.fullmatch(lines[-1].text) else None


def _lines(markup: str) -> list[_Line]:
    reader = _LineReader(markup)
    reader.feed(markup)
    reader.close()
    for line in reader.lines:
        line.text = " ".join(line.text.split())
    return reader.lines


class _LineReader(HTMLParser):
    """Reads sanitised markup as lines. By events, as plain text is made: there is no depth to fail at."""

    def __init__(self, markup: str) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[_Line] = []
        self._depth = 0
        self._fresh = True
        self._starts = [0]
        for line in markup.split("\n"):
            self._starts.append(self._starts[-1] + len(line) + 1)

    def _here(self) -> int:
        row, column = self.getpos()
        return self._starts[row - 1] + column

    def _line(self) -> _Line:
        if self._fresh:
            self.lines.append(_Line(self._here(), self._depth))
            self._fresh = False
        return self.lines[-1]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - HTMLParser's signature
        if tag == "blockquote":
            self._depth += 1
        if tag in ("br", "hr") or tag in _BLOCKS:
            self._fresh = True
        else:
            self._line().is_pictured |= tag == "img"

    def handle_endtag(self, tag: str) -> None:
        if tag == "blockquote":
            self._depth -= 1
        if tag in _BLOCKS:
            self._fresh = True

    def handle_data(self, data: str) -> None:
        if data.strip():
            self._line().text += data
