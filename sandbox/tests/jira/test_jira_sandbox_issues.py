"""Issues of the stand-in Jira: created, read, edited, assigned, moved, deleted; and every refusal."""

import re

import pytest

from escalation_bridge_sandbox.jira import seed

ADF_ERROR = "Operation value must be an Atlassian Document (see the Atlassian Document Format)"
NOT_ON_SCREEN = "Field '{}' cannot be set. It is not on the appropriate screen, or unknown."


def document(words):
    return {
        "type": "doc",
        "version": 1,
        "content": [{"type": "paragraph", "content": [{"type": "text", "text": words}]}],
    }


def fields(**more):
    return {
        "fields": {
            "project": {"key": "ENG"},
            "issuetype": {"name": "Bug"},
            "summary": "Payment fails",
            **more,
        }
    }


def person_reference(jira, person):
    return {"accountId": person.account_id} if jira.is_cloud else {"name": person.name}


def test_create_answers_with_id_key_and_self(jira):
    created = jira.post(f"{jira.base}/issue", fields(), 201)
    assert created == {
        "id": "10000",
        "key": "ENG-1",
        "self": f"{jira.running.url}{jira.base}/issue/10000",
    }


def test_a_new_issue_is_in_the_first_status_with_defaults(jira):
    key = jira.create(labels=["b", "a", "b"], components=[{"name": "Payments"}])["key"]
    shown = jira.fields(key)
    assert shown["status"]["name"] == "To Do"
    assert shown["status"]["statusCategory"]["key"] == "new"
    assert shown["priority"]["name"] == "Medium"
    assert shown["labels"] == ["a", "b"]
    assert shown["components"][0]["name"] == "Payments"
    assert shown["assignee"] is None
    assert shown["resolution"] is None
    assert shown["reporter"] == shown["creator"]
    assert shown["customfield_10010"] is None


def test_parts_of_an_issue_fit_their_schemas(cloud, jira_openapi):
    key = cloud.create(assignee={"id": seed.DEVELOPER.account_id}, description=document("Hello"))["key"]
    cloud.move(key, "11", "51", resolution={"name": "Fixed"})
    shown = cloud.fields(key)
    for name, schema in {
        "status": "StatusDetails",
        "assignee": "UserDetails",
        "issuetype": "IssueTypeDetails",
        "priority": "Priority",
        "resolution": "Resolution",
        "comment": "PageOfComments",
    }.items():
        jira_openapi.validate_schema(schema, shown[name])
    jira_openapi.validate_document(shown["description"])


def test_all_that_an_escalation_sends_is_kept(cloud, jira_openapi):
    body = {
        **fields(
            description=document("The customer cannot pay."),
            priority={"id": "1"},
            labels=["escalation", "zendesk-35436"],
            assignee={"accountId": seed.DEVELOPER.account_id},
            reporter={"id": seed.ADMIN.account_id},
            duedate="2026-03-02",
            customfield_10010="zendesk 35436",
            customfield_10011={"value": "Critical"},
            customfield_10012=document("Pay by card."),
            customfield_10013=12,
        ),
        "update": {},
        "properties": [{"key": "escalation-bridge", "value": {"key": "case-1"}}],
        "historyMetadata": {"type": "escalation-bridge", "description": "ignored"},
    }
    jira_openapi.validate_request("POST", "/rest/api/3/issue", body)
    key = cloud.post("/rest/api/3/issue", body, 201)["key"]
    issue = cloud.get(f"/rest/api/3/issue/{key}?properties=escalation-bridge")
    assert issue["properties"] == {"escalation-bridge": {"key": "case-1"}}
    shown = issue["fields"]
    assert shown["description"] == document("The customer cannot pay.")
    assert shown["priority"]["name"] == "Highest"
    assert shown["assignee"]["accountId"] == seed.DEVELOPER.account_id
    assert shown["reporter"]["displayName"] == seed.ADMIN.display_name
    assert shown["customfield_10010"] == "zendesk 35436"
    assert shown["customfield_10011"]["value"] == "Critical"
    assert shown["customfield_10012"] == document("Pay by card.")
    assert shown["customfield_10013"] == 12
    assert shown["duedate"] == "2026-03-02"


@pytest.mark.parametrize(
    ("change", "field", "message"),
    [
        ({"summary": ""}, "summary", "You must specify a summary of the issue."),
        ({"summary": None}, "summary", "You must specify a summary of the issue."),
        ({"summary": "a\nb"}, "summary", "The summary is invalid because it contains newline characters."),
        ({"summary": "x" * 256}, "summary", "Summary must be less than 255 characters."),
        ({"summary": 5}, "summary", "Operation value must be a string"),
        ({"labels": ["two words"]}, "labels", "The label 'two words' contains spaces which is invalid."),
        ({"labels": "one"}, "labels", "data was not an array"),
        ({"labels": [1]}, "labels", "string expected at index 0"),
        ({"priority": {"name": "Blocker"}}, "priority", "Priority name 'Blocker' is not valid"),
        ({"priority": {"id": "77"}}, "priority", "Priority id '77' is not valid"),
        ({"priority": {"id": 1}}, "priority", "Specify the Priority (id or name) in the string format"),
        ({"priority": "High"}, "priority", "data was not an object"),
        ({"components": [{"name": "Nothing"}]}, "components", "Component name 'Nothing' is not valid"),
        ({"nonsense": 1}, "nonsense", NOT_ON_SCREEN.format("nonsense")),
        ({"customfield_10014": "Team"}, "customfield_10014", NOT_ON_SCREEN.format("customfield_10014")),
        ({"customfield_99999": "x"}, "customfield_99999", NOT_ON_SCREEN.format("customfield_99999")),
        ({"resolution": {"name": "Done"}}, "resolution", NOT_ON_SCREEN.format("resolution")),
        ({"status": {"name": "Done"}}, "status", NOT_ON_SCREEN.format("status")),
        ({"customfield_10011": {"value": "Huge"}}, "customfield_10011", "Option value 'Huge' is not valid"),
        ({"customfield_10013": "many"}, "customfield_10013", "Operation value must be a number"),
        ({"customfield_10010": 7}, "customfield_10010", "Operation value must be a string"),
        ({"duedate": "tomorrow"}, "duedate", "Error parsing date string: tomorrow"),
    ],
)
def test_create_refuses_a_wrong_value_and_names_the_field(jira, change, field, message):
    answered = jira.post(f"{jira.base}/issue", fields(**change), 400)
    assert answered == {"errorMessages": [], "errors": {field: message}}
    assert jira.sandbox.site.issues == {}


def test_create_names_all_that_is_wrong_at_once(jira):
    answered = jira.post(f"{jira.base}/issue", fields(summary="", labels=["a b"], foo=1), 400)
    assert set(answered["errors"]) == {"summary", "labels", "foo"}


@pytest.mark.parametrize(
    ("change", "field", "on_cloud", "on_datacenter"),
    [
        ({"project": None}, "project", "Specify a valid project ID or key", "project is required"),
        (
            {"project": {"key": "NO"}},
            "project",
            "Specify a valid project ID or key",
            "valid project is required",
        ),
        ({"issuetype": None}, "issuetype", "Specify an issue type", "issue type is required"),
        (
            {"issuetype": {"name": "Incident"}},
            "issuetype",
            "Specify a valid issue type",
            "valid issue type is required",
        ),
    ],
)
def test_project_and_type_are_required(jira, change, field, on_cloud, on_datacenter):
    answered = jira.post(f"{jira.base}/issue", fields(**change), 400)
    assert answered["errors"] == {field: on_cloud if jira.is_cloud else on_datacenter}


def test_a_field_can_be_required_in_one_project(jira):
    body = {"project": {"key": "OPS"}, "issuetype": {"name": "Incident"}, "summary": "Down"}
    answered = jira.post(f"{jira.base}/issue", {"fields": body}, 400)
    assert answered["errors"] == {"customfield_10011": "Customer impact is required."}
    jira.post(f"{jira.base}/issue", {"fields": {**body, "customfield_10011": {"id": "10101"}}}, 201)


def test_v3_takes_documents_and_v2_takes_text(cloud):
    assert cloud.post("/rest/api/3/issue", fields(description="text"), 400)["errors"] == {
        "description": ADF_ERROR
    }
    answered = cloud.post("/rest/api/2/issue", fields(description=document("x")), 400)
    assert answered["errors"] == {"description": "Operation value must be a string"}


@pytest.mark.parametrize(
    "content",
    [
        [{"type": "text", "text": "not in a paragraph"}],
        [{"type": "paragraph", "content": [{"type": "text", "text": ""}]}],
        [{"type": "marquee"}],
        "text",
    ],
)
def test_a_document_that_breaks_the_format_is_refused(cloud, content):
    body = fields(description={"type": "doc", "version": 1, "content": content})
    assert cloud.post("/rest/api/3/issue", body, 400) == {"errorMessages": ["INVALID_INPUT"], "errors": {}}


def test_a_description_is_at_most_32767_characters_long(jira):
    api = "/rest/api/2"
    answered = jira.post(f"{api}/issue", fields(description="x" * 32768), 400)
    assert answered["errors"]["description"] == (
        "The entered text is too long. It exceeds the allowed limit of 32,767 characters."
    )
    jira.post(f"{api}/issue", fields(description="x" * 32767), 201)


def test_both_versions_show_the_same_text(cloud):
    key = cloud.create(description=document("One"))["key"]
    assert cloud.get(f"/rest/api/2/issue/{key}")["fields"]["description"] == "One"
    cloud.put(f"/rest/api/2/issue/{key}", {"fields": {"description": "h2. Two\n\n*bold* text"}})
    shown = cloud.fields(key)["description"]
    assert [node["type"] for node in shown["content"]] == ["heading", "paragraph"]
    assert shown["content"][1]["content"][0] == {
        "type": "text",
        "text": "bold",
        "marks": [{"type": "strong"}],
    }


def test_people_are_called_as_the_edition_calls_them(jira):
    wrong = {"name": "budi"} if jira.is_cloud else {"accountId": seed.DEVELOPER.account_id}
    assert "assignee" in jira.post(f"{jira.base}/issue", fields(assignee=wrong), 400)["errors"]
    customer = person_reference(jira, seed.CUSTOMER)
    message = jira.post(f"{jira.base}/issue", fields(assignee=customer), 400)["errors"]["assignee"]
    assert message.endswith("cannot be assigned issues.")


def test_the_body_has_to_be_a_json_object(jira):
    path = f"{jira.base}/issue"
    assert jira.call("POST", path, data="{", headers={"Content-Type": "application/json"}).status_code == 400
    assert jira.call("POST", path, data="{}", headers={"Content-Type": "text/plain"}).status_code == 415
    assert jira.call("POST", path, data="", headers={"Content-Type": "application/json"}).status_code == 400
    assert jira.call("POST", path, []).status_code == 400
    assert jira.call("POST", path, {"fields": []}).status_code == 400
    assert jira.call("POST", path, {"update": {"labels": {"add": "x"}}}).status_code == 400


def test_unknown_properties_of_the_body_are_read_over_on_cloud_only(cloud, datacenter):
    cloud.post("/rest/api/3/issue", {**fields(), "nonsense": 1}, 201)
    answered = datacenter.post("/rest/api/2/issue", {**fields(), "nonsense": 1}, 400)
    assert answered["errorMessages"][0].startswith('Unrecognized field "nonsense"')


def test_create_can_go_on_to_a_transition(jira):
    created = jira.post(f"{jira.base}/issue", {**fields(), "transition": {"id": "11"}}, 201)
    assert created["transition"] == {"status": 200, "errorCollection": {"errorMessages": [], "errors": {}}}
    assert jira.fields(created["key"])["status"]["name"] == "In Progress"
    created = jira.post(f"{jira.base}/issue", {**fields(), "transition": {"id": "61"}}, 201)
    assert created["transition"]["status"] == 400
    assert jira.fields(created["key"])["status"]["name"] == "To Do"


def test_get_selects_fields_and_expands(jira):
    key = jira.create(description=jira.text("Hello <b>"))["key"]
    issue = jira.get(f"{jira.base}/issue/{key}?fields=summary,description&expand=renderedFields,names,schema")
    assert set(issue["fields"]) == {"summary", "description"}
    assert issue["names"] == {"summary": "Summary", "description": "Description"}
    assert issue["renderedFields"]["description"] == "<p>Hello &lt;b&gt;</p>"
    assert issue["schema"]["summary"] == {"type": "string", "system": "summary"}
    without = jira.get(f"{jira.base}/issue/{key}?fields=*all,-comment&expand=transitions,editmeta")
    assert "comment" not in without["fields"]
    assert "labels" in without["fields"]
    assert [each["id"] for each in without["transitions"]] == ["11", "52"]
    assert without["editmeta"]["fields"]["labels"]["operations"] == ["add", "set", "remove"]


def test_dates_are_in_the_users_zone_on_cloud_and_in_the_servers_on_datacenter(jira):
    created = jira.fields(jira.create()["key"])["created"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+]\d{4}", created)
    assert created.endswith("+0700" if jira.is_cloud else "+0000")


def test_an_issue_is_found_by_id_and_by_key_in_any_case(jira):
    created = jira.create()
    for ref in (created["id"], created["key"], created["key"].lower()):
        assert jira.get(f"{jira.base}/issue/{ref}")["key"] == created["key"]


def test_a_moved_issue_is_found_under_its_old_key(jira):
    created = jira.create()
    moved = jira.post(f"/_sandbox/issues/{created['key']}/move", {"project": "OPS"}, 200)
    assert moved == {"id": created["id"], "key": "OPS-1"}
    issue = jira.get(f"{jira.base}/issue/{created['key']}?expand=changelog")
    assert (issue["id"], issue["key"]) == (created["id"], "OPS-1")
    assert issue["fields"]["project"]["key"] == "OPS"
    assert issue["fields"]["status"]["name"] == "Reported"
    items = {item["field"]: item for item in issue["changelog"]["histories"][0]["items"]}
    assert (items["Key"]["fromString"], items["Key"]["toString"]) == ("ENG-1", "OPS-1")
    assert items["project"]["toString"] == "Operations"
    # The old number is not given out again.
    assert jira.create()["key"] == "ENG-2"


def test_edit_sets_and_updates(jira):
    key = jira.create(labels=["keep", "drop"])["key"]
    jira.put(
        f"{jira.base}/issue/{key}",
        {
            "fields": {"priority": {"name": "High"}, "customfield_10010": "zendesk 1"},
            "update": {"labels": [{"add": "new"}, {"remove": "drop"}], "summary": [{"set": "Changed"}]},
            "properties": [{"key": "seen", "value": True}],
        },
    )
    issue = jira.get(f"{jira.base}/issue/{key}?properties=*all&expand=changelog")
    shown = issue["fields"]
    assert (shown["summary"], shown["labels"], shown["priority"]["name"]) == (
        "Changed",
        ["keep", "new"],
        "High",
    )
    assert issue["properties"] == {"seen": True}
    items = {item["field"]: item for item in issue["changelog"]["histories"][0]["items"]}
    assert set(items) == {"priority", "Helpdesk ticket", "labels", "summary"}
    assert (items["labels"]["fromString"], items["labels"]["toString"]) == ("drop keep", "keep new")
    assert ("fieldId" in items["labels"]) is jira.is_cloud


def test_edit_returns_the_issue_on_request(cloud):
    key = cloud.create()["key"]
    body = {"fields": {"summary": "Changed"}}
    assert cloud.put(f"/rest/api/3/issue/{key}?returnIssue=true", body, 200)["fields"]["summary"] == "Changed"


def test_edit_that_changes_nothing_leaves_no_trace(jira):
    key = jira.create(labels=["a"])["key"]
    before = jira.fields(key)["updated"]
    jira.put(f"{jira.base}/issue/{key}", {"update": {"labels": [{"add": "a"}]}})
    issue = jira.get(f"{jira.base}/issue/{key}?expand=changelog")
    assert issue["changelog"]["total"] == 0
    assert issue["fields"]["updated"] == before


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"fields": {"status": {"id": "3"}}}, "status"),
        ({"fields": {"resolution": {"name": "Done"}}}, "resolution"),
        ({"fields": {"project": {"key": "OPS"}}}, "project"),
        ({"fields": {"summary": ""}}, "summary"),
        ({"fields": {"labels": ["a"]}, "update": {"labels": [{"add": "b"}]}}, "labels"),
        ({"update": {"summary": [{"add": "x"}]}}, "summary"),
        ({"update": {"labels": [{"add": "x", "remove": "y"}]}}, "labels"),
        ({"fields": {"issuetype": {"name": "Story"}}}, "issuetype"),
        ({"fields": {"comment": {"body": "x"}}}, "comment"),
    ],
)
def test_edit_refuses_and_names_the_field(jira, body, field):
    key = jira.create()["key"]
    answered = jira.put(f"{jira.base}/issue/{key}", body, 400)
    assert field in answered["errors"]
    assert jira.fields(key)["summary"] == "Payment fails"


def test_edit_ignores_a_transition(jira):
    key = jira.create()["key"]
    jira.put(f"{jira.base}/issue/{key}", {"transition": {"id": "11"}})
    assert jira.fields(key)["status"]["name"] == "To Do"


def test_edit_changes_the_type_within_a_workflow(jira):
    key = jira.create()["key"]
    jira.put(f"{jira.base}/issue/{key}", {"fields": {"issuetype": {"name": "Task"}}})
    assert jira.fields(key)["issuetype"]["name"] == "Task"


def test_assign_and_take_away(jira):
    key = jira.create()["key"]
    jira.put(f"{jira.base}/issue/{key}/assignee", person_reference(jira, seed.DEVELOPER))
    assert jira.fields(key)["assignee"]["displayName"] == seed.DEVELOPER.display_name
    name = "accountId" if jira.is_cloud else "name"
    jira.put(f"{jira.base}/issue/{key}/assignee", {name: None})
    assert jira.fields(key)["assignee"] is None
    jira.put(f"{jira.base}/issue/{key}/assignee", {name: "-1"})
    assert jira.fields(key)["assignee"] is None


@pytest.mark.parametrize("body", [{}, {"accountId": "nobody"}, {"displayName": "Budi"}, "x"])
def test_assign_refuses(cloud, body):
    key = cloud.create()["key"]
    assert "assignee" in cloud.put(f"/rest/api/3/issue/{key}/assignee", body, 400)["errors"]


def test_delete_is_for_those_who_may(jira):
    key = jira.create()["key"]
    jira.delete(f"{jira.base}/issue/{key}", 403)
    jira.as_(seed.ADMIN).delete(f"{jira.base}/issue/{key}")
    for path in ("", "/transitions", "/comment"):
        message = jira.get(f"{jira.base}/issue/{key}{path}", 404)["errorMessages"][0]
        assert message == (
            "Issue does not exist or you do not have permission to see it."
            if jira.is_cloud
            else "Issue Does Not Exist"
        )


def test_the_history_is_paged_on_cloud(cloud):
    key = cloud.create()["key"]
    for summary in ("One", "Two", "Three"):
        cloud.put(f"/rest/api/3/issue/{key}", {"fields": {"summary": summary}})
    page = cloud.get(f"/rest/api/3/issue/{key}/changelog?startAt=1&maxResults=1")
    assert (page["total"], page["isLast"]) == (3, False)
    assert page["values"][0]["items"][0]["toString"] == "Two"


def test_several_issues_are_fetched_at_once_on_cloud(cloud):
    first, second = cloud.create(), cloud.create()
    body = {"issueIdsOrKeys": [second["key"], first["id"], "ENG-99"], "fields": ["summary"]}
    answered = cloud.post("/rest/api/3/issue/bulkfetch", body, 200)
    assert [issue["key"] for issue in answered["issues"]] == ["ENG-1", "ENG-2"]
    assert answered["issueErrors"][0]["id"] == "ENG-99"
