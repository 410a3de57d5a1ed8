"""`attachments` of a route: on unless said otherwise, with limits, and mistakes are told where they are."""

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from escalation_bridge.config.loading import configuration_schema, load_configuration
from escalation_bridge.configfile import InvalidConfiguration
from escalation_bridge.domain.routes.routes import FileRule
from escalation_bridge.plugged.discovery import Catalogue, FoundPlugin, PluginState
from escalation_bridge.plugin.connection import HelpdeskPlugin
from escalation_bridge.plugin.settings import ConnectionSettings

MB = 1024 * 1024


class Desk(HelpdeskPlugin[ConnectionSettings]):
    vendor = "desk"
    title = "Desk"
    settings = ConnectionSettings


CATALOGUE = Catalogue({"desk": FoundPlugin("desk", "desk", "1", PluginState.READY, Desk)})
ROUTE = "connections:\n  support: {plugin: desk}\n  dev: {plugin: desk}\nroutes:\n  on: {from: support, to: dev%s}\n"
GOOD = {
    "": FileRule(10 * MB),
    ", attachments: true": FileRule(10 * MB),
    ", attachments: {}": FileRule(10 * MB),
    ", attachments: {max_mb: 25}": FileRule(25 * MB),
    ", attachments: {refuse: [.exe, .tar.gz, application/zip, video/*]}": FileRule(
        10 * MB, (".exe", ".tar.gz", "application/zip", "video/*")
    ),
    ", attachments: false": None,
}
BAD = {
    "{max_mb: 0}": "routes.on.attachments.max_mb",
    "{max_mb: 501}": "routes.on.attachments.max_mb",
    "{max_mb: lots}": "routes.on.attachments.max_mb",
    "{max: 5}": "routes.on.attachments.max",
    "{refuse: [exe]}": "routes.on.attachments.refuse[0]",
    "{refuse: [.]}": "routes.on.attachments.refuse[0]",
    "{refuse: ['*/*']}": "routes.on.attachments.refuse[0]",
    "{refuse: ['.exe ']}": "routes.on.attachments.refuse[0]",
    "sometimes": "routes.on.attachments",
    "[]": "routes.on.attachments",
}


def written(tmp_path, text):
    path = tmp_path / "bridge.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(("text", "rule"), GOOD.items())
def test_what_it_becomes(tmp_path, text, rule):
    path = written(tmp_path, ROUTE % text)
    assert load_configuration(path, CATALOGUE, {}).rules.routes["on"].files == rule


@pytest.mark.parametrize(("value", "where"), BAD.items())
def test_mistakes_are_told_where_they_are(tmp_path, value, where):
    with pytest.raises(InvalidConfiguration) as refused:
        load_configuration(written(tmp_path, ROUTE % f", attachments: {value}"), CATALOGUE, {})
    assert where in {finding.path for finding in refused.value.findings}, refused.value


def test_the_schema_says_the_same():
    check = Draft202012Validator(configuration_schema(CATALOGUE))
    for text in GOOD:
        assert not list(check.iter_errors(YAML(typ="safe").load(ROUTE % text))), text
    for value in BAD:
        data = YAML(typ="safe").load(ROUTE % f", attachments: {value}")
        assert list(check.iter_errors(data)), value


def test_an_ending_without_its_point_is_answered_with_what_is_wanted(tmp_path):
    with pytest.raises(InvalidConfiguration) as refused:
        load_configuration(written(tmp_path, ROUTE % ", attachments: {refuse: [exe]}"), CATALOGUE, {})
    (finding,) = refused.value.findings
    assert "did you mean .exe?" in finding.message
    assert "^" not in finding.message
