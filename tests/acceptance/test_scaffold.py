"""`escalation-bridge plugins new`: what it writes is installed by pip, is listed, and passes the conformance kit."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from escalation_bridge.errors import ConfigurationError
from escalation_bridge.scaffold import FILES, write_plugin

EXAMPLE = Path(__file__).parents[2] / "examples" / "third_party_plugin"
PIP = (sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--no-build-isolation")
OF_ITS_OWN = {"pyproject.toml", "README.md", "src/escalation_bridge_plainlist/__init__.py"}


def run(*command: str, at: Path, path: Path | None = None) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if "ESCALATION_BRIDGE" not in name}
    places = [str(path)] if path else []
    places += [place for place in (inherited.get("PYTHONPATH"),) if place]
    return subprocess.run(
        command,
        cwd=at,
        env={**inherited, "PYTHONPATH": os.pathsep.join(places), "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )


def test_a_new_plugin_is_installed_listed_and_passes_the_kit(tmp_path: Path) -> None:
    bridge = (sys.executable, "-m", "escalation_bridge")
    made = run(*bridge, "plugins", "new", "acme", at=tmp_path)
    assert made.returncode == 0, made.stderr
    assert "Next: cd escalation-bridge-acme" in made.stdout
    plugin, site = tmp_path / "escalation-bridge-acme", tmp_path / "site"
    installed = run(*PIP, "--target", str(site), str(plugin), at=tmp_path)
    assert installed.returncode == 0, installed.stderr

    listed = run(*bridge, "plugins", "--json", at=tmp_path, path=site)
    found = {one["name"]: one for one in json.loads(listed.stdout)}["acme"]
    assert (found["state"], found["distribution"]) == ("ready", "escalation-bridge-acme")

    # The installed one is tested, not the folder beside the tests.
    (plugin / "src").rename(plugin / "elsewhere")
    tested = run(
        *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error"), at=plugin, path=site
    )
    assert tested.returncode == 0, tested.stdout[-3000:]
    assert " passed" in tested.stdout

    again = run(*bridge, "plugins", "new", "acme", at=tmp_path)
    assert again.returncode == 1
    assert again.stderr.strip() == "escalation-bridge-acme is not empty; nothing was written"
    taken = run(*bridge, "plugins", "new", "jira", at=tmp_path)
    assert (taken.returncode, "is installed already" in taken.stderr) == (1, True)


def test_its_code_is_the_examples(tmp_path: Path) -> None:
    """So that what newcomers begin with is read, linted and tested like everything else."""
    write_plugin("plainlist", tmp_path / "new")
    for path in FILES.keys() - OF_ITS_OWN:
        assert (tmp_path / "new" / path).read_text() == (EXAMPLE / path).read_text(), path


def test_the_old_name_is_nowhere(tmp_path: Path) -> None:
    for path in write_plugin("acme", tmp_path / "new"):
        assert "plainlist" not in f"{path}\n{path.read_text()}".lower(), path


@pytest.mark.parametrize("name", ["", "Acme", "acme desk", "acme-desk", "7desk", "../acme", "a", "é" * 3])
def test_what_cannot_be_a_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigurationError, match="cannot be a plugin's name"):
        write_plugin(name, tmp_path / "new")
    assert not (tmp_path / "new").exists()
