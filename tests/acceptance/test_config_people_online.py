"""People whom a route's table of assignees names, looked up at the stand-ins."""

from collections.abc import Callable

import pytest

from escalation_bridge_sandbox.freshdesk.state import seed as freshdesk
from escalation_bridge_sandbox.jira import seed as jira

Run = Callable[..., tuple[int, str, str]]
DEVELOPER = jira.DEVELOPER.email
GHOST = "ghost@desk.example"
AT = "routes.shop-to-engineering.fields.assignee"


def told(err: str) -> list[str]:
    return [line for line in err.splitlines() if "bridge.yaml:" in line]


@pytest.fixture
def with_people(check: Run) -> Callable[[str], tuple[int, list[str]]]:
    def run(assignee: str) -> tuple[int, list[str]]:
        status, _, err = check("--online", **{"      custom:": f"      assignee: {assignee}\n      custom:"})
        return status, told(err)

    return run


def test_a_default_that_is_nobody_is_refused(with_people: Callable[[str], tuple[int, list[str]]]) -> None:
    status, [line] = with_people(f"{{direction: to_linked, default: {{linked: {GHOST}}}}}")
    assert status == 1
    assert (
        f"{AT}.default.linked: there is nobody `{GHOST}` at engineering to whom tickets can be assigned"
        in line
    )


def test_a_table_is_looked_up_on_both_sides(with_people: Callable[[str], tuple[int, list[str]]]) -> None:
    """Freshdesk shows addresses to administrators alone, which the bridge's agent is not here."""
    users = f"{{{freshdesk.AGENT_RINA.email}: [{DEVELOPER}, {GHOST}], Nobody: {jira.VIEWER.email}}}"
    status, lines = with_people(f"{{direction: both, users: {users}}}")
    assert status == 1
    refused = [line for line in lines if not line.startswith("Warning")]
    assert [line.partition(f"{AT}.")[2].partition(":")[0] for line in refused] == [
        f"users['{freshdesk.AGENT_RINA.email}'][1]",
        "users.Nobody",
        "users.Nobody",
    ]
    [warned] = [line for line in lines if line.startswith("Warning")]
    assert f"`{freshdesk.AGENT_RINA.email}` at shop could not be looked up" in warned


def test_who_is_only_compared_with_is_warned_of(with_people: Callable[[str], tuple[int, list[str]]]) -> None:
    status, [line] = with_people(f"{{direction: to_linked, users: {{Nobody: {DEVELOPER}}}}}")
    assert status == 0
    assert line.startswith("Warning")
    assert f"{AT}.users.Nobody: there is nobody `Nobody` at shop" in line
