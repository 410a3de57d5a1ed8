"""Who is in a group or has a role, and who takes no tickets now: told to administrators only."""

from typing import Any

import pytest
import requests

from escalation_bridge import errors
from escalation_bridge_sandbox.freshdesk.state import seed
from escalation_bridge_sandbox.kernel.faults import Fault, FaultKind


def admin_sets(desk: Any, kind: str, name: str, **values: object) -> None:
    records = getattr(desk.sandbox.helpdesk.desk, kind).values()
    number = next(each.id for each in records if each.name == name)
    answer = requests.put(f"{desk.url}/_sandbox/{kind}/{number}", json=values, timeout=5)
    assert answer.ok, answer.text


def told(desk: Any, group: str) -> list[tuple[str, str, bool | None]]:
    return [
        (each.person.name, each.person.email, each.away) for each in desk.plugin.fetch_group_members(group)
    ]


def test_the_members_of_a_group_come_with_their_addresses_and_without_the_bridge(desk: Any) -> None:
    desk.promote()
    budi, rina = (("Budi", seed.AGENT_BUDI.email, None), ("Rina", seed.AGENT_RINA.email, None))
    assert told(desk, seed.GROUP_SUPPORT) == [budi, rina]
    assert told(desk, f" {seed.GROUP_BILLING.upper()} ") == [budi]
    entries = desk.sandbox.journal.entries(user=seed.BRIDGE.email)
    assert sum(entry.path.endswith("/agents") for entry in entries) == 1


def test_who_is_not_available_is_away_where_the_group_assigns_by_itself(desk: Any) -> None:
    desk.promote()
    admin_sets(desk, "agents", "Rina", available=False)
    admin_sets(desk, "groups", seed.GROUP_ESCALATIONS, auto_ticket_assign=True)
    rina = ("Rina", seed.AGENT_RINA.email)
    assert told(desk, seed.GROUP_ESCALATIONS) == [(*rina, True)]
    assert (*rina, None) in told(desk, seed.GROUP_SUPPORT)


def test_who_was_added_is_told(desk: Any) -> None:
    desk.promote()
    ids = [each.id for each in desk.sandbox.helpdesk.desk.agents.values() if each.name in ("Rina", "Budi")]
    admin_sets(desk, "groups", seed.GROUP_BILLING, agent_ids=ids)
    assert [name for name, *_ in told(desk, seed.GROUP_BILLING)] == ["Budi", "Rina"]


def test_other_keys_may_not_look(desk: Any) -> None:
    with pytest.raises(errors.PermissionDenied):
        desk.plugin.fetch_group_members(seed.GROUP_SUPPORT)


@pytest.mark.parametrize("group", ["Nowhere", "4711"])
def test_a_group_that_is_not_there_is_refused(desk: Any, group: str) -> None:
    desk.promote()
    with pytest.raises(errors.Rejected, match=f"no group '{group}'"):
        desk.plugin.fetch_group_members(group)


@pytest.mark.parametrize("path", [r"/groups/\d+$", "/agents$"])
def test_no_answer_is_no_empty_group(desk: Any, path: str) -> None:
    desk.promote()
    desk.sandbox.faults.add(Fault(FaultKind.EMPTY_200, path=path))
    with pytest.raises(errors.UnreadableAnswer):
        desk.plugin.fetch_group_members(seed.GROUP_SUPPORT)


# --- roles ----------------------------------------------------------------------------------------------------------


def test_who_has_a_role_is_told_without_the_bridge(desk: Any) -> None:
    desk.promote()
    admin_sets(desk, "agents", "Rina", role="Supervisor")
    login = (seed.ADMIN.api_key, "X")
    roles = requests.get(f"{desk.url}/api/v2/roles", auth=login, timeout=5).json()
    (supervisor,) = [each["id"] for each in roles if each["name"] == "Supervisor"]
    for word in (" supervisor", str(supervisor)):
        assert [each.email for each in desk.plugin.fetch_role_members(word)] == [seed.AGENT_RINA.email]
    assert desk.plugin.fetch_role_members("Administrator") == ()
    entries = desk.sandbox.journal.entries(user=seed.BRIDGE.email)
    single = [each.path for each in entries if each.path.rpartition("/")[2].isdigit()]
    assert len(single) == len(set(single)) == len(seed.AGENTS) - 1, "each agent once, without the bridge"


def test_a_role_that_is_not_there_is_refused(desk: Any) -> None:
    desk.promote()
    with pytest.raises(errors.Rejected, match="no role 'Boss'"):
        desk.plugin.fetch_role_members("Boss")


def test_other_keys_may_not_read_roles(desk: Any) -> None:
    with pytest.raises(errors.PermissionDenied):
        desk.plugin.fetch_role_members("Supervisor")
