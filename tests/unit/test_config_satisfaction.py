"""The section `satisfaction`: what is read, and what is refused."""

from datetime import timedelta

import pytest

from bridge_helpers.policy_files import BASE, CATALOGUE, Desk
from escalation_bridge.config.loading import load_configuration
from escalation_bridge.config.rules import rules_kept
from escalation_bridge.configfile import InvalidConfiguration
from escalation_bridge.domain.case.satisfaction import SatisfactionRule, Survey
from escalation_bridge.plugin.hooks import hookimpl

PUBLIC = BASE.replace("bridge: {", "bridge: {public_url: https://bridge.example.com, ")


@pytest.fixture
def read(tmp_path):
    def load(text, base=BASE):
        file = tmp_path / "bridge.yaml"
        file.write_text(base + text)
        return load_configuration(file, CATALOGUE, {})

    return load


def test_a_link_is_read_with_its_defaults_and_older_cases_follow(read):
    found = read("satisfaction: {support: {survey: link}}\n", PUBLIC)
    rule = SatisfactionRule(Survey.LINK, timedelta(hours=1), timedelta(days=14))
    assert found.rules.satisfaction == {"support": rule}
    assert rules_kept(found.promises, found.rules).satisfaction == found.rules.satisfaction
    assert read("").rules.satisfaction == {}


def test_a_survey_of_the_helpdesk_needs_a_plugin_that_reads_it(read, monkeypatch):
    with pytest.raises(InvalidConfiguration) as refused:
        read("satisfaction: {support: {survey: helpdesk}}\n")
    (found,) = refused.value.findings
    assert (found.path, "fetch_satisfaction" in found.message) == ("satisfaction.support.survey", True)

    @hookimpl
    def fetch_satisfaction(self, ticket_id):
        del self, ticket_id
        return ()

    monkeypatch.setattr(Desk, "fetch_satisfaction", fetch_satisfaction)
    rule = read("satisfaction: {support: {survey: helpdesk, after: 30m}}\n").rules.satisfaction["support"]
    assert (rule.survey, rule.after) == (Survey.HELPDESK, timedelta(minutes=30))


@pytest.mark.parametrize(
    ("written", "path", "words"),
    [
        ("suport: {survey: link}", "satisfaction.suport", "did you mean `support`"),
        ("support: {}", "satisfaction.support.survey", "missing"),
        ("support: {survey: mail}", "satisfaction.support.survey", "link"),
        ("support: {survey: link, valid_days: 0}", "satisfaction.support.valid_days", "1"),
        ("support: {survey: link, after: soon}", "satisfaction.support.after", "duration"),
    ],
)
def test_what_could_never_be_meant_is_refused(read, written, path, words):
    with pytest.raises(InvalidConfiguration) as refused:
        read(f"satisfaction: {{{written}}}\n", PUBLIC)
    found = {each.path: each.message for each in refused.value.findings}
    assert path in found, found
    assert words in found[path]


def test_a_link_needs_a_public_address(read):
    with pytest.raises(InvalidConfiguration) as refused:
        read("satisfaction: {support: {survey: link}}\n")
    (found,) = refused.value.findings
    assert "public_url" in found.message
