"""Catching up against the stand-in Zendesk, over real HTTP."""

from collections.abc import Callable
from typing import Any

import pytest

from escalation_bridge.errors import PermissionDenied
from escalation_bridge.plugin.connection import Connection
from escalation_bridge.plugin.settings import Resolved
from escalation_bridge_sandbox.kernel.server import RunningVendor
from escalation_bridge_sandbox.zendesk import ZendeskSandbox
from escalation_bridge_sandbox.zendesk.state import seed
from escalation_bridge_zendesk.plugin import ZendeskPlugin
from escalation_bridge_zendesk.settings import ZendeskSettings

Act = Callable[..., Any]
MakePlugin = Callable[..., ZendeskPlugin]


@pytest.fixture
def following(running: RunningVendor, sandbox: ZendeskSandbox) -> ZendeskPlugin:
    """A plugin whose clock is the stand-in's."""
    settings = {
        "plugin": "zendesk",
        "url": running.url,
        "sign_in": {"access_token": Resolved(seed.OAUTH_ACCESS_TOKEN)},
    }
    return ZendeskPlugin(Connection("helpdesk", ZendeskSettings.model_validate(settings), sandbox.clock.now))


def catch_up(plugin: ZendeskPlugin, cursor: str | None) -> tuple[list[str], str]:
    found: list[str] = []
    for _ in range(10):
        page = plugin.changes_since(cursor)
        found += page.ids
        cursor = page.cursor
        if not page.more:
            return found, cursor
    raise AssertionError("the stream does not end")


def test_each_change_is_found_once_and_only_when_it_has_settled(
    following: ZendeskPlugin, sandbox: ZendeskSandbox, act: Act, writes: Act
) -> None:
    sandbox.clock.advance(3600)
    _, cursor = catch_up(following, None)
    first, second = writes(), writes()
    assert catch_up(following, cursor)[0] == []
    sandbox.clock.advance(120)
    found, cursor = catch_up(following, cursor)
    assert sorted(found) == sorted([first, second])
    assert catch_up(following, cursor)[0] == []
    act("PUT", f"/tickets/{first}", ticket={"priority": "high"})
    act("DELETE", f"/tickets/{second}", as_user=seed.ADMIN.email)
    sandbox.clock.advance(120)
    found, cursor = catch_up(following, cursor)
    assert sorted(found) == sorted([first, second])  # the deleted one, too


def test_a_cursor_that_is_worn_out_costs_nothing_but_a_second_look(
    following: ZendeskPlugin, sandbox: ZendeskSandbox, writes: Act
) -> None:
    sandbox.clock.advance(3600)
    _, cursor = catch_up(following, None)
    missed = writes()
    sandbox.clock.advance(120)
    worn = cursor.replace('"cursor":', '"cursor":"???","was":')
    assert missed in catch_up(following, worn)[0]


def test_agents_cannot_export(connect: MakePlugin) -> None:
    agent = connect(sign_in={"email": seed.AGENT_SARI.email, "api_token": Resolved(seed.API_TOKEN)})
    with pytest.raises(PermissionDenied, match="role Admin"):
        agent.changes_since(None)
