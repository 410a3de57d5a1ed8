"""A stranger's distribution, installed by pip beside the bridge and seen through the real command line."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

EXAMPLE = Path(__file__).parents[2] / "examples" / "third_party_plugin"
SECRETS = {
    "SUPPORT_TOKEN": "the-support-token",
    "SUPPORT_WEBHOOK_SECRET": "the-support-secret",
    "WORKSHOP_TOKEN": "the-workshop-token",
    "WORKSHOP_WEBHOOK_SECRET": "the-workshop-secret",
}


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which pip has put the example, without any network."""
    folder = tmp_path_factory.mktemp("site")
    pip = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-index",
        "--no-deps",
        "--no-build-isolation",
    ]
    environment = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    subprocess.run([*pip, "--target", str(folder), str(EXAMPLE)], check=True, env=environment)
    return folder


@pytest.fixture
def bridge(installed: Path, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run `escalation-bridge` where the example is installed, in an empty folder."""

    def run(*arguments: str, also: Path | None = None, **variables: str) -> subprocess.CompletedProcess[str]:
        places = [str(place) for place in (also, installed, os.environ.get("PYTHONPATH")) if place]
        inherited = {name: value for name, value in os.environ.items() if "ESCALATION_BRIDGE" not in name}
        return subprocess.run(
            [sys.executable, "-m", "escalation_bridge", *arguments],
            cwd=tmp_path,
            env={
                **inherited,
                **SECRETS,
                "PYTHONPATH": os.pathsep.join(places),
                "COLUMNS": "200",
                **variables,
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    return run


@pytest.fixture
def readme_configuration() -> str:
    """The configuration that the example's README shows."""
    shown = re.findall(r"```yaml\n(.*?)```", (EXAMPLE / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert len(shown) == 1
    return shown[0]


def listed(result: subprocess.CompletedProcess[str]) -> dict[str, dict[str, Any]]:
    assert result.returncode == 0, result.stderr
    return {plugin["name"]: plugin for plugin in json.loads(result.stdout)}


def test_it_is_listed_beside_the_shipped_ones_with_what_it_can_do(bridge):
    plugins = listed(bridge("plugins", "--json"))
    assert list(plugins) == ["freshdesk", "house_rules", "jira", "plainlist", "zendesk"]
    assert all(plugin["state"] == "ready" and not plugin["problem"] for plugin in plugins.values())
    assert plugins["plainlist"] == {
        "name": "plainlist",
        "kind": "helpdesk",
        "state": "ready",
        "distribution": "escalation-bridge-plainlist",
        "version": "0.1.0",
        "hooks": [
            *("check_connection", "describe_fields", "verify_webhook", "parse_webhook", "fetch_ticket"),
            *(
                "fetch_comments",
                "find_ticket",
                "create_ticket",
                "update_ticket",
                "add_comment",
                "link_ticket",
            ),
        ],
        "problem": "",
    }
    assert plugins["house_rules"]["kind"] == "extension"
    assert plugins["house_rules"]["hooks"] == ["classify_ticket", "veto_escalation", "notify"]


def test_the_configuration_of_its_readme_is_in_order(bridge, tmp_path, readme_configuration):
    (tmp_path / "bridge.yaml").write_text(readme_configuration)
    checked = bridge("config", "check")
    assert checked.returncode == 0, checked.stderr
    verdict = "bridge.yaml: OK, no problems found (2 connections, 1 policy, 1 route)"
    assert checked.stdout.splitlines()[-1] == verdict


def test_the_schema_for_editors_has_its_settings(bridge, readme_configuration):
    printed = bridge("config", "schema")
    assert printed.returncode == 0, printed.stderr
    schema = json.loads(printed.stdout)
    validator = Draft202012Validator(schema)
    configuration = YAML(typ="safe").load(readme_configuration)
    assert list(validator.iter_errors(configuration)) == []
    configuration["connections"]["support"]["tokem"] = "${SUPPORT_TOKEN}"
    assert any("tokem" in problem.message for problem in validator.iter_errors(configuration))
    assert "The access token of the bridge's own user." in printed.stdout


def test_its_own_mistakes_are_told_like_everybody_elses(bridge, tmp_path, readme_configuration):
    wrong = readme_configuration.replace("token: ${SUPPORT_TOKEN}", "tokem: ${SUPPORT_TOKEN}")
    wrong = wrong.replace("https://workshop.plainlist.example", "ftp://workshop")
    (tmp_path / "bridge.yaml").write_text(wrong.replace("${WORKSHOP_TOKEN}", "written-down-by-hand"))
    checked = bridge("config", "check")
    assert checked.returncode == 1
    told = checked.stderr
    assert "connections.support.tokem" in told
    assert "did you mean `token`?" in told
    assert "connections.workshop.url" in told
    assert "connections.workshop.token" in told
    assert "written-down-by-hand" not in told
    assert "Traceback" not in told


# --- those that are out of order ------------------------------------------------------------------------------------


def offer(folder: Path, distribution: str, code: str, name: str, attribute: str = "Plugin") -> None:
    """Put a distribution into a folder, as pip would have left it."""
    module = distribution.replace("-", "_")
    (folder / f"{module}.py").write_text(dedent(code))
    info = folder / f"{module}-3.1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 3.1\n")
    (info / "entry_points.txt").write_text(f"[escalation_bridge]\n{name} = {module}:{attribute}\n")


DESK = """
from escalation_bridge.plugin.connection import HelpdeskPlugin
from escalation_bridge.plugin.hooks import hookimpl
from escalation_bridge.plugin.settings import ConnectionSettings

class Plugin(HelpdeskPlugin[ConnectionSettings]):
    vendor = title = "odd"
    settings = ConnectionSettings
"""


@pytest.fixture
def others(tmp_path: Path) -> Path:
    folder = tmp_path / "others"
    folder.mkdir()
    return folder


def test_those_that_cannot_be_used_are_named_and_the_others_work(
    bridge, tmp_path, others, readme_configuration
):
    offer(others, "desk-broken", "import a_module_that_is_not_there", "broken")
    offer(others, "desk-neither", "class Plugin: ...", "neither")
    offer(
        others,
        "desk-misspelt",
        DESK + "\n    @hookimpl\n    def fetch_tickets(self, ticket_id): ...\n",
        "misspelt",
    )
    offer(
        others,
        "desk-argument",
        DESK + "\n    @hookimpl\n    def fetch_ticket(self, number): ...\n",
        "argument",
    )
    result = bridge("plugins", "--json", also=others)
    plugins = listed(result)
    broken = {name: plugin["problem"] for name, plugin in plugins.items() if plugin["state"] == "broken"}
    assert "No module named 'a_module_that_is_not_there'" in broken.pop("broken")
    assert broken == {
        "neither": "is neither a HelpdeskPlugin nor an EscalationHooks class",
        "misspelt": "marks fetch_tickets, which is no hook; did you mean fetch_ticket?",
        "argument": "fetch_ticket takes number, which the hook does not have; it has ticket_id",
    }
    assert plugins["misspelt"]["distribution"] == "desk-misspelt"
    assert [name for name, plugin in plugins.items() if plugin["state"] == "ready"] == [
        *("freshdesk", "house_rules", "jira", "plainlist", "zendesk")
    ]
    assert "Traceback" not in result.stderr

    # One connection of such a plugin is one finding; the other connection is in order.
    (tmp_path / "bridge.yaml").write_text(
        readme_configuration.replace("plugin: plainlist", "plugin: misspelt", 1)
    )
    checked = bridge("config", "check", also=others)
    assert checked.returncode == 1
    (told,) = [line for line in checked.stderr.splitlines() if line.startswith("bridge.yaml")]
    assert "the plugin misspelt cannot be used: marks fetch_tickets, which is no hook" in told


def test_one_name_of_two_distributions_is_refused_naming_both(bridge, others):
    offer(others, "desk-rival", DESK, "plainlist")
    result = bridge("plugins", "--json", also=others)
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr.strip() == (
        "two plugins are called 'plainlist': one of desk-rival 3.1, one of escalation-bridge-plainlist 0.1.0; "
        "uninstall one of them"
    )


def test_the_environment_blocks(bridge):
    plugins = listed(bridge("plugins", "--json", ESCALATION_BRIDGE_BLOCK_PLUGINS="plainlist, jira"))
    assert {name: plugin["state"] for name, plugin in plugins.items()} == {
        "freshdesk": "ready",
        "house_rules": "ready",
        "jira": "blocked",
        "plainlist": "blocked",
        "zendesk": "ready",
    }


def test_the_configuration_blocks(bridge, tmp_path, readme_configuration):
    (tmp_path / "bridge.yaml").write_text(
        readme_configuration.replace("bridge:\n", "bridge:\n  block_plugins: [plainlist]\n")
    )
    checked = bridge("config", "check")
    assert checked.returncode == 1
    assert checked.stderr.count("the plugin plainlist cannot be used: blocked") == 2
