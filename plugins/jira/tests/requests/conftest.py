"""Plugins of both editions whose requests are answered at the wire."""

from collections.abc import Iterator

import pytest
import responses

from bridge_helpers.jira_wire import Wire, plugin_of
from escalation_bridge_jira.plugin import JiraPlugin


@pytest.fixture
def wire() -> Iterator[Wire]:
    with responses.RequestsMock() as wire:
        yield wire


@pytest.fixture
def cloud() -> Iterator[JiraPlugin]:
    plugin = plugin_of("cloud")
    yield plugin
    plugin.close()


@pytest.fixture
def datacenter() -> Iterator[JiraPlugin]:
    plugin = plugin_of("datacenter")
    yield plugin
    plugin.close()
