"""Searching the stand-in Jira over HTTP."""

import pytest

from escalation_bridge_sandbox.jira import seed

UNBOUNDED = "Unbounded JQL queries are not allowed here. Please add a search restriction to your query."


def search(cloud, jql, status=200, **more):
    return cloud.post("/rest/api/3/search/jql", {"jql": jql, **more}, status)


def keys(answered):
    return [issue["key"] for issue in answered["issues"]]


@pytest.mark.parametrize("api", ["/rest/api/3", "/rest/api/2"])
def test_the_old_search_of_cloud_is_gone(cloud, api):
    for method in ("GET", "POST"):
        answered = cloud.call(method, f"{api}/search?jql=project=ENG")
        assert answered.status_code == 410
        assert "migrate to the /rest/api/3/search/jql API" in answered.json()["errorMessages"][0]


def test_cloud_answers_with_ids_unless_asked_for_more(cloud):
    created = cloud.create(labels=["x"])
    assert search(cloud, "project = ENG") == {"issues": [{"id": created["id"]}], "isLast": True}
    [issue] = search(cloud, "project = ENG", fields=["summary", "key"])["issues"]
    assert (issue["key"], issue["fields"]) == (created["key"], {"summary": "Payment fails"})
    [by_key] = search(cloud, "project = ENG", fields=["key"])["issues"]
    assert by_key["fields"] == {}
    [whole] = search(cloud, "labels = x", fields=["*all"], expand="names,changelog")["issues"]
    assert whole["fields"]["labels"] == ["x"]
    assert whole["changelog"]["total"] == 0


def test_cloud_searches_by_url_as_well(cloud):
    cloud.create(labels=["x"])
    answered = cloud.get("/rest/api/3/search/jql?jql=labels%20%3D%20x&fields=labels,summary&maxResults=5")
    assert answered["issues"][0]["fields"]["labels"] == ["x"]


def test_cloud_pages_with_tokens(cloud):
    for number in range(5):
        cloud.create(f"Number {number}")
    first = search(cloud, "project = ENG ORDER BY key ASC", maxResults=2, fields=["key"])
    assert (keys(first), first["isLast"]) == (["ENG-1", "ENG-2"], False)
    # What is created meanwhile does not shift the pages.
    cloud.create()
    token = first["nextPageToken"]
    second = search(
        cloud, "project = ENG ORDER BY key ASC", maxResults=2, fields=["key"], nextPageToken=token
    )
    last = search(
        cloud,
        "project = ENG ORDER BY key ASC",
        maxResults=2,
        fields=["key"],
        nextPageToken=second["nextPageToken"],
    )
    assert keys(second) + keys(last) == ["ENG-3", "ENG-4", "ENG-5"]
    assert last["isLast"] is True
    assert "nextPageToken" not in last


def test_tokens_are_for_their_query_and_expire(cloud):
    for _ in range(3):
        cloud.create()
    token = search(cloud, "project = ENG", maxResults=1)["nextPageToken"]
    search(cloud, "project = OPS", 400, nextPageToken=token)
    search(cloud, "project = ENG", 400, nextPageToken="nonsense")
    cloud.sandbox.clock.advance(8 * 24 * 3600)
    search(cloud, "project = ENG", 400, nextPageToken=token)


@pytest.mark.parametrize("jql", ["", "ORDER BY created DESC"])
def test_cloud_wants_a_restriction(cloud, jql):
    assert search(cloud, jql, 400) == {"errorMessages": [UNBOUNDED], "errors": {}}


@pytest.mark.parametrize(
    "body",
    [
        {"jql": "project = ENG", "startAt": 0},
        {"jql": 7},
        {"jql": "project = ENG", "maxResults": "10"},
        {"jql": "project = ENG", "fields": "summary"},
        {"jql": "project = ENG", "maxResults": 5001},
        {"jql": "project = ENG", "properties": ["a", "b", "c", "d", "e", "f"]},
        {"jql": "project = ENG", "reconcileIssues": list(range(51))},
        {"jql": "project = NOPE"},
        {"jql": "project = "},
        [],
    ],
)
def test_cloud_refuses_a_broken_search(cloud, body):
    assert cloud.post("/rest/api/3/search/jql", body, 400)["errorMessages"]


def test_properties_come_with_the_results(cloud):
    key = cloud.create()["key"]
    cloud.put(f"/rest/api/3/issue/{key}/properties/escalation-bridge", {"key": "case-1"}, 201)
    [issue] = search(cloud, "project = ENG", properties=["escalation-bridge"])["issues"]
    assert issue["properties"] == {"escalation-bridge": {"key": "case-1"}}


def test_properties_cannot_be_searched_without_an_app(cloud):
    jql = 'issue.property[escalation-bridge].key = "case-1"'
    assert "does not exist or you do not have permission" in search(cloud, jql, 400)["errorMessages"][0]


def test_search_lags_behind_and_reconciles(cloud):
    cloud.put("/_sandbox/search", {"lag": 30}, 200)
    created = cloud.create(labels=["case-1"])
    number = int(created["id"])
    assert search(cloud, "labels = case-1")["issues"] == []
    assert search(cloud, "labels = case-1", reconcileIssues=[number])["issues"] == [{"id": created["id"]}]
    # Reading the issue itself is not search.
    assert cloud.fields(created["key"])["labels"] == ["case-1"]
    cloud.sandbox.clock.advance(31)
    assert search(cloud, "labels = case-1")["issues"] == [{"id": created["id"]}]
    cloud.put(f"/rest/api/3/issue/{created['key']}", {"fields": {"labels": []}})
    stale = search(cloud, "labels = case-1", fields=["labels"])["issues"]
    assert stale[0]["fields"]["labels"] == []
    assert search(cloud, "labels = case-1", reconcileIssues=[number])["issues"] == []


def test_only_what_may_be_seen_is_found(cloud):
    cloud.create()
    cloud.create(project="OPS", customfield_10011={"id": "10100"})
    assert len(search(cloud, "created >= -1d")["issues"]) == 2
    assert len(search(cloud.as_(seed.VIEWER), "created >= -1d")["issues"]) == 1
    search(cloud.as_(seed.VIEWER), "project = OPS", 400)
    assert search(cloud.as_(None), "created >= -1d")["issues"] == []


def test_dates_are_in_the_zone_of_whoever_asks(cloud):
    cloud.sandbox.clock.set(cloud.sandbox.clock.now().replace(2026, 3, 2, 9, 0, 30))
    cloud.create()
    # 09:00 UTC is 16:00 in Jakarta and 10:00 in Berlin.
    assert search(cloud, 'updated >= "2026-03-02 16:00"')["issues"]
    assert not search(cloud, 'updated >= "2026-03-02 16:01"')["issues"]
    berlin = cloud.as_(seed.OTHER_DEVELOPER)
    assert search(berlin, 'updated >= "2026-03-02 10:00"')["issues"]
    assert not search(berlin, 'updated >= "2026/03/02 10:01"')["issues"]


def test_the_number_of_results_can_be_estimated(cloud):
    cloud.create()
    assert cloud.post("/rest/api/3/search/approximate-count", {"jql": "project = ENG"}, 200) == {"count": 1}
    cloud.post("/rest/api/3/search/approximate-count", {"jql": "order by key"}, 400)
    cloud.post("/rest/api/3/search/approximate-count", {}, 400)


def test_datacenter_pages_by_number_and_says_the_total(datacenter):
    for _ in range(3):
        datacenter.create()
    body = {"jql": "project = ENG ORDER BY key", "startAt": 1, "maxResults": 1}
    answered = datacenter.post("/rest/api/2/search", body, 200)
    assert (answered["startAt"], answered["maxResults"], answered["total"]) == (1, 1, 3)
    assert keys(answered) == ["ENG-2"]
    # Navigable fields are the default.
    assert "summary" in answered["issues"][0]["fields"]
    assert "comment" not in answered["issues"][0]["fields"]
    by_url = datacenter.get("/rest/api/2/search?jql=ORDER%20BY%20key&fields=status")
    assert by_url["total"] == 3
    assert set(by_url["issues"][0]["fields"]) == {"status"}


def test_datacenter_refuses_and_can_be_lenient(datacenter):
    answered = datacenter.get("/rest/api/2/search?jql=project%20%3D%20NOPE", 400)
    assert answered["errorMessages"] == ["The value 'NOPE' does not exist for the field 'project'."]
    lenient = datacenter.get("/rest/api/2/search?jql=project%20%3D%20NOPE&validateQuery=false")
    assert (lenient["total"], len(lenient["warningMessages"])) == (0, 1)
    assert datacenter.post("/rest/api/2/search", {"jql": "", "nextPageToken": "x"}, 400)
    datacenter.get("/rest/api/2/search/jql?jql=project%20%3D%20ENG", 404)
    datacenter.get("/rest/api/3/issue/ENG-1", 404)


def test_searching_counts_as_reading(cloud):
    cloud.create()
    search(cloud, "project = ENG")
    writes = cloud.get("/_sandbox/journal?writes=1")["entries"]
    assert [(each["method"], each["user"]) for each in writes] == [("POST", seed.BRIDGE.email)]
