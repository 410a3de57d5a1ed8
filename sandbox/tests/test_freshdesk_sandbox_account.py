"""Log-in, limits, faults and the description of the account of the Freshdesk stand-in."""

import pytest
import requests

from escalation_bridge_sandbox.freshdesk import FreshdeskSandbox
from escalation_bridge_sandbox.freshdesk.driver import SAMPLE_TICKET as NEW
from escalation_bridge_sandbox.freshdesk.driver import FreshdeskDriver
from escalation_bridge_sandbox.freshdesk.state import seed
from escalation_bridge_sandbox.kernel.faults import Fault, FaultKind
from escalation_bridge_sandbox.kernel.server import start


class Desk(FreshdeskDriver):
    def admin(self, method, path, **kwargs):
        return self.ask(method, path, key=seed.ADMIN.api_key, **kwargs)


def serve(**settings):
    with start(FreshdeskSandbox(**settings)) as running, Desk(running.url) as desk:
        desk.vendor = running.vendor
        yield desk


@pytest.fixture
def desk():
    yield from serve(search_lag=0, sla_lag=0)


def error_fields(response, status=400):
    assert response.status_code == status, response.text
    return {problem["field"]: problem["code"] for problem in response.json()["errors"]}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer fd-bridge-key"},
        {"Authorization": "Basic !!"},
        {"Authorization": "Basic bm9ib2R5Olg="},
        {"Authorization": "Basic Olg="},
    ],
)
def test_without_a_key_nothing_is_said(desk, headers):
    for path in ("/tickets", "/tickets/1", "/no/such/thing"):
        response = desk.ask("GET", path, key="", headers=headers)
        assert response.status_code == 401
        assert response.json() == {
            "code": "invalid_credentials",
            "message": "You have to be logged in to perform this action.",
        }


def test_any_password_goes_with_a_key(desk):
    for password in ("X", "", "whatever"):
        auth = (seed.BRIDGE.api_key, password)
        response = requests.get(f"{desk.url}/api/v2/agents/me", auth=auth, timeout=10)
        assert response.json()["contact"]["email"] == seed.BRIDGE.email
    assert {entry.user for entry in desk.vendor.journal.entries()} == {seed.BRIDGE.email}


def test_administration_needs_an_administrator(desk):
    for path in (
        "/agents",
        "/agents/82000000002",
        "/groups",
        "/groups/1",
        "/roles",
        "/roles/1",
        "/email_configs",
    ):
        refused = desk.ask("GET", path)
        assert (refused.status_code, refused.json()["code"]) == (403, "access_denied")
        assert desk.admin("GET", path).status_code in {200, 404}


def test_agents_and_groups(desk):
    me = desk.ask("GET", "/agents/me").json()
    assert set(me) >= {
        "id",
        "available",
        "occasional",
        "ticket_scope",
        "type",
        "group_ids",
        "role_ids",
        "contact",
    }
    assert len(me["group_ids"]) == 2
    assert desk.admin("GET", f"/agents/{me['id']}").json()["id"] == me["id"]
    assert desk.admin("GET", "/agents/9").status_code == 404
    assert len(desk.admin("GET", "/agents", params={"state": "fulltime"}).json()) == len(seed.AGENTS)
    assert desk.admin("GET", "/agents", params={"state": "occasional"}).json() == []
    assert error_fields(desk.admin("GET", "/agents", params={"state": "new"})) == {"state": "invalid_value"}
    group = desk.admin("GET", "/groups").json()[0]
    assert "agent_ids" not in group
    assert desk.admin("GET", f"/groups/{group['id']}").json()["agent_ids"]
    role = desk.admin("GET", "/roles").json()[0]
    assert desk.admin("GET", f"/roles/{role['id']}").json() == role
    config = desk.admin("GET", "/email_configs").json()[0]
    assert desk.admin("GET", f"/email_configs/{config['id']}").json()["reply_email"] == seed.SUPPORT_EMAIL


def test_ticket_fields_describe_the_form(desk):
    fields = {field["name"]: field for field in desk.ask("GET", "/ticket_fields").json()}
    assert fields["status"]["choices"]["4"] == ["Resolved", "This ticket has been Resolved"]
    assert fields["status"]["choices"]["8"] == ["With Engineering", "Being Processed"]
    assert fields["priority"]["choices"] == {"Low": 1, "Medium": 2, "High": 3, "Urgent": 4}
    assert fields["source"]["choices"]["Whatsapp"] == 13
    assert fields["ticket_type"]["choices"][0] == "Question"
    assert set(fields["group"]["choices"]) == {seed.GROUP_SUPPORT, seed.GROUP_ESCALATIONS, seed.GROUP_BILLING}
    assert (
        fields["agent"]["choices"]["Rina"]
        == desk.ask("GET", "/agents/me", key=seed.AGENT_RINA.api_key).json()["id"]
    )
    assert fields[seed.FIELD_ROOT_CAUSE]["choices"] == list(seed.ROOT_CAUSES)
    assert (fields[seed.FIELD_REFERENCE]["type"], fields[seed.FIELD_REFERENCE]["default"]) == (
        "custom_text",
        False,
    )
    assert fields["requester"]["portal_cc_to"] == "company"
    # The keys of a recorded field.
    assert set(fields["status"]) == set(
        "id name label description position required_for_closure required_for_agents type default customers_can_edit "
        "customers_can_filter label_for_customers required_for_customers displayed_to_customers created_at updated_at "
        "choices".split()
    )
    only = desk.ask("GET", "/ticket_fields", params={"type": "default_status"}).json()
    assert [field["name"] for field in only] == ["status"]


def test_fields_for_closing_are_announced():
    for desk in serve(required_for_closure=[seed.FIELD_ROOT_CAUSE]):
        fields = desk.ask("GET", "/ticket_fields").json()
        assert [field["name"] for field in fields if field["required_for_closure"]] == [seed.FIELD_ROOT_CAUSE]


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/tickets", "GET, POST"),
        ("DELETE", "/tickets", "GET, POST"),
        ("POST", "/tickets/1", "DELETE, GET, PUT"),
        ("GET", "/tickets/1/reply", "POST"),
        ("PUT", "/agents/me", "GET"),
        ("POST", "/ticket_fields", "GET"),
    ],
)
def test_wrong_methods_name_the_right_ones(desk, method, path, allowed):
    response = desk.ask(method, path, json={})
    assert response.status_code == 405
    assert response.headers["Allow"] == allowed
    assert response.json() == {
        "message": f"{method} method is not allowed. It should be one of these method(s): {allowed}"
    }


def test_what_is_not_there_and_what_is_left_out(desk):
    for path in ("/tickets/99", "/tickets/abc", "/nothing", "/contacts/1", "/companies/1"):
        response = desk.ask("GET", path)
        assert (response.status_code, response.text) == (404, "")
    for method, path in (
        ("GET", "/time_entries"),
        ("GET", "/search/contacts?query=x"),
        ("POST", "/groups"),
        ("GET", "/automations/3/rules"),
        ("POST", "/tickets/1/forward"),
        ("GET", "/tickets/1/watchers"),
        ("POST", "/tickets/bulk_update"),
    ):
        response = desk.admin(method, path)
        assert (response.status_code, response.json()["code"]) == (501, "not_in_sandbox")


def test_bodies_must_be_json(desk):
    for text in ("{", "[]", '"x"', "\xff"):
        response = desk.ask(
            "POST", "/tickets", data=text.encode("latin-1"), headers={"Content-Type": "application/json"}
        )
        assert (response.status_code, response.json()["code"]) == (400, "invalid_json")
    form = desk.ask("POST", "/tickets", data=NEW)
    assert form.status_code == 415
    assert "application/x-www-form-urlencoded" in form.json()["message"]
    assert (
        desk.ask("POST", "/tickets", data="<x/>", headers={"Content-Type": "application/xml"}).status_code
        == 415
    )
    number = desk.ask("POST", "/tickets", json=NEW).json()["id"]
    desk.ask("DELETE", f"/tickets/{number}")
    restored = desk.ask("PUT", f"/tickets/{number}/restore", json={"why": "because"})
    assert (restored.status_code, restored.json()["code"]) == (400, "no_content_required")


def test_only_json_is_served(desk):
    assert desk.ask("GET", "/tickets", headers={"Accept": "application/xml"}).status_code == 406
    assert desk.ask("GET", "/tickets", headers={"Accept": "text/html, */*;q=0.1"}).status_code == 200
    response = desk.ask("GET", "/tickets")
    assert response.headers["Content-Type"] == "application/json; charset=utf-8"
    assert response.headers["X-Freshdesk-Api-Version"] == "latest=v2; requested=v2"


def test_limits_are_counted_and_announced():
    for desk in serve(plan="trial"):
        first = desk.ask("GET", "/tickets").headers
        second = desk.ask("GET", "/tickets").headers
        assert (first["X-RateLimit-Total"], first["X-RateLimit-Remaining"]) == ("50", "49")
        assert (second["X-RateLimit-Total"], second["X-RateLimit-Remaining"]) == ("50.0", "48.0")
        assert "Retry-After" not in first


@pytest.mark.parametrize(
    ("path", "cost"),
    [
        ("/tickets", 1),
        ("/tickets?include=stats", 3),
        ("/tickets?include=stats,requester,description", 7),
        ("/tickets/1", 1),
        ("/tickets/1?include=conversations", 2),
        ("/tickets/1?include=requester,company", 3),
        ("/agents/me", 1),
    ],
)
def test_embedding_costs_extra(desk, path, cost):
    before = float(desk.ask("GET", "/agents/me").headers["X-RateLimit-Remaining"])
    headers = desk.ask("GET", path).headers
    assert float(headers["X-RateLimit-Used-CurrentRequest"]) == cost
    assert float(headers["X-RateLimit-Remaining"]) == before - cost


def test_over_the_limit_is_429_until_the_minute_is_over():
    for desk in serve(plan="trial"):
        for number in range(50):
            # Invalid and unauthenticated requests count as well.
            kind = number % 3
            response = desk.ask(
                "GET", "/nothing" if kind else "/agents/me", key="" if kind == 2 else "fd-bridge-key"
            )
            assert response.status_code in {200, 401, 404}
        refused = desk.ask("POST", "/tickets", json=NEW)
        assert refused.status_code == 429
        assert 1 <= int(refused.headers["Retry-After"]) <= 60
        assert float(refused.headers["X-RateLimit-Remaining"]) == 0
        assert desk.vendor.helpdesk.desk.tickets == {}
        desk.vendor.clock.advance(61)
        assert desk.ask("POST", "/tickets", json=NEW).status_code == 201


def test_an_unknown_plan_is_a_mistake():
    with pytest.raises(ValueError, match="no such plan: forest; there are generous, trial"):
        FreshdeskSandbox(plan="forest")


def test_an_endpoint_may_be_used_up_before_the_account():
    for desk in serve(plan="growth"):
        for _ in range(20):
            assert desk.ask("GET", "/tickets").status_code == 200
        refused = desk.ask("GET", "/tickets")
        assert refused.status_code == 429
        assert float(refused.headers["X-RateLimit-Remaining"]) > 100
        assert desk.ask("GET", "/agents/me").status_code == 200


@pytest.mark.parametrize(
    ("fault", "status", "content_type"),
    [
        (Fault(FaultKind.RATE_LIMIT, retry_after="30"), 429, "application/json; charset=utf-8"),
        (Fault(FaultKind.SERVER_ERROR), 500, "text/html; charset=utf-8"),
        (Fault(FaultKind.SERVER_ERROR, status=503, retry_after="5"), 503, "text/html; charset=utf-8"),
        (Fault(FaultKind.UNAUTHORIZED), 401, "application/json; charset=utf-8"),
        (Fault(FaultKind.FORBIDDEN, body="{}"), 403, "application/json; charset=utf-8"),
    ],
    ids=str,
)
def test_faults_speak_the_vendors_language(desk, fault, status, content_type):
    desk.vendor.faults.add(fault)
    response = desk.ask("POST", "/tickets", json=NEW)
    assert (response.status_code, response.headers["Content-Type"]) == (status, content_type)
    assert response.headers.get("Retry-After") == fault.retry_after
    assert "X-RateLimit-Remaining" in response.headers
    assert desk.vendor.helpdesk.desk.tickets == {}
    assert desk.ask("POST", "/tickets", json=NEW).status_code == 201


def test_a_create_may_take_place_without_an_answer(desk):
    desk.vendor.faults.add(Fault(FaultKind.TIMEOUT_AFTER_WRITE, method="POST", path="/tickets$"))
    assert desk.ask("POST", "/tickets", json=NEW).status_code == 504
    assert len(desk.ask("GET", "/tickets").json()) == 1


def test_reset_forgets_all(desk):
    desk.ask("POST", "/tickets", json=NEW)
    desk.control("POST", "/reset")
    assert desk.ask("GET", "/tickets").json() == []
    assert desk.ask("POST", "/tickets", json=NEW).json()["id"] == 1
    people = desk.control("GET", "/people").json()
    assert seed.BRIDGE.api_key in {agent["api_key"] for agent in people["agents"]}
    assert {contact["name"] for contact in people["contacts"]} == {"Sari", "Agus", "Maya"}


def test_contacts_are_checked(desk):
    assert error_fields(desk.ask("POST", "/contacts", json={})) == {
        "name": "missing_field",
        "email": "missing_field",
    }
    taken = desk.ask("POST", "/contacts", json={"name": "Other", "email": seed.CUSTOMER_SARI.email.upper()})
    assert error_fields(taken, 409) == {"email": "duplicate_value"}
    assert error_fields(desk.ask("POST", "/contacts", json={"name": "A", "mail": "a@b.example"})) == {
        "mail": "invalid_field"
    }
    assert error_fields(
        desk.ask("POST", "/contacts", json={"name": "A", "email": "a@b.example", "company_id": 3})
    ) == {"company_id": "invalid_value"}
    assert error_fields(
        desk.ask("POST", "/contacts", json={"name": "A", "email": "a@b.example", "custom_fields": {"x": 1}})
    ) == {"custom_fields.x": "invalid_field"}

    made = desk.ask("POST", "/contacts", json={"name": "Joko", "mobile": "+62 8", "tags": ["vip"]})
    assert made.headers["Location"].endswith(f"/contacts/{made.json()['id']}")
    path = f"/contacts/{made.json()['id']}"
    assert desk.ask("PUT", path, json={"unique_external_id": "crm-1001"}).status_code == 409
    assert desk.ask("PUT", path, json={"email": "joko@b.example"}).json()["email"] == "joko@b.example"
    assert desk.ask("PUT", f"{path}/restore").status_code == 404
    assert desk.ask("DELETE", f"{path}/hard_delete").status_code == 405
    assert desk.ask("DELETE", path).status_code == 204
    assert desk.ask("PUT", path, json={"name": "x"}).status_code == 405
    assert desk.ask("GET", path).json()["deleted"] is True
    assert [c["name"] for c in desk.ask("GET", "/contacts?state=deleted").json()] == ["Joko"]
    refused = desk.ask("POST", "/tickets", json={**NEW, "email": "joko@b.example"})
    assert error_fields(refused) == {"email": "invalid_value"}


def test_a_contact_that_is_erased_takes_its_tickets_along(desk):
    number = desk.create_ticket()["id"]
    sari = desk.id_of("contacts", "Sari")
    assert desk.ask("DELETE", f"/contacts/{sari}/hard_delete?force=true").status_code == 204
    assert desk.ask("GET", f"/contacts/{sari}").status_code == 404
    assert desk.view_ticket(number, "requester")["deleted"] is True
    assert desk.get("/search/tickets", query='"status:2"')["results"] == []


def test_contacts_are_listed(desk):
    def names(**params):
        return [contact["name"] for contact in desk.ask("GET", "/contacts", params=params).json()]

    assert names() == ["Agus", "Maya", "Sari"]
    assert names(email="SARI@tokomaju.example") == ["Sari"]
    assert names(phone="+62 21 555 0101") == ["Maya"]
    assert names(state="verified") == []
    assert names(updated_since="2030-01-01T00:00:00Z") == []
    assert names(per_page=1, page=2) == ["Maya"]
    assert error_fields(desk.ask("GET", "/contacts?state=odd")) == {"state": "invalid_value"}
    assert error_fields(desk.ask("GET", "/contacts?updated_since=odd")) == {
        "updated_since": "datatype_mismatch"
    }


def test_companies_are_checked(desk):
    assert error_fields(desk.ask("POST", "/companies", json={})) == {"name": "missing_field"}
    assert error_fields(desk.ask("POST", "/companies", json={"name": seed.COMPANY}), 409) == {
        "name": "duplicate_value"
    }
    assert error_fields(
        desk.ask("POST", "/companies", json={"name": "B", "domains": [seed.COMPANY_DOMAIN]}), 409
    ) == {"domains": "duplicate_value"}
    number = desk.ask("POST", "/companies", json={"name": "B", "renewal_date": "2027-01-01"}).json()["id"]
    assert error_fields(desk.ask("PUT", f"/companies/{number}", json={"renewal_date": "soon"})) == {
        "renewal_date": "invalid_value"
    }
    ticket = desk.ask("POST", "/tickets", json={**NEW, "company_id": number}).json()
    assert ticket["company_id"] == number
    assert desk.ask("DELETE", f"/companies/{number}").status_code == 204
    seen = desk.ask("GET", f"/tickets/{ticket['id']}?include=company").json()
    assert (seen["company_id"], seen["company"]) == (None, {})
    assert desk.ask("GET", "/companies?updated_since=2030-01-01").json() == []
