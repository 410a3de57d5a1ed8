"""Who gets into the stand-in Jira, how far, and how fast; and what goes wrong on request."""

import pytest

from escalation_bridge_sandbox.jira import JiraSandbox, seed
from escalation_bridge_sandbox.jira.limits import CloudLimits, DatacenterLimits

BRIDGE = (seed.BRIDGE.email, seed.api_token(seed.BRIDGE))
GATEWAY = f"/ex/jira/{seed.CLOUD_ID}"


def test_on_cloud_a_wrong_token_finds_nothing(cloud):
    key = cloud.create()["key"]
    for auth in ((seed.BRIDGE.email, "wrong"), ("nobody@example.com", seed.api_token(seed.BRIDGE)), ("", "")):
        answered = cloud.call("GET", f"/rest/api/3/issue/{key}", auth=auth)
        assert answered.status_code == 404
        assert answered.headers["X-Seraph-LoginReason"] == "AUTHENTICATED_FAILED"
        assert cloud.call("GET", "/rest/api/3/myself", auth=auth).status_code == 401
        assert cloud.call("GET", "/rest/api/3/serverInfo", auth=auth).status_code == 200


def test_on_cloud_an_anonymous_visitor_finds_nothing(cloud):
    key = cloud.create()["key"]
    nobody = cloud.as_(None)
    nobody.get(f"/rest/api/3/issue/{key}", 404)
    nobody.get("/rest/api/3/project/ENG", 404)
    assert nobody.get("/rest/api/3/project") == []
    assert nobody.get("/rest/api/3/user/search?query=budi") == []
    nobody.get("/rest/api/3/myself", 401)
    nobody.get("/rest/api/3/priority", 401)
    body = {"project": {"key": "ENG"}, "issuetype": {"name": "Bug"}, "summary": "x"}
    nobody.post("/rest/api/3/issue", {"fields": body}, 401)
    nobody.call("DELETE", f"/rest/api/3/issue/{key}/comment/1")


def test_cloud_takes_no_personal_tokens_and_no_passwords(cloud):
    bearer = {"Authorization": f"Bearer {seed.personal_token(seed.BRIDGE)}"}
    answered = cloud.call("GET", "/rest/api/3/myself", headers=bearer, described=False)
    assert (answered.status_code, answered.json()) == (
        403,
        {"error": "Failed to parse Connect Session Auth Token"},
    )
    password = (seed.BRIDGE.email, seed.password(seed.BRIDGE))
    assert cloud.call("GET", "/rest/api/3/myself", auth=password).status_code == 401


def test_scoped_tokens_are_good_at_the_gateway_only(cloud):
    scoped = (seed.BRIDGE.email, seed.scoped_token(seed.BRIDGE))
    assert cloud.call("GET", "/rest/api/3/serverInfo", auth=scoped).status_code == 401
    answered = cloud.call("GET", f"{GATEWAY}/rest/api/3/myself", auth=scoped)
    assert answered.status_code == 200
    assert answered.json()["self"].startswith(f"{cloud.running.url}{GATEWAY}/rest/api/3/user")
    assert cloud.call("GET", f"{GATEWAY}/rest/api/3/myself", auth=BRIDGE).status_code == 401
    bearer = {"Authorization": f"Bearer {seed.oauth_token(seed.BRIDGE)}"}
    assert cloud.call("GET", f"{GATEWAY}/rest/api/3/myself", headers=bearer).status_code == 200
    assert cloud.as_(None).call("GET", f"{GATEWAY}/rest/api/3/myself").status_code == 401
    other = cloud.call("GET", "/ex/jira/other/rest/api/3/myself", auth=scoped, described=False)
    assert other.status_code == 404
    assert cloud.as_(None).get("/_edge/tenant_info") == {"cloudId": seed.CLOUD_ID}


def test_datacenter_takes_passwords_and_personal_tokens(datacenter):
    password = ("bridge", seed.password(seed.BRIDGE))
    assert datacenter.call("GET", "/rest/api/2/myself", auth=password).json()["name"] == "bridge"
    assert datacenter.get("/rest/api/2/myself")["name"] == "bridge"
    wrong = datacenter.call("GET", "/rest/api/2/serverInfo", headers={"Authorization": "Bearer wrong"})
    assert wrong.status_code == 401
    assert "<title>Unauthorized (401)</title>" in wrong.text


def test_datacenter_asks_for_a_captcha_after_wrong_passwords(datacenter):
    wrong, right = ("bridge", "wrong"), ("bridge", seed.password(seed.BRIDGE))
    for _ in range(3):
        assert datacenter.call("GET", "/rest/api/2/myself", auth=wrong).status_code == 401
    locked = datacenter.call("GET", "/rest/api/2/myself", auth=right)
    assert locked.status_code == 403
    assert locked.headers["X-Authentication-Denied-Reason"].startswith("CAPTCHA_CHALLENGE")
    assert datacenter.get("/rest/api/2/myself")["name"] == "bridge"


def test_jira_11_takes_no_passwords(make_jira):
    jira = make_jira("datacenter", version="11.0")
    password = ("bridge", seed.password(seed.BRIDGE))
    assert jira.call("GET", "/rest/api/2/myself", auth=password).status_code == 401
    assert jira.get("/rest/api/2/myself")["name"] == "bridge"


def test_a_deactivated_account_is_none(jira):
    jira.put("/_sandbox/users/bridge", {"active": False}, 200)
    assert jira.call("GET", f"{jira.base}/myself").status_code == 401


def test_without_the_permission_to_browse_there_is_nothing(jira):
    key = jira.create()["key"]
    jira.put("/_sandbox/projects/ENG/roles/Integrations", {"users": []}, 200)
    jira.get(f"{jira.base}/issue/{key}", 404)
    jira.get(f"{jira.base}/project/ENG", 404)
    body = {"project": {"key": "ENG"}, "issuetype": {"name": "Bug"}, "summary": "x"}
    assert set(jira.post(f"{jira.base}/issue", {"fields": body}, 400)["errors"]) == {"project"}
    permissions = jira.get(f"{jira.base}/mypermissions?permissions=BROWSE_PROJECTS")["permissions"]
    # In one project at least.
    assert permissions["BROWSE_PROJECTS"]["havePermission"] is True
    jira.get(f"{jira.base}/mypermissions?permissions=BROWSE_PROJECTS&projectKey=ENG", 404)


def test_who_may_look_may_not_change(jira):
    key = jira.create()["key"]
    viewer = jira.as_(seed.VIEWER)
    assert viewer.fields(key)["summary"] == "Payment fails"
    assert "summary" in viewer.put(f"{jira.base}/issue/{key}", {"fields": {"summary": "x"}}, 400)["errors"]
    viewer.put(f"{jira.base}/issue/{key}/assignee", {"accountId": None, "name": None}, 403)
    body = {"project": {"key": "ENG"}, "issuetype": {"name": "Bug"}, "summary": "x"}
    answered = viewer.post(f"{jira.base}/issue", {"fields": body}, 400)
    assert answered["errors"] == {"project": "You do not have permission to create issues in this project."}
    # Who may not change the reporter does not have the field on the screen.
    reporter = {"reporter": {"id": seed.ADMIN.account_id, "name": "admin"}}
    assert (
        "reporter"
        in jira.as_(seed.DEVELOPER).put(f"{jira.base}/issue/{key}", {"fields": reporter}, 400)["errors"]
    )


def test_permissions_are_told(jira):
    names = "ADMINISTER,CREATE_ISSUES,DELETE_ISSUES"
    path = f"{jira.base}/mypermissions?permissions={names}&projectKey=ENG"
    told = jira.get(path)["permissions"]
    assert {name: each["havePermission"] for name, each in told.items()} == {
        "ADMINISTER": True,
        "CREATE_ISSUES": True,
        "DELETE_ISSUES": False,
    }
    assert told["ADMINISTER"]["type"] == "GLOBAL"
    nobody = jira.as_(None).get(f"{jira.base}/mypermissions?permissions=CREATE_ISSUES")["permissions"]
    assert nobody["CREATE_ISSUES"]["havePermission"] is False
    jira.get(f"{jira.base}/mypermissions?permissions=FLY", 400)


def test_cloud_wants_to_know_which_permissions(cloud):
    cloud.get("/rest/api/3/mypermissions", 400)


def test_cloud_says_how_much_is_left(cloud):
    answered = cloud.call("GET", "/rest/api/3/myself")
    assert answered.headers["X-RateLimit-Limit"] == "100"
    assert int(answered.headers["X-RateLimit-Remaining"]) < 100
    assert "X-RateLimit-Reset" not in answered.headers  # "only returned with 429 responses"


def test_cloud_limits_each_endpoint(make_jira):
    jira = make_jira(limits=CloudLimits(reads_and_creates=3))
    for _ in range(3):
        assert jira.call("GET", "/rest/api/3/myself").status_code == 200
    refused = jira.call("GET", "/rest/api/3/myself")
    assert refused.status_code == 429
    assert refused.headers["RateLimit-Reason"] == "jira-burst-based"
    assert (refused.headers["Retry-After"], refused.headers["X-RateLimit-Remaining"]) == ("1", "0")
    assert refused.headers["X-RateLimit-Reset"].endswith("Z")
    # Another endpoint has a budget of its own, and this one has it again in a second.
    assert jira.call("GET", "/rest/api/3/field").status_code == 200
    jira.sandbox.clock.advance(1)
    assert jira.call("GET", "/rest/api/3/myself").status_code == 200


def test_cloud_counts_the_points_of_apps_alone(make_jira):
    jira = make_jira(limits=CloudLimits(app_points=5))
    app = {"Authorization": f"Bearer {seed.oauth_token(seed.BRIDGE)}"}

    def ask():
        return jira.as_(None).call("GET", f"{GATEWAY}/rest/api/3/myself", headers=app)

    answers = [ask() for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    policy = '"global-app-quota";q=5;w=3600'
    assert {answer.headers["RateLimit-Policy"] for answer in answers} == {policy}
    assert (
        answers[0].headers["RateLimit"] == '"global-app-quota";t=3600'
    )  # what is left is told when it is little
    assert answers[4].headers["RateLimit"].startswith('"global-app-quota";r=0;t=3')
    refused = answers[5].headers
    assert (refused["RateLimit-Reason"], refused["X-RateLimit-Limit"]) == ("jira-quota-global-based", "5")
    assert 3590 < int(refused["Retry-After"]) <= 3600
    assert "RateLimit" not in jira.call("GET", "/rest/api/3/myself").headers
    jira.sandbox.clock.advance(3600)
    assert ask().status_code == 200


def test_cloud_limits_the_writes_to_an_issue(make_jira):
    jira = make_jira(limits=CloudLimits(issue_writes=((3, 2), (4, 30))))
    first, second = jira.create()["id"], jira.create()["id"]

    def write(issue, number=0):
        body = {"fields": {"summary": f"Number {number}"}}
        return jira.call("PUT", f"/rest/api/3/issue/{issue}", body)

    assert [write(first, number).status_code for number in range(3)] == [204] * 3
    refused = write(first)
    assert (refused.status_code, refused.headers["RateLimit-Reason"]) == (429, "jira-per-issue-on-write")
    assert 1 <= int(refused.headers["Retry-After"]) <= 2
    assert write(second).status_code == 204
    assert jira.call("GET", f"/rest/api/3/issue/{first}").status_code == 200
    jira.sandbox.clock.advance(2)
    assert write(first, 9).status_code == 204
    jira.sandbox.clock.advance(2)
    assert int(write(first).headers["Retry-After"]) > 20


def test_datacenter_limits_users_once_it_is_switched_on(make_jira, datacenter):
    assert "X-RateLimit-Limit" not in datacenter.call("GET", "/rest/api/2/myself").headers
    jira = make_jira("datacenter", limits=DatacenterLimits(size=2, fill_rate=1, interval_seconds=60))
    answered = jira.call("GET", "/rest/api/2/myself")
    assert answered.headers["X-RateLimit-Limit"] == "2"
    assert answered.headers["X-RateLimit-Remaining"] == "1"
    assert answered.headers["X-RateLimit-FillRate"] == "1"
    assert answered.headers["X-RateLimit-Interval-Seconds"] == "60"
    assert answered.headers["Retry-After"] == "0"
    jira.call("GET", "/rest/api/2/myself")
    refused = jira.call("GET", "/rest/api/2/myself")
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    assert jira.as_(seed.ADMIN).call("GET", "/rest/api/2/myself").status_code == 200
    jira.sandbox.clock.advance(60)
    assert jira.call("GET", "/rest/api/2/myself").status_code == 200


def fault(jira, **fields):
    jira.post("/_sandbox/faults", fields, 201)


def test_faults_speak_jiras_dialect(jira):
    path = f"{jira.base}/myself"
    fault(jira, kind="rate_limit", retry_after="7")
    limited = jira.call("GET", path)
    assert (limited.status_code, limited.headers["Retry-After"]) == (429, "7")
    assert ("RateLimit-Reason" in limited.headers) is jira.is_cloud
    fault(jira, kind="server_error", status=503, retry_after="3")
    failed = jira.call("GET", path, described=False)
    assert (failed.status_code, failed.headers["Retry-After"]) == (503, "3")
    fault(jira, kind="unauthorized")
    assert jira.call("GET", path).status_code == 401
    fault(jira, kind="forbidden", body='{"errorMessages":["no"],"errors":{}}')
    assert jira.call("GET", path, described=False).json()["errorMessages"] == ["no"]
    assert jira.get(path)["active"] is True


def test_a_create_can_time_out_after_it_took_place(jira):
    fault(jira, kind="timeout_after_write", method="POST", path="/issue$")
    body = {"project": {"key": "ENG"}, "issuetype": {"name": "Bug"}, "summary": "Once"}
    assert jira.call("POST", f"{jira.base}/issue", {"fields": body}).status_code == 504
    assert jira.fields("ENG-1")["summary"] == "Once"


def test_the_journal_says_who_wrote(jira):
    jira.create()
    jira.as_(seed.DEVELOPER).get(f"{jira.base}/issue/ENG-1")
    entries = jira.get("/_sandbox/journal")["entries"]
    assert [(each["user"], each["write"]) for each in entries] == [
        (seed.BRIDGE.email, True),
        (seed.DEVELOPER.email, False),
    ]


def test_unknown_paths_and_methods(jira):
    answered = jira.get(f"{jira.base}/nonsense", 404)
    assert answered["status-code"] == 404
    assert jira.call("PATCH", f"{jira.base}/myself").status_code == 405
    assert "error" in jira.get("/_sandbox/nonsense", 404)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/issues/ENG-9/move", {"project": "OPS"}),
        ("POST", "/issues/ENG-1/move", {"project": "NO"}),
        ("POST", "/issues/ENG-1/move", {"project": "OPS", "issuetype": "Epic"}),
        ("POST", "/issues/ENG-1/move", {"project": "OPS", "status": "Done"}),
        ("POST", "/issues/ENG-1/move", {"project": "OPS", "user": "nobody"}),
        ("PUT", "/projects/ENG/roles/Kings", {"users": []}),
        ("PUT", "/projects/ENG/roles/Viewers", {"users": "dewi"}),
        ("PUT", "/statuses/1", {"name": "x"}),
        ("PUT", "/statuses/3", {"name": ""}),
        ("PUT", "/users/bridge", {"active": "no"}),
        ("PUT", "/users/bridge", {"time_zone": "Mars/Olympus"}),
        ("PUT", "/search", {"lag": -1}),
    ],
)
def test_control_requests_that_make_no_sense(jira, method, path, body):
    jira.create()
    answered = jira.call(method, f"/_sandbox{path}", body)
    assert answered.status_code == 400
    assert answered.json()["error"]


@pytest.mark.parametrize(
    ("deployment", "options"),
    [
        ("server", {}),
        ("cloud", {"version": "10.3.0"}),
        ("datacenter", {"version": "ten"}),
        ("cloud", {"limits": DatacenterLimits()}),
        ("datacenter", {"limits": CloudLimits()}),
    ],
)
def test_a_stand_in_that_cannot_be(deployment, options):
    with pytest.raises(ValueError):
        JiraSandbox(deployment, **options)
