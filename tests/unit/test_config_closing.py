"""The section `close_solved`: what is read, and what is refused."""

from datetime import timedelta

import pytest

from bridge_helpers.policy_files import BASE, CATALOGUE, Desk
from escalation_bridge.config.loading import load_configuration
from escalation_bridge.config.rules import rules_kept
from escalation_bridge.configfile import InvalidConfiguration
from escalation_bridge.domain.case.closing import ClosingRule
from escalation_bridge.domain.tickets.tickets import Visibility


@pytest.fixture
def read(tmp_path):
    def load(text):
        file = tmp_path / "bridge.yaml"
        file.write_text(BASE + text)
        return load_configuration(file, CATALOGUE, {})

    return load


@pytest.fixture
def closing_itself(monkeypatch):
    monkeypatch.setattr(Desk, "closes_solved_tickets", True)


def test_what_is_left_out_has_its_default_and_older_cases_follow(read):
    found = read("close_solved: {support: {after_days: 14}}\n")
    rule = ClosingRule(timedelta(days=14), timedelta(days=3), Visibility.PUBLIC, "closed", 100)
    assert found.rules.closing == {"support": rule}
    assert rules_kept(found.promises, found.rules).closing == found.rules.closing
    assert read("").rules.closing == {}


@pytest.mark.usefixtures("closing_itself")
def test_where_the_helpdesk_closes_by_itself_no_status_is_set(read):
    found = read("close_solved: {support: {after_days: 4, notice_days: 1, notice: private}}\n")
    assert found.rules.closing["support"].status is None


@pytest.mark.usefixtures("closing_itself")
@pytest.mark.parametrize("key", ["status: Closed", "notice_days: 0"])
def test_what_such_a_helpdesk_cannot_do_is_refused(read, key):
    with pytest.raises(InvalidConfiguration) as refused:
        read(f"close_solved: {{support: {{after_days: 4, {key}}}}}\n")
    (found,) = refused.value.findings
    assert found.path == f"close_solved.support.{key.partition(':')[0]}"
    assert "closes solved tickets by its own automation" in found.message


@pytest.mark.parametrize(
    ("written", "path", "words"),
    [
        ("suport: {after_days: 4}", "close_solved.suport", "did you mean `support`"),
        ("support: {}", "close_solved.support.after_days", "missing"),
        ("support: {after_days: 0}", "close_solved.support.after_days", "1"),
        ("support: {after_days: 2}", "close_solved.support", "notice_days is longer than after_days"),
        ("support: {after_days: 9, notice: loud}", "close_solved.support.notice", "public"),
        ("support: {after_days: 9, hourly_cap: 0}", "close_solved.support.hourly_cap", "1"),
    ],
)
def test_what_could_never_be_meant_is_refused(read, written, path, words):
    with pytest.raises(InvalidConfiguration) as refused:
        read(f"close_solved: {{{written}}}\n")
    found = {each.path: each.message for each in refused.value.findings}
    assert path in found, found
    assert words in found[path]
