"""Names of the code are nouns and verbs of the field: nobody greps for *told* or *heard*."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import escalation_bridge
import escalation_bridge_freshdesk
import escalation_bridge_jira
import escalation_bridge_sandbox
import escalation_bridge_webhooks
import escalation_bridge_zendesk

PACKAGE = Path(escalation_bridge.__file__).parent
ROOMS = (
    "cli",
    "config",
    "configfile",
    "domain",
    "engine",
    "messages",
    "online",
    "plugged",
    "plugin",
    "store",
    "testing",
    "text",
)
OTHERS = (
    escalation_bridge_zendesk,
    escalation_bridge_jira,
    escalation_bridge_freshdesk,
    escalation_bridge_webhooks,
    escalation_bridge_sandbox,
)
REST = ("errors.py", "bridge.py", "__main__.py")
BESIDE = ("benchmarks", "tests/helpers")
"""What helps to test and measure; a test's own variables may read like its sentence."""
NOT_YET = ("store/migrations",)
ODD = {
    "told",
    "tell",
    "tells",
    "heard",
    "hear",
    "hears",
    "unheard",
    "said",
    "say",
    "spoken",
    "whom",
    "whose",
    "anew",
}
"""Parts of names. A result, an entry, a comment, an author or a retry is called so."""
STAY = {"tell_customer"}
"""A key of the configuration."""
FILES = sorted(
    [
        file
        for room in ROOMS
        for file in (PACKAGE / room).rglob("*.py")
        if not file.relative_to(PACKAGE).as_posix().startswith(NOT_YET)
    ]
    + [PACKAGE / file for file in REST]
    + [file for package in OTHERS for file in Path(str(package.__file__)).parent.rglob("*.py")]
    + [file for folder in BESIDE for file in (PACKAGE.parent / folder).rglob("*.py")]
)


def names(text: str) -> Iterator[tuple[int, str]]:
    """What a module names: functions, classes, parameters, variables and attributes, but no test."""
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                if not name.startswith("test_"):  # a promise of the kit is a sentence
                    yield node.lineno, name
            case (
                ast.arg(arg=name)
                | ast.Name(id=name, ctx=ast.Store())
                | ast.Attribute(attr=name, ctx=ast.Store())
            ):
                yield node.lineno, name


def odd_names(text: str) -> list[str]:
    """Those with an odd part, in snake or camel case."""
    return [
        f"{line}: {name}"
        for line, name in names(text)
        if name not in STAY and ODD.intersection(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower().split("_"))
    ]


@pytest.mark.parametrize("file", FILES, ids=lambda file: "/".join(file.parts[-3:]))
def test_names_are_the_fields(file: Path) -> None:
    assert odd_names(file.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "text",
    [
        "def tell_health(): ...",
        "class Told: ...",
        "class WhatIsSaid: ...",
        "def result(told_by): ...",
        "said = 1",
        "self._heard = 1",
        "[each for spoken in comments]",
    ],
)
def test_odd_names_are_found(text: str) -> None:
    assert len(odd_names(text)) == 1


@pytest.mark.parametrize(
    "text", ["def test_a_limit_is_told(): ...", "tell_customer: bool = False", "foretold = 1"]
)
def test_others_are_left(text: str) -> None:
    assert odd_names(text) == []
