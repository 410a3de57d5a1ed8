"""Assigning at the stand-ins: by id and by e-mail address, hidden ones too; whoever cannot be assigned changes nothing."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from escalation_bridge.domain.tickets.tickets import UNASSIGNED, Priority, Ticket, TicketChange, TicketDraft
from escalation_bridge.errors import Rejected, UnknownPerson
from escalation_bridge.plugin.connection import Connection
from escalation_bridge_jira.plugin import JiraPlugin
from escalation_bridge_sandbox.jira import seed
from escalation_bridge_sandbox.jira.model.people import Person
from escalation_bridge_sandbox.jira.rules.permissions import DEVELOPERS

Site = Any
KEY = "eb-0123456789abcdef0123"
SEARCH = "/user/assignable/search"


@pytest.fixture
def ticket(site: Site, draft: TicketDraft) -> Ticket:
    made: Ticket = site.plugin().create_ticket(draft, KEY)
    return made


def join(site: Site, person: Person) -> None:
    """Somebody new is a developer of ENG."""
    place = site.sandbox.site
    place.people[person.account_id] = person
    for key, project in place.projects.items():
        members = {**project.roles, DEVELOPERS: project.members(DEVELOPERS) | {person.account_id}}
        place.projects[key] = replace(project, roles=members)


def searches(site: Site) -> int:
    return sum(SEARCH in entry.path for entry in site.sandbox.journal.entries())


@pytest.mark.parametrize("person", [seed.DEVELOPER, seed.OTHER_DEVELOPER], ids=["shown", "hidden"])
def test_an_address_is_as_good_as_an_id(person: Person, site: Site, ticket: Ticket) -> None:
    plugin = site.plugin()
    changed = plugin.update_ticket(ticket.ref.id, TicketChange(assignee=person.email.upper()), ticket)
    assert changed.assignee is not None
    assert changed.assignee.id == site.user(person)
    writes = len(site.writes())
    assert plugin.update_ticket(ticket.ref.id, TicketChange(assignee=person.email), changed) == changed
    assert plugin.update_ticket(ticket.ref.id, TicketChange(assignee=site.user(person)), changed) == changed
    assert len(site.writes()) == writes


@pytest.mark.parametrize(
    "named",
    [
        "nobody",
        "nobody@jira.example",
        seed.VIEWER.email,
        seed.VIEWER.account_id,
        seed.VIEWER.name,
        "budi@jira.ex",
    ],
)
def test_whoever_cannot_be_assigned_is_told_and_nothing_is_changed(
    named: str, site: Site, ticket: Ticket
) -> None:
    plugin = site.plugin()
    writes = len(site.writes())
    change = TicketChange(assignee=named, priority=Priority.URGENT, status="In Progress")
    with pytest.raises(UnknownPerson, match="not known"):
        plugin.update_ticket(ticket.ref.id, change, ticket)
    assert len(site.writes()) == writes


def test_of_several_who_could_be_meant_none_is_taken(site: Site, ticket: Ticket) -> None:
    """Both hide their addresses, and both begin with what is looked for."""
    hidden = seed.OTHER_DEVELOPER
    longer = replace(hidden, account_id="712020:9", name="citra2", key="J9", email=f"{hidden.email}.id")
    join(site, longer)
    plugin = site.plugin()
    change = TicketChange(assignee=hidden.email)
    if site.deployment == "cloud":
        with pytest.raises(UnknownPerson, match="2 users could be meant"):
            plugin.update_ticket(ticket.ref.id, change, ticket)
    else:  # nothing is hidden here
        assert plugin.update_ticket(ticket.ref.id, change, ticket).assignee.id == hidden.name


def test_a_longer_name_is_not_taken_for_the_one_that_is_meant(site: Site, ticket: Ticket) -> None:
    join(
        site, replace(seed.DEVELOPER, account_id="712020:9", name="budiman", key="J9", email="x@jira.example")
    )
    changed = site.plugin().update_ticket(
        ticket.ref.id, TicketChange(assignee=site.user(seed.DEVELOPER)), ticket
    )
    assert changed.assignee.id == site.user(seed.DEVELOPER)


def test_a_look_up_is_good_for_a_while(site: Site, draft: TicketDraft) -> None:
    instants = [site.sandbox.clock.now()]
    settings = site.plugin().connection.settings
    plugin = JiraPlugin(Connection("jira-main", settings, lambda: instants[-1]))
    site.plugins.append(plugin)
    change = TicketChange(assignee=seed.DEVELOPER.email)
    for number, looked_up in enumerate((1, 1, 2)):
        ticket = plugin.create_ticket(draft, f"eb-{number}")
        assert plugin.update_ticket(ticket.ref.id, change, ticket).assignee is not None
        assert searches(site) == looked_up
        instants.append(instants[-1] + timedelta(minutes=10))


def test_somebody_is_looked_up_for_who_checks_a_configuration(site: Site) -> None:
    plugin = site.plugin(project=None)
    found = plugin.find_assignee(seed.OTHER_DEVELOPER.email, {"project": "ENG"})
    assert found.id == site.user(seed.OTHER_DEVELOPER)
    with pytest.raises(UnknownPerson):
        plugin.find_assignee(seed.VIEWER.email, {"project": "ENG"})
    with pytest.raises(Rejected, match="depends on the project"):
        plugin.find_assignee(seed.OTHER_DEVELOPER.email, {})


def test_an_assignee_is_taken_away_once(site: Site, ticket: Ticket) -> None:
    plugin = site.plugin()
    assigned = plugin.update_ticket(ticket.ref.id, TicketChange(assignee=seed.DEVELOPER.email), ticket)
    free = plugin.update_ticket(ticket.ref.id, TicketChange(assignee=UNASSIGNED), assigned)
    assert free.assignee is None
    writes = len(site.writes())
    assert plugin.update_ticket(ticket.ref.id, TicketChange(assignee=UNASSIGNED), free) == free
    assert len(site.writes()) == writes
