"""The Atlassian Document Format of Jira Cloud's REST API v3, from and to HTML.

Written documents are valid against the JSON schema of `@atlaskit/adf-schema`. Documents that are read may contain
any node: of an unknown one the content is read.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from html import escape

from escalation_bridge.plugin import (
    JsonPart,
    RichText,
    from_html,
    from_text,
)
from escalation_bridge_jira.text.document import (
    Block,
    Blocks,
    Cell,
    CodeBlock,
    Heading,
    Listing,
    Paragraph,
    Quote,
    Rule,
    Run,
    Runs,
    Table,
    as_paragraph,
)

Node = dict[str, object]

# --- writing --------------------------------------------------------------------------------------------------------


def document(blocks: Blocks) -> Node:
    """An ADF document of the blocks."""
    return {"type": "doc", "version": 1, "content": _nodes(_out_of_quotes(blocks), _TOP)}


_TOP = frozenset({Paragraph, Heading, CodeBlock, Quote, Listing, Table, Rule})
_CELL = _TOP - {Table}
_ITEM = frozenset({Paragraph, CodeBlock, Listing})
"""What may contain what; the schema allows no headings, rules and quotes in a list or a quote."""


def _out_of_quotes(blocks: Blocks) -> Blocks:
    """The blocks, without the quote around those that a quote cannot contain: tables, headings, rules and quotes.

    They would become plain lines. Rules above and below mark the quoted text.
    """
    shown: list[Block] = []
    for block in blocks:
        if isinstance(block, Quote) and any(type(inner) not in _ITEM for inner in block.blocks):
            shown += (Rule(), *_out_of_quotes(block.blocks), Rule())
        else:
            shown.append(block)
    return tuple(shown)


def _nodes(blocks: Blocks, allowed: frozenset[type]) -> list[Node]:
    return [_node(block if type(block) in allowed else as_paragraph((block,))) for block in blocks]


def _node(block: Block) -> Node:
    match block:
        case Paragraph(runs):
            return {"type": "paragraph", "content": _inline(runs)}
        case Heading(level, runs):
            return {"type": "heading", "attrs": {"level": level}, "content": _inline(runs)}
        case CodeBlock(text):
            return {"type": "codeBlock", "content": [{"type": "text", "text": text}] if text else []}
        case Quote(inner):
            return {"type": "blockquote", "content": _nodes(inner, _ITEM) or [_node(Paragraph(()))]}
        case Listing(ordered, items):
            kind = "orderedList" if ordered else "bulletList"
            return {"type": kind, "content": [_item(item) for item in items]}
        case Table(rows):
            return {"type": "table", "content": [_row(row) for row in rows]}
        case Rule():
            return {"type": "rule"}


def _item(blocks: Blocks) -> Node:
    nodes = _nodes(blocks, _ITEM)
    if not nodes or nodes[0]["type"] in ("bulletList", "orderedList"):
        nodes.insert(0, _node(Paragraph(())))  # Jira's editor wants an item to begin with text
    return {"type": "listItem", "content": nodes}


def _row(cells: Iterable[Cell]) -> Node:
    return {"type": "tableRow", "content": [_cell(cell) for cell in cells]}


def _cell(cell: Cell) -> Node:
    content = _nodes(cell.blocks, _CELL) or [_node(Paragraph(()))]
    return {"type": "tableHeader" if cell.heading else "tableCell", "content": content}


def _inline(runs: Runs) -> list[Node]:
    return [{"type": "hardBreak"} if run.is_break else _text(run) for run in runs if run.text]


def _text(run: Run) -> Node:
    marks: list[Node] = []
    if "code" in run.marks:  # code goes with links only
        marks.append({"type": "code"})
    else:
        marks.extend({"type": mark} for mark in ("strong", "em", "strike", "underline") if mark in run.marks)
        raised = next((mark for mark in ("sub", "sup") if mark in run.marks), None)
        if raised:
            marks.append({"type": "subsup", "attrs": {"type": raised}})
    if run.href:
        marks.append({"type": "link", "attrs": {"href": run.href}})
    return {"type": "text", "text": run.text, **({"marks": marks} if marks else {})}


# --- reading --------------------------------------------------------------------------------------------------------


def rich_text(document: JsonPart) -> RichText:
    """The rich text of an ADF document, or of a plain string, which some fields have; empty if there is neither."""
    if isinstance(document.value, str):
        return from_text(document.value)
    try:
        return from_html(_html(document))
    except RecursionError:
        return from_text("\n".join(_all_texts(document.value)))


def _html(node: JsonPart) -> str:
    kind = (node / "type").maybe_text() or ""
    write = _WRITERS.get(kind)
    return write(node) if write else _inner(node)


def _inner(node: JsonPart) -> str:
    return "".join(_html(child) for child in (node / "content").items())


def _wrapped(tag: str) -> Callable[[JsonPart], str]:
    return lambda node: f"<{tag}>{_inner(node)}</{tag}>"


def _write_text(node: JsonPart) -> str:
    shown = escape((node / "text").maybe_text() or "").replace("\n", "<br>")
    for mark in (node / "marks").items():
        kind = (mark / "type").maybe_text()
        if kind == "link":
            target = (mark / "attrs" / "href").maybe_text() or ""
            shown = f'<a href="{escape(target)}">{shown}</a>'
        elif kind == "subsup":
            tag = "sub" if (mark / "attrs" / "type").value == "sub" else "sup"
            shown = f"<{tag}>{shown}</{tag}>"
        elif kind in _MARK_TAGS:
            shown = f"<{_MARK_TAGS[kind]}>{shown}</{_MARK_TAGS[kind]}>"
    return shown


_MARK_TAGS = {"strong": "strong", "em": "em", "underline": "u", "strike": "s", "code": "code"}


def _write_item(node: JsonPart) -> str:
    return f"<li>{_with_bare_beginning(node)}</li>"


def _cell_writer(tag: str) -> Callable[[JsonPart], str]:
    return lambda node: f"<{tag}>{_with_bare_beginning(node)}</{tag}>"


def _with_bare_beginning(node: JsonPart) -> str:
    """The content, with its first paragraph without <p>: as plain text an item begins behind its bullet."""
    children = list((node / "content").items())
    begins = bool(children) and (children[0] / "type").value == "paragraph"
    first = _inner(children[0]) if begins else ""
    return first + "".join(_html(child) for child in children[1 if begins else 0 :])


def _write_heading(node: JsonPart) -> str:
    level = min(max((node / "attrs" / "level").maybe_number() or 1, 1), 6)
    return f"<h{level}>{_inner(node)}</h{level}>"


def _write_code(node: JsonPart) -> str:
    text = "".join((child / "text").maybe_text() or "" for child in (node / "content").items())
    return f"<pre>\n{escape(text)}</pre>"  # HTML drops the first line end of a <pre>


def _write_expand(node: JsonPart) -> str:
    title = (node / "attrs" / "title").maybe_text()
    return (f"<p><strong>{escape(title)}</strong></p>" if title else "") + _inner(node)


def _write_task(node: JsonPart) -> str:
    done = (node / "attrs" / "state").value == "DONE"
    return f"<li>{'[x]' if done else '[ ]'} {_inner(node)}</li>"


def _write_media(node: JsonPart) -> str:
    alt, url = (node / "attrs" / "alt").maybe_text(), (node / "attrs" / "url").maybe_text()
    if url:
        return f'<p><img src="{escape(url)}" alt="{escape(alt or "image")}"></p>'
    return f"<p>[{escape(alt or 'attachment')}]</p>"


def _write_media_inline(node: JsonPart) -> str:
    return f"[{escape((node / 'attrs' / 'alt').maybe_text() or 'attachment')}]"


def _write_mention(node: JsonPart) -> str:
    name = (node / "attrs" / "text").maybe_text() or "somebody"
    return escape(name if name.startswith("@") else f"@{name}")


def _write_emoji(node: JsonPart) -> str:
    attrs = node / "attrs"
    return escape((attrs / "text").maybe_text() or (attrs / "shortName").maybe_text() or "")


def _write_date(node: JsonPart) -> str:
    moment = (node / "attrs" / "timestamp").maybe_text() or ""
    try:
        return datetime.fromtimestamp(int(moment) / 1000, UTC).date().isoformat()
    except (ValueError, OverflowError, OSError):
        return escape(moment)


def _write_status(node: JsonPart) -> str:
    return f"[{escape((node / 'attrs' / 'text').maybe_text() or '')}]"


def _write_card(node: JsonPart) -> str:
    url = (node / "attrs" / "url").maybe_text() or (node / "attrs" / "data" / "url").maybe_text()
    return f'<a href="{escape(url)}">{escape(url)}</a>' if url else ""


def _write_block_card(node: JsonPart) -> str:
    return f"<p>{_write_card(node)}</p>"


def _write_attribute_text(node: JsonPart) -> str:
    return escape((node / "attrs" / "text").maybe_text() or "") + _inner(node)


_WRITERS: Mapping[str, Callable[[JsonPart], str]] = {
    "paragraph": _wrapped("p"),
    "heading": _write_heading,
    "text": _write_text,
    "hardBreak": lambda _: "<br>",
    "bulletList": _wrapped("ul"),
    "orderedList": _wrapped("ol"),
    "listItem": _write_item,
    "taskList": _wrapped("ul"),
    "taskItem": _write_task,
    "blockTaskItem": _write_task,
    "decisionList": _wrapped("ul"),
    "decisionItem": _wrapped("li"),
    "codeBlock": _write_code,
    "blockquote": _wrapped("blockquote"),
    "panel": _wrapped("blockquote"),
    "expand": _write_expand,
    "nestedExpand": _write_expand,
    "rule": lambda _: "<hr>",
    "table": _wrapped("table"),
    "tableRow": _wrapped("tr"),
    "tableCell": _cell_writer("td"),
    "tableHeader": _cell_writer("th"),
    "media": _write_media,
    "mediaInline": _write_media_inline,
    "mention": _write_mention,
    "emoji": _write_emoji,
    "date": _write_date,
    "status": _write_status,
    "inlineCard": _write_card,
    "blockCard": _write_block_card,
    "embedCard": _write_block_card,
    "placeholder": _write_attribute_text,
    "extension": _write_attribute_text,
    "inlineExtension": _write_attribute_text,
}


def _all_texts(value: object) -> list[str]:
    """Every text of a document that is nested too deeply to be converted."""
    found: list[str] = []
    waiting = [value]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Mapping):
            if isinstance(node.get("text"), str):
                found.append(node["text"])
            waiting.append(node.get("content"))
        elif isinstance(node, list):
            waiting.extend(reversed(node))
    return found
