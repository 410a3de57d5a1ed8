"""The import rules: each contract is broken by an import that it forbids, and CONTRIBUTING shows the towers as they are enforced."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = {
    "escalation_bridge": ".",
    "escalation_bridge_zendesk": "plugins/zendesk",
    "escalation_bridge_jira": "plugins/jira",
    "escalation_bridge_freshdesk": "plugins/freshdesk",
    "escalation_bridge_webhooks": "webhooks",
    "escalation_bridge_sandbox": "sandbox",
}
PLANTED = {
    "The core is a tower": ("escalation_bridge/store/database/schema.py", "escalation_bridge.engine.worker"),
    "The domain is a tower": (
        "escalation_bridge/domain/tickets/tickets.py",
        "escalation_bridge.domain.links.holds",
    ),
    "The domain is pure": ("escalation_bridge/domain/sla/clocks.py", "requests"),
    "The core knows no vendor, no web framework and nothing that is built on it": (
        "escalation_bridge/bridge.py",
        "flask",
    ),
    "Plugins import the plugin interface and nothing else of the core": (
        "escalation_bridge_zendesk/plugin.py",
        "escalation_bridge.store.database.database",
    ),
    "Plugins, receiver and sandbox know nothing of each other": (
        "escalation_bridge_jira/plugin.py",
        "escalation_bridge_freshdesk.settings",
    ),
    "The stand-ins are built from the vendors' facts, not from the bridge": (
        "escalation_bridge_sandbox/guide.py",
        "escalation_bridge.errors",
    ),
    "The Zendesk plugin is a tower": (
        "escalation_bridge_zendesk/http/client.py",
        "escalation_bridge_zendesk.tickets.tickets",
    ),
    "The Jira plugin is a tower": (
        "escalation_bridge_jira/http/client.py",
        "escalation_bridge_jira.site.desk",
    ),
    "The Freshdesk plugin is a tower": (
        "escalation_bridge_freshdesk/http/client.py",
        "escalation_bridge_freshdesk.account",
    ),
    "The store is a tower": (
        "escalation_bridge/store/webhooks/deliveries.py",
        "escalation_bridge.store.queue.claims",
    ),
    "The command line is a tower": (
        "escalation_bridge/cli/console/output.py",
        "escalation_bridge.cli.cases.dead",
    ),
    "The stand-in for Zendesk is a tower": (
        "escalation_bridge_sandbox/zendesk/state/seed.py",
        "escalation_bridge_sandbox.zendesk.tickets.desk",
    ),
    "The stand-in for Freshdesk is a tower": (
        "escalation_bridge_sandbox/freshdesk/state/seed.py",
        "escalation_bridge_sandbox.freshdesk.tickets.operations",
    ),
}


def contracts() -> list[dict[str, object]]:
    written = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    found: list[dict[str, object]] = written["tool"]["importlinter"]["contracts"]
    return found


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the linter says of a copy in which one forbidden import is planted for each contract."""
    copy = tmp_path_factory.mktemp("fence")
    for package, folder in PACKAGES.items():
        left_out = shutil.ignore_patterns("__pycache__", "*.toml", "*.md")
        shutil.copytree(ROOT / folder / package, copy / package, ignore=left_out)
    shutil.copy(ROOT / "pyproject.toml", copy)
    for file, module in PLANTED.values():
        with (copy / file).open("a", encoding="utf-8") as source:
            source.write(f"\nimport {module}\n")
    code = (
        "import sys; sys.path.insert(0, '.'); from importlinter.cli import lint_imports_command as run; run()"
    )
    command = [sys.executable, "-c", code, "--no-cache"]
    ended = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False)
    assert ended.returncode != 0, ended.stdout + ended.stderr
    return ended.stdout


def test_a_forbidden_import_is_planted_for_each_contract():
    assert sorted(PLANTED) == sorted(str(one["name"]) for one in contracts())


@pytest.mark.parametrize("name", PLANTED)
def test_the_import_that_it_forbids_breaks_a_contract(verdicts, name):
    assert f"{name} BROKEN" in verdicts


def test_contributing_shows_the_towers_as_they_are_enforced():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    for one in contracts():
        if one["type"] == "layers" and str(one["containers"]).startswith("['escalation_bridge"):
            layers = [str(layer) for layer in one["layers"]]  # type: ignore[attr-defined]
            if "vendor" not in str(one["name"]) and one["containers"] in (
                ["escalation_bridge"],
                ["escalation_bridge.domain"],
                ["escalation_bridge.store"],
            ):
                assert "\n".join(layers) in text, one["name"]
