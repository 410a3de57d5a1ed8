"""Channels and ways of notices in the configuration: what is read, and what is refused."""

from datetime import time

import pytest

from bridge_helpers.policy_files import BASE, CATALOGUE
from escalation_bridge.config.loading import load_configuration, load_rules
from escalation_bridge.configfile import InvalidConfiguration
from escalation_bridge.domain.teams.reach import Digest
from escalation_bridge.domain.tickets.tickets import Severity

BARE = BASE.replace("bridge: {extensions: [pager]}\n", "")  # an extension might serve any name
SECRET = "s3cret-of-the-mail-server"
SECRETS = {
    "MAIL": f"mailtos://bridge:{SECRET}@smtp.acme.example?from=bridge@acme.example&to={{to}}",
    "ROOM": "json://chat.acme.example/hooks/T0KEN",
    "ODD": f"nosuchservice://{SECRET}",
}
CHANNELS = 'channels:\n  mail: {url: "${MAIL}"}\n  room: {url: "${ROOM}"}\n'
TEAMS = (
    "teams:\n  first:\n    title: First Line\n    places: [{connection: support, group: First}]\n"
    "    members: [{email: sari@acme.example%s}]\n%s"
)
REST = "escalation: {last_resort: first%s}\n"
LADDER = (
    "policies:\n  - name: all\n    calendar: always\n    targets: {default: {first_response: 1h}}\n"
    "    ladder:\n      - {id: now, metric: first_response, at: due, do: [{notify: %s}]}\n"
)


def whole(*, member="", team="", rest="", channels=CHANNELS, notices="", ladder=""):
    return BARE + channels + notices + TEAMS % (member, team) + REST % rest + ladder


@pytest.fixture
def read(tmp_path):
    def load(text):
        file = tmp_path / "bridge.yaml"
        file.write_text(text)
        return load_configuration(file, CATALOGUE, SECRETS)

    return load


@pytest.fixture
def findings(read):
    def find(text):
        with pytest.raises(InvalidConfiguration) as refused:
            read(text)
        return {each.path: each.message for each in refused.value.findings}

    return find


def test_ways_are_read(read):
    text = whole(
        member=", notify: [{channel: mail, severity: [emergency], to: other@acme.example}, {channel: room, digest: weekly}],"
        ' quiet: {hours: ["21:00", "07:00"], timezone: Asia/Jakarta}',
        team="    notify: [{channel: room}]\n",
        notices='notices: {page_every: 2m, page_times: 5, gather: 1m, digest_at: "09:30", timezone: Asia/Jakarta}\n',
    )
    configuration = read(text)
    directory = configuration.rules.directory
    (sari,) = directory.teams["first"].members
    reach = directory.reach_of(sari)
    assert [way.channel for way in reach.ways] == ["mail", "room"]
    assert reach.ways[0].severities == {Severity.EMERGENCY}
    assert reach.ways[0].address == "other@acme.example"
    assert reach.ways[1].digest is Digest.WEEKLY
    assert reach.quiet is not None
    assert (reach.quiet.start, reach.quiet.timezone) == (time(21), "Asia/Jakarta")
    assert directory.teams["first"].reach.ways[0].channel == "room"
    assert (directory.notices.page_every, directory.notices.page_times) == (120, 5)
    assert configuration.channels["mail"] == SECRETS["MAIL"]
    assert SECRET not in repr(configuration)


def test_members_without_ways_are_reached_as_everybody(read):
    directory = read(whole(notices="notices: {everybody: [{channel: mail}]}\n")).rules.directory
    (sari,) = directory.teams["first"].members
    assert [way.channel for way in directory.reach_of(sari).ways] == ["mail"]


def test_rules_are_read_without_the_secrets_of_channels(tmp_path):
    file = tmp_path / "bridge.yaml"
    file.write_text(whole(notices="notices: {everybody: [{channel: mail}]}\n"))
    assert load_rules(file, {}).directory.channels == {"mail", "room"}


@pytest.mark.parametrize(
    ("text", "path", "words"),
    [
        (
            whole(member=", notify: [{channel: mial}]"),
            "teams.first.members[0].notify[0].channel",
            "did you mean `mail`",
        ),
        (whole(team="    notify: [{channel: rom}]\n"), "teams.first.notify[0].channel", "room"),
        (whole(team="    notify: [{channel: mail}]\n"), "teams.first.notify[0]", "write `to`"),
        (whole(team="    notify: [{channel: room, to: x}]\n"), "teams.first.notify[0].to", "a room for all"),
        (whole(notices="notices: {everybody: [{channel: post}]}\n"), "notices.everybody[0].channel", "post"),
        (whole(notices="notices: {page_times: 0}\n"), "notices.page_times", "0"),
        (whole(ladder=LADDER % "frist"), "policies[0].ladder[0].do[0].notify", "did you mean `first`"),
        (whole(ladder=LADDER % "first"), "policies[0].ladder[0].do[0].notify", "nothing reaches first"),
        (
            whole(ladder=LADDER % "sari@acme.example"),
            "policies[0].ladder[0].do[0].notify",
            "nothing reaches sari",
        ),
        (whole(rest=", alert: nobody"), "escalation.alert", "nobody"),
        (whole(channels="", rest=", alert: first"), "escalation.alert", "nothing sends notifications"),
        (whole(channels='channels: {odd: {url: "${ODD}"}}\n'), "channels.odd.url", "nosuchservice://"),
        (whole(channels="channels: {plain: {url: 'json://x'}}\n"), "channels.plain.url", "must not stand in"),
    ],
)
def test_what_leads_nowhere_is_refused(findings, text, path, words):
    found = findings(text)
    assert path in found
    assert words in found[path]
    assert SECRET not in str(found)


@pytest.mark.parametrize("to", ["room", "first", "First Line", "sari@acme.example"])
def test_whoever_is_reached_may_be_notified(read, to):
    read(whole(member=", notify: [{channel: mail}]", ladder=LADDER % f'"{to}"'))
