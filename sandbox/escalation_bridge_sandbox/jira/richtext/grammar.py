"""Which documents Jira takes: the node types of the Atlassian Document Format, what they contain and carry.

After the published JSON schema of the format. Media and extensions, whose attributes depend on other services,
are looked at less closely.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Check = Callable[[Any], bool]


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _filled(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _flag(value: Any) -> bool:
    return isinstance(value, bool)


def _one_of(*words: str) -> Check:
    return lambda value: isinstance(value, str) and value in words


def _pattern(pattern: str) -> Check:
    return lambda value: isinstance(value, str) and re.fullmatch(pattern, value) is not None


@dataclass(frozen=True)
class NodeRule:
    """What a node may look like. A node without `children` is a leaf."""

    children: frozenset[str] | None = None
    fewest: int = 0
    content_required: bool = False
    attrs: Mapping[str, Check] = field(default_factory=dict)
    attrs_required: frozenset[str] = frozenset()
    needs_attrs: bool = False
    open_attrs: bool = False
    marks: frozenset[str] = frozenset()


LOCAL: Mapping[str, Check] = {"localId": _text}
INLINE = frozenset(
    {
        "text", "date", "emoji", "hardBreak", "inlineCard", "mention", "placeholder", "status",
        "inlineExtension", "mediaInline",
    }
)  # fmt: skip
LEAF_BLOCKS = frozenset({"paragraph", "heading", "codeBlock", "rule", "blockCard", "embedCard"})
MEDIA = frozenset({"mediaSingle", "mediaGroup"})
LISTS = frozenset({"bulletList", "orderedList", "taskList", "decisionList"})
NESTABLE = LEAF_BLOCKS | MEDIA | LISTS | {"panel", "blockquote", "extension"}
CELL = NESTABLE | {"nestedExpand"}
TOP = NESTABLE | {"expand", "table", "layoutSection", "bodiedExtension", "syncBlock", "bodiedSyncBlock"}
EXPANDED = NESTABLE | {"table", "nestedExpand", "bodiedExtension"}
PANEL_TYPES = ("info", "note", "tip", "warning", "error", "success", "custom")
BLOCK_MARKS = frozenset({"alignment", "indentation", "fontSize"})

CELL_ATTRS: Mapping[str, Check] = {
    **LOCAL,
    "colspan": _number,
    "rowspan": _number,
    "colwidth": lambda value: isinstance(value, list) and all(_number(item) for item in value),
    "background": _text,
    "valign": _one_of("top", "middle", "bottom"),
}

NODES: Mapping[str, NodeRule] = {
    "paragraph": NodeRule(INLINE, attrs=LOCAL, marks=BLOCK_MARKS),
    "heading": NodeRule(
        INLINE,
        attrs={**LOCAL, "level": lambda value: _number(value) and 1 <= value <= 6},
        attrs_required=frozenset({"level"}),
        marks=BLOCK_MARKS,
    ),
    "bulletList": NodeRule(frozenset({"listItem"}), 1, content_required=True, attrs=LOCAL),
    "orderedList": NodeRule(
        frozenset({"listItem"}),
        1,
        content_required=True,
        attrs={**LOCAL, "order": lambda value: _number(value) and value >= 0},
    ),
    "listItem": NodeRule(
        frozenset(
            {"paragraph", "bulletList", "orderedList", "taskList", "mediaSingle", "codeBlock", "extension"}
        ),
        1,
        content_required=True,
        attrs=LOCAL,
    ),
    "taskList": NodeRule(
        frozenset({"taskItem", "taskList", "blockTaskItem"}),
        1,
        content_required=True,
        attrs=LOCAL,
        attrs_required=frozenset(LOCAL),
    ),
    "taskItem": NodeRule(
        INLINE,
        attrs={**LOCAL, "state": _one_of("TODO", "DONE")},
        attrs_required=frozenset({"localId", "state"}),
    ),
    "decisionList": NodeRule(
        frozenset({"decisionItem"}), 1, content_required=True, attrs=LOCAL, attrs_required=frozenset(LOCAL)
    ),
    "decisionItem": NodeRule(
        INLINE, attrs={**LOCAL, "state": _text}, attrs_required=frozenset({"localId", "state"})
    ),
    "codeBlock": NodeRule(
        frozenset({"text"}),
        attrs={**LOCAL, "language": _text, "uniqueId": _text, "wrap": _flag, "hideLineNumbers": _flag},
    ),
    "blockquote": NodeRule(
        frozenset({"paragraph", "orderedList", "bulletList", "codeBlock", "extension"}) | MEDIA,
        1,
        content_required=True,
        attrs=LOCAL,
    ),
    "panel": NodeRule(
        frozenset({"paragraph", "heading", "codeBlock", "rule", "blockCard", "extension"}) | MEDIA | LISTS,
        1,
        content_required=True,
        attrs={
            **LOCAL,
            "panelType": _one_of(*PANEL_TYPES),
            "panelIcon": _text,
            "panelIconId": _text,
            "panelIconText": _text,
            "panelColor": _text,
        },
        attrs_required=frozenset({"panelType"}),
    ),
    "rule": NodeRule(attrs=LOCAL),
    "expand": NodeRule(EXPANDED, 1, content_required=True, attrs={**LOCAL, "title": _text}),
    "nestedExpand": NodeRule(
        NESTABLE, 1, content_required=True, attrs={**LOCAL, "title": _text}, needs_attrs=True
    ),
    "table": NodeRule(
        frozenset({"tableRow"}),
        1,
        content_required=True,
        attrs={
            "localId": _filled,
            "displayMode": _one_of("default", "fixed"),
            "isNumberColumnEnabled": _flag,
            "layout": _one_of("wide", "full-width", "center", "align-end", "align-start", "default"),
            "width": _number,
        },
        marks=frozenset({"fragment"}),
    ),
    "tableRow": NodeRule(frozenset({"tableCell", "tableHeader"}), content_required=True, attrs=LOCAL),
    "tableCell": NodeRule(CELL, 1, content_required=True, attrs=CELL_ATTRS),
    "tableHeader": NodeRule(CELL, 1, content_required=True, attrs=CELL_ATTRS),
    "hardBreak": NodeRule(attrs={**LOCAL, "text": _one_of("\n")}),
    "mention": NodeRule(
        attrs={
            **LOCAL,
            "id": _text,
            "text": _text,
            "accessLevel": _text,
            "userType": _one_of("DEFAULT", "SPECIAL", "APP"),
        },
        attrs_required=frozenset({"id"}),
    ),
    "emoji": NodeRule(
        attrs={**LOCAL, "shortName": _text, "id": _text, "text": _text},
        attrs_required=frozenset({"shortName"}),
    ),
    "date": NodeRule(attrs={**LOCAL, "timestamp": _filled}, attrs_required=frozenset({"timestamp"})),
    "status": NodeRule(
        attrs={
            **LOCAL,
            "text": _filled,
            "color": _pattern("neutral|purple|blue|red|yellow|green|#[0-9a-fA-F]{6}"),
            "style": _text,
        },
        attrs_required=frozenset({"text", "color"}),
    ),
    "inlineCard": NodeRule(attrs={**LOCAL, "url": _text}, attrs_required=frozenset({"url"})),
    "blockCard": NodeRule(attrs={**LOCAL, "url": _text}, attrs_required=frozenset({"url"})),
    "mediaSingle": NodeRule(frozenset({"media", "caption"}), open_attrs=True, marks=frozenset({"link"})),
    "mediaGroup": NodeRule(frozenset({"media"}), 1, content_required=True),
    **{
        name: NodeRule(open_attrs=True)
        for name in (
            "media",
            "mediaInline",
            "placeholder",
            "inlineExtension",
            "extension",
            "embedCard",
            "syncBlock",
        )
    },
    "caption": NodeRule(INLINE, attrs=LOCAL),
    "layoutSection": NodeRule(frozenset({"layoutColumn"}), content_required=True, open_attrs=True),
    "layoutColumn": NodeRule(EXPANDED, 1, content_required=True, open_attrs=True),
    "bodiedExtension": NodeRule(NESTABLE, 1, content_required=True, open_attrs=True),
    "bodiedSyncBlock": NodeRule(TOP, 1, content_required=True, open_attrs=True),
    "blockTaskItem": NodeRule(
        frozenset({"paragraph", "extension"}), 1, content_required=True, open_attrs=True
    ),
}

COLOR = _pattern("#[0-9a-fA-F]{6}")
# From a mark to its attributes; all but a link's title and ids are required.
MARKS: Mapping[str, Mapping[str, Check]] = {
    "strong": {},
    "em": {},
    "strike": {},
    "underline": {},
    "code": {},
    "subsup": {"type": _one_of("sub", "sup")},
    "textColor": {"color": COLOR},
    "backgroundColor": {"color": COLOR},
    "annotation": {"id": _text, "annotationType": _one_of("inlineComment")},
    "link": {"href": _text, "title": _text, "id": _text, "collection": _text, "occurrenceKey": _text},
}
MARK_ATTRS_OPTIONAL = frozenset({"title", "id", "collection", "occurrenceKey"})
WITH_CODE = frozenset({"code", "link", "annotation"})


def is_document(value: Any) -> bool:
    """Whether a value is meant as a document; one that is not even that is refused in other words."""
    return isinstance(value, dict) and value.get("type") == "doc"


def is_valid_document(document: Any) -> bool:
    """Whether Jira takes the document."""
    return (
        is_document(document)
        and set(document) <= {"type", "version", "content"}
        and document.get("version") == 1
        and isinstance(document.get("content"), list)
        and all(_is_valid_node(node, TOP) for node in document["content"])
    )


def _is_valid_node(node: Any, allowed: frozenset[str]) -> bool:
    if not isinstance(node, dict) or not isinstance(node.get("type"), str) or node["type"] not in allowed:
        return False
    if node["type"] == "text":
        return _is_valid_text(node)
    rule = NODES[node["type"]]
    if not set(node) <= {"type", "attrs", "content", "marks"}:
        return False
    return _has_valid_attrs(node, rule) and _has_valid_content(node, rule) and _has_valid_marks(node, rule)


def _is_valid_text(node: dict[str, Any]) -> bool:
    if not set(node) <= {"type", "text", "marks"} or not _filled(node.get("text")):
        return False
    marks = node.get("marks", [])
    if not isinstance(marks, list) or not all(_is_valid_mark(mark) for mark in marks):
        return False
    names = {mark["type"] for mark in marks}
    return "code" not in names or names <= WITH_CODE


def _is_valid_mark(mark: Any) -> bool:
    if not isinstance(mark, dict) or not set(mark) <= {"type", "attrs"}:
        return False
    if not isinstance(mark.get("type"), str) or mark["type"] not in MARKS:
        return False
    known = MARKS[mark["type"]]
    attrs = mark.get("attrs", {})
    if not known:
        return "attrs" not in mark
    required = set(known) - MARK_ATTRS_OPTIONAL if mark["type"] == "link" else set(known)
    return isinstance(attrs, dict) and required <= set(attrs) and _fits(attrs, known)


def _has_valid_attrs(node: dict[str, Any], rule: NodeRule) -> bool:
    if "attrs" not in node:
        return not rule.attrs_required and not rule.needs_attrs
    attrs = node["attrs"]
    if not isinstance(attrs, dict):
        return False
    return rule.open_attrs or (rule.attrs_required <= set(attrs) and _fits(attrs, rule.attrs))


def _has_valid_content(node: dict[str, Any], rule: NodeRule) -> bool:
    if rule.children is None:
        return "content" not in node
    if "content" not in node:
        return not rule.content_required
    content = node["content"]
    if not isinstance(content, list) or len(content) < rule.fewest:
        return False
    plain = node["type"] == "codeBlock"
    return all(
        _is_valid_node(child, rule.children) and not (plain and child.get("marks")) for child in content
    )


def _has_valid_marks(node: dict[str, Any], rule: NodeRule) -> bool:
    marks = node.get("marks", [])
    return isinstance(marks, list) and all(
        isinstance(mark, dict) and str(mark.get("type")) in rule.marks for mark in marks
    )


def _fits(attrs: Mapping[str, Any], known: Mapping[str, Check]) -> bool:
    return all(name in known and known[name](value) for name, value in attrs.items())
