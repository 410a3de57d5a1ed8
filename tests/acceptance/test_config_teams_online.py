"""Groups and members of teams, looked up at the stand-ins, and rotas that end."""

from collections.abc import Callable
from datetime import timedelta

import pytest

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
