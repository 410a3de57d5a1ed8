"""Every code and template that the core uses has its text, and every text is given what it mentions.

The core's source is read, so that a new line of history without words fails here and not at somebody's `explain`.
"""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from jinja2 import nodes
from jinja2.meta import find_undeclared_variables
from jinja2.sandbox import ImmutableSandboxedEnvironment

import escalation_bridge
from escalation_bridge.domain.case.cases import CaseState
from escalation_bridge.domain.case.escalations import ChangeKind
from escalation_bridge.domain.case.hold_reasons import HoldReason
from escalation_bridge.domain.sla.clocks import Clock
from escalation_bridge.messages.catalogue import LANGUAGES, texts

SOURCE = Path(escalation_bridge.__file__).parent
SYNTAX = ImmutableSandboxedEnvironment()
SYNTAX.filters.update(
    word=str,
    because=str,
    remedy=str,
    duration=str,
    instant=str,
    day=str,
    by_when=str,
    paragraphs=str,
    bytes=str,
    changes=str,
)
SYNTAX.globals["commands"] = []

# What takes a code: of which section, at which position, and what it adds to the facts that are given by name.
CARRIERS: Mapping[str, tuple[str, int, frozenset[str]]] = {
    "TimelineEntry": ("timeline", 1, frozenset()),
    "_entry": ("timeline", 1, frozenset({"what", "connection"})),
    "_noted": ("timeline", 0, frozenset({"to"})),
    "Told": ("timeline", 0, frozenset({"what", "connection"})),
    "_dealt_with": ("timeline", 2, frozenset()),
    "FailureVerdict": ("timeline", 0, frozenset()),
    "MessageRequest": ("message", 0, frozenset()),
    "Hold": ("message", 0, frozenset()),
    "Health": ("health", 0, frozenset()),
    "SendNotice": ("message", 1, frozenset()),
}
# Values that came through one of the above, or from the store or the configuration, which are checked elsewhere.
PASSED_ON = {
    "verdict.code",
    "result.entry.code",
    "row.code",
    "hold.reason",
    "link.hold.reason",
    "action.template",
    "template",
}
BUILT = {
    "f'case_{state}'": [f"case_{state}" for state in CaseState],
    "f'escalation_{change.what}'": [f"escalation_{kind}" for kind in ChangeKind],
    "f'held_{hold.reason}'": [],  # test_every_hold_has_all_of_its_texts
}


@dataclass(frozen=True)
class Site:
    """A place in the core that names a code; `facts` is None where the source does not tell them."""

    place: str
    section: str
    code: str
    facts: frozenset[str] | None


class Module:
    """A file of the core, with what is needed to follow a name in it."""

    def __init__(self, file: Path) -> None:
        self.name = str(file.relative_to(SOURCE))
        self.tree = ast.parse(file.read_text(encoding="utf-8"))
        self.functions = {n.name: n for n in ast.walk(self.tree) if isinstance(n, ast.FunctionDef)}
        self.yields = [
            n.value
            for n in ast.walk(self.tree)
            if isinstance(n, ast.Yield) and isinstance(n.value, ast.Tuple)
        ]

    def calls(self) -> Iterator[tuple[ast.FunctionDef | None, ast.Call]]:
        for owner in (*self.functions.values(), None):
            inside = ast.walk(owner) if owner else self._outside()
            yield from ((owner, node) for node in inside if isinstance(node, ast.Call))

    def _outside(self) -> Iterator[ast.AST]:
        inner = {id(node) for function in self.functions.values() for node in ast.walk(function)}
        return (node for node in ast.walk(self.tree) if id(node) not in inner)


MODULES = [Module(file) for file in sorted(SOURCE.rglob("*.py")) if "migrations" not in file.parts]
FUNCTIONS = {name: (module, f) for module in MODULES for name, f in module.functions.items()}


def constants(expression: ast.expr) -> list[str] | None:
    """The texts that an expression can be, as far as that is plain to see."""
    if isinstance(expression, ast.Constant) and isinstance(expression.value, str):
        return [expression.value]
    if isinstance(expression, ast.Attribute) and ast.unparse(expression.value) == "HoldReason":
        return [HoldReason[expression.attr].value]
    if isinstance(expression, ast.IfExp):
        either, other = constants(expression.body), constants(expression.orelse)
        return [*either, *other] if either and other else None
    return BUILT.get(ast.unparse(expression))


def keys(expression: ast.expr | None, owner: ast.FunctionDef | None) -> tuple[frozenset[str], bool]:
    """The keys of a mapping, and whether these are all of them."""
    if expression is None:
        return frozenset(), True
    if isinstance(expression, ast.Dict):
        found, complete = frozenset[str](), True
        for key, value in zip(expression.keys, expression.values, strict=True):
            inner = (frozenset(constants(key) or ()), True) if key is not None else keys(value, owner)
            found, complete = found | inner[0], complete and inner[1]
        return found, complete
    if isinstance(expression, ast.Name) and owner is not None:
        for node in ast.walk(owner):
            targets = node.targets if isinstance(node, ast.Assign) else ()
            if any(isinstance(target, ast.Name) and target.id == expression.id for target in targets):
                return keys(node.value, owner)
    if isinstance(expression, ast.Call) and isinstance(expression.func, ast.Name):
        _, called = FUNCTIONS.get(expression.func.id, (None, None))
        returned = [n.value for n in ast.walk(called) if isinstance(n, ast.Return)] if called else []
        if len(returned) == 1:
            return keys(returned[0], called)
    return frozenset(), False


def sites() -> Iterator[Site | str]:
    """All sites, and what could not be understood, in words."""
    for module in MODULES:
        for owner, call in module.calls():
            name = getattr(call.func, "id", getattr(call.func, "attr", ""))
            section, position, added = CARRIERS.get(name, ("", 0, frozenset()))
            if not section or len(call.args) <= position:
                continue
            place = f"{module.name}:{call.lineno}"
            code = call.args[position]
            facts, complete = keys(call.args[position + 1] if len(call.args) > position + 1 else None, owner)
            given = {keyword.arg for keyword in call.keywords if keyword.arg} if added else set()
            if name in ("_dealt_with", "_Verdict", "Hold", "SendNotice"):
                complete = False
            found = constants(code)
            if found is not None:
                told = facts | added | given if complete else None
                yield from (Site(place, section, one, told) for one in found)
            elif ast.unparse(code) in PASSED_ON or (owner is not None and owner.name in CARRIERS):
                continue
            elif isinstance(code, ast.Name) and module.yields:
                for one in module.yields:
                    more, also = keys(one.elts[2] if len(one.elts) > 2 else None, owner)
                    for text in constants(one.elts[0]) or ():
                        yield Site(place, section, text, facts | more if also else None)
            else:
                yield f"{place}: which codes are {ast.unparse(code)}? Tell this test, in CARRIERS or BUILT"


FOUND = list(sites())
SITES = [site for site in FOUND if isinstance(site, Site)]


def needed(section: str, code: str, language: str) -> set[str]:
    """The facts without which a text cannot be told: those that it does not ask for first."""
    parsed = SYNTAX.parse(texts(language)[section][code])
    asked = {node.test.name for node in parsed.find_all(nodes.If) if isinstance(node.test, nodes.Name)}
    return find_undeclared_variables(parsed) - asked - {"quotes", "health", "links"}


def test_the_source_was_understood():
    assert [problem for problem in FOUND if isinstance(problem, str)] == []
    assert len({site.code for site in SITES}) > 30
    assert sum(site.facts is not None for site in SITES) > len(SITES) / 2


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("site", SITES, ids=lambda site: f"{site.place}-{site.code}")
def test_every_code_has_its_text_and_the_text_its_facts(site: Site, language: str) -> None:
    assert site.code in texts(language)[site.section], f"{language}.toml has no [{site.section}] {site.code}"
    if site.facts is not None:
        missing = needed(site.section, site.code, language) - site.facts
        assert not missing, f"{site.place} does not give {missing} to {site.code} in {language}.toml"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_hold_has_all_of_its_texts(language):
    for reason in HoldReason:
        assert reason in texts(language)["message"]
        assert f"held_{reason}" in texts(language)["timeline"]
        assert reason in texts(language)["word"]
        assert reason in texts(language)["health"]


def test_no_text_is_left_that_nobody_uses():
    used = {site.code for site in SITES}
    source = "\n".join(file.read_text(encoding="utf-8") for file in SOURCE.rglob("*.py"))
    unused = [
        f"[{section}] {code}"
        for section in ("message", "timeline")
        for code in texts("en")[section]
        if code not in used and f'"{code}"' not in source and not code.startswith("held_")
    ]
    # These two are for ladders: the configuration names them.
    assert set(unused) <= {"[message] sla_warning", "[message] sla_breached"}


def test_a_ladder_note_is_given_what_it_mentions():
    """Any clock's facts are enough for the notes that a configuration may name."""
    facts, _ = keys(ast.parse("clock_facts(clock)", mode="eval").body, None)
    assert facts <= {*Clock.__dataclass_fields__, "left_seconds"}
    for language in LANGUAGES:
        for note in ("sla_warning", "sla_breached"):
            assert needed("message", note, language) <= facts | {"late_seconds", "steps"}
