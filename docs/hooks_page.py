"""Write docs/hooks.md from the two contracts in escalation_bridge/plugin/hooks.py: `python docs/hooks_page.py`."""  # noqa: INP001 - a script beside what it writes

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

from escalation_bridge.plugin import hooks

PAGE = Path(__file__).with_name("hooks.md")
CONTRACTS = (hooks.HelpdeskHooks, hooks.EscalationHooks)

_HEAD = """\
# Hooks

The hooks that a plugin may implement, with a section for each. `python docs/hooks_page.py` generates this page from
[escalation_bridge/plugin/hooks.py](../escalation_bridge/plugin/hooks.py), which a type checker also reads.
[writing-a-plugin.md](writing-a-plugin.md) explains step by step how to write a plugin.

Mark each hook that you implement with `@hookimpl`. Name its arguments as here, without default values. Never call a hook of the contract
itself; hooks that you do not override are never called. `escalation-bridge plugins` lists what it found, and what is wrong with a class
that does not fit. [examples/third_party_plugin](../examples/third_party_plugin) contains a small implementation of most hooks.
"""
_SECTIONS = {"Args:": "Arguments", "Returns:": "Answer", "Raises:": "Errors"}


def page() -> str:
    """The whole page."""
    source = ast.parse(inspect.getsource(hooks))
    classes = {node.name: node for node in source.body if isinstance(node, ast.ClassDef)}
    parts = [_HEAD, *(part for cls in CONTRACTS for part in _contract(classes[cls.__name__])), _types(source)]
    return "\n".join(parts)


def _contract(contract: ast.ClassDef) -> Iterator[str]:
    methods = [node for node in contract.body if isinstance(node, ast.FunctionDef)]
    yield f"## {contract.name}\n\n{_text(contract)}\n"
    yield "\n".join(f"- [`{method.name}`](#{method.name})" for method in methods) + "\n"
    mixed = len({_first_counts(method) for method in methods}) > 1
    for method in methods:
        yield f"### {method.name}\n\n```python\n{_signature(method)}\n```\n\n{_text(method)}\n"
        if mixed:
            yield (
                "*The first answer counts.*\n" if _first_counts(method) else "*All extensions are called.*\n"
            )


def _signature(method: ast.FunctionDef) -> str:
    """The method as a plugin author writes it."""
    returned = ast.unparse(method.returns).strip("'") if method.returns else "None"
    arguments = [ast.unparse(argument) for argument in method.args.args]
    line = f"def {method.name}({', '.join(arguments)}) -> {returned}"
    if len(line) > 100:
        line = f"def {method.name}(\n    " + ",\n    ".join(arguments) + f",\n) -> {returned}"
    return f"@hookimpl\n{line}: ..."


def _first_counts(method: ast.FunctionDef) -> bool:
    return any("firstresult=True" in ast.unparse(decorator) for decorator in method.decorator_list)


def _text(node: ast.ClassDef | ast.FunctionDef) -> str:
    """The docstring in Markdown: its sections become lists."""
    lines: list[str] = []
    section = False
    for line in (ast.get_docstring(node) or "").splitlines():
        if line in _SECTIONS:
            section = True
            lines += [f"{_SECTIONS[line]}:", ""]
        elif not line or not line.startswith(" "):
            section = section and not line
            lines.append(line)
        elif section:
            lines.append(_entry(line.removeprefix("    ")))
        else:
            lines.append(line)
    return "\n".join(lines)


def _entry(line: str) -> str:
    """A line of a section: the beginning of an item, or its continuation."""
    if line.startswith(" "):
        return f"  {line.strip()}"
    return re.sub(r"^(\w+): ", r"- `\1`: ", line)


def _types(source: ast.Module) -> str:
    """Where the types of the signatures are described."""
    rows = [
        f"- [{node.module}](../{_path(node.module)}): {', '.join(f'`{name.name}`' for name in node.names)}"
        for node in source.body
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("escalation_bridge.")
    ]
    return "\n".join(["## The types", "", *rows, ""])


def _path(module: str | None) -> str:
    return f"{(module or '').replace('.', '/')}.py"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
