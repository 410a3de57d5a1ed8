"""Templates that an admin writes: a small part of Jinja, checked when it is read and metered when it is filled in.

Only what is named here is allowed: values with filters, `if`, and `for` over lists that are given. There are no calls, no
arithmetic, no assignments and no attributes but those of the given values, so that no template can reach anything else, run for
long or become large. Values are escaped; the template itself is HTML.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from jinja2 import StrictUndefined, TemplateSyntaxError, UndefinedError, nodes, pass_context
from jinja2 import Template as Compiled
from jinja2.filters import FILTERS
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.tests import TESTS

LARGEST_SOURCE = 16 * 1024
"""Characters of a template."""
LARGEST_RESULT = 1_000_000
"""Characters of a filled template. Conversations of many pages are quoted in one text."""
_MOST_STEPS = 500_000
"""How much work filling in may take: characters that pass a filter, and parts of a loop's body for each item."""
_DEEPEST = 30
_DEEPEST_LOOP = 2

_COMMON_FILTERS = ("default", "first", "int", "join", "last", "length", "lower", "trim", "upper", "urlize")
_METER, _METERED, _COUNTED = "_meter", "_metered", "_counted"


@dataclass(frozen=True, slots=True)
class Shape:
    """What a variable holds: a text, a record with fields, or a list.

    Attributes:
        fields: Of a record.
        items: What a list holds; None: it is no list.
    """

    fields: Mapping[str, "Shape"] = field(default_factory=dict)
    items: "Shape | None" = None


TEXT = Shape()


def record(*texts: str, **others: Shape) -> Shape:
    """A record with fields that are texts, and others."""
    return Shape(fields={**dict.fromkeys(texts, TEXT), **others})


def list_of(items: Shape) -> Shape:
    """A list."""
    return Shape(items=items)


_METHODS: Mapping[str, Shape] = {"split": list_of(TEXT), "splitlines": list_of(TEXT), "strip": TEXT}
_LOOP = record("first", "last", "index", "length")


class TemplateProblem(ValueError):
    """A template that is refused when it is read.

    Attributes:
        line: Its line, counted from 1.
        message: What is wrong, and what is allowed.
    """

    def __init__(self, line: int, message: str) -> None:
        super().__init__(f"line {line}: {message}")
        self.line = line
        self.message = message


class TemplateFailure(ValueError):
    """A template that could not be filled in.

    Attributes:
        code: Why, as a word of the message catalogue: `fact_missing`, `text_empty`, `text_too_large` or `text_failed`.
        detail: Names of the template; never a value.
    """

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail


class NoFact(StrictUndefined):
    """A missing value: `if` may test it, but it cannot be printed."""

    __slots__ = ()

    def __bool__(self) -> bool:  # type: ignore[override]  # strict in all else
        return False


class Template:
    """A template that was checked. Safe to use from several threads."""

    __slots__ = ("_compiled", "source")

    def __init__(self, source: str, compiled: Compiled) -> None:
        self.source = source
        self._compiled = compiled

    def render(self, facts: Mapping[str, object]) -> str:
        """Fill the template in.

        Args:
            facts: Values by the names of variables. Others are for filters, such as the time zone: a template that mentions
                them was refused.

        Raises:
            TemplateFailure: A value is missing or of another kind than the template needs, or it becomes too large.
        """
        meter = _Meter()
        parts: list[str] = []
        try:
            for part in self._compiled.generate({**facts, _METER: meter}):
                meter.add(len(part))
                parts.append(part)
        except TemplateFailure:
            raise
        except UndefinedError as error:
            raise TemplateFailure("fact_missing", error.message or "") from error
        except Exception as error:  # whatever a filter raises: the text is written in other words
            raise TemplateFailure("text_failed", type(error).__name__) from error
        return "".join(parts)


class _Meter:
    """The work that is left for filling in a template."""

    def __init__(self) -> None:
        self._steps = 0
        self._size = 0

    def spend(self, steps: int) -> None:
        """Count work."""
        self._steps += steps
        if self._steps > _MOST_STEPS:
            raise TemplateFailure("text_too_large")

    def add(self, characters: int) -> None:
        """Count what is written."""
        self._size += characters
        if self._size > LARGEST_RESULT:
            raise TemplateFailure("text_too_large")


def parse(
    source: str,
    variables: Mapping[str, Shape],
    filters: Mapping[str, Callable[..., object]] | None = None,
) -> Template:
    """Check a template.

    Args:
        source: HTML with Jinja's `{{ value }}`, `{% if %}` and `{% for %}`.
        variables: What it may mention.
        filters: Filters beside the common ones, by name.

    Raises:
        TemplateProblem: It is too long, or has an error, an unknown name, or something that is not allowed.
    """
    if len(source) > LARGEST_SOURCE:
        raise TemplateProblem(1, f"too long; allowed: {LARGEST_SOURCE} characters")
    environment = _environment(filters or {})
    try:
        tree = environment.parse(source)
        _Check(variables, frozenset(environment.filters) - {_METERED, _COUNTED}).block(tree.body, {}, 0, 0)
        compiled = environment.from_string(tree)
    except TemplateSyntaxError as error:
        raise TemplateProblem(error.lineno, error.message or "a syntax error") from error
    except (RecursionError, MemoryError, SyntaxError) as error:
        raise TemplateProblem(1, "nested too deeply") from error
    return Template(source, compiled)


def _environment(filters: Mapping[str, Callable[..., object]]) -> ImmutableSandboxedEnvironment:
    """Jinja with nothing in it but what a template may use."""
    environment = ImmutableSandboxedEnvironment(
        autoescape=True, undefined=NoFact, trim_blocks=True, cache_size=0
    )
    environment.globals.clear()
    environment.tests = {"defined": TESTS["defined"]}
    common = {name: FILTERS[name] for name in _COMMON_FILTERS}
    environment.filters = {**common, **filters, _METERED: _metered, _COUNTED: _counted}
    return environment


@pass_context
def _metered(context: Context, value: object) -> object:
    """A value on its way into a filter: its length counts."""
    context[_METER].spend(len(value) if isinstance(value, str) else 1)
    return value


@pass_context
def _counted(context: Context, items: object, body: int) -> list[object]:
    """The items of a loop: each counts as much as the loop's body is large."""
    if not isinstance(items, list | tuple):
        raise TypeError("no list")
    context[_METER].spend(len(items) * body)
    return list(items)


_STATEMENTS: Mapping[type[nodes.Node], str] = {
    nodes.Assign: "set",
    nodes.AssignBlock: "set",
    nodes.Block: "block",
    nodes.CallBlock: "call",
    nodes.Extends: "extends",
    nodes.FilterBlock: "filter",
    nodes.FromImport: "from",
    nodes.Import: "import",
    nodes.Include: "include",
    nodes.Macro: "macro",
    nodes.ScopedEvalContextModifier: "autoescape",
    nodes.Scope: "autoescape",
    nodes.With: "with",
}
_Scope = Mapping[str, Shape]


@dataclass(frozen=True, slots=True)
class _Check:
    """Walks through a template once: refuses what is not allowed, and puts meters before filters and loops."""

    variables: Mapping[str, Shape]
    filters: frozenset[str]

    def block(self, body: Sequence[nodes.Node], scope: _Scope, loops: int, depth: int) -> None:
        for node in body:
            self._statement(node, scope, loops, depth + 1)

    def _statement(self, node: nodes.Node, scope: _Scope, loops: int, depth: int) -> None:
        if depth > _DEEPEST:
            raise TemplateProblem(node.lineno, "nested too deeply")
        match node:
            case nodes.Output():
                for part in node.nodes:
                    if not isinstance(part, nodes.TemplateData):
                        self._printed(part, scope, depth)
            case nodes.If():
                self._value(node.test, scope, depth)
                self.block(node.body, scope, loops, depth)
                self.block(node.elif_, scope, loops, depth)
                self.block(node.else_, scope, loops, depth)
            case nodes.For():
                self._loop(node, scope, loops + 1, depth)
            case _:
                name = _STATEMENTS.get(type(node))
                named = f"`{name}`" if name else "this"
                raise TemplateProblem(node.lineno or 1, f"{named} is not allowed; allowed: `if` and `for`")

    def _loop(self, node: nodes.For, scope: _Scope, loops: int, depth: int) -> None:
        if loops > _DEEPEST_LOOP:
            raise TemplateProblem(node.lineno, f"loops are nested more than {_DEEPEST_LOOP} deep")
        if node.recursive:
            raise TemplateProblem(node.lineno, "`recursive` is not allowed")
        if not isinstance(node.target, nodes.Name):
            raise TemplateProblem(node.lineno, "a loop needs one name, such as `for line in lines`")
        items = self._value(node.iter, scope, depth).items
        if items is None:
            raise TemplateProblem(node.lineno, "this is no list, so there can be no loop over it")
        inner = {**scope, node.target.name: items, "loop": _LOOP}
        if node.test is not None:
            self._value(node.test, inner, depth)
        self.block(node.body, inner, loops, depth)
        self.block(node.else_, scope, loops, depth)
        size = sum(1 for part in node.body for _ in part.find_all(nodes.Node)) + len(node.body) + 1
        node.iter = _filter(node.iter, _COUNTED, nodes.Const(size))

    def _printed(self, node: nodes.Expr, scope: _Scope, depth: int) -> None:
        shape = self._value(node, scope, depth)
        if shape.items is not None:
            raise TemplateProblem(node.lineno, "a list cannot be written; write a loop over it")
        if shape.fields:
            known = ", ".join(f"`{name}`" for name in shape.fields)
            raise TemplateProblem(node.lineno, f"this has several values; write one of {known}")

    # --- values -------------------------------------------------------------------------------------------------------

    def _value(self, node: nodes.Node, scope: _Scope, depth: int) -> Shape:
        """What an expression holds."""
        if depth > _DEEPEST:
            raise TemplateProblem(node.lineno, "nested too deeply")
        depth += 1
        match node:
            case nodes.Const() | nodes.TemplateData():
                return TEXT
            case nodes.Name():
                return _known(node, node.name, {**self.variables, **scope}, "variable")
            case nodes.Getattr():
                holder = self._value(node.node, scope, depth)
                return _known(node, node.attr, holder.fields, "value")
            case nodes.Getitem():
                return self._item(node, scope, depth)
            case nodes.Filter():
                return self._filtered(node, scope, depth)
            case nodes.Call():
                return self._called(node, scope, depth)
            case nodes.Test() if node.name == "defined" and not node.args:
                self._value(node.node, scope, depth)
            case nodes.Not():
                self._value(node.node, scope, depth)
            case nodes.And() | nodes.Or():
                self._value(node.left, scope, depth)
                self._value(node.right, scope, depth)
            case nodes.Compare():
                self._value(node.expr, scope, depth)
                for operand in node.ops:
                    self._value(operand.expr, scope, depth)
            case nodes.CondExpr():
                for part in (node.test, node.expr1, node.expr2):
                    if part is not None:
                        self._value(part, scope, depth)
            case nodes.Tuple() | nodes.List():
                for part in node.items:
                    _constant(part)
            case _:
                raise TemplateProblem(node.lineno, f"{_described(node)} is not allowed")
        return TEXT

    def _item(self, node: nodes.Getitem, scope: _Scope, depth: int) -> Shape:
        holder = self._value(node.node, scope, depth)
        at = node.arg.value if isinstance(node.arg, nodes.Const) else None
        if isinstance(at, int) and holder.items is not None:
            return holder.items
        if isinstance(at, str):
            return _known(node, at, holder.fields, "value")
        raise TemplateProblem(node.lineno, "between brackets comes the number of a list's item")

    def _filtered(self, node: nodes.Filter, scope: _Scope, depth: int) -> Shape:
        if node.node is None:
            raise TemplateProblem(node.lineno, "`filter` is not allowed; allowed: `if` and `for`")
        if node.name not in self.filters:
            raise TemplateProblem(node.lineno, _unknown("filter", node.name, self.filters))
        shape = self._value(node.node, scope, depth)
        if node.dyn_args is not None or node.dyn_kwargs is not None:
            raise TemplateProblem(node.lineno, "`*` is not allowed")
        for each in (*node.args, *(pair.value for pair in node.kwargs)):
            if node.name == "default" and isinstance(each, nodes.Name):
                self._printed(each, scope, depth)
            else:
                _constant(each)
        if node.name == "join" and shape.items != TEXT:
            raise TemplateProblem(node.lineno, "`join` needs a list of texts")
        node.node = _filter(node.node, _METERED)
        if node.name in ("first", "last"):
            return shape.items or TEXT
        return shape if node.name == "default" else TEXT

    def _called(self, node: nodes.Call, scope: _Scope, depth: int) -> Shape:
        """The only calls: a text's `strip()`, `splitlines()`, and its `split` at a text."""
        method = node.node
        if not isinstance(method, nodes.Getattr) or method.attr not in _METHODS:
            raise TemplateProblem(node.lineno, "a call is not allowed; use a filter")
        if self._value(method.node, scope, depth) != TEXT:
            raise TemplateProblem(node.lineno, f"`{method.attr}` needs a text")
        if node.kwargs or node.dyn_args is not None or node.dyn_kwargs is not None:
            raise TemplateProblem(node.lineno, f'write `{method.attr}` as in `.split(",")`')
        for each in node.args:
            _constant(each)
        method.node = _filter(method.node, _METERED)
        return _METHODS[method.attr]


def _filter(node: nodes.Node, name: str, *args: nodes.Expr) -> nodes.Filter:
    return nodes.Filter(
        node, name, list(args), [], None, None, lineno=node.lineno, environment=node.environment
    )


def _constant(node: nodes.Node) -> None:
    if not isinstance(node, nodes.Const):
        raise TemplateProblem(node.lineno, "only a fixed text or number is allowed here")


def _described(node: nodes.Node) -> str:
    match node:
        case nodes.Slice():
            return "a slice"
        case nodes.BinExpr():
            return f"`{node.operator}`"
        case nodes.Test():
            return f"the test `{node.name}`"
        case _:
            return "this expression"


def _known(node: nodes.Node, name: str, known: Mapping[str, Shape], kind: str) -> Shape:
    if name not in known:
        raise TemplateProblem(node.lineno, _unknown(kind, name, known))
    return known[name]


def _unknown(kind: str, name: str, known: Collection[str]) -> str:
    near = get_close_matches(name, known, n=1)
    hint = f"; did you mean `{near[0]}`?" if near else ";"
    listed = ", ".join(f"`{each}`" for each in sorted(known)) or "none"
    return f"unknown {kind} `{name[:60]}`{hint} known: {listed}"
