"""The usual Python client, python-freshdesk, drives the stand-in."""

import pytest
from freshdesk.api import API
from freshdesk.v2.errors import (
    FreshdeskAccessDenied,
    FreshdeskBadRequest,
    FreshdeskNotFound,
    FreshdeskRateLimited,
    FreshdeskUnauthorized,
)

from escalation_bridge_sandbox.freshdesk import FreshdeskSandbox
from escalation_bridge_sandbox.freshdesk.state import seed
from escalation_bridge_sandbox.kernel.faults import Fault, FaultKind
from escalation_bridge_sandbox.kernel.server import start

SARI = seed.CUSTOMER_SARI.email


@pytest.fixture
def running():
    with start(FreshdeskSandbox(search_lag=0, sla_lag=0)) as served:
        yield served


@pytest.fixture
def login(running):
    clients = []

    def as_agent(api_key):
        # The client insists on https and on the vendor's domain; only its prefix is pointed elsewhere.
        client = API("sandbox.freshdesk.com", api_key)
        client._api_prefix = f"{running.url}/api/v2/"
        clients.append(client)
        return client

    yield as_agent
    for client in clients:
        client._session.close()


@pytest.fixture
def api(login):
    return login(seed.BRIDGE.api_key)


@pytest.fixture
def admin(login):
    return login(seed.ADMIN.api_key)


def open_ticket(api, subject="Cannot log in", **kwargs):
    return api.tickets.create_ticket(
        subject, **{"description": "Since this morning", "email": SARI, **kwargs}
    )


def test_tickets_are_created_read_updated_and_deleted(api):
    ticket = open_ticket(api, priority=2, tags=["login"], custom_fields={seed.FIELD_REFERENCE: "case-1"})
    assert (ticket.subject, ticket.priority, ticket.status, ticket.source) == (
        "Cannot log in",
        "medium",
        "open",
        "portal",
    )

    read = api.tickets.get_ticket(ticket.id, "stats", "requester", "company", "conversations")
    assert read.requester["email"] == SARI
    assert read.company["name"] == seed.COMPANY
    assert read.conversations == []
    assert read.stats["status_updated_at"] is not None
    assert read.custom_fields[seed.FIELD_REFERENCE] == "case-1"
    assert read.description_text == "Since this morning"

    updated = api.tickets.update_ticket(ticket.id, tags=["urgent"], status=3)
    assert (updated.status, updated.tags) == ("pending", ["urgent"])

    api.tickets.delete_ticket(ticket.id)
    assert api.tickets.list_tickets(filter_name=None) == []
    assert [deleted.id for deleted in api.tickets.list_deleted_tickets()] == [ticket.id]


def test_a_status_of_the_accounts_own_is_kept(api):
    ticket = open_ticket(api, status=seed.STATUS_WITH_ENGINEERING)
    assert api.tickets.get_ticket(ticket.id).status == f"status_{seed.STATUS_WITH_ENGINEERING}"


# The client does not close the files that it sends.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_attachments_travel_in_a_form(api, tmp_path):
    report = tmp_path / "report.txt"
    report.write_text("stack trace")
    ticket = open_ticket(
        api,
        attachments=[str(report)],
        tags=["with-file"],
        custom_fields={"cf_affected_orders": 3, seed.FIELD_REFERENCE: "case-2"},
    )
    (attached,) = api.tickets.get_ticket(ticket.id).attachments
    assert (attached["name"], attached["size"]) == ("report.txt", len("stack trace"))
    assert ticket.tags == ["with-file"]
    assert ticket.custom_fields["cf_affected_orders"] == 3


def test_lists_are_followed_over_pages(api):
    for number in range(5):
        open_ticket(api, f"Ticket {number}")
    mine = api.tickets.list_tickets(filter_name=None, per_page=2)
    assert [ticket.subject for ticket in mine] == [f"Ticket {number}" for number in (4, 3, 2, 1, 0)]
    assert len(api.tickets.list_tickets(filter_name=None, updated_since="2020-01-01T00:00:00Z")) == 5
    assert len(api.tickets.list_new_and_my_open_tickets()) == 5
    assert api.tickets.list_watched_tickets() == []


def test_filtering_tickets(api):
    wanted = open_ticket(api, priority=4, tags=["vip"], custom_fields={seed.FIELD_REFERENCE: "case-7"})
    open_ticket(api, priority=1)
    for query in ("priority:4", "tag:'vip' AND status:2", f"{seed.FIELD_REFERENCE}:'case-7'"):
        assert [found.id for found in api.tickets.filter_tickets(query)] == [wanted.id], query


def test_notes_and_replies(api):
    ticket = open_ticket(api)
    note = api.comments.create_note(ticket.id, "Known problem")
    assert note.private is True
    public = api.comments.create_note(ticket.id, "We look into it", private=False)
    assert public.private is False
    reply = api.comments.create_reply(ticket.id, "<p>Please try again</p>", cc_emails=["boss@example.com"])
    assert reply.replied_to == [SARI]

    listed = api.comments.list_comments(ticket.id, per_page=2)
    assert [(entry.source, entry.private, entry.incoming) for entry in listed] == [
        ("note", True, False),
        ("note", False, False),
        ("reply", False, False),
    ]
    assert listed[2].body_text == "Please try again"
    assert str(listed[2]) == "Please try again"


def test_people_and_fields(api, admin):
    assert api.agents.currently_authenticated_agent().contact["email"] == seed.BRIDGE.email
    assert {agent.contact["name"] for agent in admin.agents.list_agents()} == {a.name for a in seed.AGENTS}
    assert [agent.contact["name"] for agent in admin.agents.list_agents(email=seed.AGENT_RINA.email)] == [
        "Rina"
    ]
    groups = admin.groups.list_groups()
    assert {group.name for group in groups} == {
        seed.GROUP_SUPPORT,
        seed.GROUP_ESCALATIONS,
        seed.GROUP_BILLING,
    }
    assert admin.groups.get_group(groups[0].id).agent_ids
    assert [role.name for role in admin.roles.list_roles()][-1] == "Agent"

    (status,) = api.ticket_fields.list_ticket_fields(type="default_status")
    assert status.choices["2"] == ["Open", "Being Processed"]
    assert status.choices[str(seed.STATUS_WITH_ENGINEERING)][0] == "With Engineering"


def test_contacts_and_companies(api):
    contact = api.contacts.create_contact(name="Joko", email="joko@tokomaju.example")
    assert (contact.name, contact.email) == ("Joko", "joko@tokomaju.example")
    assert api.companies.get_company(contact.company_id).name == seed.COMPANY
    assert api.contacts.update_contact(contact.id, job_title="Owner").job_title == "Owner"
    assert [c.name for c in api.contacts.list_contacts(email="joko@tokomaju.example")] == ["Joko"]
    api.contacts.soft_delete_contact(contact.id)
    assert api.contacts.list_contacts(email="joko@tokomaju.example") == []
    api.contacts.restore_contact(contact.id)
    api.contacts.permanently_delete_contact(contact.id)
    with pytest.raises(FreshdeskNotFound):
        api.contacts.get_contact(contact.id)

    company = api.companies.create_company(name="Warung Baru", domains=["baru.example"])
    assert api.companies.update_company(company.id, note="new").note == "new"
    assert [entry.name for entry in api.companies.list_companies()] == [seed.COMPANY, "Warung Baru"]
    api.companies.delete_company(company.id)


def test_mail_that_an_agent_starts(api, admin):
    config_id = admin._get("email_configs")[0]["id"]
    ticket = api.tickets.create_outbound_email("News", "We have news", SARI, config_id)
    assert (ticket.status, ticket._source, ticket.support_email) == ("closed", 10, seed.SUPPORT_EMAIL)
    with pytest.raises(FreshdeskBadRequest, match="incompatible_field"):
        api.tickets.update_ticket(ticket.id, subject="Other news")


def test_refusals_arrive_as_the_clients_own_errors(running, api, login):
    with pytest.raises(FreshdeskBadRequest, match=r"Validation failed.*missing_field"):
        api.tickets.create_ticket("No requester", description="?")
    with pytest.raises(FreshdeskNotFound):
        api.tickets.get_ticket(999)
    with pytest.raises(FreshdeskUnauthorized, match="logged in"):
        login("no-such-key").tickets.get_ticket(1)
    with pytest.raises(FreshdeskAccessDenied, match="not authorized"):
        api.groups.list_groups()
    running.vendor.faults.add(Fault(FaultKind.RATE_LIMIT, retry_after="12"))
    with pytest.raises(FreshdeskRateLimited, match="until 12 seconds"):
        api.tickets.get_ticket(1)
