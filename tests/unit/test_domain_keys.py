"""Keys: each is read as what it was made of, no two are the same text, and nobody else makes or reads one."""

import ast
from dataclasses import fields, replace
from pathlib import Path
from typing import get_args, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

import escalation_bridge
from escalation_bridge.domain.case import keys
from escalation_bridge.domain.routes.sides import Side
from escalation_bridge.domain.tickets.tickets import TicketRef

# Few letters, and those that separate parts: so that what could be taken for something else is met.
TEXTS = st.text("ab1:#%325A", max_size=6) | st.sampled_from(
    [
        *(kind.word for kind in keys.KINDS),
        "over",
        "end",
        "orphan",
        "origin",
        "description",
        "%3A",
        "%253A",
        "1",
    ]
)
NUMBERS = st.integers(0, 12)
REFS = st.builds(TicketRef, TEXTS, TEXTS)
FIELDS = st.sampled_from(["priority", "tags"]) | TEXTS.map("tag:{}".format) | TEXTS.map("custom:{}".format)
STEPS = st.builds(keys.Step, TEXTS, NUMBERS, TEXTS, TEXTS, NUMBERS)
FIRST_LINKS = STEPS | st.builds(keys.ByHand, NUMBERS) | st.builds(keys.Moved, TEXTS)
LINKS = st.recursive(
    FIRST_LINKS, lambda links: st.builds(keys.Again, links.map(lambda link: link.text), NUMBERS), max_leaves=3
)


def strategy(kind: type[keys.Key]) -> st.SearchStrategy[keys.Key]:
    """All keys of a kind, the earlier form of a step's apart."""
    if kind is keys.Step:
        return STEPS
    return st.builds(
        kind, **{each.name: part(kind, each.name) for each in fields(kind) if each.name != "over"}
    )


def part(kind: type[keys.Key], name: str) -> st.SearchStrategy:
    declared = get_type_hints(kind)[name]
    if name in ("link", "of"):
        return (LINKS if name == "link" else st.one_of(*map(strategy, WRITES[kind]))).map(
            lambda key: key.text
        )
    values = {str: FIELDS if name == "field" else TEXTS, int: NUMBERS, Side: st.sampled_from(Side)}
    values[TicketRef], values[type(None)] = REFS, st.none()
    if name == "attachment":
        return TEXTS.filter(bool)
    if name == "number" and kind is keys.Comment:
        return st.integers(1, 12)
    return st.one_of(*(values[each] for each in get_args(declared) or (declared,)))


COMMENT = (keys.Comment,)
WRITES = {
    keys.Edit: COMMENT,
    keys.Delete: COMMENT,
    keys.Edited: COMMENT,
    keys.Gone: COMMENT,
    keys.QuoteExposed: COMMENT,
    keys.NotChanged: (keys.Edit, keys.Delete),
    keys.Refused: (keys.File, keys.Command),
}
"""What the keys are of that follow from another write."""
KEYS = st.one_of(*map(strategy, keys.KINDS))


@given(KEYS)
def test_a_key_is_read_as_what_it_was_made_of(key: keys.Key) -> None:
    assert keys.parse(key.text) == key
    assert type(key).read(key.text) == key


@given(KEYS, KEYS)
def test_no_two_keys_have_the_same_text(one: keys.Key, other: keys.Key) -> None:
    assert (one.text == other.text) is (one == other)


@given(LINKS, st.data())
def test_what_belongs_to_a_link_is_told_from_what_belongs_to_the_one_that_replaces_it(link, data) -> None:
    key = data.draw(st.one_of(*(strategy(kind) for kind in keys.KINDS if "link" in part_names(kind))))
    mine = replace(key, link=link.text)
    later = replace(key, link=keys.Again(link.text, 1).text)
    assert (mine.is_about(link.text), later.is_about(link.text)) == (True, False)
    assert keys.Refused(mine.text).is_about(link.text)


def part_names(kind: type[keys.Key]) -> set[str]:
    return {each.name for each in fields(kind)}


@given(st.lists(KEYS, max_size=4))
def test_a_link_made_by_hand_gets_a_number_that_no_key_has(known: list[keys.Key]) -> None:
    new = keys.ByHand.next(key.text for key in known)
    assert not any(key == new or key.is_about(new.text) for key in known)


OLD = [
    "step:resolution:1772701200:remind#2:1",
    "step:resolution:1772701200:vip:warn@7200:0",
    "comment:step:resolution:1772701200:escalate:0:shop:42:7",
    "comment:again:step:resolution:1772701200:vip:escalate:0:3:shop:42:7#2",
    "show:step:resolution:1772701200:escalate:0:origin",
    "show:step:resolution:1772701200:escalate:0:linked:4",
    "fields:by-hand:3:7:linked",
    "fields:step:resolution:1772701200:escalate:0:7:linked:custom:a:b",
    "field_hold:step:resolution:1772701200:vip:escalate:0:7:tag:team:a:shop:42",
    "hold:moved:0f3a9c27b1d4e865:2:dev:10001",
    "status:by-hand:1:12",
    "edit:comment:by-hand:1:shop:42:7:1",
    "unsay:comment:by-hand:1:shop:42:7:orphan",
    "edited:comment:by-hand:1:shop:42:7:2",
    "note:edit:comment:by-hand:1:shop:42:7:1",
    "note:quote:comment:by-hand:1:shop:42:7",
    "note:files:shop:42:7:dev:10001",
    "file:by-hand:1:origin:shop:42:description:99",
    "file:by-hand:1:origin:shop:42:comment:7:https://files.example/a:b",
    "refused:file:by-hand:1:origin:shop:42:comment:7:99",
    "refused:command:shop:42:7",
    "refused:dev:shop:42:1:over",
    "missing:shop:42:dev:10001:1:2",
    "failures:dev:2:over",
    "waiting:by-hand:1:end",
    "waiting:step:resolution:1772701200:escalate:0:3",
    "leg:by-hand:2:over",
    "raise:by-hand:1:urgent",
    "take_over:shop:41",
    "first_words:dev:10001",
]


@pytest.mark.parametrize("text", OLD)
def test_keys_that_are_stored_are_read_and_keep_their_texts(text: str) -> None:
    key = keys.parse(text)
    assert key is not None
    assert key.text == text


@pytest.mark.parametrize(
    "text", ["", "x", "status", "status:by-hand:1", "by-hand:one", "hold:elsewhere:1:a:b", "1:by-hand:1"]
)
def test_other_texts_are_no_keys(text: str) -> None:
    assert keys.parse(text) is None


# --- nobody else --------------------------------------------------------------------------------------------------------

PACKAGE = Path(escalation_bridge.__file__).parent
TAKEN_APART = {
    "startswith",
    "endswith",
    "removeprefix",
    "removesuffix",
    "split",
    "rsplit",
    "partition",
    "rpartition",
}
CALLED = {"key", "written", "versions", "link", "id", "reason"}
WORDS = tuple(f"{kind.word}:" for kind in keys.KINDS)


def found(code: str) -> list[int]:
    """The lines on which keys are made or read."""
    return [node.lineno for node in ast.walk(ast.parse(code)) if makes(node) or reads(node)]


def makes(node: ast.AST) -> bool:
    if isinstance(node, ast.JoinedStr):
        first = node.values[0] if node.values else None
        return isinstance(first, ast.Constant) and str(first.value).startswith(WORDS)
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith(WORDS)


def reads(node: ast.AST) -> bool:
    """A string's method on what is called a key, such as `record.key.startswith(...)`."""
    if not (
        isinstance(node, ast.Call)
        and node.args
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in TAKEN_APART
    ):
        return False
    of = node.func.value
    name = of.attr if isinstance(of, ast.Attribute) else of.id if isinstance(of, ast.Name) else ""
    return name in CALLED


@pytest.mark.parametrize(
    "line",
    [
        'f"status:{link.id}:{n}"',
        '"hold:"',
        "record.key.startswith(x)",
        'key.split(":")',
        'intent.versions.rpartition(":")',
    ],
)
def test_such_a_line_would_be_found(line: str) -> None:
    assert found(line)


EVENTS = {"domain/sla/events.py", "domain/sla/status_history.py"}
"""Of a ticket's history: their keys are other ones."""
FIELD_KEYS = {"domain/routes/fields/tags.py", "domain/sla/calendar_spec.py", "cli/cases/case_tables.py"}
"""The keys of fields' rules, and of a calendar's settings."""
TABLES = "domain/incidents/tables/"
"""Words of people's texts."""
COLUMNS = {"store/connections/refused_credentials.py"}
"""Rows are found by how their keys begin; it is `keys` that says how."""


def test_nobody_else_makes_or_reads_keys() -> None:
    rooms = ("domain", "engine", "store/cases", "store/connections", "cli", "messages")
    files = [file for room in rooms for file in (PACKAGE / room).rglob("*.py")]
    named = {str(file.relative_to(PACKAGE)): found(file.read_text()) for file in files}
    own = {name for name in named if name.startswith("domain/case/keys/")}
    tables = {name for name in named if name.startswith(TABLES)}
    others = EVENTS | FIELD_KEYS | COLUMNS | own | tables
    assert any(named[name] for name in own)
    assert {name: lines for name, lines in named.items() if lines and name not in others} == {}
