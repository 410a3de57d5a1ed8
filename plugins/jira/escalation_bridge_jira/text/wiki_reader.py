"""Convert wiki markup to HTML: the texts of Data Center's API, and of the webhooks of both editions.

People rarely write it correctly. Incomplete markup stays as plain text.
"""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from html import escape, unescape
from typing import NamedTuple

from escalation_bridge.plugin import (
    RichText,
    from_html,
    from_text,
)

_DEEPEST_LIST = 8
_LINKABLE = ("http://", "https://", "mailto:")


def rich_text(markup: str) -> RichText:
    """The rich text of wiki markup."""
    try:
        return from_html(_blocks(markup.replace("\r\n", "\n").replace("\r", "\n")))
    except RecursionError:  # thousands of styles inside each other
        return from_text(markup)


# --- fences: {code}, {noformat}, {quote}, {panel} ----------------------------------------------------------------------

_FENCE = re.compile(r"(?<!\\)\{(code|noformat|quote|panel)(?::[^{}\n]*)?\}")


def _blocks(markup: str) -> str:
    fences = list(_FENCE.finditer(markup))
    places: dict[str, list[int]] = defaultdict(list)
    for place, fence in enumerate(fences):
        places[fence[1]].append(place)
    written: list[str] = []
    end = place = 0
    while place < len(fences):
        opening = fences[place]
        same_kind = places[opening[1]]
        following = bisect_right(same_kind, place)
        if following == len(same_kind):  # never closed
            place += 1
            continue
        closing = fences[same_kind[following]]
        written.append(_lines(markup[end : opening.start()]))
        written.append(_fenced(opening[1], markup[opening.end() : closing.start()]))
        end, place = closing.end(), same_kind[following] + 1
    written.append(_lines(markup[end:]))
    return "".join(written)


def _fenced(kind: str, inside: str) -> str:
    if kind in ("code", "noformat"):
        return f"<pre>\n{escape(inside.removeprefix(chr(10)).rstrip())}</pre>"
    return f"<blockquote>{_blocks(inside)}</blockquote>"


# --- lines -----------------------------------------------------------------------------------------------------------

_HEADING = re.compile(r"\s*h([1-6])\.\s+(.*)")
_QUOTED_LINE = re.compile(r"\s*bq\.\s+(.*)")
_RULE = re.compile(r"\s*-{4,}\s*$")
_ITEM = re.compile(r"\s*([*#]+|-)\s+(.*)")
_ROW = re.compile(r"\s*\|")


class _Item(NamedTuple):
    bullets: str
    lines: list[str]


def _lines(markup: str) -> str:
    written: list[str] = []
    paragraph: list[str] = []
    items: list[_Item] = []
    rows: list[str] = []

    def end_block() -> None:
        if paragraph:
            written.append(f"<p>{'<br>'.join(map(_inline, paragraph))}</p>")
        if items:
            written.append(_list(items))
        if rows:
            written.append(f"<table>{''.join(map(_row, rows))}</table>")
        paragraph.clear()
        items.clear()
        rows.clear()

    for line in markup.split("\n"):
        if not line.strip():
            end_block()
        elif heading := _HEADING.fullmatch(line):
            end_block()
            written.append(f"<h{heading[1]}>{_inline(heading[2])}</h{heading[1]}>")
        elif quoted := _QUOTED_LINE.fullmatch(line):
            end_block()
            written.append(f"<blockquote>{_inline(quoted[1])}</blockquote>")
        elif _RULE.match(line):
            end_block()
            written.append("<hr>")
        elif item := _ITEM.fullmatch(line):
            if not items:
                end_block()
            items.append(_Item(item[1], [item[2]]))
        elif _ROW.match(line):
            if not rows:
                end_block()
            rows.append(line.strip())
        elif items:
            items[-1].lines.append(line)
        else:
            if rows:
                end_block()
            paragraph.append(line)
    end_block()
    return "".join(written)


def _list(items: Iterable[_Item]) -> str:
    written: list[str] = []
    open_lists: list[str] = []
    for item in items:
        wanted = ["ol" if bullet == "#" else "ul" for bullet in item.bullets[:_DEEPEST_LIST]]
        shared = 0
        while shared < min(len(wanted), len(open_lists)) and wanted[shared] == open_lists[shared]:
            shared += 1
        while len(open_lists) > shared:
            written.append(f"</li></{open_lists.pop()}>")
        if shared == len(wanted):
            written.append("</li><li>")
        for tag in wanted[shared:]:
            written.append(f"<{tag}><li>")
            open_lists.append(tag)
        written.append("<br>".join(map(_inline, item.lines)))
    while open_lists:
        written.append(f"</li></{open_lists.pop()}>")
    return "".join(written)


_CELL_PART = re.compile(
    r"\\.|\[(?:\\.|[^\[\]\\])*\]|![^!\s|]+(?:\|[^!\s|]*)?!|(?P<border>\|\|?)|[^\\\[|!]+|."
)


def _row(line: str) -> str:
    return f"<tr>{''.join(_cells(line))}</tr>"


def _cells(line: str) -> Iterator[str]:
    tag, content = "", ""
    for part in _CELL_PART.finditer(line):
        if not part["border"]:
            content += part[0]
            continue
        if tag:
            yield f"<{tag}>{_inline(content.strip())}</{tag}>"
        tag, content = "th" if part["border"] == "||" else "td", ""
    if tag and content.strip():
        yield f"<{tag}>{_inline(content.strip())}</{tag}>"


# --- inside a line -----------------------------------------------------------------------------------------------------

_TAGS = {"*": "strong", "_": "em", "-": "s", "+": "u", "~": "sub", "^": "sup", "??": "em"}
_TOKEN = re.compile(
    r"""
      (?P<line_break>\\\\)
    | \\(?P<escaped>[^\w\s\\]|_)
    | \[(?P<link>(?:\\.|[^\\\[\]]){1,2000})\]
    | (?<![^\W_])!(?P<image>(?:https?://|[^!\s|\\]{1,200}\.)[^!\s|\\]+)(?:\|[^!\s]*)?!
    | (?P<dropped>\{(?:color|anchor)(?::[^{}]*)?\})
    | (?P<address>https?://[^\s|\[\]{}<>"]+)
    | (?P<code>\{\{)
    | \{(?P<braced>[*_+^~-])\}
    | (?<![^\W_])(?P<sign>[*_+~^-]|\?\?)(?=\S)
    """,
    re.VERBOSE,
)
_ENDING = re.compile(r"\\.|(?P<code>\}\})|(?P<braced>\{[*_+^~-]\})|(?<=\S)(?P<sign>[*_+~^-]|\?\?)(?![^\W_])")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|\w{2,32});")
_UNESCAPED_BAR = re.compile(r"((?:\\.|[^\\|])*)(?:\||$)")


def _inline(line: str) -> str:
    endings = _endings(line)
    written: list[str] = []
    end = 0
    token = _TOKEN.search(line)
    while token:
        written.append(_shown(line[end : token.start()]))
        shown, end = _token(token, line, endings)
        written.append(shown)
        token = _TOKEN.search(line, end)
    written.append(_shown(line[end:]))
    return "".join(written)


def _endings(line: str) -> Mapping[str, list[int]]:
    """The positions where a style may end, by its sign: found once, so that many unfinished styles do not cost quadratic time."""
    found: dict[str, list[int]] = defaultdict(list)
    for ending in _ENDING.finditer(line):
        sign = ending["code"] or ending["braced"] or ending["sign"]
        if sign:
            found[sign].append(ending.start())
    return found


def _shown(text: str) -> str:
    """Text as HTML. Jira's renderer leaves character entities unchanged, but only those with a semicolon."""
    return escape(_ENTITY.sub(lambda entity: unescape(entity[0]), text), quote=False)


def _token(token: re.Match[str], line: str, endings: Mapping[str, list[int]]) -> tuple[str, int]:
    """A token as HTML, and the position after it."""
    end = token.end()
    if token["line_break"]:
        return "<br>", end
    if token["escaped"]:
        return escape(token["escaped"], quote=False), end
    if token["link"]:
        return _link(token["link"]), end
    if token["image"]:
        return _image(token["image"]), end
    if token["dropped"]:
        return "", end
    if token["address"]:
        return _shown(token["address"]), end
    ending = "}}" if token["code"] else token[0]
    tag = "code" if token["code"] else _TAGS[token["braced"] or token["sign"]]
    places = endings.get(ending, [])
    following = bisect_right(places, end)  # not at once: a style has something in it
    if following == len(places):
        return _shown(token[0]), end
    return f"<{tag}>{_inline(line[end : places[following]])}</{tag}>", places[following] + len(ending)


def _link(inside: str) -> str:
    shown, target, *_ = *(part[1] for part in _UNESCAPED_BAR.finditer(inside)), ""
    target = (target or shown).strip()
    if target.startswith(_LINKABLE):
        label = _inline(shown) if target != shown.strip() else _shown(target)
        return f'<a href="{escape(unescape(target))}">{label}</a>'
    if target.startswith("~"):
        name = target.removeprefix("~")
        return _shown("@somebody" if name.startswith("accountid:") else f"@{name}")
    if target.startswith("^"):
        return _shown(f"[{target.removeprefix('^')}]")
    return f"[{_inline(inside)}]"


def _image(name: str) -> str:
    if name.startswith(_LINKABLE):
        return f'<img src="{escape(name)}" alt="image">'
    return _shown(f"[{name}]")
