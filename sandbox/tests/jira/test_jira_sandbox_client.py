"""The usual Python client, `jira`, works with the stand-in Jira: Cloud and Data Center."""

import io

import pytest
from jira import JIRA, JIRAError

from escalation_bridge_sandbox.jira import seed


@pytest.fixture
def connected(jira):
    """The client, logged in as the bridge's account."""
    me = seed.BRIDGE
    login = (
        {"basic_auth": (me.email, seed.api_token(me))}
        if jira.is_cloud
        else {"token_auth": seed.personal_token(me)}
    )
    client = JIRA(jira.running.url, **login, max_retries=0)
    yield client
    client.close()


def create(client, **fields):
    return client.create_issue(
        project="ENG", issuetype={"name": "Bug"}, summary="Payment fails", description="h1. Hello", **fields
    )


def search(jira, client, jql):
    return client.enhanced_search_issues(jql) if jira.is_cloud else client.search_issues(jql)


def test_it_knows_what_it_talks_to(jira, connected):
    assert connected._is_cloud is jira.is_cloud
    assert connected.myself()["displayName"] == seed.BRIDGE.display_name
    assert [project.key for project in connected.projects()] == ["ENG", "OPS", "DUK", "HELP"]
    assert connected.project("ENG").name == "Engineering"
    assert len(connected.priorities()) == 5
    assert "Fixed" in [each.name for each in connected.resolutions()]
    assert any(status.name == "Blocked" for status in connected.statuses())
    assert any(field["name"] == "Helpdesk ticket" for field in connected.fields())
    assert {each.name for each in connected.issue_types_for_project("ENG")} == {"Bug", "Task", "Story"}
    permissions = connected.my_permissions(projectKey="ENG", permissions=["CREATE_ISSUES"])["permissions"]
    assert permissions["CREATE_ISSUES"]["havePermission"]


def test_the_life_of_an_issue(jira, connected):
    issue = create(connected, labels=["case-1"], customfield_10010="zendesk 1")
    assert (issue.key, issue.fields.status.name, issue.fields.description) == ("ENG-1", "To Do", "h1. Hello")
    issue.update(fields={"summary": "Payment fails again", "labels": ["case-1", "urgent"]})
    issue.update(update={"labels": [{"remove": "urgent"}]})
    assert connected.issue("ENG-1").fields.labels == ["case-1"]
    assert connected.assign_issue(issue, seed.DEVELOPER.display_name if jira.is_cloud else "budi")
    assert connected.find_transitionid_by_name(issue, "start progress") == "11"
    connected.transition_issue(issue, "Start Progress")
    connected.transition_issue(issue, "Done", resolution={"name": "Fixed"}, comment="Fixed in 2.1")
    done = connected.issue(issue.id, expand="changelog,renderedFields")
    assert (done.fields.status.name, done.fields.resolution.name) == ("Done", "Fixed")
    assert done.fields.assignee.displayName == seed.DEVELOPER.display_name
    changed = {item.field for history in done.changelog.histories for item in history.items}
    assert {"summary", "labels", "assignee", "status", "resolution"} <= changed
    assert "<h1>" in done.renderedFields.description
    with pytest.raises(JIRAError, match="403"):
        done.delete()


def test_comments(connected):
    issue = create(connected)
    first = connected.add_comment(issue, "Hello *there*")
    connected.add_comment(issue, "For us", visibility={"type": "role", "value": "Integrations"})
    first.update(body="Changed")
    assert [comment.body for comment in connected.comments(issue)] == ["Changed", "For us"]
    assert connected.comment(issue, first.id).author.displayName == seed.BRIDGE.display_name
    first.delete()
    assert len(connected.comments(issue)) == 1


def test_an_internal_comment_of_a_service_desk(jira, connected):
    issue = connected.create_issue(project="HELP", issuetype={"name": "Service Request"}, summary="Help")
    connected.add_comment(issue, "Between us", is_internal=True)
    shown = jira.get(f"/rest/servicedeskapi/request/{issue.key}/comment")
    assert [each["public"] for each in shown["values"]] == [False]


def test_requests_of_a_service_desk(connected):
    [desk] = connected.service_desks()
    assert connected.request_types(desk)[0].name == "Get help"
    issue = connected.create_customer_request(
        {
            "serviceDeskId": desk.id,
            "requestTypeId": 10,
            "requestFieldValues": {"summary": "No sound", "description": "None"},
        }
    )
    assert (issue.key, issue.fields.status.name) == ("HELP-1", "Waiting for support")


def test_searching(jira, connected):
    create(connected, labels=["case-1"])
    create(connected)
    assert [issue.key for issue in search(jira, connected, "project = ENG AND labels = case-1")] == ["ENG-1"]
    assert len(search(jira, connected, 'project = ENG AND updated >= "-1d" ORDER BY key')) == 2
    with pytest.raises(JIRAError, match="does not exist for the field 'project'"):
        search(jira, connected, "project = NOPE")


def test_pages_of_results(jira, connected):
    for _ in range(7):
        create(connected)
    if jira.is_cloud:
        found = connected.enhanced_search_issues("project = ENG", maxResults=0, fields="summary")
        assert connected.approximate_issue_count("project = ENG") == 7
    else:
        found = connected.search_issues("project = ENG", maxResults=False, fields="summary")
    assert len(found) == 7


def test_links(connected):
    first, second = create(connected), create(connected)
    connected.create_issue_link("Blocks", first, second)
    [link] = connected.issue(first.key).fields.issuelinks
    assert link.outwardIssue.key == second.key
    assert "Duplicate" in [each.name for each in connected.issue_link_types()]
    connected.issue_link(link.id).delete()
    assert connected.issue(first.key).fields.issuelinks == []


def test_remote_links(connected):
    issue = create(connected)
    link = {"url": "https://desk.example/agent/tickets/1", "title": "Ticket 1"}
    connected.add_simple_link(issue, link)
    connected.add_remote_link(issue, link, globalId="system=zendesk&id=1", application={"name": "Zendesk"})
    titles = [each.object.title for each in connected.remote_links(issue)]
    assert titles == ["Ticket 1", "Ticket 1"]
    connected.remote_links(issue)[0].delete()
    assert len(connected.remote_links(issue)) == 1


def test_properties(connected):
    issue = create(connected)
    connected.add_issue_property(issue.key, "escalation-bridge", {"key": "case-1"})
    [key] = connected.issue_properties(issue.key)
    assert connected.issue_property(issue.key, key.key).value.key == "case-1"


def test_attachments(jira, connected):
    issue = create(connected)
    attached = connected.add_attachment(issue, io.BytesIO(b"hello"), filename="log.txt")
    assert (attached.filename, attached.size) == ("log.txt", 5)
    assert connected.attachment(attached.id).get() == b"hello"
    connected.delete_attachment(attached.id)
    assert connected.issue(issue.key).fields.attachment == []
    assert jira.sandbox.site.files == {}


def test_people(jira, connected):
    search = {"query": "budi"} if jira.is_cloud else {"user": "budi"}
    assert [each.displayName for each in connected.search_users(**search)] == [seed.DEVELOPER.display_name]
    reference = seed.DEVELOPER.account_id if jira.is_cloud else "budi"
    assert connected.user(reference).active is True


def test_what_can_be_created(jira, connected):
    if jira.is_cloud:
        meta = connected.createmeta(projectKeys="ENG", expand="projects.issuetypes.fields")
        assert meta["projects"][0]["issuetypes"][0]["fields"]["summary"]["required"] is True
    else:
        types = connected.project_issue_types("ENG")
        fields = connected.project_issue_fields("ENG", types[0].id)
        assert next(field for field in fields if field.fieldId == "summary").required is True


def test_errors_reach_the_client(connected):
    with pytest.raises(JIRAError, match="is not on the appropriate screen") as problem:
        create(connected, nonsense="x")
    assert problem.value.status_code == 400
    with pytest.raises(JIRAError) as missing:
        connected.issue("ENG-99")
    assert missing.value.status_code == 404


def test_the_removed_search_is_refused_by_cloud(cloud):
    with pytest.raises(JIRAError) as problem:
        JIRA(
            cloud.running.url,
            basic_auth=(seed.BRIDGE.email, seed.api_token(seed.BRIDGE)),
            get_server_info=False,
            max_retries=0,
        ).search_issues("project = ENG")
    assert problem.value.status_code == 410
