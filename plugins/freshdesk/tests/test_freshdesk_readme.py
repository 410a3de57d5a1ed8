"""The README says what the code does: every hook, every setting."""

import re
from pathlib import Path

import pluggy
import pytest

from escalation_bridge.plugin.connection import Connection
from escalation_bridge.plugin.hooks import PROJECT, HelpdeskHooks
from escalation_bridge.plugin.settings import ConnectionSettings, Resolved
from escalation_bridge_freshdesk.plugin import FreshdeskPlugin
from escalation_bridge_freshdesk.settings import FreshdeskSettings

README = (Path(__file__).parents[1] / "README.md").read_text()


def named_in(section: str) -> set[str]:
    """The words in the first column of the section's tables."""
    part = README.partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`.*?) \|", part, re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`(\w+)`", row)}


@pytest.fixture
def plugin() -> FreshdeskPlugin:
    given = {"plugin": "freshdesk", "url": "https://acme.freshdesk.com", "api_key": Resolved("key")}
    return FreshdeskPlugin(Connection("support", FreshdeskSettings.model_validate(given)))


def test_the_table_of_hooks_is_what_the_plugin_implements(plugin: FreshdeskPlugin) -> None:
    relay = pluggy.PluginManager(PROJECT)
    relay.add_hookspecs(HelpdeskHooks)
    relay.register(plugin)
    relay.check_pending()
    assert named_in("What it can do") == {caller.name for caller in relay.get_hookcallers(plugin) or ()}
    plugin.close()


def test_the_table_of_settings_is_what_may_be_set() -> None:
    own = FreshdeskSettings.model_fields.keys() - ConnectionSettings.model_fields.keys()
    assert named_in("Settings") == own
