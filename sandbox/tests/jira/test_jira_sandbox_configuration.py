"""What the stand-in Jira says of itself: server, people, projects, fields, screens."""

import pytest

from escalation_bridge_sandbox.jira import seed


def test_cloud_says_what_it_is(cloud):
    info = cloud.as_(None).get("/rest/api/3/serverInfo")
    assert info["deploymentType"] == "Cloud"
    assert info["baseUrl"] == cloud.running.url
    assert cloud.get("/rest/api/2/serverInfo")["versionNumbers"] == [1001, 0, 0]


@pytest.mark.parametrize(
    ("version", "numbers"), [(None, [10, 3, 0]), ("9.12.15", [9, 12, 15]), ("8.20", [8, 20, 0])]
)
def test_datacenter_says_its_version(make_jira, version, numbers):
    jira = make_jira("datacenter", version=version)
    info = jira.as_(None).get("/rest/api/2/serverInfo")
    assert (info["deploymentType"], info["versionNumbers"]) == ("Server", numbers)
    assert jira.get("/rest/api/latest/serverInfo")["version"] == info["version"]


def test_myself(jira):
    me = jira.get(f"{jira.base}/myself?expand=groups")
    assert (me["displayName"], me["timeZone"]) == (seed.BRIDGE.display_name, "Asia/Jakarta")
    assert me["emailAddress"] == seed.BRIDGE.email
    assert [group["name"] for group in me["groups"]["items"]] == ["jira-administrators", "jira-users"]
    assert ("accountId" in me, "key" in me) == (jira.is_cloud, not jira.is_cloud)


def test_cloud_finds_people_by_name_and_address(cloud):
    [found] = cloud.get("/rest/api/3/user/search?query=budi")
    assert found["accountId"] == seed.DEVELOPER.account_id
    assert found["emailAddress"] == seed.DEVELOPER.email
    assert cloud.get("/rest/api/3/user/search?query=budi@jira.example") == [found]
    [hidden] = cloud.get("/rest/api/3/user/search?query=citra@jira.example")
    assert hidden["accountId"] == seed.OTHER_DEVELOPER.account_id
    # People may hide their address from all but themselves.
    assert "emailAddress" not in hidden
    own = cloud.as_(seed.OTHER_DEVELOPER).get("/rest/api/3/myself")
    assert own["emailAddress"] == seed.OTHER_DEVELOPER.email
    account_id = seed.DEVELOPER.account_id
    assert cloud.get(f"/rest/api/3/user/search?accountId={account_id}") == [found]
    assert cloud.get(f"/rest/api/3/user?accountId={account_id}")["displayName"] == found["displayName"]
    cloud.get("/rest/api/3/user/search", 400)
    cloud.get("/rest/api/3/user/search?username=budi", 400)
    cloud.get("/rest/api/3/user?accountId=nobody", 404)


def test_datacenter_finds_people_by_user_name(datacenter):
    [found] = datacenter.get("/rest/api/2/user/search?username=budi")
    assert (found["name"], found["key"]) == ("budi", "JIRAUSER10002")
    assert datacenter.get("/rest/api/2/user?username=budi")["emailAddress"] == seed.DEVELOPER.email
    assert datacenter.get("/rest/api/2/user?key=JIRAUSER10002")["name"] == "budi"
    datacenter.get("/rest/api/2/user/search", 400)
    datacenter.get("/rest/api/2/user?username=nobody", 404)


def test_who_can_be_assigned(jira):
    name = "query" if jira.is_cloud else "username"
    found = jira.get(f"{jira.base}/user/assignable/search?project=ENG&{name}=")
    names = {each["displayName"] for each in found}
    assert seed.DEVELOPER.display_name in names
    assert not names & {seed.VIEWER.display_name, seed.CUSTOMER.display_name}
    key = jira.create()["key"]
    assert len(jira.get(f"{jira.base}/user/assignable/search?issueKey={key}&{name}=budi")) == 1
    jira.get(f"{jira.base}/user/assignable/search?project=NO&{name}=", 404)
    jira.get(f"{jira.base}/user/assignable/search?{name}=", 400)


def test_projects(jira):
    keys = [project["key"] for project in jira.get(f"{jira.base}/project")]
    assert keys == ["ENG", "OPS", "DUK", "HELP"]
    project = jira.get(f"{jira.base}/project/ENG")
    assert jira.get(f"{jira.base}/project/{project['id']}") == project
    assert [each["name"] for each in project["issueTypes"]] == ["Bug", "Task", "Story"]
    assert jira.get(f"{jira.base}/project/HELP")["projectTypeKey"] == "service_desk"
    answered = jira.get(f"{jira.base}/project/NO", 404)
    assert answered["errorMessages"] == ["No project could be found with key 'NO'."]
    assert [project["key"] for project in jira.as_(seed.VIEWER).get(f"{jira.base}/project")] == ["ENG"]


def test_projects_are_searched_on_cloud(cloud):
    page = cloud.get("/rest/api/3/project/search?query=eng&maxResults=1")
    assert (page["total"], page["isLast"], page["values"][0]["key"]) == (1, True, "ENG")
    assert cloud.get("/rest/api/3/project/search?keys=OPS&keys=DUK&maxResults=1")["isLast"] is False


def test_statuses_of_a_project_by_type(jira):
    by_type = {each["name"]: each["statuses"] for each in jira.get(f"{jira.base}/project/ENG/statuses")}
    assert [status["name"] for status in by_type["Bug"]] == [
        "To Do",
        "In Progress",
        "Blocked",
        "In Review",
        "Done",
        "Closed",
    ]
    assert [status["name"] for status in by_type["Story"]] == ["To Do", "In Progress", "Done"]
    [duk] = jira.get(f"{jira.base}/project/DUK/statuses")
    names = {status["name"]: status["statusCategory"]["key"] for status in duk["statuses"]}
    assert names == {
        "Untuk Dikerjakan": "new",
        "Sedang Dikerjakan": "indeterminate",
        "Menunggu Pelanggan": "indeterminate",
        "Selesai": "done",
    }
    jira.get(f"{jira.base}/project/NO/statuses", 404)


def test_lists(jira):
    priorities = jira.get(f"{jira.base}/priority")
    assert [each["name"] for each in priorities] == ["Highest", "High", "Medium", "Low", "Lowest"]
    assert jira.get(f"{jira.base}/priority/1")["name"] == "Highest"
    jira.get(f"{jira.base}/priority/9", 404)
    categories = {each["id"]: each["key"] for each in jira.get(f"{jira.base}/statuscategory")}
    assert categories == {1: "undefined", 2: "new", 3: "done", 4: "indeterminate"}
    assert "Fixed" in [each["name"] for each in jira.get(f"{jira.base}/resolution")]
    assert "Tugas" in [each["name"] for each in jira.get(f"{jira.base}/issuetype")]
    assert "Selesai" in [each["name"] for each in jira.get(f"{jira.base}/status")]
    assert "Selesai" not in [each["name"] for each in jira.as_(seed.VIEWER).get(f"{jira.base}/status")]
    assert jira.get(f"{jira.base}/status/in progress")["id"] == "3"
    jira.get(f"{jira.base}/status/Nowhere", 404)


def test_pages_of_lists_on_cloud(cloud):
    admin = cloud.as_(seed.ADMIN)
    found = admin.get("/rest/api/3/statuses/search?searchString=selesai")["values"]
    assert [(each["name"], each["statusCategory"]) for each in found] == [("Selesai", "DONE")]
    cloud.get("/rest/api/3/statuses/search", 401)
    assert cloud.get("/rest/api/3/priority/search")["total"] == 5


def test_fields(jira):
    fields = {each["id"]: each for each in jira.get(f"{jira.base}/field")}
    custom = fields["customfield_10010"]
    assert (custom["name"], custom["custom"]) == ("Helpdesk ticket", True)
    assert custom["schema"]["customId"] == 10010
    assert custom["clauseNames"] == ["cf[10010]", "Helpdesk ticket"]
    assert fields["summary"]["custom"] is False


def names_of(fields):
    return {each["fieldId"]: each for each in fields}


def test_what_can_be_created_by_project(jira):
    types = jira.get(f"{jira.base}/issue/createmeta/OPS/issuetypes")
    listed = types["issueTypes" if jira.is_cloud else "values"]
    assert [each["name"] for each in listed] == ["Incident", "Task"]
    page = jira.get(f"{jira.base}/issue/createmeta/OPS/issuetypes/{listed[0]['id']}")
    fields = names_of(page["fields" if jira.is_cloud else "values"])
    assert fields["summary"]["required"] is True
    impact = fields["customfield_10011"]
    assert impact["required"] is True
    assert [option["value"] for option in impact["allowedValues"]] == ["Minor", "Major", "Critical"]
    assert fields["project"]["allowedValues"][0]["key"] == "OPS"
    assert fields["labels"]["operations"] == ["add", "set", "remove"]
    assert "customfield_10014" not in fields
    jira.get(f"{jira.base}/issue/createmeta/OPS/issuetypes/10003", 400)
    jira.as_(seed.VIEWER).get(f"{jira.base}/issue/createmeta/ENG/issuetypes", 400)


def test_what_can_be_created_at_once(cloud, datacenter, make_jira):
    path = "issue/createmeta?projectKeys=ENG&issuetypeNames=Bug&expand=projects.issuetypes.fields"
    [project] = cloud.get(f"/rest/api/3/{path}")["projects"]
    [bug] = project["issuetypes"]
    assert bug["fields"]["description"]["schema"] == {"type": "string", "system": "description"}
    # Since Jira 9 Data Center takes the word for an issue's key.
    assert datacenter.get(f"/rest/api/2/{path}", 404)["errorMessages"] == ["Issue Does Not Exist"]
    old = make_jira("datacenter", version="8.20.0")
    assert old.get(f"/rest/api/2/{path}")["projects"][0]["key"] == "ENG"


def test_numbers_have_to_be_numbers(jira):
    key = jira.create()["key"]
    jira.get(f"{jira.base}/issue/{key}/comment?startAt=first", 400)


def test_a_workflow_is_read_by_administrators_alone(cloud):
    pair = {"projectId": "10000", "issueTypeId": "10001"}
    read = cloud.post("/rest/api/3/workflows", {"projectAndIssueTypes": [pair]}, 200)
    [workflow] = read["workflows"]
    names = {each["statusReference"]: each["name"] for each in read["statuses"]}
    close = next(each for each in workflow["transitions"] if each["name"] == "Close")
    assert names[close["toStatusReference"]] == "Closed"
    assert [names[link["fromStatusReference"]] for link in close["links"]] == ["Done"]
    assert cloud.as_(seed.DEVELOPER).call("POST", "/rest/api/3/workflows", {}).status_code == 401
