"""From wiki markup to a document: the markup that people and integrations really use, not all there is."""

import re
from collections.abc import Iterator
from typing import Any

Node = dict[str, Any]

HEADING = re.compile(r"h([1-6])\.\s+(.*)")
LIST_ITEM = re.compile(r"([*#]+|-)\s+(.*)")
RULE = re.compile(r"-{4,}\s*")
FENCE = re.compile(r"\{(code|noformat|quote|panel)(?::([^}]*))?\}(.*)")
INLINE = re.compile(
    r"""
      \\(?P<escaped>[*_\-+{}\[\]|!\\])
    | \{\{(?P<mono>.+?)\}\}
    | \[~(?:accountid:)?(?P<mention>[^\]|]+)\]
    | \[(?P<label>[^\]|\n]+)\|(?P<target>[^\]|\n]+)(?P<smart>\|smart-link)?\]
    | \[(?P<bare>(?:https?://|mailto:)[^\]|\n]+)\]
    | (?<![\w*])\*(?P<strong>\S(?:[^*\n]*?\S)?)\*(?![\w*])
    | (?<![\w_])_(?P<em>\S(?:[^_\n]*?\S)?)_(?![\w_])
    | (?<![\w+])\+(?P<underline>\S(?:[^+\n]*?\S)?)\+(?![\w+])
    | (?<![\w-])-(?P<strike>[^\s-](?:[^\n-]*?[^\s-])?)-(?![\w-])
    | (?P<url>https?://[^\s|\]]+[^\s|\].,;:!?)])
    | (?P<break>\n)
    """,
    re.VERBOSE,
)
QUOTE_CONTENT = frozenset({"paragraph", "orderedList", "bulletList", "codeBlock"})
PANEL_CONTENT = QUOTE_CONTENT | {"heading", "rule"}
NESTING_MARKS = ("strong", "em", "underline", "strike")


def document_of(markup: str) -> Node:
    """The document that Jira makes of the markup."""
    lines = markup.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return {"type": "doc", "version": 1, "content": list(_blocks(lines))}


def _blocks(lines: list[str]) -> Iterator[Node]:
    at = 0
    while at < len(lines):
        line = lines[at]
        if not line.strip():
            at += 1
        elif fence := FENCE.match(line.strip()):
            node, at = _fenced(lines, at, fence)
            yield node
        elif heading := HEADING.match(line):
            yield {
                "type": "heading",
                "attrs": {"level": int(heading[1])},
                **_content(_inline(heading[2])),
            }
            at += 1
        elif RULE.fullmatch(line):
            yield {"type": "rule"}
            at += 1
        elif line.startswith("bq. "):
            yield {"type": "blockquote", "content": [_paragraph(line[4:])]}
            at += 1
        elif line.startswith("|"):
            rows, at = _taken(lines, at, lambda each: each.startswith("|"))
            yield {"type": "table", "content": [_row(row) for row in rows]}
        elif LIST_ITEM.match(line):
            items, at = _taken(lines, at, lambda each: LIST_ITEM.match(each) is not None)
            yield from _lists([_item(item) for item in items])
        else:
            texts, at = _taken(lines, at, _is_text)
            yield _paragraph("\n".join(texts))


def _taken(lines: list[str], at: int, wanted: Any) -> tuple[list[str], int]:
    end = at + 1
    while end < len(lines) and wanted(lines[end]):
        end += 1
    return lines[at:end], end


def _is_text(line: str) -> bool:
    starts_block = (
        HEADING.match(line) or LIST_ITEM.match(line) or RULE.fullmatch(line) or FENCE.match(line.strip())
    )
    return bool(line.strip()) and not starts_block and not line.startswith(("|", "bq. "))


def _fenced(lines: list[str], at: int, fence: re.Match[str]) -> tuple[Node, int]:
    kind, parameter, rest = fence[1], fence[2] or "", fence[3]
    closing = "{" + kind + "}"
    body: list[str] = []
    if rest.endswith(closing):
        body, end = [rest.removesuffix(closing)], at
    else:
        if rest:
            body.append(rest)
        end = at + 1
        while end < len(lines) and lines[end].strip() != closing:
            body.append(lines[end])
            end += 1
    if kind in ("code", "noformat"):
        language = parameter.split("|")[0]
        attrs = {"attrs": {"language": language}} if language and "=" not in language else {}
        text = "\n".join(body)
        return {
            "type": "codeBlock",
            **attrs,
            **_content([{"type": "text", "text": text}] if text else []),
        }, end + 1
    inner = list(_blocks(body))
    if kind == "panel":
        content = _kept(inner, PANEL_CONTENT)
        return {"type": "panel", "attrs": {"panelType": "info"}, "content": content}, end + 1
    return {"type": "blockquote", "content": _kept(inner, QUOTE_CONTENT)}, end + 1


def _kept(nodes: list[Node], allowed: frozenset[str]) -> list[Node]:
    """The nodes, with those that cannot stand here reduced to paragraphs."""
    kept = [
        node if node["type"] in allowed else {"type": "paragraph", **_content(node.get("content", []))}
        for node in nodes
        if node["type"] in allowed or node["type"] == "heading"
    ]
    return kept or [{"type": "paragraph"}]


def _row(line: str) -> Node:
    cells = re.findall(r"(\|\|?)((?:[^|\[]|\[[^\]]*\])*)", line.rstrip().rstrip("|"))
    return {
        "type": "tableRow",
        "content": [
            {"type": "tableHeader" if sign == "||" else "tableCell", "content": [_paragraph(text.strip())]}
            for sign, text in cells
        ],
    }


def _item(line: str) -> tuple[str, str]:
    found = LIST_ITEM.match(line)
    signs, text = (found[1], found[2]) if found else ("*", line)
    return signs.replace("-", "*"), text


def _lists(items: list[tuple[str, str]]) -> Iterator[Node]:
    at = 0
    while at < len(items):
        sign = items[at][0][0]
        end = at
        while end < len(items) and items[end][0][0] == sign:
            end += 1
        yield _list(sign, items[at:end])
        at = end


def _list(sign: str, items: list[tuple[str, str]]) -> Node:
    entries: list[Node] = []
    at = 0
    while at < len(items):
        signs, text = items[at]
        if len(signs) > 1 and entries:
            end = at
            while end < len(items) and len(items[end][0]) > 1:
                end += 1
            entries[-1]["content"].extend(_lists([(deeper[1:], words) for deeper, words in items[at:end]]))
            at = end
        else:
            entries.append({"type": "listItem", "content": [_paragraph(text)]})
            at += 1
    return {"type": "orderedList" if sign == "#" else "bulletList", "content": entries}


def _paragraph(text: str) -> Node:
    return {"type": "paragraph", **_content(_inline(text))}


def _content(nodes: list[Node]) -> Node:
    return {"content": nodes} if nodes else {}


def _inline(text: str, marks: tuple[Node, ...] = ()) -> list[Node]:
    nodes: list[Node] = []
    at = 0
    for found in INLINE.finditer(text):
        _add_text(nodes, text[at : found.start()], marks)
        at = found.end()
        kind = found.lastgroup
        if kind == "break":
            nodes.append({"type": "hardBreak"})
        elif kind == "mention":
            nodes.append({"type": "mention", "attrs": {"id": found["mention"]}})
        elif found["smart"]:
            nodes.append({"type": "inlineCard", "attrs": {"url": found["target"]}})
        elif found["target"]:
            _add_text(nodes, found["label"], (*marks, _link(found["target"])))
        elif found["bare"] or found["url"]:
            url = found["bare"] or found["url"]
            _add_text(nodes, url, (*marks, _link(url)))
        elif kind == "mono":
            # The format allows no other formatting beside code.
            kept = [mark for mark in marks if mark["type"] == "link"]
            _add_text(nodes, found["mono"], (*kept, {"type": "code"}))
        elif kind in NESTING_MARKS:
            nodes.extend(_inline(found[kind], (*marks, {"type": kind})))
        else:
            _add_text(nodes, found["escaped"], marks)
    _add_text(nodes, text[at:], marks)
    return nodes


def _link(target: str) -> Node:
    return {"type": "link", "attrs": {"href": target}}


def _add_text(nodes: list[Node], text: str, marks: tuple[Node, ...]) -> None:
    if not text:
        return
    last = nodes[-1] if nodes else None
    if last is not None and last["type"] == "text" and last.get("marks", []) == list(marks):
        last["text"] += text
        return
    nodes.append({"type": "text", "text": text, **({"marks": list(marks)} if marks else {})})
