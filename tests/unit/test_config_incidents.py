"""The section `incidents` of the configuration: what is read, and what is refused."""

from datetime import timedelta

import pytest

from bridge_helpers.policy_files import CATALOGUE
from escalation_bridge.config.loading import load_configuration
from escalation_bridge.configfile import InvalidConfiguration

BASE = """\
connections:
  support: {plugin: desk}
  shop: {plugin: desk}
  dev: {plugin: desk}
routes:
  support-to-dev: {from: support, to: dev, status: {to_linked: {}, to_origin: {}}}
  again-to-dev: {from: support, to: dev, status: {to_linked: {}, to_origin: {}}}
  shop-to-dev: {from: shop, to: dev, status: {to_linked: {}, to_origin: {}}}
  dev-to-shop: {from: dev, to: shop, status: {to_linked: {}, to_origin: {}}}
"""


@pytest.fixture
def read(tmp_path):
    def load(text):
        file = tmp_path / "bridge.yaml"
        file.write_text(BASE + text)
        return load_configuration(file, CATALOGUE, {}).rules

    return load


def test_without_the_section_there_are_no_rules(read):
    assert read("").incidents is None


def test_the_defaults(read):
    rules = read("incidents: {}\n").incidents
    assert (rules.routes, rules.emergency_customers) == ((), 20)
    assert (rules.settings.min_tickets, rules.settings.quiet) == (3, timedelta(hours=6))


@pytest.mark.parametrize("written", ["support-to-dev", "[support-to-dev]"])
def test_one_route(read, written):
    rules = read(
        f"incidents: {{route: {written}, min_tickets: 4, window: 2h, quiet: 3h, emergency_customers: null}}\n"
    )
    assert rules.incident_route("support").name == "support-to-dev"
    assert rules.incident_route("shop") is None
    settings = rules.incidents.settings
    assert (settings.min_tickets, settings.window, settings.quiet) == (
        4,
        timedelta(hours=2),
        timedelta(hours=3),
    )
    assert rules.incidents.emergency_customers is None


def test_a_route_for_each_connection(read):
    rules = read("incidents: {route: [support-to-dev, shop-to-dev]}\n")
    assert rules.incident_route("shop").name == "shop-to-dev"


@pytest.mark.parametrize(
    ("written", "path", "words"),
    [
        ("route: nowhere", "incidents.route", "unknown route"),
        ("route: [support-to-dev, nowhere]", "incidents.route[1]", "unknown route"),
        ("route: [support-to-dev, again-to-dev]", "incidents.route[1]", "begins at support, too"),
        ("route: [support-to-dev, dev-to-shop]", "incidents.route[1]", "lead to one connection"),
        ("min_tickets: 1", "incidents.min_tickets", "2"),
        ("window: soon", "incidents.window", "soon"),
        ("rout: support-to-dev", "incidents.rout", "route"),
    ],
)
def test_what_cannot_be_is_refused(read, written, path, words):
    with pytest.raises(InvalidConfiguration) as refused:
        read(f"incidents: {{{written}}}\n")
    found = {each.path: each.message for each in refused.value.findings}
    assert words in found[path], found
