"""The life of a ticket in the Freshdesk stand-in: closing, reopening, deleting, merging."""

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


@pytest.fixture
def strict_desk():
    yield from serve(required_for_closure=[seed.FIELD_ROOT_CAUSE, seed.FIELD_LINKED_ISSUE])


def errors(response):
    assert response.status_code == 400, response.text
    body = response.json()
    assert body["description"] == "Validation failed"
    return {problem["field"]: (problem["code"], problem["message"]) for problem in body["errors"]}


@pytest.mark.parametrize("status", [4, 5])
def test_closing_needs_its_fields(strict_desk, status):
    desk = strict_desk
    path = f"/tickets/{desk.create_ticket()['id']}"
    assert errors(desk.ask("PUT", path, json={"status": status})) == {
        f"custom_fields.{seed.FIELD_LINKED_ISSUE}": ("missing_field", "It should be a/an String"),
        f"custom_fields.{seed.FIELD_ROOT_CAUSE}": (
            "missing_field",
            "It should be one of these values: 'Product defect,Configuration,User error,Third party'",
        ),
    }
    assert errors(desk.ask("POST", "/tickets", json={**NEW, "status": status}))
    desk.ask("PUT", path, json={"custom_fields": {seed.FIELD_LINKED_ISSUE: "OPS-1"}})
    closed = desk.ask(
        "PUT", path, json={"status": status, "custom_fields": {seed.FIELD_ROOT_CAUSE: "User error"}}
    )
    assert closed.json()["status"] == status


def test_a_field_for_closing_that_does_not_exist_is_a_mistake():
    with pytest.raises(ValueError, match="no such ticket field: cf_nothing"):
        FreshdeskSandbox(required_for_closure=["cf_nothing"])


def test_stats_follow_the_status(desk):
    number = desk.create_ticket()["id"]
    path = f"/tickets/{number}"
    desk.vendor.clock.advance(60)
    desk.ask("PUT", path, json={"status": 3})
    pending = desk.view_ticket(number)["stats"]
    assert pending["pending_since"] == pending["status_updated_at"] > desk.view_ticket(number)["created_at"]
    desk.vendor.clock.advance(60)
    desk.ask("PUT", path, json={"status": 5})
    closed = desk.view_ticket(number)["stats"]
    assert closed["pending_since"] is None
    assert closed["resolved_at"] == closed["closed_at"] == closed["status_updated_at"]
    desk.vendor.clock.advance(60)
    desk.ask("PUT", path, json={"status": 2})
    reopened = desk.view_ticket(number)["stats"]
    assert reopened["reopened_at"] == reopened["status_updated_at"]
    assert (reopened["resolved_at"], reopened["closed_at"]) == (None, None)


@pytest.mark.parametrize(
    ("status", "after", "reopened"),
    [(2, 2, False), (3, 2, False), (4, 2, True), (5, 2, True), (6, 2, False), (7, 7, False), (8, 8, False)],
)
def test_the_customers_answer_reopens(desk, status, after, reopened):
    number = desk.create_ticket(status=status)["id"]
    desk.vendor.clock.advance(300)
    assert desk.customer_writes({"ticket_id": number, "body": "It still does not work"}) == number
    ticket = desk.view_ticket(number, "stats,conversations")
    assert ticket["status"] == after
    assert (ticket["stats"]["reopened_at"] is not None) is reopened
    assert ticket["stats"]["requester_responded_at"] == ticket["updated_at"]
    (entry,) = ticket["conversations"]
    assert (entry["incoming"], entry["private"], entry["source"]) == (True, False, 0)
    assert entry["from_email"] == SARI


def test_a_closed_ticket_can_be_updated_and_stays_closed(desk):
    number = desk.create_ticket(status=5)["id"]
    assert desk.ask("PUT", f"/tickets/{number}", json={"priority": 4}).json()["status"] == 5
    assert desk.ask("POST", f"/tickets/{number}/notes", json={"body": "for the record"}).status_code == 201
    assert desk.view_ticket(number)["status"] == 5


def test_deleted_and_spam_tickets_can_only_be_viewed(desk):
    number = desk.create_ticket()["id"]
    path = f"/tickets/{number}"
    assert desk.ask("PUT", f"{path}/restore").status_code == 404
    assert desk.ask("DELETE", path).status_code == 204
    assert desk.ask("GET", path).json()["deleted"] is True
    for method, where, body in (
        ("PUT", path, {"status": 2}),
        ("DELETE", path, None),
        ("POST", f"{path}/notes", {"body": "x"}),
        ("POST", f"{path}/reply", {"body": "x"}),
    ):
        refused = desk.ask(method, where, json=body)
        assert (refused.status_code, refused.headers["Allow"]) == (405, "GET")
    assert desk.ask("PUT", f"{path}/restore").status_code == 204
    assert "deleted" not in desk.ask("GET", path).json()

    mark = desk.control("POST", "/spam", {"ticket_id": number})
    assert mark.json() == {"ticket_id": number, "spam": True}
    assert desk.ask("PUT", path, json={"status": 2}).status_code == 405
    desk.control("POST", "/spam", {"ticket_id": number, "spam": False})
    assert desk.ask("PUT", path, json={"status": 3}).status_code == 200


def test_merging(desk):
    primary, one, two = (
        desk.create_ticket(email=email)["id"] for email in (SARI, "agus@customer.example", SARI)
    )
    body = {"primary_id": primary, "ticket_ids": [primary, one, two], "convert_recepients_to_cc": True}
    assert desk.ask("PUT", "/tickets/merge", json=body).status_code == 204
    for number in (one, two):
        merged = desk.view_ticket(number, "conversations")
        assert merged["status"] == 5
        assert [entry["private"] for entry in merged["conversations"]] == [True]
    kept = desk.view_ticket(primary, "conversations")
    assert kept["status"] == 2
    assert "agus@customer.example" in kept["cc_emails"]
    assert [entry["private"] for entry in kept["conversations"]] == [True]
    assert desk.customer_writes({"ticket_id": one, "body": "And another thing"}) == primary

    assert set(errors(desk.ask("PUT", "/tickets/merge", json={}))) == {"primary_id", "ticket_ids"}
    gone = {"primary_id": 99, "ticket_ids": [98], "note_in_primary": {}}
    assert set(errors(desk.ask("PUT", "/tickets/merge", json=gone))) == {
        "primary_id",
        "ticket_ids",
        "note_in_primary.body",
    }


def test_children_and_trackers(desk):
    parent = desk.create_ticket()["id"]
    child = desk.create_ticket(parent_id=parent)
    assert (child["association_type"], child["associated_tickets_list"]) == (2, [parent])
    seen = desk.view_ticket(parent)
    assert (seen["association_type"], seen["associated_tickets_list"]) == (1, [child["id"]])
    assert seen["associated_tickets_count"] == 1
    tracker = desk.create_ticket(related_ticket_ids=[desk.create_ticket()["id"]])
    assert tracker["association_type"] == 3
    assert errors(desk.ask("POST", "/tickets", json={**NEW, "related_ticket_ids": [77]}))[
        "related_ticket_ids"
    ]
