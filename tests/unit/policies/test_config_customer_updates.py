"""The section `customer` of a policy: what is read, what is refused, and which of two versions counts for an old case."""

import json

import pytest

from bridge_helpers.policy_files import CATALOGUE
from escalation_bridge.config.loading import load_configuration
from escalation_bridge.config.rules import rules_kept
from escalation_bridge.configfile import InvalidConfiguration
from escalation_bridge.domain.sla.customer_updates import CustomerUpdates, Occasion, Sending
from escalation_bridge.domain.tickets.conditions import Condition, Operator, Test

BASE = """\
connections: {support: {plugin: desk}}
calendars:
  jakarta: {timezone: Asia/Jakarta, hours: {mon: [["09:00", "17:00"]]}}
policies:
  - name: all
    calendar: jakarta
    targets: {default: {resolution: 8h}}
"""


@pytest.fixture
def read(tmp_path):
    def load(text="", base=BASE):
        file = tmp_path / "bridge.yaml"
        file.write_text(base + text)
        return load_configuration(file, CATALOGUE, {})

    return load


def updates(read, text):
    return read(f"    customer: {text}\n").rules.policies[0].updates


def test_without_the_section_the_routes_decide(read):
    assert read().rules.policies[0].updates is None


def test_the_defaults(read):
    assert updates(read, "{mode: sent}") == CustomerUpdates(
        Sending.SENT, frozenset(Occasion), None, 1800, nights=False, opt_out=None, timezone=None
    )


@pytest.mark.parametrize("word", ["off", "'off'", "false"])
def test_off_is_off_although_yaml_reads_it_as_false(read, word):
    assert updates(read, f"{{mode: {word}}}").mode is Sending.OFF


def test_all_of_it(read):
    written = (
        "{mode: draft, occasions: [escalated, silence, done], every: 8h, quiet_minutes: 15, nights: true,"
        " timezone: Asia/Makassar, opt_out: {tags: no-updates}}"
    )
    assert updates(read, written) == CustomerUpdates(
        Sending.DRAFT,
        frozenset({Occasion.ESCALATED, Occasion.SILENCE, Occasion.DONE}),
        8 * 3600,
        900,
        nights=True,
        opt_out=Condition(all=(Test("tags", Operator.CONTAINS, ("no-updates",)),)),
        timezone="Asia/Makassar",
    )


@pytest.mark.parametrize(
    ("written", "path", "words"),
    [
        ("{}", "mode", "missing"),
        ("{mode: loud}", "mode", "off"),
        ("{mode: true}", "mode", "off"),
        ("{mode: sent, occasions: []}", "occasions", "at least 1"),
        ("{mode: sent, occasions: [birthday]}", "occasions[0]", "escalated"),
        ("{mode: sent, every: 30s}", "every", "1m or longer"),
        ("{mode: sent, every: 20m}", "every", "longer than `quiet_minutes`"),
        ("{mode: sent, every: 8h, occasions: [done]}", "every", "no silence"),
        ("{mode: sent, occasions: [silence]}", "occasions", "needs `every`"),
        ("{mode: sent, quiet_minutes: -1}", "quiet_minutes", "0"),
        ("{mode: sent, timezone: Mars/Olympus}", "timezone", "Asia/Jakarta"),
        ("{mode: sent, opt_out: {colour: red}}", "opt_out", "colour"),
        ("{mode: sent, optout: {tags: x}}", "optout", "opt_out"),
    ],
)
def test_nonsense_is_refused(read, written, path, words):
    with pytest.raises(InvalidConfiguration) as refused:
        updates(read, written)
    found = {each.path: each.message for each in refused.value.findings}
    (message,) = [text for place, text in found.items() if place.startswith(f"policies[0].customer.{path}")]
    assert words in message


def test_a_calendar_without_a_time_zone_needs_one(read):
    always = BASE.replace("calendar: jakarta", "calendar: always")
    with pytest.raises(InvalidConfiguration, match="no time zone"):
        read("    customer: {mode: sent}\n", always)
    assert read("    customer: {mode: 'off'}\n", always)
    assert read("    customer: {mode: sent, timezone: Asia/Jakarta}\n", always)


# --- a case keeps its rules ---------------------------------------------------------------------------------------------


def kept(read, before, now):
    """The rules of a case that was opened under one file, while another one counts."""
    promises = read(before).promises
    return rules_kept(json.loads(json.dumps(promises)), read(now).rules).policies[0].updates


SENT = "    customer: {mode: sent, every: 8h, opt_out: {tags: no-updates}}\n"
DRAFT = "    customer: {mode: draft}\n"


def test_an_old_case_is_informed_as_the_present_policy_says(read):
    assert kept(read, SENT, SENT) == read(SENT).rules.policies[0].updates
    assert kept(read, SENT, DRAFT) == read(DRAFT).rules.policies[0].updates


def test_whoever_takes_the_section_out_ends_it_for_old_cases_too(read):
    assert kept(read, SENT, "").mode is Sending.OFF


def test_a_case_from_before_the_section_is_not_informed_of_what_happened_long_ago(read):
    assert kept(read, "", SENT) is None
