"""`escalation-bridge plugins`: the table and the document."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from escalation_bridge.cli.main import main
from escalation_bridge.plugged.discovery import BLOCK_VARIABLE


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Run the program in this process and return what it prints, at a terminal of this width."""
    monkeypatch.setattr(sys.modules[main.__module__], "set_up_logs", lambda _level: None)

    def run(*arguments: str, width: int = 80) -> str:
        monkeypatch.setenv("COLUMNS", str(width))
        monkeypatch.setattr(sys, "argv", ["escalation-bridge", *arguments])
        with pytest.raises(SystemExit) as end:
            main()
        assert not end.value.code
        return capfd.readouterr().out

    return run


@pytest.fixture
def broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plugin whose trouble is long to tell, and looks like markup."""
    info = tmp_path / "odd-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: odd\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[escalation_bridge]\nodd = odd_for_a_test:Plugin\n")
    (tmp_path / "odd_for_a_test.py").write_text(
        "raise OSError('[bold]there is ' + 'no way ' * 20 + 'at all[/x]')"
    )
    monkeypatch.syspath_prepend(tmp_path)


@pytest.mark.parametrize("width", [60, 80, 200])
def test_every_hook_is_shown_whole_at_any_width(run, width):
    rows = [line.split("│") for line in run("plugins", width=width).splitlines() if line.count("│") == 5]
    names, _, _, hooks = [
        "".join(cell.strip() for cell in column) for column in list(zip(*rows, strict=True))[1:5]
    ]
    for plugin in json.loads(run("plugins", "--json")):
        assert plugin["name"] in names
        assert ",".join(plugin["hooks"]) in hooks.replace(" ", "")


def test_the_table_says_from_where_a_plugin_is_and_of_which_kind(run):
    lines = run("plugins", width=120).splitlines()
    row = next(index for index, line in enumerate(lines) if "zendesk" in line)
    assert "ready" in lines[row]
    assert "escalation-bridge" in lines[row]
    assert "helpdesk" in lines[row + 1]


@pytest.mark.usefixtures("broken")
def test_trouble_is_told_to_its_end_and_not_taken_for_markup(run):
    told = " ".join(run("plugins").replace("│", " ").split())
    assert "OSError('[bold]there is no way" in told
    assert "at all[/x]')" in told


def test_a_blocked_plugin_says_so(run, monkeypatch):
    monkeypatch.setenv(BLOCK_VARIABLE, "jira")
    jira = next(plugin for plugin in json.loads(run("plugins", "--json")) if plugin["name"] == "jira")
    assert jira["state"] == "blocked"
    assert jira["hooks"] == []
    assert jira["problem"] == "blocked by the configuration or the environment"
    assert "blocked by the configuration" in run("plugins", width=200)
