"""Who is in a group of agents, and who has a role."""

from collections.abc import Callable

import pytest
import requests
import responses
from responses import matchers

from escalation_bridge.errors import PermissionDenied, Rejected, UnreadableAnswer
from escalation_bridge_sandbox.kernel.faults import Fault, FaultKind
from escalation_bridge_sandbox.kernel.server import RunningVendor
from escalation_bridge_sandbox.zendesk import ZendeskSandbox
from escalation_bridge_sandbox.zendesk.state import seed
from escalation_bridge_zendesk.plugin import ZendeskPlugin

API = "https://acme.zendesk.com/api/v2"
USERS: list[dict[str, object]] = [
    {"id": 501, "name": "Agent One", "email": "one@acme.example", "role": "agent", "role_type": 0},
    {"id": 502, "name": "Agent Two", "email": None, "role": "admin", "role_type": 4},
    {"id": 503, "name": "Light", "email": "light@acme.example", "role": "agent", "role_type": 1},
    {"id": 504, "name": "Left", "email": "left@acme.example", "role": "agent", "suspended": True},
    {"id": 505, "name": "Gone", "email": "gone@acme.example", "role": "agent", "active": False},
    {"id": 599, "name": "Bridge", "email": "bridge@acme.example", "role": "admin"},
]


def page(users: list[dict[str, object]], after: str | None) -> dict[str, object]:
    return {"users": users, "meta": {"has_more": after is not None, "after_cursor": after}}


def test_who_takes_no_tickets_is_left_out_on_all_pages(
    plugin: ZendeskPlugin, zendesk: responses.RequestsMock
) -> None:
    zendesk.get(f"{API}/groups", json={"groups": [{"id": 22, "name": "Tier 2"}]})
    zendesk.get(f"{API}/users/me", json={"user": USERS[-1]})
    for users, here, after in ((USERS[1:], None, "next"), (USERS[:2], "next", None)):
        query = {"page[size]": "100", **({"page[after]": here} if here else {})}
        found = [matchers.query_param_matcher(query)]
        zendesk.get(f"{API}/groups/22/users", match=found, json=page(users, after))
    for word in ("tier 2 ", "22"):
        members = plugin.fetch_group_members(word)
        assert [(each.person.id, each.person.email, each.away) for each in members] == [
            ("502", None, None),
            ("501", "one@acme.example", None),
        ]


@pytest.fixture
def moves(running: RunningVendor) -> Callable[[int, list[int]], None]:
    """An admin puts somebody into groups."""

    def move(user: int, groups: list[int]) -> None:
        address = f"{running.url}/_sandbox/users/{user}"
        assert requests.put(address, json={"group_ids": groups}, timeout=5).ok

    return move


def test_who_is_added_to_a_group_is_told(
    connect: Callable[..., ZendeskPlugin], moves: Callable[[int, list[int]], None]
) -> None:
    plugin = connect()
    assert [each.person.email for each in plugin.fetch_group_members("Billing")] == [seed.AGENT_BUDI.email]
    moves(seed.AGENT_SARI.id, [seed.GROUP_BILLING])
    told = {each.person.email for each in plugin.fetch_group_members(str(seed.GROUP_BILLING))}
    assert told == {seed.AGENT_BUDI.email, seed.AGENT_SARI.email}
    with pytest.raises(Rejected, match="no group 'Nowhere'"):
        plugin.fetch_group_members("Nowhere")


def test_no_answer_is_no_empty_group(connect: Callable[..., ZendeskPlugin], sandbox: ZendeskSandbox) -> None:
    plugin = connect()
    sandbox.faults.add(Fault(FaultKind.EMPTY_200, path=r"/groups/\d+/users$"))
    with pytest.raises(UnreadableAnswer):
        plugin.fetch_group_members("Billing")
    sandbox.faults.add(Fault(FaultKind.FORBIDDEN, path=r"/groups/\d+/users$"))
    with pytest.raises(PermissionDenied):
        plugin.fetch_group_members("Billing")


# --- roles ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def gets_role(running: RunningVendor) -> Callable[[int, dict[str, object]], None]:
    """An admin gives somebody a role."""

    def change(user: int, role: dict[str, object]) -> None:
        assert requests.put(f"{running.url}/_sandbox/users/{user}", json=role, timeout=5).ok

    return change


def emails(plugin: ZendeskPlugin, role: str) -> list[str | None]:
    return [each.email for each in plugin.fetch_role_members(role)]


def test_who_has_a_role_is_told_without_the_bridge(
    connect: Callable[..., ZendeskPlugin], gets_role: Callable[[int, dict[str, object]], None]
) -> None:
    plugin = connect()
    assert emails(plugin, "Admin") == [seed.ADMIN.email]
    assert emails(plugin, "Team lead") == []
    gets_role(seed.AGENT_SARI.id, {"custom_role_id": seed.ROLE_TEAM_LEAD})
    for word in (" team LEAD", str(seed.ROLE_TEAM_LEAD)):
        assert emails(plugin, word) == [seed.AGENT_SARI.email]
    gets_role(seed.AGENT_SARI.id, {"suspended": True})
    assert emails(plugin, "Team lead") == []


def test_a_role_that_is_not_there_is_refused(
    connect: Callable[..., ZendeskPlugin], sandbox: ZendeskSandbox
) -> None:
    plugin = connect()
    with pytest.raises(Rejected, match="no role 'Boss'; every account has admin and agent"):
        plugin.fetch_role_members("Boss")
    sandbox.faults.add(Fault(FaultKind.FORBIDDEN, path=r"/custom_roles$"))
    with pytest.raises(PermissionDenied):
        plugin.fetch_role_members("Team lead")


def test_a_filter_that_is_ignored_makes_nobody_a_lead(
    plugin: ZendeskPlugin, zendesk: responses.RequestsMock
) -> None:
    """Accounts without roles of their own may not know the filter: what a record shows counts."""
    zendesk.get(f"{API}/users/me", json={"user": USERS[-1]})
    zendesk.get(
        f"{API}/custom_roles",
        json={"custom_roles": [{"id": 71, "name": "Lead"}, {"id": 72, "name": "Staff"}]},
    )
    users = [{**USERS[0], "custom_role_id": 71}, {**USERS[1], "custom_role_id": 72}, {**USERS[2]}]
    zendesk.get(f"{API}/users", json=page(users, None))
    assert emails(plugin, "lead") == ["one@acme.example"]
    assert emails(plugin, "admin") == [None]
