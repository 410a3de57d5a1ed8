"""The program as a whole: its help, its commands, and how it says that something is wrong."""

import inspect
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from escalation_bridge import __version__
from escalation_bridge.cli.commands import COMMANDS, load
from escalation_bridge.cli.main import main

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Run the program in this process: exit status, standard output, standard error."""
    # The logs are set up for a whole process, and this one has other tests.
    monkeypatch.setattr(sys.modules[main.__module__], "set_up_logs", lambda _level: None)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.delenv("ESCALATION_BRIDGE_CONFIG", raising=False)

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["escalation-bridge", *arguments])
        status = 0
        try:
            main()
        except SystemExit as end:
            status = int(end.code or 0)
        told = capfd.readouterr()
        return status, told.out, told.err

    return run


CORE = ("cases", "config", "connect", "explain", "plugins", "retry", "sla", "work")
OTHERS = ("demo", "receive", "sandbox", "serve")


def test_the_help_has_every_command(run):
    status, out, err = run("--help")
    assert (status, err) == (0, "")
    assert all(f" {command} " in out for command in (*CORE, *OTHERS))


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_of_commands_says_what_each_command_says_of_itself(name):
    assert inspect.cleandoc(load(name).help or "").split("\n")[0] == COMMANDS[name].help


def test_the_help_imports_what_it_needs_and_nothing_else():
    """Not the database, the vendors' libraries, the web server: each command imports its own when it is called."""
    asked = (
        "import sys; sys.argv = ['escalation-bridge', '--help']\n"
        "from escalation_bridge.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(*sorted(sys.modules), file=sys.stderr)"
    )
    ended = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    imported = {name.split(".")[0] for name in ended.stderr.split()}
    assert "typer" in imported
    assert not imported & {
        "sqlalchemy",
        "alembic",
        "pydantic",
        "flask",
        "requests",
        "waitress",
        "ruamel",
        "bs4",
    }


@pytest.mark.parametrize(
    "command", [*CORE, *OTHERS, "config check", "config schema", "plugins new", "sla due", "sla elapsed"]
)
def test_every_command_explains_itself(run, command):
    status, out, _ = run(*command.split(), "--help")
    assert status == 0
    usage, explanation = [line.strip() for line in out.splitlines() if line.strip()][:2]
    assert usage.startswith(f"Usage: escalation-bridge {command}")
    assert re.match(r"[A-Z](\S+ ){2}", explanation)


def test_the_version(run):
    assert run("--version")[:2] == (0, f"escalation-bridge {__version__}\n")


def test_an_unknown_command_is_refused(run):
    status, _, err = run("explian")
    assert status == 2
    assert "explian" in err


def test_what_went_wrong_on_purpose_is_told_in_one_piece(run, tmp_path):
    long = "x" * 300
    (tmp_path / "bridge.yaml").write_text(f"connections: {{}}\n{long}: 1\n'[red]odd[/red]': 2\n")
    status, out, err = run("config", "check", "--config", str(tmp_path / "bridge.yaml"))
    assert (status, out) == (1, "")
    assert "Traceback" not in err
    assert long in err  # not broken into the lines of a terminal
    assert "[red]odd[/red]" in err  # not taken for markup


def test_a_configuration_that_is_not_there_is_told(run, tmp_path):
    status, _, err = run("config", "check", "--config", str(tmp_path / "nothing.yaml"))
    assert status == 1
    assert "nothing.yaml" in err
    assert "Traceback" not in err


# --- commands of others ---------------------------------------------------------------------------------------------


@pytest.fixture
def offer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """Install a distribution that adds a command."""
    monkeypatch.syspath_prepend(tmp_path)

    def offer(name: str, code: str) -> None:
        module = f"command_for_a_test_{name}"
        (tmp_path / f"{module}.py").write_text(dedent(code))
        info = tmp_path / f"{module}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[escalation_bridge.commands]\n{name} = {module}:command\n")

    return offer


def test_a_stranger_may_add_a_command(run, offer):
    offer(
        "greet",
        "def command(name: str) -> None:\n    '''Say hello to somebody.'''\n    print('Hello', name)\n",
    )
    assert run("greet", "Sari")[:2] == (0, "Hello Sari\n")
    assert "Say hello to somebody." in run("--help")[1]


@pytest.mark.parametrize("code", ["import nowhere_to_be_found", "import sys; sys.exit(3)", "other = 1"])
def test_a_command_that_cannot_be_imported_is_named_and_left_out(run, offer, code):
    offer("broken", code)
    status, out, err = run("--help")
    assert status == 0
    assert "serve" in out
    assert "broken" not in out
    assert err.startswith("The command broken is not available: ")
    status, _, err = run("broken")
    assert status == 2
    assert "The command broken is not available: " in err


def test_a_command_is_only_loaded_when_it_is_asked_for(run, offer):
    offer("costly", "raise AssertionError('loaded')")
    status, _, err = run("plugins", "--json")
    assert (status, err) == (0, "")
