"""Tickets of the stand-in Zendesk: made, changed, refused."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from escalation_bridge_sandbox.kernel.server import RunningVendor, start
from escalation_bridge_sandbox.zendesk import ZendeskSandbox
from escalation_bridge_sandbox.zendesk.state import seed

Json = dict[str, Any]
BRIDGE = (f"{seed.BRIDGE.email}/token", seed.API_TOKEN)
LIGHT = (f"{seed.LIGHT_AGENT.email}/token", seed.API_TOKEN)


class Desk:
    """A small client: the paths of the API, nothing hidden."""

    def __init__(self, running: RunningVendor) -> None:
        self.running = running

    def call(
        self, method: str, path: str, *, auth: tuple[str, str] = BRIDGE, **options: Any
    ) -> requests.Response:
        return requests.request(method, f"{self.running.url}/api/v2/{path}", auth=auth, timeout=5, **options)

    def create(self, **ticket: Any) -> Json:
        body = {"ticket": {"subject": "Parcel is late", "comment": {"body": "Where is it?"}} | ticket}
        answer = self.call("POST", "tickets", json=body)
        assert answer.status_code == 201, answer.text
        created: Json = answer.json()["ticket"]
        return created

    def update(self, ticket_id: int, **ticket: Any) -> requests.Response:
        return self.call("PUT", f"tickets/{ticket_id}", json={"ticket": ticket})

    def closed(self) -> Json:
        ticket = self.create(assignee_id=seed.AGENT_SARI.id)
        assert self.update(ticket["id"], status="solved").status_code == 200
        answer = requests.post(
            f"{self.running.url}/_sandbox/close", json={"ticket_id": ticket["id"]}, timeout=5
        )
        assert answer.status_code == 200
        return ticket


@pytest.fixture(scope="module")
def served() -> Iterator[RunningVendor]:
    with start(ZendeskSandbox()) as running:
        yield running


@pytest.fixture
def desk(served: RunningVendor) -> Desk:
    served.vendor.reset()
    return Desk(served)


def problems(answer: requests.Response) -> Json:
    assert answer.status_code == 422, answer.text
    assert answer.json()["error"] == "RecordInvalid"
    details: Json = answer.json()["details"]
    return details


# The keys of a recorded answer to POST /api/v2/tickets.json, in their order.
RECORDED_TICKET_KEYS = (
    "url id external_id via created_at updated_at generated_timestamp type subject raw_subject description priority "
    "status recipient requester_id submitter_id assignee_id organization_id group_id collaborator_ids follower_ids "
    "email_cc_ids forum_topic_id problem_id has_incidents is_public due_at tags custom_fields satisfaction_rating "
    "sharing_agreement_ids custom_status_id fields followup_ids ticket_form_id brand_id allow_channelback "
    "allow_attachments from_messaging_channel"
).split()


def test_creating_answers_as_recorded(desk: Desk) -> None:
    answer = desk.call("POST", "tickets.json", json={"ticket": {"subject": "test", "description": "test"}})
    assert answer.status_code == 201
    ticket, audit = answer.json()["ticket"], answer.json()["audit"]
    assert (
        answer.headers["Location"]
        == ticket["url"]
        == f"{desk.running.url}/api/v2/tickets/{ticket['id']}.json"
    )
    assert list(ticket) == RECORDED_TICKET_KEYS
    assert (ticket["status"], ticket["description"], ticket["is_public"]) == ("new", "test", True)
    assert ticket["via"] == {"channel": "api", "source": {"from": {}, "to": {}, "rel": None}}
    assert list(audit) == ["id", "ticket_id", "created_at", "author_id", "metadata", "events", "via"]
    comment, *creations = audit["events"]
    assert list(comment) == [
        "id", "type", "author_id", "body", "html_body", "plain_body", "public", "attachments", "audit_id"
    ]  # fmt: skip
    assert comment["html_body"] == '<div class="zd-comment" dir="auto"><p dir="auto">test</p></div>'
    named = {event["field_name"]: event["value"] for event in creations}
    assert {event["type"] for event in creations} == {"Create"}
    assert named["requester_id"] == str(seed.BRIDGE.id)
    assert named["priority"] is None
    assert named["status"] == "new"
    assert named["custom_status_id"] == str(seed.STATUS_NEW.id)


def test_a_requester_is_found_by_address_or_made(desk: Desk) -> None:
    known = desk.create(requester={"name": "Somebody else", "email": seed.CUSTOMER_DEWI.email.upper()})
    assert known["requester_id"] == seed.CUSTOMER_DEWI.id
    assert known["organization_id"] == seed.ORGANIZATION_STORE
    fresh = desk.create(requester={"name": "Nina", "email": "nina@store.example"})
    user = desk.call("GET", f"users/{fresh['requester_id']}").json()["user"]
    assert (user["role"], user["email"], user["organization_id"]) == (
        "end-user", "nina@store.example", seed.ORGANIZATION_STORE
    )  # fmt: skip
    assert (fresh["submitter_id"], fresh["organization_id"]) == (seed.BRIDGE.id, seed.ORGANIZATION_STORE)


def test_a_refused_creation_leaves_nothing_behind(desk: Desk) -> None:
    ticket = {
        "comment": {"body": "x"},
        "requester": {"name": "Nina", "email": "nina@x.example"},
        "priority": "huge",
    }
    answer = desk.call("POST", "tickets", json={"ticket": ticket})
    assert problems(answer) == {
        "priority": [{"description": "Priority: is invalid", "error": "InvalidValue"}]
    }
    assert desk.call("GET", "users/search?query=nina").json()["count"] == 0
    assert desk.call("GET", "tickets/count").json()["count"]["value"] == 0


@pytest.mark.parametrize(
    ("ticket", "attribute", "description"),
    [
        ({}, "base", "Description: cannot be blank"),
        ({"comment": {"body": " "}}, "base", "Description: cannot be blank"),
        ({"requester": {"email": "new@x.example"}}, "requester", "Requester: Name:  is too short"),
        ({"requester_id": 1}, "requester", "Requester: is invalid"),
        ({"assignee_id": seed.CUSTOMER_DEWI.id}, "assignee", "Assignee: is invalid"),
        ({"assignee_id": seed.LIGHT_AGENT.id}, "assignee", "Assignee: is invalid"),
        ({"group_id": 1}, "group", "Group: is invalid"),
        ({"type": "bug"}, "ticket_type", "Type: is invalid"),
        ({"status": "waiting"}, "status", "Status: is invalid"),
        ({"status": "closed"}, "status", "Status: is invalid"),
        ({"custom_status_id": 1}, "custom_status", "Ticket status: is invalid"),
        ({"custom_status_id": seed.STATUS_RETIRED.id}, "custom_status", "Ticket status: is invalid"),
        (
            {"custom_fields": [{"id": seed.FIELD_PRODUCT_AREA.id, "value": "moon"}]},
            "base",
            "Product area: is invalid",
        ),
        ({"comment": {"body": "x", "author_id": 1}}, "author", "Author: is invalid"),
        ({"comment": {"body": "x", "uploads": ["no"]}}, "base", "Upload: is invalid"),
        ({"comment": {"body": "x" * 70_000}}, "comment", "Comment: is too long"),
        ({"due_at": "soon"}, "due_at", "Due at: is invalid"),
    ],
)
def test_values_that_the_account_does_not_have(
    desk: Desk, ticket: Json, attribute: str, description: str
) -> None:
    if ticket and "comment" not in ticket:
        ticket = ticket | {"comment": {"body": "x"}}
    details = problems(desk.call("POST", "tickets", json={"ticket": ticket}))
    assert details[attribute][0]["description"].startswith(description)


def test_the_assignee_must_be_in_the_group(desk: Desk) -> None:
    ticket = {"comment": {"body": "x"}, "assignee_id": seed.AGENT_BUDI.id, "group_id": seed.GROUP_ESCALATIONS}
    details = problems(desk.call("POST", "tickets", json={"ticket": ticket}))
    assert [problem["description"] for problem in details["assignee"]] == [
        "Assignee: is invalid",
        "Assignee: is not a member of the group",
    ]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"ticket": "text"}, 400),
        ({"ticket": {"comment": "text"}}, 400),
        ({"ticket": {"comment": {"body": 5}}}, 400),
        ({"ticket": {"comment": {"body": "x"}, "tags": 5}}, 400),
        ({"ticket": {"comment": {"body": "x"}, "requester": ["x"]}}, 400),
        ({"ticket": {"comment": {"body": "x"}, "assignee_id": "sari"}}, 400),
        ({"ticket": {"comment": {"body": "x"}, "custom_fields": {"1": "x"}}}, 400),
    ],
)
def test_wrong_types(desk: Desk, body: Json, status: int) -> None:
    answer = desk.call("POST", "tickets", json=body)
    assert answer.status_code == status
    assert answer.json()["error"]["title"] == "Invalid attribute"


def test_broken_json_and_other_content(desk: Desk) -> None:
    broken = desk.call("POST", "tickets", data="{", headers={"Content-Type": "application/json"})
    assert (broken.status_code, broken.json()["message"]) == (422, "Server could not parse JSON")
    assert desk.call("POST", "tickets", data={"ticket": "x"}).status_code == 400


def test_keys_that_are_not_permitted_are_reported(desk: Desk) -> None:
    ticket = desk.create()
    answer = desk.update(
        ticket["id"], id=ticket["id"], subject="New", additional_tags=["x"], comment={"body": "y", "id": 1}
    )
    assert answer.status_code == 200
    assert answer.headers["x-zendesk-api-warn"] == (
        '{:allowed_parameters=>{:controller=>"tickets", :action=>"update", :unpermitted_keys=>'
        '["ticket.id", "ticket.additional_tags", "ticket.comment.id"], :invalid_values=>[]}}'
    )
    assert answer.json()["ticket"]["tags"] == []
    assert "x-zendesk-api-warn" not in desk.update(ticket["id"], subject="Newer").headers


def test_an_update_tells_what_changed(desk: Desk) -> None:
    ticket = desk.create(tags=["b", "A"])
    assert ticket["tags"] == ["a", "b"]
    answer = desk.update(
        ticket["id"], tags=["c"], priority="high", external_id="x-1", subject="Parcel is late"
    ).json()
    assert list(answer) == ["ticket", "audit"]
    changes = {event["field_name"]: event for event in answer["audit"]["events"]}
    assert {event["type"] for event in changes.values()} == {"Change"}
    assert (changes["tags"]["value"], changes["tags"]["previous_value"]) == (["c"], ["a", "b"])
    assert (changes["priority"]["value"], changes["priority"]["previous_value"]) == ("high", None)
    assert set(changes) == {"tags", "priority", "external_id"}
    assert desk.update(ticket["id"], priority="high").json()["audit"]["events"] == []


def test_a_field_that_changes_leaves_a_new_ticket_new(desk: Desk) -> None:
    ticket = desk.create()
    assert desk.update(ticket["id"], subject="Other").json()["ticket"]["status"] == "new"


@pytest.mark.parametrize(
    "change",
    [{"assignee_id": seed.AGENT_SARI.id}, {"comment": {"body": "On it", "author_id": seed.AGENT_SARI.id}}],
)
def test_a_ticket_that_is_taken_up_is_open(desk: Desk, change: Json) -> None:
    ticket = desk.create(requester_id=seed.CUSTOMER_DEWI.id)
    taken = desk.update(ticket["id"], **change).json()["ticket"]
    assert (taken["status"], taken["custom_status_id"]) == ("open", seed.STATUS_OPEN.id)
    assert problems(desk.update(ticket["id"], status="new"))["status"]


def test_assignee_and_group_move_together(desk: Desk) -> None:
    ticket = desk.create()
    assigned = desk.update(ticket["id"], assignee_email=seed.AGENT_BUDI.email).json()["ticket"]
    assert (assigned["assignee_id"], assigned["group_id"]) == (seed.AGENT_BUDI.id, seed.GROUP_SUPPORT)
    moved = desk.update(ticket["id"], group_id=seed.GROUP_ESCALATIONS).json()["ticket"]
    assert (moved["assignee_id"], moved["group_id"]) == (None, seed.GROUP_ESCALATIONS)


def test_status_and_custom_status(desk: Desk) -> None:
    ticket = desk.create(assignee_id=seed.AGENT_SARI.id)
    waiting = desk.update(ticket["id"], custom_status_id=seed.STATUS_WITH_ENGINEERING.id).json()["ticket"]
    assert (waiting["status"], waiting["custom_status_id"]) == ("hold", seed.STATUS_WITH_ENGINEERING.id)
    pending = desk.update(ticket["id"], status="pending").json()["ticket"]
    assert pending["custom_status_id"] == seed.STATUS_PENDING.id
    mismatch = desk.update(ticket["id"], status="open", custom_status_id=seed.STATUS_HOLD.id)
    assert problems(mismatch)["custom_status"]


def test_solving_needs_an_assignee_unless_told_otherwise(desk: Desk) -> None:
    ticket = desk.create()
    (problem,) = problems(desk.update(ticket["id"], status="solved"))["base"]
    assert problem["description"] == "Assignee: is required when solving a ticket"
    requests.put(f"{desk.running.url}/_sandbox/settings", json={"solve_needs_assignee": False}, timeout=5)
    assert desk.update(ticket["id"], status="solved").json()["ticket"]["status"] == "solved"


def test_safe_update(desk: Desk) -> None:
    ticket = desk.create()
    fine = desk.update(ticket["id"], subject="1", safe_update=True, updated_stamp=ticket["updated_at"])
    assert fine.status_code == 200
    desk.running.vendor.clock.advance(5)
    desk.update(ticket["id"], subject="2")
    late = desk.update(ticket["id"], subject="3", safe_update="true", updated_stamp=ticket["updated_at"])
    assert (late.status_code, late.json()["error"]) == (409, "UpdateConflict")
    assert desk.call("GET", f"tickets/{ticket['id']}").json()["ticket"]["subject"] == "2"


def test_a_closed_ticket_stays_as_it_is(desk: Desk) -> None:
    ticket = desk.closed()
    refused = {"status": [{"description": "Status: closed prevents ticket update"}]}
    assert problems(desk.update(ticket["id"], status="open")) == refused
    assert problems(desk.update(ticket["id"], comment={"body": "x"})) == refused
    assert problems(desk.call("PUT", f"tickets/{ticket['id']}/tags", json={"tags": ["x"]})) == refused


def test_a_follow_up_points_back(desk: Desk) -> None:
    ticket = desk.closed()
    follow_up = desk.create(via_followup_source_id=ticket["id"])
    assert follow_up["via"]["source"]["rel"] == "follow_up"
    assert follow_up["via"]["source"]["from"]["ticket_id"] == ticket["id"]
    assert desk.call("GET", f"tickets/{ticket['id']}").json()["ticket"]["followup_ids"] == [follow_up["id"]]
    assert desk.create(via_followup_source_id=follow_up["id"])["via"]["source"]["rel"] is None


def test_custom_fields(desk: Desk) -> None:
    area, linked, escalated = seed.FIELD_PRODUCT_AREA.id, seed.FIELD_LINKED_TICKET.id, seed.FIELD_ESCALATED.id
    ticket = desk.create(
        tags=["vip"], custom_fields=[{"id": area, "value": "area_checkout"}, {"id": linked, "value": "X-1"}]
    )
    values = {field["id"]: field["value"] for field in ticket["custom_fields"]}
    filled = {field: value for field, value in values.items() if value is not None}
    assert filled == {area: "area_checkout", linked: "X-1", escalated: False}
    assert ticket["tags"] == ["area_checkout", "vip"]
    changed = desk.update(
        ticket["id"], custom_fields=[{"id": area, "value": "area_account"}, {"id": 1, "value": "?"}]
    )
    assert changed.json()["ticket"]["tags"] == ["area_account", "vip"]


def test_metadata_is_kept_in_the_audit(desk: Desk) -> None:
    ticket = desk.create(metadata={"time_spent": "4 hours"})
    desk.update(ticket["id"], subject="x", metadata={"custom": {"origin": "bridge"}})
    audits = desk.call("GET", f"tickets/{ticket['id']}/audits").json()["audits"]
    assert [audit["metadata"]["custom"] for audit in audits] == [
        {"time_spent": "4 hours"},
        {"origin": "bridge"},
    ]


def test_idempotency_key(desk: Desk) -> None:
    body = {"ticket": {"subject": "once", "comment": {"body": "x"}}}

    def create(key: str, body: Json = body) -> requests.Response:
        return desk.call("POST", "tickets", json=body, headers={"Idempotency-Key": key})

    first, second = create("k"), create("k")
    assert [answer.headers["x-idempotency-lookup"] for answer in (first, second)] == ["miss", "hit"]
    assert (second.status_code, second.json(), second.headers["Location"]) == (
        201, first.json(), first.headers["Location"]
    )  # fmt: skip
    other = create("k", {"ticket": {"subject": "other", "comment": {"body": "x"}}})
    assert other.status_code == 400
    assert other.json() == {
        "error": "IdempotentRequestError",
        "description": "Request parameters don't match the given idempotency key",
    }
    assert create("k" * 256).status_code == 400
    desk.running.vendor.clock.advance(2 * 3600)
    assert create("k").json()["ticket"]["id"] != first.json()["ticket"]["id"]
    assert "x-idempotency-lookup" not in desk.call("POST", "tickets", json=body).headers


def test_sideloads(desk: Desk) -> None:
    ticket = desk.create(requester_id=seed.CUSTOMER_DEWI.id, assignee_id=seed.AGENT_SARI.id)
    answer = desk.call(
        "GET", f"tickets/{ticket['id']}?include=users,groups,organizations,comment_count,moons"
    ).json()
    assert {user["id"] for user in answer["users"]} == {
        seed.CUSTOMER_DEWI.id,
        seed.AGENT_SARI.id,
        seed.BRIDGE.id,
    }
    assert [group["id"] for group in answer["groups"]] == [seed.GROUP_SUPPORT]
    assert [organization["id"] for organization in answer["organizations"]] == [seed.ORGANIZATION_STORE]
    assert answer["ticket"]["comment_count"] == 1
    assert "moons" not in answer


def test_light_agents_write_notes_and_nothing_else(desk: Desk) -> None:
    ticket = desk.create()
    path = f"tickets/{ticket['id']}"
    note = desk.call("PUT", path, auth=LIGHT, json={"ticket": {"comment": {"body": "hm", "public": True}}})
    assert note.json()["audit"]["events"][0]["public"] is False
    assert desk.call("PUT", path, auth=LIGHT, json={"ticket": {"priority": "high"}}).status_code == 403


def test_missing_tickets(desk: Desk) -> None:
    for method in ("GET", "PUT", "DELETE"):
        answer = desk.call(method, "tickets/9223372036854775807.json", json={"ticket": {"subject": "x"}})
        assert answer.status_code == 404
        assert answer.json() == {"error": "RecordNotFound", "description": "Not found"}


def test_the_same_key_at_the_same_time_makes_one_ticket(desk: Desk) -> None:
    body = {"ticket": {"subject": "once", "comment": {"body": "x"}}}

    def create(_: int) -> int:
        answer = desk.call("POST", "tickets", json=body, headers={"Idempotency-Key": "k"})
        return int(answer.json()["ticket"]["id"])

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(create, range(16))) == {1}


def test_a_solved_ticket_is_rated_by_its_requester(desk: Desk) -> None:
    ticket = desk.create(assignee_id=seed.AGENT_SARI.id)
    assert ticket["satisfaction_rating"] is None

    def rate(score: str, **more: str) -> int:
        body = {"ticket_id": ticket["id"], "score": score, **more}
        url = f"{desk.running.url}/_sandbox/satisfaction"
        return requests.post(url, json=body, timeout=5).status_code

    assert rate("good") == 400  # not solved yet
    assert desk.update(ticket["id"], status="solved").status_code == 200
    assert rate("splendid") == 400
    for score in ("offered", "bad"):
        assert rate(score, comment="Too slow") == 200
        shown = desk.call("GET", f"tickets/{ticket['id']}").json()["ticket"]["satisfaction_rating"]
        assert (shown["score"], shown["comment"]) == (score, "Too slow")
