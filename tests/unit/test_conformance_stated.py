"""A plugin whose author skips what the kit wants to see: nothing is green for that unless it is stated, and then it is shown."""

import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
SUITE = """
import importlib.util
from escalation_bridge.plugin.hooks import hookimpl
from escalation_bridge.testing.conformance import Trouble

spec = importlib.util.spec_from_file_location("conformance_of_memory", {path!r})
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)

class TestLazy(module.TestMemory):
    cannot_arrange = {stated!r}

    def arrange(self, trouble, hook, retry_after=None):
        self.cannot("too much work")

del module
"""
LIMITED = "test_a_limit_is_told_with_the_time_to_wait"


def run(
    folder: Path, stated: dict[str, str], *tests: str, workers: int = 0
) -> subprocess.CompletedProcess[str]:
    source = SUITE.format(path=str(HERE / "test_conformance_memory.py"), stated=stated)
    (folder / "test_lazy.py").write_text(source)
    (folder / "conftest.py").write_text(
        'pytest_plugins = ["escalation_bridge.testing.stated"]\n' if workers else ""
    )
    spread = ["-n", str(workers)] if workers else ["-p", "no:xdist"]
    chosen = [f"test_lazy.py::TestLazy::{test}" for test in tests]
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "ignore", *spread, *chosen],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def test_a_skip_that_nobody_stated_fails(tmp_path: Path) -> None:
    ran = run(tmp_path, {}, LIMITED)
    assert ran.returncode == 1
    assert "6 failed" in ran.stdout
    assert "cannot_arrange" in ran.stdout
    assert "too much work" in ran.stdout


@pytest.mark.parametrize("workers", [0, 1])
def test_what_is_stated_is_skipped_and_shown(tmp_path: Path, workers: int) -> None:
    ran = run(tmp_path, {LIMITED: "Acme has no limits"}, LIMITED, workers=workers)
    assert ran.returncode == 0, ran.stdout
    assert "TestLazy: 6 not checked" in ran.stdout
    assert f"{LIMITED}[create_ticket]: Acme has no limits" in ran.stdout


def test_one_of_several_parameters_can_be_stated(tmp_path: Path) -> None:
    ran = run(tmp_path, {f"{LIMITED}[find_ticket]": "its search has no limit"}, LIMITED)
    assert "5 failed, 1 skipped" in ran.stdout


def test_a_statement_that_is_not_true_any_more_fails(tmp_path: Path) -> None:
    stated = {"test_the_plugin_can_do_the_main_job": "nobody can know"}
    ran = run(tmp_path, stated, "test_the_plugin_can_do_the_main_job")
    assert ran.returncode == 1
    assert "take it out" in ran.stdout
