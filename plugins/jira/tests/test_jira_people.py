"""Who asks and who answers in a service desk, and when statuses changed, at both stand-ins."""

import pytest
import requests

from escalation_bridge.domain.sync.comments.who_spoke import who_spoke
from escalation_bridge.domain.tickets.tickets import Role, StatusKind
from escalation_bridge.domain.tickets.who_asks import who_opened
from escalation_bridge_sandbox.jira import seed
from escalation_bridge_sandbox.kernel.faults import FaultKind

DESK = "/rest/servicedeskapi"


@pytest.fixture
def ask(site):
    """Somebody raises a request; returns its key."""

    def raise_it(person=seed.CUSTOMER, **more):
        body = {"serviceDeskId": "1", "requestTypeId": "10", "requestFieldValues": {"summary": "VPN"}, **more}
        return site.call(person, "POST", f"{DESK}/request", body)["issueId"]

    return raise_it


@pytest.fixture
def says(site):
    def say(person, issue, public=True):
        body = {"body": "Same here, it is down for me too.", "public": public}
        site.call(person, "POST", f"{DESK}/request/{issue}/comment", body)

    return say


@pytest.fixture
def role(site):
    def put(role, *people):
        body = {"users": [person.name for person in people]}
        answer = requests.put(f"{site.running.url}/_sandbox/projects/HELP/roles/{role}", json=body, timeout=5)
        assert answer.ok, answer.text

    return put


def share(site, issue, person):
    name = "accountIds" if site.deployment == "cloud" else "usernames"
    site.call(seed.CUSTOMER, "POST", f"{DESK}/request/{issue}/participant", {name: [site.user(person)]})


def roles(plugin, issue):
    ticket = plugin.fetch_ticket(issue)
    return [who_spoke(said, [], ticket) for said in plugin.fetch_comments(issue, None)]


def test_a_participant_with_an_account_takes_part_and_the_team_answers(site, ask, says):
    issue = ask()
    share(site, issue, seed.VIEWER)
    says(seed.VIEWER, issue)
    says(seed.DEVELOPER, issue)
    assert roles(site.plugin(), issue) == [Role.CUSTOMER, Role.AGENT]


def test_a_colleague_of_the_team_who_asks_is_the_customer(site, ask, says):
    issue = ask(seed.DEVELOPER)
    says(seed.DEVELOPER, issue)
    says(seed.OTHER_DEVELOPER, issue)
    plugin = site.plugin()
    assert who_opened(plugin.fetch_ticket(issue)) is Role.CUSTOMER
    assert roles(plugin, issue) == [Role.CUSTOMER, Role.AGENT]


def test_what_the_team_raises_for_a_customer_was_written_down(site, ask):
    issue = ask(seed.DEVELOPER, raiseOnBehalfOf=site.user(seed.CUSTOMER))
    assert who_opened(site.plugin().fetch_ticket(issue)) is Role.AGENT


@pytest.mark.parametrize("deactivated", [False, True])
def test_an_agent_who_has_left_the_team_answered_as_one(site, ask, says, role, deactivated):
    issue = ask()
    says(seed.DEVELOPER, issue)
    role("Service Desk Team", seed.OTHER_DEVELOPER)
    if deactivated:
        gone = {"active": False}
        requests.put(f"{site.running.url}/_sandbox/users/{seed.DEVELOPER.name}", json=gone, timeout=5)
    assert roles(site.plugin(), issue) == [Role.AGENT]


def as_plain_agent(site, role):
    """The bridge's account has no administration at all."""
    role("Integrations")
    role("Service Desk Team", seed.BRIDGE, seed.DEVELOPER)
    groups = {"groups": ["jira-users"]}
    assert requests.put(f"{site.running.url}/_sandbox/users/bridge", json=groups, timeout=5).ok


def test_without_administration_the_team_is_known_by_who_may_be_assigned(site, ask, says, role):
    as_plain_agent(site, role)
    issue = ask()
    share(site, issue, seed.VIEWER)
    says(seed.VIEWER, issue)
    says(seed.DEVELOPER, issue)
    plugin = site.plugin()
    assert plugin.fetch_ticket(issue).answers_known
    assert roles(plugin, issue) == [Role.CUSTOMER, Role.AGENT]


def test_where_the_team_cannot_be_read_it_is_said(site, ask, role):
    as_plain_agent(site, role)
    for path in ("user/permission/search", "user/assignable/search", "/role"):
        site.fault(FaultKind.FORBIDDEN, path=path, times=-1)
    plugin = site.plugin(project="HELP")
    assert not plugin.fetch_ticket(ask()).answers_known
    (told,) = [each for each in plugin.check_connection().warnings if "service desk" in each]
    assert "HELP" in told
    assert "Browse users" in told


def test_the_changelog_tells_when_a_status_changed(site, ask):
    issue = ask()
    plugin = site.plugin()
    born = plugin.fetch_ticket(issue)
    site.sandbox.clock.advance(3)
    for wanted in ("Waiting for customer", "Resolved"):
        ways = site.call(
            seed.DEVELOPER, "GET", f"/rest/api/2/issue/{issue}/transitions?expand=transitions.fields"
        )["transitions"]
        way = next((each for each in ways if each["to"]["name"] == wanted), ways[0])
        body = {"transition": {"id": way["id"]}}
        if any(name == "resolution" for name in way.get("fields", {})):
            body["fields"] = {"resolution": {"name": "Done"}}
        site.call(seed.DEVELOPER, "POST", f"/rest/api/2/issue/{issue}/transitions", body)
        site.sandbox.clock.advance(37)
    ticket = plugin.fetch_ticket(issue)
    changes = plugin.fetch_status_changes(issue, born.created_at)
    assert len(changes) == 2
    assert 37 <= (changes[1].at - changes[0].at).total_seconds() < 45
    assert changes[-1].status == ticket.status
    assert ticket.status_since == changes[-1].at
    assert StatusKind.UNKNOWN not in [change.status.kind for change in changes]
    assert born.status_since == born.created_at
