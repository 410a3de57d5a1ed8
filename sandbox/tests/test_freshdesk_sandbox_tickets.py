"""Tickets of the Freshdesk stand-in: what is taken and what is refused."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from escalation_bridge_sandbox.freshdesk import FreshdeskSandbox
from escalation_bridge_sandbox.freshdesk.driver import SAMPLE_TICKET as NEW
from escalation_bridge_sandbox.freshdesk.driver import FreshdeskDriver
from escalation_bridge_sandbox.freshdesk.state import seed
from escalation_bridge_sandbox.kernel.server import start

SARI = seed.CUSTOMER_SARI.email


def serve(**settings):
    with (
        start(FreshdeskSandbox(**{"search_lag": 0, "sla_lag": 0, **settings})) as running,
        FreshdeskDriver(running.url) as desk,
    ):
        desk.vendor = running.vendor
        yield desk


@pytest.fixture
def desk():
    yield from serve()


def errors(response):
    assert response.status_code == 400, response.text
    body = response.json()
    assert body["description"] == "Validation failed"
    return {problem["field"]: (problem["code"], problem["message"]) for problem in body["errors"]}


def test_a_created_ticket_is_answered_whole(desk):
    response = desk.ask(
        "POST", "/tickets", json={**NEW, "cc_emails": ["Boss <boss@example.com>"], "tags": ["a", "a"]}
    )
    ticket = response.json()
    assert response.status_code == 201
    assert response.headers["Location"] == f"{desk.url}/api/v2/tickets/{ticket['id']}"
    assert ticket["description"] == "<div>Since this morning</div>"
    assert ticket["description_text"] == "Since this morning"
    assert ticket["tags"] == ["a"]
    assert ticket["cc_emails"] == ["Boss <boss@example.com>"]
    assert ticket["source"] == 2
    assert ticket["company_id"] == desk.id_of("companies", seed.COMPANY)
    assert ticket["created_at"].endswith("Z")
    assert len(ticket["created_at"]) == len("2026-01-01T00:00:00Z")
    assert ticket["custom_fields"]["cf_vip"] is False
    assert ticket["custom_fields"][seed.FIELD_REFERENCE] is None
    assert "deleted" not in ticket


def test_recorded_fields_are_all_there(desk):
    """The keys of a ticket as a recorded account lists it, with description, requester and stats embedded."""
    recorded = (
        "cc_emails fwd_emails reply_cc_emails ticket_cc_emails fr_escalated spam email_config_id group_id priority "
        "requester_id responder_id source company_id status subject association_type support_email to_emails "
        "product_id id type due_by fr_due_by is_escalated custom_fields created_at updated_at "
        "associated_tickets_count tags description description_text requester stats nr_due_by nr_escalated"
    ).split()
    desk.create_ticket()
    (row,) = desk.ask("GET", "/tickets?include=stats,requester,description").json()
    assert set(recorded) <= set(row)
    assert set(row["requester"]) == {"id", "name", "email", "mobile", "phone"}
    assert set(row["stats"]) == {
        "agent_responded_at",
        "requester_responded_at",
        "first_responded_at",
        "status_updated_at",
        "reopened_at",
        "resolved_at",
        "closed_at",
        "pending_since",
    }
    (bare,) = desk.ask("GET", "/tickets").json()
    assert set(row) - set(bare) == {
        "description",
        "description_text",
        "structured_description",
        "requester",
        "stats",
    }


def test_what_the_form_requires_is_required(desk):
    assert errors(desk.ask("POST", "/tickets", json={})) == {
        "subject": ("missing_field", "It should be a/an String"),
        "description": ("missing_field", "It should be a/an String"),
        "status": ("missing_field", "It should be one of these values: '2,3,4,5,6,7,8'"),
        "priority": ("missing_field", "It should be one of these values: '1,2,3,4'"),
    }
    without = {name: value for name, value in NEW.items() if name != "email"}
    assert errors(desk.ask("POST", "/tickets", json=without))["requester_id"][0] == "missing_field"


@pytest.mark.parametrize(
    ("given", "code", "message"),
    [
        (
            {"status": "2"},
            "datatype_mismatch",
            "Value set is of type String.It should be one of these values: '2,3,4,5,6,7,8'",
        ),
        ({"status": 9}, "invalid_value", "It should be one of these values: '2,3,4,5,6,7,8'"),
        (
            {"status": True},
            "datatype_mismatch",
            "Value set is of type Boolean.It should be one of these values: '2,3,4,5,6,7,8'",
        ),
        ({"priority": 5}, "invalid_value", "It should be one of these values: '1,2,3,4'"),
        ({"source": 13}, "invalid_value", "It should be one of these values: '1,2,3,7,9,10'"),
        (
            {"type": "Nonsense"},
            "invalid_value",
            "It should be one of these values: 'Question,Incident,Problem,Feature Request,Refund'",
        ),
        ({"subject": 7}, "datatype_mismatch", "Value set is of type Integer.It should be a/an String"),
        ({"subject": " "}, "invalid_value", "It should not be blank as this is a mandatory field"),
        (
            {"subject": "x" * 256},
            "invalid_value",
            "Has 256 characters, it can have maximum of 255 characters",
        ),
        ({"tags": "login"}, "datatype_mismatch", "Value set is of type String.It should be a/an Array"),
        ({"tags": [1]}, "datatype_mismatch", "Value set is of type Integer.It should be a/an String"),
        (
            {"group_id": "12"},
            "datatype_mismatch",
            "Value set is of type String.It should be a/an Positive Integer",
        ),
        ({"group_id": 12}, "invalid_value", "There is no group matching the given group_id"),
        ({"responder_id": 12}, "invalid_value", "There is no agent matching the given responder_id"),
        ({"company_id": 12}, "invalid_value", "There is no company matching the given company_id"),
        ({"product_id": 12}, "invalid_value", "There is no product matching the given product_id"),
        ({"parent_id": 12}, "invalid_value", "There is no ticket matching the given parent_id"),
        ({"email": "sari"}, "invalid_value", "It should be in the 'valid email address' format"),
        ({"cc_emails": ["nobody"]}, "invalid_value", "It should be in the 'valid email address' format"),
        (
            {"due_by": "tomorrow"},
            "datatype_mismatch",
            "Value set is of type String.It should be a/an DateTime",
        ),
        (
            {"custom_fields": []},
            "datatype_mismatch",
            "Value set is of type Array.It should be a/an key/value pair",
        ),
        ({"attachments": []}, "invalid_value", "It should be a/an valid file format"),
        ({"description_text": "plain"}, "invalid_field", "Unexpected/invalid field in request"),
        ({"external_id": "1"}, "invalid_field", "Unexpected/invalid field in request"),
        ({"priorty": 1}, "invalid_field", "Unexpected/invalid field in request"),
        ({"requester_id": 12}, "invalid_value", "There is no contact matching the given requester_id"),
        ({"facebook_id": "nobody", "email": SARI}, None, None),
    ],
    ids=str,
)
def test_values_are_checked_on_create(desk, given, code, message):
    response = desk.ask("POST", "/tickets", json={**NEW, **given})
    if code is None:
        assert response.status_code == 201
    else:
        (name,) = given
        assert errors(response)[name] == (code, message)


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("cf_affected_orders", "3", "datatype_mismatch"),
        ("cf_affected_orders", 3.5, "datatype_mismatch"),
        ("cf_vip", "true", "datatype_mismatch"),
        ("cf_needed_by", "next week", "invalid_value"),
        ("cf_root_cause", "Bad luck", "invalid_value"),
        ("cf_root_cause", 4, "datatype_mismatch"),
        ("cf_external_reference", 4, "datatype_mismatch"),
        ("cf_unknown", "x", "invalid_field"),
        ("external_reference", "x", "invalid_field"),
    ],
)
def test_custom_fields_are_checked(desk, field, value, code):
    for method, path, body in (
        ("POST", "/tickets", NEW),
        ("PUT", f"/tickets/{desk.create_ticket()['id']}", {}),
    ):
        found = errors(desk.ask(method, path, json={**body, "custom_fields": {field: value}}))
        assert found[f"custom_fields.{field}"][0] == code


def test_every_fault_is_named_at_once_but_strangers_come_first(desk):
    bad = {**NEW, "status": "2", "priority": 9, "tags": "x"}
    assert set(errors(desk.ask("POST", "/tickets", json=bad))) == {"status", "priority", "tags"}
    found = errors(desk.ask("POST", "/tickets", json={**bad, "a": 1, "b": 2}))
    assert found == dict.fromkeys("ab", ("invalid_field", "Unexpected/invalid field in request"))


@pytest.mark.parametrize(
    ("identity", "same"),
    [
        ({"email": "NEW@customer.example", "name": "New"}, {"email": "new@customer.example"}),
        ({"phone": "+62 1", "name": "New"}, {"phone": "+62 1"}),
        ({"twitter_id": "new"}, {"twitter_id": "new"}),
        ({"unique_external_id": "crm-9"}, {"unique_external_id": "crm-9"}),
    ],
    ids=lambda value: next(iter(value)),
)
def test_an_unknown_requester_becomes_a_contact_once(desk, identity, same):
    anonymous = {name: value for name, value in NEW.items() if name != "email"}
    before = len(desk.vendor.helpdesk.desk.contacts)
    first = desk.ask("POST", "/tickets", json={**anonymous, **identity}).json()
    second = desk.ask("POST", "/tickets", json={**anonymous, **same}).json()
    assert first["requester_id"] == second["requester_id"]
    assert len(desk.vendor.helpdesk.desk.contacts) == before + 1


def test_the_external_id_of_a_ticket_is_its_requesters(desk):
    anonymous = {name: value for name, value in NEW.items() if name != "email"}
    ticket = desk.ask("POST", "/tickets", json={**anonymous, "unique_external_id": "crm-1001"}).json()
    assert ticket["requester_id"] == desk.id_of("contacts", seed.CUSTOMER_SARI.name)
    assert "unique_external_id" not in ticket
    assert "external_id" not in ticket


def test_a_phone_alone_needs_a_name(desk):
    anonymous = {name: value for name, value in NEW.items() if name != "email"}
    assert (
        errors(desk.ask("POST", "/tickets", json={**anonymous, "phone": "+62 2"}))["name"][0]
        == "missing_field"
    )
    assert errors(desk.ask("POST", "/tickets", json={**anonymous, "facebook_id": "x"}))["facebook_id"]


def test_nothing_is_left_behind_by_a_refused_create(desk):
    before = len(desk.vendor.helpdesk.desk.contacts)
    errors(desk.ask("POST", "/tickets", json={**NEW, "email": "fresh@customer.example", "status": 99}))
    assert len(desk.vendor.helpdesk.desk.contacts) == before
    assert desk.create_ticket()["id"] == 1


def test_a_responder_must_be_in_the_group(desk):
    billing, rina, budi = (
        desk.id_of("groups", seed.GROUP_BILLING),
        desk.id_of("agents", "Rina"),
        desk.id_of("agents", "Budi"),
    )
    response = desk.ask("POST", "/tickets", json={**NEW, "group_id": billing, "responder_id": rina})
    assert errors(response)["responder_id"][0] == "invalid_value"
    ticket = desk.create_ticket(group_id=billing, responder_id=budi)
    assert (ticket["group_id"], ticket["responder_id"]) == (billing, budi)
    assert errors(desk.ask("PUT", f"/tickets/{ticket['id']}", json={"responder_id": rina}))
    cleared = desk.ask(
        "PUT", f"/tickets/{ticket['id']}", json={"group_id": None, "responder_id": rina}
    ).json()
    assert (cleared["group_id"], cleared["responder_id"]) == (None, rina)


def test_an_update_changes_what_it_names(desk):
    ticket = desk.create_ticket(tags=["a", "b"], custom_fields={"cf_impact": "big", "cf_vip": True})
    desk.vendor.clock.advance(10)
    updated = desk.ask(
        "PUT", f"/tickets/{ticket['id']}", json={"tags": ["c"], "custom_fields": {"cf_vip": None}}
    ).json()
    assert updated["tags"] == ["c"]
    assert updated["custom_fields"]["cf_impact"] == "big"
    assert updated["custom_fields"]["cf_vip"] is False
    assert updated["subject"] == NEW["subject"]
    assert updated["updated_at"] > ticket["updated_at"]
    desk.vendor.clock.advance(10)
    unchanged = desk.ask("PUT", f"/tickets/{ticket['id']}", json={"tags": ["c"]}).json()
    assert unchanged["updated_at"] == updated["updated_at"]


def test_updates_are_refused(desk):
    number = desk.create_ticket()["id"]
    path = f"/tickets/{number}"
    assert errors(desk.ask("PUT", path, json={}))["request"][0] == "missing_field"
    assert errors(desk.ask("PUT", path, json={"status": "resolved"}))["status"][0] == "datatype_mismatch"
    assert errors(desk.ask("PUT", path, json={"status": None}))["status"][0] == "datatype_mismatch"
    assert errors(desk.ask("PUT", path, json={"cc_emails": []}))["cc_emails"][0] == "invalid_field"
    assert errors(desk.ask("PUT", path, json={"id": 4}))["id"][0] == "invalid_field"
    assert errors(desk.ask("PUT", path, json={"fr_due_by": "2030-01-02", "due_by": "2030-01-01"}))[
        "fr_due_by"
    ]
    missing = desk.ask("PUT", "/tickets/99", json={"status": 2})
    assert (missing.status_code, missing.text) == (404, "")


def test_include_names_only_what_can_be_embedded(desk):
    number = desk.create_ticket()["id"]
    assert errors(desk.ask("GET", f"/tickets/{number}?include=stats,sla"))["include"][0] == "invalid_value"
    assert errors(desk.ask("GET", "/tickets?include=conversations"))["include"][0] == "invalid_value"
    assert errors(desk.ask("GET", f"/tickets/{number}?expand=stats"))["expand"][0] == "invalid_field"


def test_a_form_is_read_like_json(desk):
    fields = {
        **{name: str(value) for name, value in NEW.items()},
        "tags[]": ["a", "b"],
        "custom_fields[cf_vip]": "true",
        "custom_fields[cf_affected_orders]": "12",
        "custom_fields[cf_external_reference]": "12",
    }
    files = [
        ("attachments[]", ("a.txt", b"one", "text/plain")),
        ("attachments[]", ("b.txt", b"three", "text/plain")),
    ]
    ticket = desk.ask("POST", "/tickets", data=fields, files=files).json()
    assert ticket["tags"] == ["a", "b"]
    assert ticket["custom_fields"]["cf_vip"] is True
    assert ticket["custom_fields"]["cf_affected_orders"] == 12
    assert ticket["custom_fields"]["cf_external_reference"] == "12"
    assert [(entry["name"], entry["size"]) for entry in ticket["attachments"]] == [("a.txt", 3), ("b.txt", 5)]

    bad = {**fields, "status": "open", "tags": "x", "custom_fields[cf_affected_orders]": "many"}
    found = errors(desk.ask("POST", "/tickets", data=bad, files=files))
    assert {"status", "custom_fields.cf_affected_orders"} <= set(found)
    strange = desk.ask("POST", "/tickets", data=fields, files=[("attachment", ("a.txt", b"one"))])
    assert errors(strange)["attachment"][0] == "invalid_field"


def test_attachments_have_a_limit(desk):
    big = [("attachments[]", ("big.bin", b"x" * (20 * 1024 * 1024 + 1)))]
    response = desk.ask("POST", "/tickets", data={name: str(value) for name, value in NEW.items()}, files=big)
    assert errors(response)["attachments"][0] == "invalid_value"


@pytest.mark.parametrize(
    ("given", "stored", "text"),
    [
        ("plain & simple", "<div>plain & simple</div>", "plain & simple"),
        ("a < b", "<div>a < b</div>", "a < b"),
        ("<p>one</p><p>two</p>", "<p>one</p><p>two</p>", "one\ntwo"),
        # Recorded: two breaks make an empty line.
        (
            "Hi,<br><br> There it is &amp; stays",
            "Hi,<br><br> There it is &amp; stays",
            "Hi,\n\nThere it is & stays",
        ),
        ("<div>x</div><script>alert(1)</script>", "<div>x</div>", "x"),
    ],
)
def test_descriptions_are_kept_as_html_and_shown_as_text(desk, given, stored, text):
    ticket = desk.create_ticket(description=given)
    assert (ticket["description"], ticket["description_text"]) == (stored, text)
    assert ticket["structured_description"] == {
        "description_contents": [{"type": "text", "data": {"content": text}}]
    }


def test_many_at_once_get_a_number_each(desk):
    def create(_):
        with FreshdeskDriver(desk.url) as own:
            return [own.create_ticket()["id"] for _ in range(5)]

    with ThreadPoolExecutor(8) as pool:
        numbers = [number for batch in pool.map(create, range(8)) for number in batch]
    assert sorted(numbers) == list(range(1, 41))


def test_a_ticket_is_rated(desk):
    ticket = desk.ask("POST", "/tickets", json=NEW).json()["id"]
    path = f"/tickets/{ticket}/satisfaction_ratings"
    assert desk.ask("GET", path).json() == []
    rating = {"feedback": "Thank you", "ratings": {"default_question": 103, "question_2": -102}}
    made = desk.ask("POST", path, json=rating)
    assert made.status_code == 201
    (shown,) = desk.ask("GET", path).json()
    assert shown == made.json()
    assert (shown["ticket_id"], shown["feedback"], shown["ratings"]) == (ticket, *rating.values())
    for bad in ({}, {"ratings": {}}, {"ratings": {"default_question": 5}}, {**rating, "score": 1}):
        assert desk.ask("POST", path, json=bad).status_code == 400
    assert desk.ask("GET", "/tickets/999999/satisfaction_ratings").status_code == 404
