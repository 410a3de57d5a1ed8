"""Teams and the rules of escalations in the configuration: what is read, and what is refused."""

import re
from pathlib import Path

import pytest

from bridge_helpers.policy_files import BASE, CATALOGUE
from escalation_bridge.config.loading import load_configuration, load_rules
from escalation_bridge.configfile import InvalidConfiguration
from escalation_bridge.domain.escalation.actions.escalate import Escalate
from escalation_bridge.domain.routes.package_rule import PackageRule
from escalation_bridge.domain.teams.permissions import Circle
from escalation_bridge.domain.teams.rota import Rota
from escalation_bridge.domain.teams.team import Assignment

ROUTE = "routes:\n  to-dev: {from: support, to: dev, status: {to_linked: {}, to_origin: {}}}\n"
FIRST = "  first: {level: L1, places: [{connection: support, group: First}]%s}\n"
SECOND = "  second: {level: L2, places: [{connection: support, group: Second}]%s}\n"
TEAMS = BASE + ROUTE + "levels: [L1, L2]\nteams:\n" + FIRST + SECOND
REST = "escalation: {last_resort: second%s}\n"


@pytest.fixture
def read(tmp_path):
    def load(text):
        file = tmp_path / "bridge.yaml"
        file.write_text(text)
        return load_configuration(file, CATALOGUE, {})

    return load


@pytest.fixture
def findings(read):
    def find(text):
        with pytest.raises(InvalidConfiguration) as refused:
            read(text)
        return {each.path: each.message for each in refused.value.findings}

    return find


def test_a_whole_organisation_is_read(read):
    members = (
        ", next: second, members: [{email: Sari@Acme.example, skills: [cards], lead: true}], assign: on_call,"
        " calendar: office, capacity: 5, rota: {shifts: [{people: [sari@acme.example], start: 2026-01-05,"
        ' at: "08:30", timezone: Asia/Jakarta, hours: ["22:00", "06:00"]}]}'
    )
    text = TEAMS % (members, ", routes: [to-dev]") + REST % (
        ", may: {unlink: leads}, rules: [{name: all, when: {tags: [x]}, to: first, skills: [cards]}]"
    )
    directory = read(text).rules.directory
    first = directory.teams["first"]
    assert (first.assignment, first.calendar_name, first.capacity) == (Assignment.ON_CALL, "office", 5)
    assert first.members[0].email == "sari@acme.example"
    assert directory.next_of("first") is directory.teams["second"]
    assert directory.team_of_route("to-dev") is directory.teams["second"]
    assert directory.permissions.circle_of("unlink") is Circle.LEADS
    assert directory.rules[0].skills == {"cards"}


@pytest.mark.parametrize(
    ("first", "rest", "path", "words"),
    [
        (", next: secnd", "", "teams.first.next", "second"),
        (", calendar: offce", "", "teams.first.calendar", "office"),
        (", routes: [to-dv]", "", "teams.first.routes[0]", "to-dev"),
        (", assign: round_robin", "", "teams.first.assign", "no members"),
        (", members: [{email: a@b.example}], assign: on_call", "", "teams.first.assign", "no rota"),
        (
            ", members: [{email: a@b.example}], rota: {shifts: [{people: [c@d.example], start: 2026-01-05, timezone: UTC}]}",
            "",
            "teams.first.rota.shifts[0].people[0]",
            "no member",
        ),
        (
            ", rota: {shifts: [{people: [c@d.example], start: 2026-01-05, timezone: Mars/Base}]}",
            "",
            "teams.first.rota.shifts[0].timezone",
            "IANA",
        ),
        ("", ", leads: lads", "escalation.leads", "team"),
        ("", ", rules: [{name: a, to: third}]", "escalation.rules[0].to", "team"),
        (
            "",
            ", rules: [{name: a, to: first}, {name: b, to: second}]",
            "escalation.rules[1].name",
            "never applies",
        ),
        ("", ", may: {unlnk: leads}", "escalation.may.unlnk", "unlink"),
        (
            "",
            ", triggers: [{name: a, when: {tags: [x]}, command: esclate first}]",
            "escalation.triggers[0].command",
            "no command",
        ),
        ("", ", rules: [{name: a, when: {tgs: [x]}, to: first}]", "escalation.rules[0].when.tgs", "tags"),
    ],
)
def test_what_could_never_work_is_refused_where_it_stands(findings, first, rest, path, words):
    told = findings(TEAMS % (first, "") + REST % rest)
    assert list(told) == [path]
    assert words in told[path]


TRIGGER = ", triggers: [{name: a, when: {tags: [x]}, command: %s}]"
SHIFT = "{people: [a@b.example], start: 2026-01-05, timezone: UTC, hours: ['08:00', '08:00']}"


@pytest.mark.parametrize(
    ("first", "rest", "path", "words"),
    [
        (", title: Second", "", "teams.first.title", "called so already"),
        (
            ", members: [{email: a@b.example}, {email: A@b.example}]",
            "",
            "teams.first.members[1].email",
            "already",
        ),
        (
            ", members: [{email: a@b.example, accounts: {suport: x}}]",
            "",
            "teams.first.members[0].accounts.suport",
            "support",
        ),
        (f", rota: {{shifts: [{SHIFT}]}}", "", "teams.first.rota.shifts[0].hours", "around the clock"),
        ("", ", may: {eskalasi: leads}", "escalation.may.eskalasi", "write `escalate`"),
        ("", ", reproduced_field: {suport: x}", "escalation.reproduced_field.suport", "support"),
        ("", TRIGGER % "' '", "escalation.triggers[0].command", "nothing is commanded"),
        ("", TRIGGER % "/bridge ack", "escalation.triggers[0].command", "leave out /bridge"),
        ("", TRIGGER % "escalate frist", "escalation.triggers[0].command", "names no team"),
        ("", TRIGGER % "escalate", "escalation.triggers[0].command", "names no team"),
        (
            "",
            ", triggers: [{name: a, when: {}, command: ack}]",
            "escalation.triggers[0].when",
            "every ticket",
        ),
        (
            "",
            ", triggers: [{name: a, when: {tags: [x]}, command: ack}, {name: a, when: {tags: [y]}, command: who}]",
            "escalation.triggers[1].name",
            "already",
        ),
    ],
)
def test_what_means_nothing_or_two_things_is_refused_where_it_stands(findings, first, rest, path, words):
    told = findings(TEAMS % (first, "") + REST % rest)
    assert list(told) == [path]
    assert words in told[path]


@pytest.mark.parametrize("name", ["next", "auto", "naik", "next-level", "by-rules"])
def test_a_team_is_not_called_like_another_one_in_commands(findings, name):
    team = f"  {name}: {{places: [{{connection: support, group: Other}}]}}\n"
    told = findings(TEAMS % ("", "") + team + REST % "")
    assert list(told) == [f"teams.{name}"]


def test_levels_differ_and_fit_into_the_database(findings):
    long = "L" * 65
    text = TEAMS.replace("[L1, L2]", f"[L1, L2, L1, {long}]") % ("", "")
    team = f"  third: {{level: {long}, places: [{{connection: support, group: Other}}]}}\n"
    told = findings(text + team + REST % "")
    assert set(told) == {"levels[2]", "levels[3]"}


@pytest.mark.parametrize(
    "command", ["escalate first", "eskalasi L2 it is down", "escalate to-dev", "escalate next"]
)
def test_a_button_may_escalate_to_whatever_a_command_may(read, command):
    (trigger,) = read(TEAMS % ("", "") + REST % (TRIGGER % command)).rules.directory.triggers
    assert trigger.words == command


def test_teams_need_a_last_resort_a_place_and_used_levels(findings):
    text = BASE + "levels: [L1, L9]\nteams:\n  first: {level: L1}\n"
    told = findings(text)
    assert "last_resort" in told["teams"]
    assert "has no place" in told["teams.first"]
    assert "no team has the level L9" in told["levels[1]"]


def test_a_circle_of_next_teams_is_refused(findings):
    told = findings(TEAMS % (", next: second", ", next: first") + REST % "")
    assert all("a circle" in message for message in told.values())
    assert "teams.first.next" in told


@pytest.mark.parametrize(
    ("written", "action"),
    [
        ("to-dev", Escalate("to-dev")),
        ("{route: to-dev}", Escalate("to-dev")),
        ("{to: first}", Escalate(team="first")),
        ("{to: next-level}", Escalate(team="next-level")),
    ],
)
def test_a_step_escalates_to_a_team_a_level_or_along_a_route(read, written, action):
    step = f"{{id: s, metric: resolution, at: due, do: [{{escalate: {written}}}]}}"
    policy = f"policies:\n  - {{name: all, targets: {{default: {{resolution: 4h}}}}, ladder: [{step}]}}\n"
    rules = read(TEAMS % ("", "") + REST % "" + policy).rules
    assert rules.policies[0].ladder[0].actions == (action,)


@pytest.mark.parametrize(
    ("written", "path", "words"),
    [
        ("{to: frst}", "to", "first"),
        ("{route: to-dv}", "route", "to-dev"),
        ("{to: first, route: to-dev}", "", "either"),
    ],
)
def test_a_step_names_teams_and_routes_that_there_are(findings, written, path, words):
    step = f"{{id: s, metric: resolution, at: due, do: [{{escalate: {written}}}]}}"
    policy = f"policies:\n  - {{name: all, targets: {{default: {{resolution: 4h}}}}, ladder: [{step}]}}\n"
    told = findings(TEAMS % ("", "") + REST % "" + policy)
    ((at, message),) = told.items()
    assert at.startswith("policies[0].ladder[0].do[0]")
    assert path in at
    assert words in message


# --- what is told from outside --------------------------------------------------------------------------------------

GROUPED = (TEAMS % (", assign: round_robin", "") + REST % "").replace("plugin: desk", "plugin: groupdesk", 1)
CALENDAR = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART;VALUE=DATE:20260302\r\n"
    "RRULE:FREQ=DAILY\r\nSUMMARY:Sari\r\n%sEND:VEVENT\r\nEND:VCALENDAR\r\n"
)


def with_group(group="group: First, members_from_group: true"):
    return GROUPED.replace("group: First", group)


def test_a_team_may_take_its_members_from_a_group(read):
    (place,) = read(with_group()).rules.directory.teams["first"].places
    assert (place.group, place.members_from_group) == ("First", True)


def test_members_come_from_groups_only(findings):
    told = findings(with_group("tags: [first], members_from_group: true"))
    assert "the place has no group" in told["teams.first.places[0].members_from_group"]


def test_leads_come_from_roles_of_helpdesks_that_tell_them(findings, read):
    text = TEAMS % ("", ", routes: [to-dev]") + REST % ", lead_roles: {support: [admin, Team lead]}"
    known = text.replace("support: {plugin: desk}", "support: {plugin: groupdesk}")
    assert read(known).rules.directory.lead_roles == {"support": ("admin", "Team lead")}
    assert findings(text) == {
        "escalation.lead_roles.support": "the plugin of support reads no roles: write `lead: true` at the members"
    }
    path = "escalation.lead_roles.suport"
    assert "support" in findings(known.replace("lead_roles: {support", "lead_roles: {suport"))[path]


def test_members_come_from_plugins_that_read_them(findings):
    told = findings(with_group().replace("groupdesk", "desk"))
    assert told == {
        "teams.first.places[0].members_from_group": "the plugin of support reads no members of groups: list them under `members`"
    }


def with_calendar(source, more=""):
    return TEAMS % (f', rota: {{calendar: {{source: "{source}"{more}}}}}', "") + REST % ""


def test_a_calendar_is_a_file_or_an_address(read, tmp_path, monkeypatch):
    (tmp_path / "rota.ics").write_text(CALENDAR % "")
    calendar = (
        read(with_calendar("file:rota.ics", ", timezone: Asia/Tokyo"))
        .rules.directory.teams["first"]
        .rota.calendar
    )
    assert (calendar.timezone, calendar.url) == ("Asia/Tokyo", "")
    assert "SUMMARY:Sari" in calendar.text
    address = "https://calendar.example/secret-token/rota.ics?key=x"
    (tmp_path / "address").write_text(address)
    for source in (address, "file:address", "http://127.0.0.1:8080/rota.ics"):
        calendar = read(with_calendar(source)).rules.directory.teams["first"].rota.calendar
        assert (calendar.url, calendar.text) == (source if "//" in source else address, "")
        assert "secret-token" not in repr(calendar)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("rota.ics", "allowed: an iCalendar file such as file:rota.ics, or an https:// address"),
        ("http://calendar.example/rota.ics", "must begin with https://"),
        ("https://user:secret@calendar.example/rota.ics", "no plain address"),
        ("file:missing.ics", "`file:missing.ics` cannot be read"),
        ("file:page.ics", "it is no iCalendar"),
        ("file:large.ics", "`file:large.ics` is too large; allowed: 1024 KiB"),
        ("file:odd.ics", "event 1 recurs HOURLY"),
        ("file:zone.ics", "event 1 has the time zone Mars/Base, which is unknown"),
    ],
)
def test_what_is_no_calendar_is_refused_by_its_name(findings, tmp_path, source, words):
    (tmp_path / "page.ics").write_text("<html>Sign in</html>")
    (tmp_path / "large.ics").write_text("x" * (1024 * 1024 + 1))
    (tmp_path / "odd.ics").write_text(CALENDAR.replace("DAILY", "HOURLY") % "")
    (tmp_path / "zone.ics").write_text(CALENDAR % "DTEND;TZID=Mars/Base:20260302T000000\r\n")
    told = findings(with_calendar(source))
    assert list(told) == ["teams.first.rota.calendar.source"]
    assert words in told["teams.first.rota.calendar.source"]
    assert "secret" not in str(told)


def test_a_finding_about_a_file_names_it(findings, tmp_path):
    (tmp_path / "page.ics").write_text("<html>Sign in</html>")
    (message,) = findings(with_calendar("file:page.ics")).values()
    assert "the content of `file:page.ics`" in message


@pytest.mark.parametrize("vendor", ["zendesk", "freshdesk", "jira"])
def test_the_buttons_of_the_readmes_are_read(read, vendor):
    page = (Path(__file__).parents[2] / f"plugins/{vendor}/README.md").read_text(encoding="utf-8")
    (written,) = re.findall(r"```yaml\n(escalation:\n  triggers:\n.*?)```", page, re.DOTALL)
    text = TEAMS.replace("second:", "payments:") % ("", "") + written + "  last_resort: payments\n"
    (trigger,) = read(text).rules.directory.triggers
    assert (trigger.words, trigger.remove_tags) == ("escalate payments", ("escalate-payments",))
    (test,) = trigger.match.all
    assert test.values == ("escalate-payments",)


def test_cases_are_inspected_without_the_address_of_a_calendar(findings, tmp_path):
    text = with_calendar("${ROTA_URL}")
    assert "ROTA_URL" in findings(text)["teams.first.rota.calendar.source"]
    first = load_rules(tmp_path / "bridge.yaml", {}).directory.teams["first"]
    assert first.rota == Rota()
    (tmp_path / "bridge.yaml").write_text(text.replace("level: L1", "level: '${OTHER}'"))
    with pytest.raises(InvalidConfiguration, match="OTHER"):
        load_rules(tmp_path / "bridge.yaml", {})


# --- the hand-over ------------------------------------------------------------------------------------------------------


def test_what_a_team_reads_and_requires_is_read(read):
    required = ", requires: [summary, tried], required_fields: {support: {3600: Browser}}"
    text = TEAMS % (required, ", routes: [to-dev]") + REST % ""
    package = "package: {fields: {3600: Browser}, value: {cf_tier: Tier}, tags: true, internal_notes: 2}"
    text = text.replace("{from: support,", f"{{{package}, from: support,")
    rules = read(text + "customer_value: {Toko Maju: {Tier: Gold, Seats: 40}}\n").rules
    first = rules.directory.teams["first"]
    assert first.requires == ("summary", "tried")
    assert first.required_fields == {"support": {"3600": "Browser"}}
    assert rules.routes["to-dev"].package == PackageRule({"3600": "Browser"}, {"cf_tier": "Tier"}, True, 2)
    assert rules.customer_value == {"toko maju": {"Tier": "Gold", "Seats": "40"}}


def test_without_a_word_about_it_no_internal_note_is_passed_on(read):
    rules = read(TEAMS % ("", ", routes: [to-dev]") + REST % "").rules
    assert rules.routes["to-dev"].package.internal_notes == 0


@pytest.mark.parametrize(
    ("first", "path", "words"),
    [
        (", requires: [sumary]", "teams.first.requires[0]", "summary"),
        (
            ", required_fields: {suport: {a: A}}",
            "teams.first.required_fields.suport",
            "did you mean `support`",
        ),
    ],
)
def test_what_a_team_cannot_require_is_refused(findings, first, path, words):
    assert words in findings(TEAMS % (first, "") + REST % "")[path]
