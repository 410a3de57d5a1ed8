"""The service desk API of the stand-in Jira."""

import pytest

from escalation_bridge_sandbox.jira import seed

BASE = "/rest/servicedeskapi"


def raise_request(jira, person=None, **values):
    api = jira if person is None else jira.as_(person)
    body = {
        "serviceDeskId": "1",
        "requestTypeId": "10",
        "requestFieldValues": {"summary": "No sound", "description": "The *speaker* is silent", **values},
    }
    return api.post(f"{BASE}/request", body, 201)


@pytest.fixture
def key(jira):
    return raise_request(jira, seed.CUSTOMER)["issueKey"]


def comment(jira, key, status=201, **body):
    return jira.post(f"{BASE}/request/{key}/comment", {"body": "Hello there", "public": True, **body}, status)


def test_desks_and_request_types(jira):
    assert jira.as_(None).get(f"{BASE}/info")["isLicensedForUse"] is True
    page = jira.get(f"{BASE}/servicedesk")
    assert (page["size"], page["isLastPage"]) == (1, True)
    desk = page["values"][0]
    assert (desk["id"], desk["projectKey"]) == ("1", "HELP")
    for ref in ("1", "10003", "HELP"):
        assert jira.get(f"{BASE}/servicedesk/{ref}") == desk
    types = jira.get(f"{BASE}/servicedesk/1/requesttype?limit=1")
    assert [each["name"] for each in types["values"]] == ["Get help"]
    assert types["_links"]["next"].endswith("/servicedesk/1/requesttype?start=1&limit=1")
    jira.get(f"{BASE}/servicedesk/7", 404)
    jira.as_(seed.VIEWER).get(f"{BASE}/servicedesk/1", 403)
    jira.as_(None).get(f"{BASE}/servicedesk", 401)


def test_what_a_form_asks_for_and_of_whom(jira):
    path = f"{BASE}/servicedesk/HELP/requesttype"
    form = jira.get(f"{path}/11/field")
    fields = {each["fieldId"]: each["required"] for each in form["requestTypeFields"]}
    assert fields == {"summary": True, "description": False, "priority": False, "environment": False}
    assert (form["canRaiseOnBehalfOf"], form["canAddRequestParticipants"]) == (True, True)
    assert jira.as_(seed.CUSTOMER).get(f"{path}/10/field")["canRaiseOnBehalfOf"] is False
    jira.get(f"{path}/99/field", 404)
    body = {"serviceDeskId": "1", "requestTypeId": "12"}
    wrong = {**body, "requestFieldValues": {"summary": "s", "description": "not on this form"}}
    assert "description" in jira.post(f"{BASE}/request", wrong, 400)["errorMessage"]


def test_a_desks_customers_are_for_its_agents(jira):
    path, opted_in = f"{BASE}/servicedesk/1/customer", {"X-ExperimentalApi": "true"}

    def found(query):
        page = jira.get(f"{path}?query={query}", headers=opted_in)
        return [each["emailAddress"] for each in page["values"]]

    assert found("sar") == found("Sari@customer.example") == ["sari@customer.example"]
    assert found("ustomer") == []
    assert len(jira.get(path, headers=opted_in)["values"]) == 2
    jira.as_(seed.CUSTOMER).get(path, 403, headers=opted_in)
    if not jira.is_cloud:
        jira.get(path, 412)


def test_a_customer_raises_a_request(jira):
    created = raise_request(jira, seed.CUSTOMER)
    assert (created["issueKey"], created["serviceDeskId"], created["requestTypeId"]) == ("HELP-1", "1", "10")
    assert created["currentStatus"]["status"] == "Waiting for support"
    assert created["currentStatus"]["statusCategory"] == "NEW"
    assert created["reporter"]["displayName"] == "Sari"
    values = {each["fieldId"]: each for each in created["requestFieldValues"]}
    assert values["description"]["renderedValue"]["html"] == "<p>The <b>speaker</b> is silent</p>"
    issue = jira.fields("HELP-1")
    assert issue["reporter"]["displayName"] == "Sari"
    assert issue["customfield_10020"]["requestType"]["name"] == "Get help"
    # Customers have the portal alone.
    jira.as_(seed.CUSTOMER).get(f"{jira.base}/issue/HELP-1", 404)
    assert jira.as_(seed.CUSTOMER).get(f"{BASE}/request/HELP-1")["issueId"] == created["issueId"]
    assert jira.as_(seed.CUSTOMER).get(f"{BASE}/request")["size"] == 1
    jira.as_(seed.OTHER_CUSTOMER).get(f"{BASE}/request/HELP-1", 404)
    assert jira.as_(seed.OTHER_CUSTOMER).get(f"{BASE}/request")["size"] == 0


def test_an_agent_raises_a_request_for_a_customer(cloud):
    body = {
        "serviceDeskId": "1",
        "requestTypeId": "11",
        "requestFieldValues": {"summary": "Down", "description": cloud.text("All of it")},
        "raiseOnBehalfOf": seed.CUSTOMER.account_id,
        "isAdfRequest": True,
    }
    created = cloud.post(f"{BASE}/request", body, 201)
    assert created["reporter"]["accountId"] == seed.CUSTOMER.account_id
    cloud.as_(seed.CUSTOMER).post(f"{BASE}/request", body, 403)
    cloud.post(f"{BASE}/request", {**body, "raiseOnBehalfOf": "nobody"}, 400)


@pytest.mark.parametrize(
    "change",
    [
        {"requestTypeId": "99"},
        {"requestFieldValues": {}},
        {"requestFieldValues": {"summary": "x", "priority": {"id": "1"}}},
        {"requestFieldValues": {"summary": "x", "description": {"type": "doc"}}},
        {"nonsense": 1},
    ],
)
def test_a_broken_request_is_refused(jira, change):
    body = {"serviceDeskId": "1", "requestTypeId": "10", "requestFieldValues": {"summary": "x"}}
    answered = jira.post(f"{BASE}/request", {**body, **change}, 400)
    assert answered["errorMessage"]


def test_comments_are_public_or_internal(jira, key):
    public = comment(jira, key)
    internal = comment(jira, key, public=False, body="Between us")
    assert (public["public"], internal["public"]) == (True, False)
    assert internal["created"]["epochMillis"] > 0
    listed = jira.get(f"{BASE}/request/{key}/comment")
    assert [each["public"] for each in listed["values"]] == [True, False]
    assert [each["id"] for each in jira.get(f"{BASE}/request/{key}/comment?public=false")["values"]] == [
        internal["id"]
    ]
    only_public = jira.get(f"{BASE}/request/{key}/comment?internal=false&expand=renderedBody")["values"]
    assert [each["renderedBody"]["html"] for each in only_public] == ["<p>Hello there</p>"]
    customer = jira.as_(seed.CUSTOMER)
    assert [each["id"] for each in customer.get(f"{BASE}/request/{key}/comment")["values"]] == [public["id"]]
    customer.get(f"{BASE}/request/{key}/comment/{internal['id']}", 404)
    assert customer.get(f"{BASE}/request/{key}/comment/{public['id']}")["body"] == "Hello there"


def test_the_platform_shows_the_same_visibility(cloud):
    key = raise_request(cloud)["issueKey"]
    internal = comment(cloud, key, public=False)
    shown = cloud.get(f"/rest/api/3/issue/{key}/comment/{internal['id']}?expand=properties")
    assert shown["jsdPublic"] is False
    assert shown["properties"] == [{"key": "sd.public.comment", "value": {"internal": True}}]
    cloud.put(f"/rest/api/3/comment/{internal['id']}/properties/sd.public.comment", {"internal": False}, 200)
    assert cloud.get(f"{BASE}/request/{key}/comment/{internal['id']}")["public"] is True


@pytest.mark.parametrize(
    "body",
    [
        {"body": "x"},
        {"public": True},
        {"body": "x", "public": "yes"},
        {"body": "", "public": True},
        {"body": "x" * 32768, "public": True},
        {"body": {"type": "doc"}, "public": True},
        {"body": "x", "public": True, "internal": False},
        [],
    ],
)
def test_a_comment_has_to_say_who_may_see_it(jira, key, body):
    answered = jira.post(f"{BASE}/request/{key}/comment", body, 400)
    assert answered["errorMessage"]
    assert jira.get(f"{BASE}/request/{key}/comment")["size"] == 0


def test_customers_write_public_comments_on_their_own_requests_only(jira, key):
    comment(jira.as_(seed.CUSTOMER), key)
    comment(jira.as_(seed.CUSTOMER), key, 403, public=False)
    comment(jira.as_(seed.OTHER_CUSTOMER), key, 404)
    comment(jira.as_(None), key, 401)


def test_without_access_the_list_of_comments_is_empty(jira, key):
    comment(jira, key)
    assert jira.as_(seed.OTHER_CUSTOMER).get(f"{BASE}/request/{key}/comment")["values"] == []
    plain = jira.create()["key"]
    assert jira.get(f"{BASE}/request/{plain}/comment")["values"] == []
    jira.get(f"{BASE}/request/{plain}", 404)
    jira.get(f"{BASE}/request/HELP-99/comment", 404)


def clocks(jira, key):
    return {each["name"]: each for each in jira.get(f"{BASE}/request/{key}/sla")["values"]}


def test_the_desk_has_clocks_of_its_own(jira, key):
    jira.sandbox.clock.advance(3600)
    response = clocks(jira, key)["Time to first response"]
    assert response["completedCycles"] == []
    ongoing = response["ongoingCycle"]
    assert (ongoing["paused"], ongoing["breached"]) == (False, False)
    assert ongoing["goalDuration"] == {"millis": 4 * 3600 * 1000, "friendly": "4h 0m"}
    # Neither an internal nor the customer's own comment is an answer.
    comment(jira, key, public=False)
    comment(jira.as_(seed.CUSTOMER), key)
    assert "ongoingCycle" in clocks(jira, key)["Time to first response"]
    jira.sandbox.clock.advance(4 * 3600)
    comment(jira, key)
    [done] = clocks(jira, key)["Time to first response"]["completedCycles"]
    assert done["breached"] is True
    assert done["remainingTime"]["millis"] < 0


def test_the_clock_stands_still_while_the_customer_has_to_answer(jira, key):
    jira.sandbox.clock.advance(3600)
    jira.move(key, "811")
    jira.sandbox.clock.advance(100 * 3600)
    ongoing = clocks(jira, key)["Time to resolution"]["ongoingCycle"]
    assert ongoing["paused"] is True
    assert "breachTime" not in ongoing
    assert 3600_000 <= ongoing["elapsedTime"]["millis"] < 3700_000
    jira.move(key, "841", resolution={"name": "Done"})
    shown = jira.get(f"{BASE}/request/{key}/sla/2")
    assert "ongoingCycle" not in shown
    assert shown["completedCycles"][0]["breached"] is False
    jira.as_(seed.CUSTOMER).post(f"{BASE}/request/{key}/transition", {"id": "851"}, 204)
    assert "ongoingCycle" in clocks(jira, key)["Time to resolution"]


def test_clocks_are_for_agents(jira, key):
    assert jira.as_(seed.CUSTOMER).get(f"{BASE}/request/{key}/sla", 403)["errorMessage"]
    jira.get(f"{BASE}/request/{key}/sla/9", 404)
    jira.get(f"{BASE}/request/HELP-99/sla", 404)


def test_customers_have_transitions_of_their_own(jira, key):
    customer = jira.as_(seed.CUSTOMER)
    ways = customer.get(f"{BASE}/request/{key}/transition")["values"]
    assert ways == [{"id": "831", "name": "Escalate"}]
    customer.post(f"{BASE}/request/{key}/transition", {"id": "841"}, 400)
    body = {"id": "831", "additionalComment": {"body": "It is urgent"}}
    customer.post(f"{BASE}/request/{key}/transition", body, 204)
    steps = customer.get(f"{BASE}/request/{key}/status")["values"]
    assert [each["status"] for each in steps] == ["Escalated", "Waiting for support"]
    assert [each["body"] for each in jira.get(f"{BASE}/request/{key}/comment")["values"]] == ["It is urgent"]


def test_a_request_can_be_expanded(jira, key):
    shown = jira.get(f"{BASE}/request/{key}?expand=serviceDesk,requestType,sla,status")
    assert shown["serviceDesk"]["projectKey"] == "HELP"
    assert shown["requestType"]["name"] == "Get help"
    assert shown["sla"]["size"] == 2
    assert shown["status"]["size"] == 1


def test_files_come_in_two_steps(jira, key):
    headers = {"X-Atlassian-Token": "no-check"}
    files = [("file", ("log.txt", b"hello", "text/plain"))]
    path = f"{BASE}/servicedesk/1/attachTemporaryFile"
    assert jira.call("POST", path, files=files, described=False).status_code == 403
    uploaded = jira.call("POST", path, files=files, headers=headers)
    assert uploaded.status_code == 201
    [temporary] = uploaded.json()["temporaryAttachments"]
    assert temporary["fileName"] == "log.txt"
    ids = [temporary["temporaryAttachmentId"]]
    jira.post(f"{BASE}/request/{key}/attachment", {"temporaryAttachmentIds": ids}, 400)
    body = {"temporaryAttachmentIds": ids, "public": False, "additionalComment": {"body": "See the log"}}
    created = jira.post(f"{BASE}/request/{key}/attachment", body, 201)
    assert created["comment"]["public"] is False
    assert created["comment"]["body"] == "See the log [^log.txt]"
    assert created["attachments"]["values"][0]["filename"] == "log.txt"
    # Used up.
    jira.post(f"{BASE}/request/{key}/attachment", body, 400)
    assert jira.get(f"{BASE}/request/{key}/attachment?start=0&limit=50")["size"] == 1
    assert len(jira.fields(key)["attachment"]) == 1


def test_customers_do_not_see_files_of_internal_comments(jira):
    made = jira.as_(seed.CUSTOMER).post(
        "/rest/servicedeskapi/request",
        {"serviceDeskId": "1", "requestTypeId": "10", "requestFieldValues": {"summary": "s"}},
        201,
    )
    path = f"/rest/servicedeskapi/request/{made['issueId']}"
    for name, public in (("inside.txt", False), ("outside.txt", True)):
        uploaded = jira.call(
            "POST",
            "/rest/servicedeskapi/servicedesk/1/attachTemporaryFile",
            headers={"X-Atlassian-Token": "no-check"},
            files={"file": (name, b"x")},
        ).json()
        ids = [each["temporaryAttachmentId"] for each in uploaded["temporaryAttachments"]]
        jira.post(f"{path}/attachment", {"temporaryAttachmentIds": ids, "public": public}, 201)
    seen = jira.as_(seed.CUSTOMER).get(f"{path}/attachment")["values"]
    assert [each["filename"] for each in seen] == ["outside.txt"]
    comments = jira.get(f"{path}/comment?expand=attachment")["values"]
    told = {each["attachments"]["values"][0]["filename"]: each["public"] for each in comments}
    assert told == {"inside.txt": False, "outside.txt": True}
    inside = next(each["id"] for each in comments if not each["public"])
    assert jira.as_(seed.CUSTOMER).call("GET", f"{path}/comment/{inside}/attachment").status_code == 404
    assert jira.get(f"{path}/comment/{inside}/attachment")["size"] == 1
    assert jira.get(f"{jira.base}/attachment/meta")["enabled"] is True


def test_the_reporter_rates_a_request(jira, key):
    path, customer = f"{BASE}/request/{key}/feedback", jira.as_(seed.CUSTOMER)
    assert "rating" not in jira.get(path)
    body = {"type": "csat", "rating": 4, "comment": {"body": "Great work!"}}
    customer.post(path, body, 201)
    assert jira.get(path) == body
    jira.post(path, body, 403)
    customer.post(path, {"type": "csat", "rating": 6}, 400)
    customer.delete(path)
    assert "rating" not in jira.get(path)
    jira.get(f"{BASE}/request/{jira.create()['key']}/feedback", 404)
