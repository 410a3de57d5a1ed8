"""Who may see what in the Freshdesk stand-in: agents' scopes, suspended accounts, plans without the API."""

import pytest

from escalation_bridge_sandbox.freshdesk import FreshdeskSandbox
from escalation_bridge_sandbox.freshdesk.driver import FreshdeskDriver
from escalation_bridge_sandbox.freshdesk.state import seed
from escalation_bridge_sandbox.kernel.server import start


@pytest.fixture
def desk():
    with start(FreshdeskSandbox(search_lag=0, sla_lag=0)) as running, FreshdeskDriver(running.url) as desk:
        yield desk


def test_an_agent_sees_what_the_scope_allows(desk):
    bridge, rina = desk.id_of("agents", seed.BRIDGE.name), desk.id_of("agents", "Rina")
    ours, theirs = (desk.id_of("groups", name) for name in (seed.GROUP_SUPPORT, seed.GROUP_BILLING))
    own = desk.create_ticket(responder_id=bridge, group_id=ours, tags=["seen"])["id"]
    of_group = desk.create_ticket(responder_id=rina, group_id=ours, tags=["seen"])["id"]
    other = desk.create_ticket(group_id=theirs, tags=["seen"])["id"]
    for scope, seen in ((1, [own, of_group, other]), (2, [own, of_group]), (3, [own])):
        answer = desk.control("POST", "/scope", {"email": seed.BRIDGE.email, "ticket_scope": scope})
        assert answer.status_code == 200
        assert desk.get("/agents/me")["ticket_scope"] == scope
        assert sorted(ticket["id"] for ticket in desk.get("/tickets")) == sorted(seen)
        found = desk.get("/search/tickets", query="\"tag:'seen'\"")["results"]
        assert sorted(ticket["id"] for ticket in found) == sorted(seen)
        for number in (own, of_group, other):
            expected = 200 if number in seen else 403
            assert desk.ask("GET", f"/tickets/{number}").status_code == expected
            assert desk.ask("GET", f"/tickets/{number}/conversations").status_code == expected
            assert desk.ask("PUT", f"/tickets/{number}", json={"priority": 2}).status_code == expected
    assert desk.ask("GET", "/tickets/99").status_code == 404


def test_a_suspended_account_can_be_read_only(desk):
    number = desk.create_ticket()["id"]
    desk.control("POST", "/standing", {"standing": "suspended"})
    assert desk.view_ticket(number)["id"] == number
    refused = desk.ask("PUT", f"/tickets/{number}", json={"priority": 2})
    assert (refused.status_code, refused.json()["code"]) == (403, "account_suspended")
    desk.control("POST", "/standing", {"standing": "active"})
    assert desk.update_ticket(number, priority=2)["priority"] == 2


def test_a_plan_without_the_api_serves_nobody(desk):
    desk.control("POST", "/standing", {"standing": "no_api"})
    refused = desk.ask("GET", "/agents/me")
    assert (refused.status_code, refused.json()["code"]) == (403, "require_feature")
    assert desk.ask("GET", "/agents/me", key="nobody").status_code == 401


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/standing", {"standing": "rich"}),
        ("/standing", {}),
        ("/scope", {"email": "nobody@example.com", "ticket_scope": 1}),
        ("/scope", {"email": seed.BRIDGE.email, "ticket_scope": 4}),
    ],
)
def test_what_is_not_understood_is_refused(desk, path, body):
    assert desk.control("POST", path, body).status_code == 400
