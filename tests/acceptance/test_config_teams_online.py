"""Groups and members of teams, looked up at the stand-ins, and rotas that end."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from bridge_helpers.calendars import calendar_of, calendar_server, turn
from escalation_bridge.plugin.connection import utc_now
from escalation_bridge_sandbox.freshdesk.state import seed as freshdesk

Run = Callable[..., tuple[int, str, str]]
GHOST = "ghost@desk.example"


@pytest.fixture
def with_teams(check: Run) -> Callable[[str], tuple[int, list[str]]]:
    def run(team: str) -> tuple[int, list[str]]:
        teams = f"teams:\n  duty: {team}\nescalation: {{last_resort: duty}}\nroutes:"
        status, _, err = check("--online", **{"routes:": teams})
        return status, [line for line in err.splitlines() if "bridge.yaml:" in line and "teams." in line]

    return run


def test_groups_and_people_who_are_there_are_known(
    with_teams: Callable[[str], tuple[int, list[str]]],
) -> None:
    members = f"members: [{{email: {freshdesk.AGENT_RINA.email}, accounts: {{shop: Rina}}}}]"
    place = f"places: [{{connection: shop, group: {freshdesk.GROUP_BILLING}}}]"
    assert with_teams(f"{{{place}, {members}}}") == (0, [])


def test_a_group_that_is_not_there_is_refused_with_those_that_are(
    with_teams: Callable[[str], tuple[int, list[str]]],
) -> None:
    status, [line] = with_teams("{places: [{connection: shop, group: Biling}]}")
    assert status == 1
    assert "teams.duty.places[0].group" in line
    assert "Billing" in line


def test_a_member_who_left_is_refused(with_teams: Callable[[str], tuple[int, list[str]]]) -> None:
    place = f"places: [{{connection: shop, group: {freshdesk.GROUP_BILLING}}}]"
    member = f"{{email: {GHOST}, accounts: {{shop: Gone Girl}}}}"
    status, [line] = with_teams(f"{{{place}, members: [{member}]}}")
    assert status == 1
    assert "there is nobody `Gone Girl` at shop" in line


def test_a_rota_that_ends_tomorrow_is_a_warning(with_teams: Callable[[str], tuple[int, list[str]]]) -> None:
    today = utc_now().date()
    shift = f"{{people: [a@b.example], start: {today - timedelta(days=7)}, until: {today + timedelta(days=2)}, timezone: UTC}}"
    place = f"places: [{{connection: shop, group: {freshdesk.GROUP_BILLING}}}]"
    status, [line] = with_teams(f"{{{place}, rota: {{shifts: [{shift}]}}}}")
    assert status == 0
    assert line.startswith("Warning")
    assert "from then on nobody is on call" in line


# --- members of groups ----------------------------------------------------------------------------------------------

FROM_GROUP = f"{{connection: shop, group: {freshdesk.GROUP_SUPPORT}, members_from_group: true}}"
PERSON = f"{{email: {freshdesk.AGENT_RINA.email}, accounts: {{shop: Rina}}}}"


def test_the_members_of_a_group_are_counted(check: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRESHDESK_API_KEY", freshdesk.ADMIN.api_key)
    duty = f"{{places: [{FROM_GROUP}], assign: round_robin}}"
    teams = f"teams:\n  duty: {duty}\nescalation: {{last_resort: duty}}\nroutes:"
    status, out, err = check("--online", **{"routes:": teams})
    assert (status, [line for line in err.splitlines() if "teams." in line]) == (0, [])
    assert "duty: 3 members in its groups" in out
    status, out, _ = check("--online", "--json", **{"routes:": teams})
    assert json.loads(out[out.index("{") :])["members"] == {"duty": 3}


def test_a_key_that_may_not_look_is_a_warning(with_teams: Callable[[str], tuple[int, list[str]]]) -> None:
    status, [line] = with_teams(f"{{places: [{FROM_GROUP}], members: [{PERSON}]}}")
    assert status == 0
    assert line.startswith("Warning")
    assert "teams.duty.places[0].members_from_group" in line
    assert "cannot be read" in line


def test_a_rota_of_who_is_in_no_group_is_a_warning(
    with_teams: Callable[[str], tuple[int, list[str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FRESHDESK_API_KEY", freshdesk.ADMIN.api_key)
    people = f"[{freshdesk.AGENT_BUDI.email}, {GHOST}]"
    shift = f"{{people: {people}, start: 2026-01-05, timezone: UTC}}"
    status, [line] = with_teams(f"{{places: [{FROM_GROUP}], rota: {{shifts: [{shift}]}}}}")
    assert status == 0
    assert "teams.duty.rota.shifts[0].people[1]" in line
    assert f"{GHOST} is neither under `members` nor in a group" in line


# --- calendars ------------------------------------------------------------------------------------------------------


@pytest.fixture
def on_call(
    with_teams: Callable[[str], tuple[int, list[str]]],
) -> Callable[[str], tuple[int, list[str]]]:
    def run(source: str) -> tuple[int, list[str]]:
        place = f"places: [{{connection: shop, group: {freshdesk.GROUP_BILLING}}}]"
        return with_teams(f'{{{place}, members: [{PERSON}], rota: {{calendar: {{source: "{source}"}}}}}}')

    return run


def test_a_calendar_is_read_and_what_it_names_in_vain_is_told(
    on_call: Callable[[str], tuple[int, list[str]]],
) -> None:
    soon = utc_now() + timedelta(days=2)
    known = turn(soon, soon + timedelta(days=1), f"ATTENDEE:mailto:{freshdesk.AGENT_RINA.email}")
    with calendar_server() as server:
        server.text = calendar_of(known)
        assert on_call(f"{server.url}/secret-path") == (0, [])
        server.text = calendar_of(known, turn(soon, soon + timedelta(days=1), "SUMMARY:Gone Girl"))
        status, [line] = on_call(f"{server.url}/secret-path")
        assert (status, "names Gone Girl, who are no members" in line) == (0, True)
        server.text = calendar_of(turn(soon - timedelta(days=9), soon - timedelta(days=8), "SUMMARY:Rina"))
        status, [line] = on_call(f"{server.url}/secret-path")
        assert (status, "no event in the next 90 days" in line) == (0, True)
        server.status = 404
        status, [line] = on_call(f"{server.url}/secret-path")
        assert (status, "the calendar cannot be read: Not Found (HTTP 404)" in line) == (0, True)
        assert "secret-path" not in line


def test_a_files_calendar_is_checked_without_the_accounts(check: Run, tmp_path: Path) -> None:
    past = utc_now() - timedelta(days=9)
    (tmp_path / "rota.ics").write_text(calendar_of(turn(past, past + timedelta(days=1), "SUMMARY:Rina")))
    place = f"places: [{{connection: shop, group: {freshdesk.GROUP_BILLING}}}]"
    duty = f'{{{place}, members: [{PERSON}], rota: {{calendar: {{source: "file:rota.ics"}}}}}}'
    teams = f"teams:\n  duty: {duty}\nescalation: {{last_resort: duty}}\nroutes:"
    status, _, err = check(**{"routes:": teams})
    assert (status, "no event in the next 90 days" in err) == (0, True)


# --- fields ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "name", "number"),
    [
        (
            "{connection: engineering, fields: {Customer impact: Major}}",
            "Customer impact",
            "customfield_10011",
        ),
        (
            "{connection: engineering, fields: {customer IMPACT: Major}}",
            "customer IMPACT",
            "customfield_10011",
        ),
        ("{connection: engineering, fields: {Components: Payments}}", "Components", "components"),
        ("{connection: shop, fields: {Root cause: Configuration}}", "Root cause", "cf_root_cause"),
    ],
)
def test_a_field_by_its_display_name_would_never_recognise_a_team(
    with_teams: Callable[[str], tuple[int, list[str]]], place: str, name: str, number: str
) -> None:
    status, [line] = with_teams(f"{{places: [{place}]}}")
    assert status == 1
    assert "teams.duty.places[0].fields" in line
    assert f"`{name}` is how " in line
    assert line.rstrip().endswith(f"write its id, {number}")


def test_a_field_by_its_id_is_known(with_teams: Callable[[str], tuple[int, list[str]]]) -> None:
    places = "{connection: engineering, fields: {customfield_10011: Major}}, {connection: shop, fields: {cf_root_cause: Configuration}}"
    assert with_teams(f"{{places: [{places}]}}") == (0, [])


def test_other_fields_of_teams_are_named_by_id_too(check: Run) -> None:
    place = "{connection: engineering, fields: {customfield_10011: Major}}"
    duty = f"{{places: [{place}], required_fields: {{engineering: {{Workaround: What helps}}}}}}"
    escalation = "{last_resort: duty, reproduced_field: {shop: Root cause}}"
    teams = f"teams:\n  duty: {duty}\nescalation: {escalation}\nroutes:"
    status, _, err = check("--online", **{"routes:": teams})
    assert status == 1
    assert "write its id, customfield_10012" in err
    assert "write its id, cf_root_cause" in err


# --- leads by role --------------------------------------------------------------------------------------------------


@pytest.fixture
def with_roles(check: Run) -> Callable[[str], tuple[int, list[str]]]:
    def run(roles: str) -> tuple[int, list[str]]:
        place = f"{{connection: shop, group: {freshdesk.GROUP_BILLING}}}"
        teams = f"teams:\n  duty: {{places: [{place}]}}\nescalation: {{last_resort: duty, lead_roles: {roles}}}\nroutes:"
        status, _, err = check("--online", **{"routes:": teams})
        return status, [line for line in err.splitlines() if "lead_roles" in line]

    return run


def test_roles_are_looked_up(
    with_roles: Callable[[str], tuple[int, list[str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FRESHDESK_API_KEY", freshdesk.ADMIN.api_key)
    assert with_roles("{shop: [Agent]}") == (0, [])
    status, [line] = with_roles("{shop: [Agent, Supervisor]}")
    assert (status, line.startswith("Warning")) == (0, True)
    assert "escalation.lead_roles.shop[1]" in line
    assert "nobody has the role `Supervisor` of shop" in line
    status, [line] = with_roles("{shop: [Boss]}")
    assert status == 1
    assert "there is no role 'Boss'" in line


def test_a_key_that_may_not_read_roles_is_a_warning(
    with_roles: Callable[[str], tuple[int, list[str]]],
) -> None:
    status, [line] = with_roles("{shop: [Supervisor]}")
    assert (status, line.startswith("Warning")) == (0, True)
    assert "cannot be read" in line
    assert "administrators only" in line
