"""What a route's tickets would be, looked up at the stand-ins before any is created."""

import json
from dataclasses import replace
from typing import Any

import pytest

from escalation_bridge.domain.tickets.tickets import TicketChange, TicketDraft
from escalation_bridge_sandbox.jira import seed
from escalation_bridge_sandbox.jira.model.workflow import Workflow
from escalation_bridge_sandbox.kernel.faults import FaultKind

Site = Any


def problems(site: Site, fields: dict[str, object], **settings: Any) -> tuple[str, ...]:
    found: tuple[str, ...] = site.plugin(**settings).describe_draft(fields).problems
    return found


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"project": "ENG", "issue_type": "task"},
        {
            "project": "OPS",
            "issue_type": "Incident",
            "fields": {"Customer impact": "High", "customfield_10012": "none"},
        },
        {"project": "HELP", "request_type": "Get help"},
        {"project": "HELP", "issue_type": "Service Request"},
    ],
    ids=str,
)
def test_what_can_be_created_has_no_problems(fields: dict[str, object], site: Site) -> None:
    draft = site.plugin().describe_draft(fields)
    assert draft.problems == ()
    assert len(draft.statuses) > 2
    assert site.writes() == []


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"project": "NONE"}, "project: there is no project NONE, or the account may not browse it"),
        ({"issue_type": "Epic"}, "issue_type: ENG has no Epic; it has Bug, Story, Task"),
        (
            {"project": "OPS", "issue_type": "Incident"},
            "Incident in OPS needs Customer impact (customfield_10011)",
        ),
        ({"fields": {"Resolution": "Done"}}, "Resolution is not on the create screen of Bug in ENG"),
        ({"project": "ENG", "request_type": "Get help"}, "project ENG has no service desk"),
        ({"project": "HELP", "request_type": "Help me"}, "there are: Call me back, Get help"),
        ({"project": "HELP", "request_type": "Call me back"}, "its form has no description"),
    ],
    ids=str,
)
def test_what_jira_would_refuse_is_told(fields: dict[str, object], told: str, site: Site) -> None:
    [problem] = problems(site, fields)
    assert told in problem


def test_further_trouble_is_told(site: Site) -> None:
    assert "there is no project: set it here" in problems(site, {}, project=None)[0]
    [problem] = problems(site, {}, priorities={"urgent": "Blocker"})
    assert "priorities.urgent: ENG has no priority Blocker; it has Highest" in problem
    nothing = json.dumps({"issueTypes": [], "values": [], "total": 0})
    site.fault(FaultKind.EMPTY_200, path="/createmeta/ENG/issuetypes$", body=nothing)
    assert "may not create issues in ENG" in problems(site, {})[0]


def unreachable(site: Site, plugin: Any) -> set[str]:
    draft = plugin.describe_draft({})
    return {status.name for status in draft.statuses if status.id in draft.unreachable}


@pytest.fixture
def dead_end(site: Site) -> str:
    """Nobody can close a Bug any more; the name of the status."""
    place = site.sandbox.site
    project = place.projects["ENG"]
    workflow: Workflow = project.workflow_of("10001")
    closed = next(each.id for each in place.statuses.values() if each.name == "Closed")
    kept = tuple(
        replace(each, sources=frozenset({closed})) if each.target == closed else each
        for each in workflow.transitions
    )
    workflows = {**project.workflows, "*": replace(workflow, transitions=kept)}
    place.projects["ENG"] = replace(project, workflows=workflows)
    return "Closed"


def test_a_status_that_no_transition_leads_to_is_told_where_the_workflow_is(
    site: Site, dead_end: str
) -> None:
    expected = {dead_end} if site.deployment == "cloud" else set()
    assert unreachable(site, site.plugin()) == expected


def test_which_way_leads_where_is_told_for_issues_that_are_there(site: Site, draft: TicketDraft) -> None:
    plugin = site.plugin(status_kinds={"In Progress": "waiting_third_party"})
    assert {kind.name for kind in plugin.describe_kinds()} == {"Bug in ENG", "Task in ENG", "Story in ENG"}
    plugin.create_ticket(draft, "eb-0123456789abcdef0123")
    [kind] = plugin.describe_kinds()
    assert kind.name == "Bug in ENG"
    if site.deployment != "cloud":
        assert kind.ways is None
        assert "not every status has an issue" in kind.unjudged
        return
    assert kind.ways is not None
    names = {status.id: status.name for status in kind.statuses}
    ways = {names[end]: {names[start] for start in starts} for end, starts in kind.ways.items()}
    assert ways["Blocked"] == {"Blocked", "In Progress"}
    assert ways["In Progress"] >= {"To Do", "Blocked", "In Review"}


def test_what_is_not_followed_is_not_judged(site: Site) -> None:
    plugin = site.plugin(follow_workflow=False)
    assert "follow_workflow is off" in plugin.describe_draft({}).unjudged
    assert all("follow_workflow is off" in kind.unjudged for kind in plugin.describe_kinds())


def test_nothing_is_called_unreachable_that_the_bridge_would_reach(site: Site) -> None:
    assert unreachable(site, site.plugin()) == set()


def test_what_the_configuration_knows_or_forbids_counts(site: Site, dead_end: str) -> None:
    assert unreachable(site, site.plugin(status_paths={"closed": ("Done",)})) == set()
    assert unreachable(site, site.plugin(follow_workflow=False)) == set()


def test_a_status_that_lies_behind_one_in_which_somebody_is_waited_for_is_unreachable(site: Site) -> None:
    """Where the workflow is told: the bridge waits for nobody on its way."""
    plugin = site.plugin(status_kinds={"In Progress": "waiting_third_party"})
    expected = {"Blocked", "In Review"} if site.deployment == "cloud" else set()
    assert unreachable(site, plugin) == expected


@pytest.mark.parametrize("last", [False, True], ids=["one is missing", "all are there"])
def test_examples_tell_where_every_status_has_one(
    last: bool, site: Site, draft: TicketDraft, request: pytest.FixtureRequest
) -> None:
    """What a status without an example leads to is not known, so nothing is claimed."""
    way = ("In Progress", "Done")
    plugin = site.plugin(
        follow_workflow=False, status_paths=dict.fromkeys(("Blocked", "In Review", "Done", "Closed"), way)
    )
    names = ("To Do", "In Progress", "Blocked", "In Review", "Done", *(["Closed"] if last else []))
    for number, name in enumerate(names):
        ticket = plugin.create_ticket(draft, f"eb-{number}")
        plugin.update_ticket(ticket.ref.id, TicketChange(status=name), ticket)
    closed = request.getfixturevalue("dead_end")
    assert unreachable(site, site.plugin(seed.DEVELOPER)) == ({closed} if last else set())
