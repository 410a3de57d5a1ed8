"""The bridge's account in another language: the ids stay, and the names that Jira ships change."""

from dataclasses import replace
from typing import Any

import pytest

from escalation_bridge.domain.tickets.tickets import Priority, TicketChange, TicketDraft
from escalation_bridge_sandbox.jira import seed

Site = Any
KEY = "eb-0123456789abcdef0123"


@pytest.fixture(params=["de_DE", "en_US"])
def german(request: pytest.FixtureRequest, site: Site) -> Site:
    """As administrators change the profile, or the language of the site."""
    site.call(seed.ADMIN, "PUT", "/_sandbox/users/bridge", {"locale": request.param})
    return site


def test_names_do_not_follow_the_profile(german: Site, draft: TicketDraft) -> None:
    plugin = german.plugin(status_paths={"Closed": ("In Progress", "Done")}, follow_workflow=False)
    ticket = plugin.create_ticket(draft, KEY)
    assert (ticket.status.name, ticket.type, ticket.priority) == ("To Do", "Bug", Priority.HIGH)
    for priority in Priority:
        ticket = plugin.update_ticket(ticket.ref.id, TicketChange(priority=priority), ticket)
        assert ticket.priority is priority
    assert plugin.update_ticket(ticket.ref.id, TicketChange(status="Closed"), ticket).status.name == "Closed"
    assert plugin.describe_draft({"issue_type": "Bug"}).problems == ()


def test_a_configuration_may_have_its_names_in_another_language(german: Site, draft: TicketDraft) -> None:
    plugin = german.plugin(names_language="de")
    ticket = plugin.create_ticket(draft, KEY)
    assert (ticket.status.name, ticket.type, ticket.priority) == ("Zu erledigen", "Fehler", Priority.HIGH)
    moved = plugin.update_ticket(ticket.ref.id, TicketChange(status="In Arbeit"), ticket)
    assert moved.status.name == "In Arbeit"


def test_a_site_that_translates_all_the_same_is_understood_by_ids(german: Site, draft: TicketDraft) -> None:
    """As one that knows the header not: priorities go by their ids, statuses by their kinds."""
    plugin = german.plugin()
    transport = replace(plugin._transport, headers={})
    plugin._transport.close()
    plugin._transport = transport
    ticket = plugin.create_ticket(draft, KEY)
    for priority in Priority:
        ticket = plugin.update_ticket(ticket.ref.id, TicketChange(priority=priority), ticket)
        assert ticket.priority is priority
    assert plugin.update_ticket(ticket.ref.id, TicketChange(status="open"), ticket).status.id == "3"
