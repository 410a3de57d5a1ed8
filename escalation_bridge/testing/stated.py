"""A pytest plugin of the conformance kit: an unlisted skip fails, and listed ones are in the summary.

The kit registers it by itself. With pytest-xdist, a process without the kit writes the summary:
`pytest_plugins = ["escalation_bridge.testing.stated"]` in the `conftest.py` at the top registers it there, too.
"""

from collections.abc import Generator, Mapping
from typing import Any, Final, NoReturn

import pytest

NAME: Final = "escalation_bridge.testing.stated"
"""The name under which pytest registers this module."""
_STATED: Final = "escalation_bridge_stated"


_NOT_OFFERED: Final = "not offered: "


def not_offered(reason: str) -> NoReturn:
    """Skip because of the plugin's own declaration: a hook that it lacks, or an attribute of the class."""
    pytest.skip(_NOT_OFFERED + reason)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Compare each skip of a test of the kit, and each listed test, with the class's declaration."""
    report = yield
    stated: Mapping[str, str] | None = getattr(getattr(item, "cls", None), "cannot_arrange", None)
    if stated is None or hasattr(report, "wasxfail"):
        return report
    reason = stated.get(item.name) or stated.get(item.name.partition("[")[0])
    error = call.excinfo.value if call.excinfo else None
    if report.skipped and not str(error).startswith(_NOT_OFFERED):
        if reason is None:
            _fail(
                report,
                f"skipped: {error}\nThe kit checks nothing here. If it cannot be arranged, say so in cannot_arrange, with the "
                f"reason: {{{item.name!r}: '...'}}",
            )
        else:
            report.user_properties.append((_STATED, f"{item.name}: {reason}"))
    elif report.skipped:
        report.user_properties.append((_STATED, f"{item.name}: {str(error).removeprefix(_NOT_OFFERED)}"))
    elif report.passed and report.when == "call" and reason is not None:
        _fail(report, f"cannot_arrange says that this cannot be arranged ({reason}), and it was: take it out")
    return report


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Show what the kit did not check, and why."""
    not_checked: dict[str, list[str]] = {}
    for report in terminalreporter.stats.get("skipped", ()):
        for name, text in getattr(report, "user_properties", ()):
            if name == _STATED:
                not_checked.setdefault(report.nodeid.rpartition("::")[0], []).append(text)
    if not_checked:
        terminalreporter.section("conformance: not checked, as the plugin states")
    for suite, lines in not_checked.items():
        terminalreporter.write_line(f"{suite}: {len(lines)} not checked")
        for line in sorted(set(lines)):
            terminalreporter.write_line(f"  {line}")


def _fail(report: pytest.TestReport, why: str) -> None:
    report.outcome = "failed"
    report.longrepr = why
