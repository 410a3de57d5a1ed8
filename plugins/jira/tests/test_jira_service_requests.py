"""Requests that the bridge raises in a service project, at the stand-ins of both editions."""

from dataclasses import replace
from typing import Any

import pytest

from escalation_bridge.domain.tickets.tickets import (
    Channel,
    Person,
    Priority,
    Ticket,
    TicketDraft,
    Visibility,
)
from escalation_bridge.errors import NotSettled, OutcomeUnknown, Rejected
from escalation_bridge.plugin.hooks import FOUND_NOTHING
from escalation_bridge.text.rich_text import from_text
from escalation_bridge_sandbox.jira import seed
from escalation_bridge_sandbox.kernel.faults import FaultKind

Site = Any
KEY = "eb-0123456789abcdef0123"
DESK = "/rest/servicedeskapi"
SARI = Person("35", "Sari", seed.CUSTOMER.email)


def asked(draft: TicketDraft, **fields: Any) -> TicketDraft:
    return replace(draft, fields={"project": "HELP", "request_type": "Get help", **fields})


def in_portal(site: Site, ticket: Ticket, person: Any = seed.CUSTOMER) -> Any:
    return site.call(person, "GET", f"{DESK}/request/{ticket.ref.id}")


def raised(site: Site) -> list[Any]:
    return [entry.body for entry in site.writes("POST", f"{DESK}/request")]


@pytest.mark.parametrize("named", ["Get help", "get HELP", "10"])
def test_a_request_is_raised_with_all_that_was_drafted(named: str, site: Site, draft: TicketDraft) -> None:
    plugin = site.plugin()
    ticket = plugin.create_ticket(asked(draft, request_type=named), KEY)
    assert (ticket.key, ticket.type, ticket.bridge_key) == ("HELP-1", "Service Request", KEY)
    assert (ticket.priority, ticket.channel) == (Priority.HIGH, Channel.API)
    assert set(ticket.tags) == {"vip-customer", KEY}
    assert ticket.description_visibility is Visibility.PUBLIC
    assert draft.description.text.split() == ticket.description.text.split()[:-1]
    assert in_portal(site, ticket, seed.BRIDGE)["requestTypeId"] == "10"
    assert plugin.find_ticket(KEY, None) == ticket


def test_what_the_form_asks_for_goes_with_it_and_the_rest_follows(site: Site, draft: TicketDraft) -> None:
    further = {"environment": "Production\n\n*live*", "duedate": "2026-12-24"}
    ticket = site.plugin().create_ticket(asked(draft, request_type="Report an incident", fields=further), KEY)
    [body] = raised(site)
    values = body["requestFieldValues"]
    assert (values["priority"], values["environment"]) == ({"name": "High"}, "Production\n\n\\*live*")
    assert "duedate" not in values
    assert ticket.custom_fields["duedate"] == "2026-12-24"
    assert ticket.priority is Priority.HIGH


def test_a_customer_of_the_desk_sees_a_request_that_is_raised_for_them(
    site: Site, draft: TicketDraft
) -> None:
    plugin = site.plugin()
    for number, named in enumerate(("requester", seed.CUSTOMER.email, site.user(seed.CUSTOMER))):
        wanted = asked(replace(draft, requester=SARI), raise_on_behalf_of=named)
        ticket = plugin.create_ticket(wanted, f"eb-{number}")
        assert in_portal(site, ticket)["reporter"]["displayName"] == "Sari"
        assert ticket.requester is not None
        assert ticket.requester.id == site.user(seed.CUSTOMER)


def test_it_is_raised_in_the_bridges_name_where_nothing_else_is_said_or_known(
    site: Site, draft: TicketDraft
) -> None:
    """Least of all for somebody whose address only begins alike."""
    plugin = site.plugin()
    strangers = [SARI, Person("1", "A", "stranger@example.com"), Person("2", "B"), Person("3", "C", "sari@")]
    for number, person in enumerate(strangers):
        fields = {"raise_on_behalf_of": "requester"} if number else {}
        plugin.create_ticket(asked(replace(draft, requester=person), **fields), f"eb-{number}")
    assert ["raiseOnBehalfOf" in body for body in raised(site)] == [False] * 4


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"request_type": "Nothing such"}, "there are: Call me back, Get help, Report an incident"),
        ({"request_type": "Call me back"}, "its form has no description"),
        ({"project": "ENG"}, "has no service desk"),
        ({"raise_on_behalf_of": "nobody@example.com"}, "no customer is named so"),
        ({"issue_type": "Incident"}, "either issue_type or request_type"),
        ({"request_type": None, "raise_on_behalf_of": "requester"}, "needs a request_type"),
    ],
)
def test_what_cannot_be_raised_is_refused_with_its_reason(
    fields: dict[str, Any], told: str, site: Site, draft: TicketDraft
) -> None:
    with pytest.raises(Rejected, match=told):
        site.plugin().create_ticket(asked(draft, **fields), KEY)
    assert site.writes("POST", "/request") == []


def test_the_key_is_the_last_line_however_much_is_cut(site: Site, draft: TicketDraft) -> None:
    long = replace(draft, description=from_text("words {and} more " * 4_000))
    ticket = site.plugin().create_ticket(asked(long), KEY)
    assert "Shortened" in ticket.description.text
    assert ticket.description.text.endswith(KEY)


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", r"/request$"), ("PUT", "/properties/"), ("GET", r"/issue/\d+$")],
)
def test_a_create_that_was_cut_off_anywhere_is_found_and_its_key_mended(
    method: str, path: str, site: Site, draft: TicketDraft
) -> None:
    plugin = site.plugin()
    kind = FaultKind.DROP_CONNECTION if method == "POST" else FaultKind.SERVER_ERROR
    site.fault(kind, method=method, path=path, times=1 if method == "POST" else 5)
    object.__setattr__(plugin._transport, "sleep", lambda _: None)
    with pytest.raises(OutcomeUnknown):
        plugin.create_ticket(asked(draft), KEY)
    site.sandbox.faults.clear()
    found = plugin.find_ticket(KEY, None)
    assert found.bridge_key == KEY
    assert plugin.fetch_ticket(found.ref.id).bridge_key == KEY
    assert len(raised(site)) == 1


def test_somebody_elses_request_that_quotes_a_key_is_not_taken_for_it(site: Site) -> None:
    body = {
        "serviceDeskId": "1",
        "requestTypeId": "10",
        "requestFieldValues": {"summary": "What is this?", "description": f"It said:\n\n{KEY}"},
    }
    site.call(seed.CUSTOMER, "POST", f"{DESK}/request", body)
    quoted = {**body, "requestFieldValues": {"summary": "s", "description": f"{KEY}\n\nis what it said"}}
    site.call(seed.BRIDGE, "POST", f"{DESK}/request", quoted)
    assert site.plugin().find_ticket(KEY, None) is FOUND_NOTHING


@pytest.mark.parametrize("status", [500, 403, 400])
def test_what_cannot_be_set_after_the_create_is_named_and_costs_nothing_else(
    status: int, site: Site, draft: TicketDraft
) -> None:
    plugin = site.plugin()
    site.fault(FaultKind.SERVER_ERROR, method="PUT", path=r"/issue/\d+$", status=status, times=5)
    object.__setattr__(plugin._transport, "sleep", lambda _: None)
    made = plugin.create_ticket(asked(draft), KEY)
    assert {each.field for each in made.left_out} >= {"labels"}
    assert plugin.find_ticket(KEY, None).ref == made.ref


def test_labels_that_the_project_does_not_take_are_no_reason_for_another_request(
    site: Site, draft: TicketDraft
) -> None:
    plugin = site.plugin()
    site.fault(FaultKind.SERVER_ERROR, method="PUT", path=r"/issue/\d+$", status=400)
    ticket = plugin.create_ticket(asked(draft), KEY)
    assert (ticket.tags, ticket.bridge_key) == ((), KEY)
    assert plugin.find_ticket(KEY, None) == ticket


def test_nothing_found_is_not_believed_before_the_index_is_settled(site: Site, draft: TicketDraft) -> None:
    plugin = site.plugin()
    site.call(seed.ADMIN, "PUT", "/_sandbox/search", {"lag": 30})
    plugin.create_ticket(asked(draft), KEY)
    with pytest.raises(NotSettled):
        plugin.find_ticket(KEY, plugin.connection.now())
