"""From a document to wiki markup, HTML and plain words."""

import html
from collections.abc import Callable, Mapping
from typing import Any

Node = Mapping[str, Any]

WIKI_MARKS = {"strong": "*", "em": "_", "strike": "-", "underline": "+"}
HTML_MARKS = {"strong": "b", "em": "em", "strike": "del", "underline": "ins", "code": "tt"}


def wiki_of(document: Node) -> str:
    """Wiki markup that says the same."""
    return "\n\n".join(_wiki_blocks(document))


def html_of(document: Node) -> str:
    """The HTML that Jira shows for it."""
    return "\n".join(_html_block(node) for node in _children(document))


def plain_of(document: Node) -> str:
    """The words, a block per line."""
    return "\n".join(_plain_lines(document))


def _children(node: Node) -> list[Node]:
    content = node.get("content", [])
    return content if isinstance(content, list) else []


def _attr(node: Node, name: str, default: str = "") -> str:
    return str(node.get("attrs", {}).get(name, default))


def _wiki_blocks(node: Node) -> list[str]:
    return [text for child in _children(node) if (text := _wiki_block(child))]


def _wiki_block(node: Node) -> str:
    match node["type"]:
        case "paragraph" | "caption" | "taskItem" | "decisionItem":
            return _wiki_inline(node)
        case "heading":
            return f"h{_attr(node, 'level')}. {_wiki_inline(node)}"
        case "bulletList" | "orderedList" | "taskList" | "decisionList":
            return "\n".join(_wiki_list(node, ""))
        case "codeBlock":
            language = _attr(node, "language")
            opening = f"{{code:{language}}}" if language else "{code}"
            return f"{opening}\n{_texts(node)}\n{{code}}"
        case "blockquote":
            return "{quote}\n" + wiki_of(node) + "\n{quote}"
        case "panel":
            return "{panel}\n" + wiki_of(node) + "\n{panel}"
        case "rule":
            return "----"
        case "table":
            return "\n".join(_wiki_row(row) for row in _children(node))
        case "blockCard" | "embedCard":
            return f"[{_attr(node, 'url')}]"
        case _:
            return wiki_of(node)


def _wiki_list(node: Node, prefix: str) -> list[str]:
    bullet = prefix + ("#" if node["type"] == "orderedList" else "*")
    lines: list[str] = []
    for item in _children(node):
        if item["type"] in ("taskItem", "decisionItem"):
            lines.append(f"{bullet} {_wiki_inline(item)}")
            continue
        if item["type"] == "taskList":
            lines.extend(_wiki_list(item, bullet))
            continue
        texts: list[str] = []
        nested: list[str] = []
        for part in _children(item):
            if part["type"] in ("bulletList", "orderedList", "taskList"):
                nested.extend(_wiki_list(part, bullet))
            else:
                texts.append(_wiki_block(part))
        lines.append(f"{bullet} " + "\n".join(texts))
        lines.extend(nested)
    return lines


def _wiki_row(row: Node) -> str:
    cells = [
        ("||" if cell["type"] == "tableHeader" else "|") + ("\n".join(_wiki_blocks(cell)) or " ")
        for cell in _children(row)
    ]
    closing = "||" if _children(row) and _children(row)[-1]["type"] == "tableHeader" else "|"
    return "".join(cells) + closing


def _wiki_inline(node: Node) -> str:
    return "".join(_inline(child, _wiki_text, wiki=True) for child in _children(node))


def _wiki_text(node: Node) -> str:
    text = str(node["text"])
    link = ""
    for mark in node.get("marks", []):
        if mark["type"] == "link":
            link = str(mark["attrs"]["href"])
        elif mark["type"] == "code":
            text = "{{" + text + "}}"
        elif mark["type"] in WIKI_MARKS:
            sign = WIKI_MARKS[mark["type"]]
            text = f"{sign}{text}{sign}"
    if not link:
        return text
    return f"[{link}]" if link == node["text"] else f"[{text}|{link}]"


def _html_block(node: Node) -> str:
    inner = "".join(_html_block(child) for child in _children(node)) if node["type"] != "text" else ""
    match node["type"]:
        case "paragraph" | "caption":
            return f"<p>{_html_inline(node)}</p>"
        case "heading":
            level = _attr(node, "level")
            return f"<h{level}>{_html_inline(node)}</h{level}>"
        case "bulletList" | "taskList" | "decisionList":
            return f"<ul>{inner}</ul>"
        case "orderedList":
            return f"<ol>{inner}</ol>"
        case "listItem":
            return f"<li>{inner}</li>"
        case "taskItem" | "decisionItem":
            return f"<li>{_html_inline(node)}</li>"
        case "codeBlock":
            return f"<pre>{html.escape(_texts(node))}</pre>"
        case "blockquote":
            return f"<blockquote>{inner}</blockquote>"
        case "rule":
            return "<hr />"
        case "table":
            return f"<table>{inner}</table>"
        case "tableRow":
            return f"<tr>{inner}</tr>"
        case "tableHeader":
            return f"<th>{inner}</th>"
        case "tableCell":
            return f"<td>{inner}</td>"
        case "blockCard" | "embedCard":
            url = html.escape(_attr(node, "url"))
            return f'<p><a href="{url}">{url}</a></p>'
        case _:
            return f"<div>{inner}</div>"


def _html_inline(node: Node) -> str:
    return "".join(_inline(child, _html_text, wiki=False) for child in _children(node))


def _html_text(node: Node) -> str:
    text = html.escape(str(node["text"]))
    for mark in node.get("marks", []):
        if mark["type"] == "link":
            href = html.escape(str(mark["attrs"]["href"]))
            text = f'<a href="{href}" class="external-link" rel="nofollow noreferrer">{text}</a>'
        elif mark["type"] in HTML_MARKS:
            tag = HTML_MARKS[mark["type"]]
            text = f"<{tag}>{text}</{tag}>"
    return text


def _inline(node: Node, text: Callable[[Node], str], *, wiki: bool) -> str:
    match node["type"]:
        case "text":
            return text(node)
        case "hardBreak":
            return "\n" if wiki else "<br/>"
        case "mention":
            return f"[~accountid:{_attr(node, 'id')}]" if wiki else html.escape(_attr(node, "text"))
        case "emoji":
            return _attr(node, "text") or _attr(node, "shortName")
        case "inlineCard":
            url = _attr(node, "url")
            return (
                f"[{url}|{url}|smart-link]"
                if wiki
                else f'<a href="{html.escape(url)}">{html.escape(url)}</a>'
            )
        case "status":
            return _attr(node, "text")
        case "date":
            return _attr(node, "timestamp")
        case _:
            return ""


def _texts(node: Node) -> str:
    return "".join(str(child.get("text", "")) for child in _children(node))


def _plain_lines(node: Node) -> list[str]:
    children = _children(node)
    if not children:
        return []
    if any(child["type"] in ("text", "hardBreak", "mention", "inlineCard", "emoji") for child in children):
        return ["".join(_plain_inline(child) for child in children)]
    return [line for child in children for line in _plain_lines(child)]


def _plain_inline(node: Node) -> str:
    match node["type"]:
        case "text":
            return str(node["text"])
        case "hardBreak":
            return "\n"
        case "inlineCard":
            return _attr(node, "url")
        case _:
            return _attr(node, "text")
