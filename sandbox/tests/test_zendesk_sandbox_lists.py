"""Finding tickets in the stand-in Zendesk: lists, search, exports; tags, deleting, merging."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from escalation_bridge_sandbox.kernel.server import RunningVendor, start
from escalation_bridge_sandbox.zendesk import ZendeskSandbox
from escalation_bridge_sandbox.zendesk.state import seed

Json = dict[str, Any]
BRIDGE = (f"{seed.BRIDGE.email}/token", seed.API_TOKEN)
AGENT = (f"{seed.AGENT_SARI.email}/token", seed.API_TOKEN)


class Desk:
    def __init__(self, running: RunningVendor) -> None:
        self.running = running
        self.clock = running.vendor.clock

    def call(
        self, method: str, path: str, *, auth: tuple[str, str] = BRIDGE, **options: Any
    ) -> requests.Response:
        return requests.request(method, f"{self.running.url}/api/v2/{path}", auth=auth, timeout=5, **options)

    def get(self, path: str) -> Json:
        answer = self.call("GET", path)
        assert answer.status_code == 200, answer.text
        found: Json = answer.json()
        return found

    def create(self, subject: str = "Late", **ticket: Any) -> int:
        body = {"ticket": {"subject": subject, "comment": {"body": f"About {subject}"}} | ticket}
        answer = self.call("POST", "tickets", json=body)
        assert answer.status_code == 201, answer.text
        return int(answer.json()["ticket"]["id"])

    def update(self, ticket_id: int, **ticket: Any) -> Json:
        answer = self.call("PUT", f"tickets/{ticket_id}", json={"ticket": ticket})
        assert answer.status_code == 200, answer.text
        changed: Json = answer.json()["ticket"]
        return changed

    def searched(self, query: str) -> list[int]:
        return sorted(found["id"] for found in self.get(f"search.json?query={query}")["results"])


@pytest.fixture(scope="module")
def served() -> Iterator[RunningVendor]:
    with start(ZendeskSandbox()) as running:
        yield running


@pytest.fixture
def desk(served: RunningVendor) -> Desk:
    served.vendor.reset()
    return Desk(served)


def ids(found: Json, name: str = "tickets") -> list[int]:
    return [item["id"] for item in found[name]]


def test_tickets_by_external_id_at_once(desk: Desk) -> None:
    first, other, second = (desk.create(external_id=number) for number in ("case-1", "case-2", "case-1"))
    assert ids(desk.get("tickets?external_id=case-1")) == [first, second]
    assert ids(desk.get("tickets?external_id=case")) == []
    assert ids(desk.get(f"tickets/show_many.json?ids={second},{other},99")) == [other, second]
    assert desk.get("tickets/count")["count"]["value"] == 3


def test_lists_in_order_and_pages(desk: Desk) -> None:
    first, second, third = (desk.create(str(number)) for number in range(3))
    desk.clock.advance(5)
    desk.update(first, subject="new")
    assert ids(desk.get("tickets?sort=-updated_at&page[size]=2")) == [first, third]
    page = desk.get("tickets?page[size]=2")
    assert ids(page) == [first, second]
    assert ids(requests.get(page["links"]["next"], auth=BRIDGE, timeout=5).json()) == [third]
    assert ids(desk.get("tickets?sort_by=updated_at&sort_order=desc&per_page=1")) == [first]
    assert desk.call("GET", "tickets?page=101&per_page=100").status_code == 400


def test_too_many_ids(desk: Desk) -> None:
    answer = desk.call("GET", "tickets/show_many?ids=" + ",".join(map(str, range(1, 102))))
    assert answer.status_code == 400
    assert (answer.json()["error"], answer.json()["max_count"]) == ("TooManyValues", 100)


def test_search_learns_late(desk: Desk) -> None:
    ticket = desk.create("Lost parcel", external_id="case-1")
    assert desk.searched("type:ticket external_id:case-1") == []
    desk.clock.advance(60)
    assert desk.searched("type:ticket external_id:case-1") == [ticket]
    desk.update(ticket, external_id="case-2")
    assert desk.searched("external_id:case-1") == [ticket]
    desk.clock.advance(60)
    assert desk.searched("external_id:case-1") == []


def test_search_language(desk: Desk) -> None:
    solved = desk.create("Lost parcel", assignee_id=seed.AGENT_SARI.id, status="solved", tags=["vip", "late"])
    fresh = desk.create("Broken lamp", requester_id=seed.CUSTOMER_DEWI.id, priority="high", tags=["late"])
    desk.update(fresh, comment={"body": "It arrived broken", "public": False})
    desk.clock.advance(61)
    for query, expected in {
        "parcel": [solved],
        '"arrived broken"': [fresh],
        "status<solved": [fresh],
        "status:solved status:new": [solved, fresh],
        "-status:solved": [fresh],
        "tags:vip tags:late": [solved, fresh],
        "tags:late -tags:vip": [fresh],
        "requester:dewi@store.example": [fresh],
        "assignee:none": [fresh],
        f"assignee:{seed.AGENT_SARI.id}": [solved],
        "group:support": [solved],
        "organization:none": [],
        "priority>normal": [fresh],
        "created_at>=2020-01-01T00:00:00Z": [solved, fresh],
        "created>2020-01-01": [solved, fresh],
        "updated<2020-01-01": [],
        f"{fresh}": [fresh],
        "nonsense:1": [],
    }.items():
        assert desk.searched(f"type:ticket {query}") == sorted(expected), query


def test_search_for_users_and_refusals(desk: Desk) -> None:
    assert desk.searched("type:user dewi") == [seed.CUSTOMER_DEWI.id]
    assert desk.call("GET", "search?query=type:user nobody-of-that-name").json()["results"] == []
    assert desk.call("GET", "search?query=").json()["error"] == "invalid"
    desk.create()
    desk.clock.advance(61)
    assert desk.call("GET", "search?query=created>soon").json()["error"] == "invalid"
    too_deep = desk.call("GET", "search?query=x&page=11&per_page=100")
    assert (too_deep.status_code, too_deep.json()["error"]) == (422, "invalid")


def test_search_export(desk: Desk) -> None:
    tickets = [desk.create() for _ in range(3)]
    desk.clock.advance(61)
    page = desk.get("search/export?query=late&filter[type]=ticket&page[size]=2")
    rest = requests.get(page["links"]["next"], auth=BRIDGE, timeout=5).json()
    assert sorted(ids(page, "results") + ids(rest, "results")) == tickets
    assert desk.call("GET", "search/export?query=late").status_code == 400
    assert rest["links"]["prev"] is None


def test_incremental_export_leaves_out_the_last_minute(desk: Desk) -> None:
    ticket = desk.create()
    answer = desk.get("incremental/tickets/cursor.json?start_time=0")
    assert (answer["tickets"], answer["end_of_stream"], answer["after_cursor"]) == ([], True, None)
    desk.clock.advance(62)
    assert ids(desk.get("incremental/tickets/cursor.json?start_time=0")) == [ticket]
    now = int(desk.clock.now().timestamp())
    recent = desk.call("GET", f"incremental/tickets/cursor.json?start_time={now - 10}")
    assert (recent.status_code, recent.json()["error"]) == (422, "StartTimeTooRecent")
    assert desk.call("GET", "incremental/tickets/cursor.json").status_code == 400
    assert desk.call("GET", "incremental/tickets/cursor.json?cursor=nonsense").status_code == 400


def test_incremental_export_goes_on_from_its_cursor(desk: Desk) -> None:
    first, second, third = (desk.create() for _ in range(3))
    desk.clock.advance(62)
    page = desk.get("incremental/tickets/cursor.json?start_time=0&per_page=2")
    assert (ids(page), page["end_of_stream"]) == ([first, second], False)
    rest = requests.get(page["after_url"], auth=BRIDGE, timeout=5).json()
    assert (ids(rest), rest["end_of_stream"]) == ([third], True)
    cursor = rest["after_cursor"]
    idle = desk.get(f"incremental/tickets/cursor.json?cursor={cursor}")
    assert (idle["tickets"], idle["after_cursor"]) == ([], cursor)
    desk.update(first, subject="changed")
    desk.call("DELETE", f"tickets/{second}")
    desk.clock.advance(62)
    changed = desk.get(f"incremental/tickets/cursor.json?cursor={cursor}")["tickets"]
    assert {ticket["id"]: ticket["status"] for ticket in changed} == {first: "new", second: "deleted"}
    without = desk.get(f"incremental/tickets/cursor.json?cursor={cursor}&exclude_deleted=true")
    assert ids(without) == [first]


def test_incremental_export_by_time(desk: Desk) -> None:
    tickets = [desk.create() for _ in range(3)]
    desk.clock.advance(62)
    page = desk.get("incremental/tickets.json?start_time=0&include=users")
    assert ids(page) == tickets
    assert page["end_of_stream"] is True
    assert page["count"] == 3
    assert [user["id"] for user in page["users"]] == [seed.BRIDGE.id]


def test_tags(desk: Desk) -> None:
    ticket = desk.create(tags=["a"])
    path = f"tickets/{ticket}/tags"
    assert desk.call("PUT", path, json={"tags": ["B", "c"]}).json() == {"tags": ["a", "b", "c"]}
    assert desk.call("DELETE", path, json={"tags": ["a", "x"]}).json() == {"tags": ["b", "c"]}
    replaced = desk.call("POST", path, json={"tags": ["z"]})
    assert (replaced.status_code, replaced.json()) == (201, {"tags": ["z"]})
    assert desk.get(path) == {"tags": ["z"]}
    assert desk.call("PUT", path, json={"tags": 5}).status_code == 400
    stale = {"tags": ["y"], "safe_update": "true", "updated_stamp": "2020-01-01T00:00:00Z"}
    assert desk.call("PUT", path, json=stale).status_code == 409


def test_deleting_and_restoring(desk: Desk) -> None:
    ticket = desk.create()
    assert desk.call("DELETE", f"tickets/{ticket}", auth=AGENT).status_code == 403
    assert desk.call("DELETE", f"tickets/{ticket}.json").status_code == 204
    gone = desk.call("GET", f"tickets/{ticket}")
    assert (gone.status_code, gone.json()["error"]) == (404, "RecordNotFound")
    assert desk.call("PUT", f"tickets/{ticket}", json={"ticket": {"subject": "x"}}).status_code == 404
    assert desk.call("GET", f"tickets/{ticket}/comments").status_code == 404
    (deleted,) = desk.get("deleted_tickets")["deleted_tickets"]
    assert (deleted["id"], deleted["previous_state"], deleted["actor"]["id"]) == (
        ticket,
        "new",
        seed.BRIDGE.id,
    )
    restored = desk.call("PUT", f"deleted_tickets/{ticket}/restore.json")
    assert (restored.status_code, restored.json()) == (200, {})
    assert desk.get(f"tickets/{ticket}")["ticket"]["status"] == "new"
    assert desk.call("PUT", f"deleted_tickets/{ticket}/restore").status_code == 404


def test_deleting_for_good(desk: Desk) -> None:
    ticket = desk.create()
    desk.call("DELETE", f"tickets/{ticket}")
    job = desk.call("DELETE", f"deleted_tickets/{ticket}").json()["job_status"]
    assert (job["status"], job["results"]) == ("queued", None)
    done = desk.get(f"job_statuses/{job['id']}.json")["job_status"]
    assert (done["status"], done["results"]) == ("completed", {"success": True})
    assert desk.call("PUT", f"deleted_tickets/{ticket}/restore").status_code == 404
    assert desk.call("GET", "job_statuses/nothing").status_code == 404


def test_merging(desk: Desk) -> None:
    source, target = desk.create("Again", tags=["vip"]), desk.create("First")
    body = {"ids": [source], "target_comment": "Same thing as #1", "source_comment": "Goes on in #2"}
    job = desk.call("POST", f"tickets/{target}/merge", json=body).json()["job_status"]
    assert desk.get(f"job_statuses/{job['id']}")["job_status"]["results"][0]["success"] is True
    merged = desk.get(f"tickets/{source}")["ticket"]
    assert (merged["status"], merged["tags"]) == ("closed", ["closed_by_merge", "vip"])
    last = desk.get(f"tickets/{target}/comments")["comments"][-1]
    assert (last["body"], last["public"]) == ("Same thing as #1", False)


def test_what_cannot_be_merged(desk: Desk) -> None:
    source, target = desk.create(), desk.create(assignee_id=seed.AGENT_SARI.id)
    assert desk.call("POST", f"tickets/{target}/merge", json={"ids": [target]}).status_code == 422
    assert desk.call("POST", f"tickets/{target}/merge", json={"ids": [99]}).status_code == 404
    assert desk.call("POST", f"tickets/{target}/merge", json={"ids": []}).status_code == 400
    desk.update(target, status="solved")
    assert desk.call("POST", f"tickets/{target}/merge", json={"ids": [source]}).status_code == 422


def test_people(desk: Desk) -> None:
    assert ids(desk.get("users?role=end-user"), "users") == [
        seed.CUSTOMER_DEWI.id, seed.CUSTOMER_RUDI.id, seed.CUSTOMER_MAYA.id
    ]  # fmt: skip
    assert ids(desk.get("users/search?query=email:sari@desk.example"), "users") == [seed.AGENT_SARI.id]
    assert ids(desk.get(f"users/show_many?ids={seed.ADMIN.id},1"), "users") == [seed.ADMIN.id]
    assert desk.get(f"users/{seed.LIGHT_AGENT.id}")["user"]["only_private_comments"] is True
    assert ids(desk.get(f"groups/{seed.GROUP_BILLING}/users"), "users") == [seed.AGENT_BUDI.id]
    assert [group["name"] for group in desk.get("groups")["groups"]] == ["Support", "Billing", "Escalations"]
    assert ids(desk.get("organizations/show_many?external_ids=store-1"), "organizations") == [
        seed.ORGANIZATION_STORE
    ]
    for path in (
        "users/1",
        "groups/1",
        "organizations/1",
        "custom_statuses/1",
        "ticket_fields/1",
        "brands/1",
    ):
        assert desk.call("GET", path).status_code == 404


def test_how_the_account_is_set_up(desk: Desk) -> None:
    statuses = desk.get("custom_statuses?active=true")["custom_statuses"]
    assert seed.STATUS_RETIRED.id not in [status["id"] for status in statuses]
    defaults = {status["status_category"]: status["id"] for status in statuses if status["default"]}
    assert sorted(defaults) == ["hold", "new", "open", "pending", "solved"]
    held = desk.get("custom_statuses?status_categories=hold")["custom_statuses"]
    assert [status["agent_label"] for status in held] == ["On-hold", "With engineering"]
    fields = {field["title"]: field for field in desk.get("ticket_fields")["ticket_fields"]}
    assert [option["value"] for option in fields["Product area"]["custom_field_options"]] == [
        "area_checkout", "area_shipping", "area_account"
    ]  # fmt: skip
    assert desk.get(f"brands/{seed.BRAND_ID}")["brand"]["name"] == seed.ACCOUNT_NAME
    assert desk.get("ticket_forms")["ticket_forms"][0]["id"] == seed.TICKET_FORM_ID
    assert (
        desk.get(f"custom_roles/{seed.ROLE_LIGHT_AGENT}")["custom_role"]["configuration"]["light_agent"]
        is True
    )
