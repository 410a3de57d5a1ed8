"""`comments` of a route: mistakes are told where they are."""

from datetime import timedelta

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from escalation_bridge.config.loading import configuration_schema, load_configuration
from escalation_bridge.configfile import InvalidConfiguration
from escalation_bridge.plugged.discovery import Catalogue, FoundPlugin, PluginState
from escalation_bridge.plugin.connection import HelpdeskPlugin
from escalation_bridge.plugin.settings import ConnectionSettings


class Desk(HelpdeskPlugin[ConnectionSettings]):
    vendor = "desk"
    title = "Desk"
    settings = ConnectionSettings


CATALOGUE = Catalogue({"desk": FoundPlugin("desk", "desk", "1", PluginState.READY, Desk)})
ROUTE = "connections:\n  support: {plugin: desk}\n  dev: {plugin: desk}\nroutes:\n  on: {from: support, to: dev%s}\n"
WINDOWS = {
    "": timedelta(hours=24),
    ", comments: {}": timedelta(hours=24),
    ", comments: {follow_edits: 90m}": timedelta(minutes=90),
    ", comments: {follow_edits: 1h 30m}": timedelta(minutes=90),
    ", comments: {follow_edits: 720h}": timedelta(days=30),
    ", comments: {follow_edits: 0}": None,
    ", comments: {follow_edits: 0s}": None,
    ", comments: {follow_edits: none}": None,
    ", comments: {follow_edits: null}": None,
}


@pytest.fixture
def file(tmp_path):
    def write(route):
        path = tmp_path / "bridge.yaml"
        path.write_text(ROUTE % route)
        return path

    return write


@pytest.mark.parametrize(("route", "window"), WINDOWS.items())
def test_for_how_long_edits_are_followed(file, route, window):
    path = file(route)
    assert load_configuration(path, CATALOGUE).rules.routes["on"].follow_edits == window
    problems = Draft202012Validator(configuration_schema(CATALOGUE)).iter_errors(YAML(typ="safe").load(path))
    assert [problem.message for problem in problems] == []


@pytest.mark.parametrize("window", ["24", "721h", "1d", "-1h", "false", "always", "5"])
def test_a_window_that_is_none_is_told(file, window):
    with pytest.raises(InvalidConfiguration, match=r"routes\.on\.comments\.follow_edits") as refused:
        load_configuration(file(f", comments: {{follow_edits: {window}}}"), CATALOGUE)
    assert "allowed: a duration up to 720h such as 24h or 90m, or none" in str(refused.value)
