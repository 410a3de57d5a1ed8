"""Statuses over several transitions, at the stand-ins of both editions, and the ways through a workflow."""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalation_bridge.domain.tickets.tickets import Status, StatusKind, Ticket, TicketChange, TicketDraft
from escalation_bridge.errors import NotApplied, Rejected
from escalation_bridge.plugin import JsonPart
from escalation_bridge_jira.translation.mapping import Mapper
from escalation_bridge_jira.workflow.workflow import Workflow, read
from escalation_bridge_sandbox.jira import seed
from escalation_bridge_sandbox.jira.model.workflow import Transition
from escalation_bridge_sandbox.kernel.faults import FaultKind

Site = Any
KEY = "eb-0123456789abcdef0123"
RESOLUTION = {"resolution": {"name": "Done"}}
TO_CLOSED = {"Closed": ("In Progress", "Done")}


def taken(site: Site) -> list[str]:
    return [entry.body["transition"]["id"] for entry in site.writes("POST", "/transitions")]


def moved(plugin: Any, ticket: Ticket, status: str) -> Ticket:
    after: Ticket = plugin.update_ticket(ticket.ref.id, TicketChange(status=status), ticket)
    return after


# --- by configuration, on both editions ---------------------------------------------------------------------------------


@pytest.mark.parametrize("wanted", ["Closed", "cLOSED", "6"])
def test_the_configured_path_is_walked(wanted: str, site: Site, draft: TicketDraft) -> None:
    plugin = site.plugin(follow_workflow=False, status_paths=TO_CLOSED)
    ticket = moved(plugin, plugin.create_ticket(draft, KEY), wanted)
    assert ticket.status.name == "Closed"
    assert taken(site) == ["11", "51", "61"]
    bodies = [entry.body for entry in site.writes("POST", "/transitions")]
    assert [body.get("fields") for body in bodies] == [None, RESOLUTION, None]


def test_a_path_is_joined_where_the_issue_is(site: Site, draft: TicketDraft) -> None:
    plugin = site.plugin(follow_workflow=False, status_paths=TO_CLOSED)
    ticket = moved(plugin, plugin.create_ticket(draft, KEY), "In Progress")
    moved(plugin, ticket, "Closed")
    assert taken(site) == ["11", "51", "61"]


def test_a_path_is_also_taken_where_the_direct_transition_asks_for_too_much(
    site: Site, draft: TicketDraft
) -> None:
    """From To Do only Won't Do leads to Done at once; it asks for a reason that nobody configured."""
    plugin = site.plugin(follow_workflow=False, status_paths={"Done": ("In Progress",)})
    ticket = moved(plugin, plugin.create_ticket(draft, KEY), "Done")
    assert ticket.status.name == "Done"
    assert taken(site) == ["11", "51"]


def test_steps_that_can_be_left_out_are_left_out(site: Site, draft: TicketDraft) -> None:
    plugin = site.plugin(
        follow_workflow=False, status_paths={"Done": ("In Progress", "In Review", "Blocked")}
    )
    ticket = moved(plugin, plugin.create_ticket(draft, KEY), "Done")
    assert ticket.status.name == "Done"
    assert taken(site) == ["11", "51"]


def test_a_path_that_ends_somewhere_else_says_where_the_issue_is_now(site: Site, draft: TicketDraft) -> None:
    plugin = site.plugin(follow_workflow=False, status_paths={"Closed": ("In Progress", "Blocked")})
    ticket = plugin.create_ticket(draft, KEY)
    with pytest.raises(
        Rejected,
        match=r"ENG-1 is 'Blocked' \(it went To Do > In Progress > Blocked\): no transition leads to 'Closed'",
    ):
        moved(plugin, ticket, "Closed")
    assert plugin.fetch_ticket(ticket.ref.id).status.name == "Blocked"


def test_no_status_is_visited_twice(site: Site, draft: TicketDraft) -> None:
    plugin = site.plugin(
        follow_workflow=False, status_paths={"Closed": ("In Progress", "To Do", "In Progress", "To Do")}
    )
    with pytest.raises(Rejected, match="it went To Do > In Progress"):
        moved(plugin, plugin.create_ticket(draft, KEY), "Closed")
    assert taken(site) == ["11"]


def test_a_field_that_is_missing_on_the_way_is_named(site: Site, draft: TicketDraft) -> None:
    plugin = site.plugin(follow_workflow=False, status_paths={"Done": ("In Progress",)}, transition_fields={})
    with pytest.raises(Rejected, match=r"asks for resolution \(Resolution\): set transition_fields.Done"):
        moved(plugin, plugin.create_ticket(draft, KEY), "Done")


def test_the_configured_one_of_two_transitions_is_taken(site: Site, draft: TicketDraft) -> None:
    fields = {"Won't Do": {"resolution": {"name": "Won't Do"}, "customfield_10015": "no budget"}}
    plugin = site.plugin(transitions={"Done": "won't do"}, transition_fields=fields)
    ticket = moved(plugin, plugin.create_ticket(draft, KEY), "Done")
    assert taken(site) == ["52"]
    assert ticket.custom_fields["customfield_10015"] == "no budget"


def test_no_other_transition_is_taken_than_the_configured_one(site: Site, draft: TicketDraft) -> None:
    fields = {"Done": {"resolution": {"name": "Done"}, "customfield_10015": "x"}}
    plugin = site.plugin(follow_workflow=False, transitions={"Done": "51"}, transition_fields=fields)
    with pytest.raises(
        Rejected, match=r"the transition '51', which transitions\.Done names, is not offered here"
    ):
        moved(plugin, plugin.create_ticket(draft, KEY), "Done")
    assert taken(site) == []


def test_a_hop_that_does_not_lead_where_it_said_ends_the_walk(site: Site, draft: TicketDraft) -> None:
    plugin = site.plugin(follow_workflow=False, status_paths=TO_CLOSED)
    ticket = plugin.create_ticket(draft, KEY)
    site.fault(FaultKind.EMPTY_200, method="POST", path="/transitions")
    with pytest.raises(NotApplied, match="it is 'To Do' instead of 'In Progress'"):
        moved(plugin, ticket, "Closed")
    assert len(taken(site)) == 1


# --- by the workflow, on Cloud ------------------------------------------------------------------------------------------


@pytest.fixture
def cloud(make_site: Callable[..., Site]) -> Site:
    return make_site("cloud")


def test_the_workflow_shows_the_way(cloud: Site, draft: TicketDraft) -> None:
    plugin = cloud.plugin()
    ticket = moved(plugin, plugin.create_ticket(draft, KEY), "Closed")
    assert ticket.status.name == "Closed"
    assert taken(cloud) == ["11", "51", "61"]


def test_where_several_statuses_are_meant_none_is_chosen(cloud: Site, draft: TicketDraft) -> None:
    kinds = {"Blocked": "waiting_customer", "In Review": "waiting_customer"}
    plugin = cloud.plugin(status_kinds=kinds)
    with pytest.raises(Rejected, match="no transition leads to 'waiting_customer' from here"):
        moved(plugin, plugin.create_ticket(draft, KEY), "waiting_customer")
    assert taken(cloud) == []


def test_a_kind_that_one_status_has_is_walked_to(cloud: Site, draft: TicketDraft) -> None:
    plugin = cloud.plugin(status_kinds={"Blocked": "waiting_customer"})
    ticket = moved(plugin, plugin.create_ticket(draft, KEY), "waiting_customer")
    assert ticket.status.name == "Blocked"
    assert taken(cloud) == ["11", "21"]


def test_a_walk_goes_through_no_status_in_which_somebody_is_waited_for(
    cloud: Site, draft: TicketDraft
) -> None:
    plugin = cloud.plugin(status_kinds={"In Progress": "waiting_third_party"})
    with pytest.raises(Rejected, match="no transition leads to 'Closed' from here"):
        moved(plugin, plugin.create_ticket(draft, KEY), "Closed")
    assert taken(cloud) == []


# --- by examples, where nobody is told the workflow -----------------------------------------------------------------------


def settle(site: Site, draft: TicketDraft, *statuses: str) -> None:
    """Colleagues have issues in these statuses."""
    paths = {"Done": ("In Progress",), "Blocked": ("In Progress",)}
    plugin = site.plugin(follow_workflow=False, status_paths=paths)
    for number, name in enumerate(statuses):
        moved(plugin, plugin.create_ticket(draft, f"eb-{number}"), name)
    site.sandbox.journal.clear()


def blind(site: Site, **changes: Any) -> Any:
    """A plugin that is not told the workflow."""
    return site.plugin(seed.DEVELOPER, **changes)


def test_other_issues_show_the_way(site: Site, draft: TicketDraft) -> None:
    settle(site, draft, "In Progress", "Blocked", "Done")
    plugin = blind(site)
    for number in range(2):
        ticket = moved(plugin, plugin.create_ticket(draft, f"eb-way-{number}"), "Closed")
        assert ticket.status.name == "Closed"
    assert taken(site) == ["11", "51", "61"] * 2
    searches = [entry for entry in site.sandbox.journal.entries() if "/search" in entry.path]
    assert len(searches) == 6  # one for each status, and remembered


@pytest.mark.parametrize("others", [(), ("In Progress",), ("In Progress", "Blocked")], ids=str)
@pytest.mark.parametrize("start", ["To Do", "In Progress"])
def test_without_examples_each_step_shows_the_next_one(
    start: str, others: tuple[str, ...], site: Site, draft: TicketDraft
) -> None:
    settle(site, draft, *others)
    plugin = blind(site)
    ticket = plugin.create_ticket(draft, KEY)
    if start != "To Do":
        ticket = moved(plugin, ticket, start)
    assert moved(plugin, ticket, "Closed").status.name == "Closed"
    assert taken(site) == ["11", "51", "61"]


def test_what_a_walk_saw_is_remembered(site: Site, draft: TicketDraft) -> None:
    """Ways that turn out to lead elsewhere are taken once; then the one that is there is found, and taken from then on."""
    without_close(site)
    plugin = blind(site)
    outcomes = []
    for number in range(5):
        ticket = plugin.create_ticket(draft, f"eb-{number}")
        with suppress(Rejected):
            moved(plugin, ticket, "Closed")
        outcomes.append(plugin.fetch_ticket(ticket.ref.id).status.name)
    found = outcomes.index("Closed")
    assert found <= 3
    assert set(outcomes[found:]) == {"Closed"}
    assert taken(site)[-3:] == ["11", "21", "61"]


def without_close(site: Site) -> None:
    """Closed is in the workflow, and only reached from Blocked."""
    project = site.sandbox.site.projects["ENG"]
    workflow = project.workflows["*"]
    ways = tuple(
        replace(way, sources=frozenset({"10101"})) if way.name == "Close" else way
        for way in workflow.transitions
    )
    changed = replace(workflow, transitions=ways)
    site.sandbox.site.set_project(replace(project, workflows={**project.workflows, "*": changed}))


def test_of_several_finished_statuses_none_is_tried(site: Site, draft: TicketDraft) -> None:
    """One of them may mean that the issue was rejected."""
    project = site.sandbox.site.projects["ENG"]
    workflow = project.workflows["*"]
    rejected = Transition("99", "Reject", frozenset({"3"}), "10204")
    changed = replace(workflow, transitions=(*workflow.transitions, rejected))
    site.sandbox.site.set_project(replace(project, workflows={**project.workflows, "*": changed}))
    plugin = blind(site)
    ticket = moved(plugin, plugin.create_ticket(draft, KEY), "In Progress")
    with pytest.raises(Rejected, match=r"no transition leads to 'Closed'.*status_paths: \{Closed: "):
        moved(plugin, ticket, "Closed")
    assert taken(site) == ["11"]


def test_a_transition_that_does_not_tell_where_it_leads_keeps_no_other_one_from_being_taken(
    site: Site, draft: TicketDraft
) -> None:
    project = site.sandbox.site.projects["ENG"]
    workflow = project.workflows["*"]
    ways = tuple(replace(way, hides_target=way.name == "Stop Progress") for way in workflow.transitions)
    changed = replace(workflow, transitions=ways)
    site.sandbox.site.set_project(replace(project, workflows={**project.workflows, "*": changed}))
    for plugin in (site.plugin(follow_workflow=False), blind(site)):
        ticket = moved(plugin, plugin.create_ticket(draft, f"eb-{id(plugin)}"), "In Progress")
        assert moved(plugin, ticket, "Done").status.name == "Done"


def test_no_examples_are_looked_for_where_the_workflow_is_not_to_be_followed(
    site: Site, draft: TicketDraft
) -> None:
    settle(site, draft, "In Progress", "Done")
    plugin = blind(site, follow_workflow=False)
    with pytest.raises(Rejected, match="no transition leads to 'Closed' from here"):
        moved(plugin, plugin.create_ticket(draft, KEY), "Closed")
    assert not any("/search" in entry.path for entry in site.sandbox.journal.entries())


def test_an_example_that_promised_too_much_ends_the_walk_where_it_is(site: Site, draft: TicketDraft) -> None:
    """A condition offers the last transition to the other issue alone."""
    settle(site, draft, "In Progress", "Done")
    plugin = blind(site)
    ticket = plugin.create_ticket(draft, KEY)
    empty = json.dumps({"transitions": []})
    # Asked at the start, as the newest example of To Do, and after the first step.
    path = rf"/issue/{ticket.ref.id}/transitions$"
    site.fault(FaultKind.EMPTY_200, method="GET", path=path, skip=3, body=empty, times=-1)
    with pytest.raises(
        Rejected, match=r"ENG-\d is 'Done' \(it went To Do > In Progress > Done\): no transition"
    ):
        moved(plugin, ticket, "Closed")
    assert len(taken(site)) == 2


# --- ways through any workflow ------------------------------------------------------------------------------------------


def status(identifier: str, kind: StatusKind = StatusKind.OPEN) -> Status:
    return Status(kind, identifier, identifier.upper())


def test_a_workflow_is_read(make_mapper: Callable[..., Mapper], part: Callable[[object], JsonPart]) -> None:
    def to(reference: str, kind: str, *sources: str) -> dict[str, Any]:
        links = [{"fromStatusReference": source, "fromPort": 0} for source in sources]
        return {"id": "1", "toStatusReference": reference, "type": kind, "links": links}

    statuses = [
        {"id": identifier, "name": name, "statusCategory": category, "statusReference": f"ref-{identifier}"}
        for identifier, name, category in (("1", "A", "TODO"), ("2", "B", "IN_PROGRESS"), ("3", "C", "DONE"))
    ]
    transitions = [
        to("ref-1", "INITIAL"),
        to("ref-2", "DIRECTED", "ref-1"),
        to("ref-3", "GLOBAL"),
        to("ref-9", "GLOBAL"),
    ]
    own = [{"statusReference": each["statusReference"]} for each in statuses]
    document = {"statuses": statuses, "workflows": [{"statuses": own, "transitions": transitions}]}
    graph = read(part(document), make_mapper().status_of)
    assert graph
    assert [each.kind for each in graph.statuses.values()] == [
        StatusKind.NEW,
        StatusKind.OPEN,
        StatusKind.SOLVED,
    ]
    assert graph.next_of == {"1": ("2", "3"), "2": ("3",), "3": ()}
    assert read(part({"workflows": []}), make_mapper().status_of) is None


KINDS = st.sampled_from(StatusKind)
IDS = st.sampled_from("abcdef")
GRAPHS = st.builds(
    lambda kinds, ends: Workflow(
        {name: status(name, kinds[name]) for name in "abcdef"}, {name: tuple(ends[name]) for name in "abcdef"}
    ),
    st.fixed_dictionaries(dict.fromkeys("abcdef", KINDS)),
    st.fixed_dictionaries(dict.fromkeys("abcdef", st.lists(IDS, unique=True, max_size=3))),
)


@given(graph=GRAPHS, start=IDS, target=IDS, first=st.lists(IDS, unique=True), closed=st.sets(IDS))
def test_a_way_is_always_legal_harmless_and_without_loops(
    graph: Workflow, start: str, target: str, first: list[str], closed: set[str]
) -> None:
    way = [each.id for each in graph.way(graph.statuses[start], graph.statuses[target], first, closed)]
    if not way:
        return
    assert way[0] in first
    assert way[-1] == target
    assert len({start, *way}) == len(way) + 1
    assert all(there in graph.next_of[here] for here, there in pairwise(way))
    between = [graph.statuses[each].kind for each in way[:-1]]
    assert not closed & set(way[:-1])
    assert not {StatusKind.WAITING_CUSTOMER, StatusKind.WAITING_THIRD_PARTY, StatusKind.UNKNOWN} & set(
        between
    )
    if not (graph.statuses[start].kind.done or graph.statuses[target].kind.done):
        assert not any(kind.done for kind in between)
