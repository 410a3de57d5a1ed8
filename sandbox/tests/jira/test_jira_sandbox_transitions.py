"""Workflows of the stand-in Jira: what is open, what a screen asks for, what is refused."""

import pytest

from escalation_bridge_sandbox.jira import seed


def go(jira, key, transition_id, status=204, **body):
    return jira.post(
        f"{jira.base}/issue/{key}/transitions", {"transition": {"id": transition_id}, **body}, status
    )


def open_ways(jira, key, person=None):
    api = jira if person is None else jira.as_(person)
    return api.get(f"{jira.base}/issue/{key}/transitions?expand=transitions.fields")["transitions"]


def test_only_what_leads_on_from_the_status_is_open(jira):
    key = jira.create()["key"]
    assert [each["name"] for each in open_ways(jira, key)] == ["Start Progress", "Won't Do"]
    go(jira, key, "11")
    names = [each["name"] for each in open_ways(jira, key)]
    assert names == ["Stop Progress", "Block", "Request Review", "Done", "Won't Do"]


def test_two_transitions_lead_to_done_and_ask_for_different_fields(jira):
    key = jira.create()["key"]
    go(jira, key, "11")
    ways = {each["name"]: each for each in open_ways(jira, key)}
    done, wont_do = ways["Done"], ways["Won't Do"]
    assert done["to"]["id"] == wont_do["to"]["id"]
    assert done["to"]["statusCategory"]["key"] == "done"
    resolution = done["fields"]["resolution"]
    assert resolution["required"] is True
    assert {each["name"] for each in resolution["allowedValues"]} >= {"Fixed", "Won't Do"}
    assert set(done["fields"]) == {"resolution"}
    assert wont_do["fields"]["customfield_10015"]["required"] is True


def test_cloud_says_more_of_a_transition_than_datacenter(cloud, datacenter):
    way = open_ways(cloud, cloud.create()["key"])[1]
    assert (way["hasScreen"], way["isGlobal"], way["isAvailable"]) == (True, False, True)
    assert set(open_ways(datacenter, datacenter.create()["key"])[1]) == {"id", "name", "to", "fields"}


def test_fields_are_shown_on_request_only(jira):
    key = jira.create()["key"]
    shown = jira.get(f"{jira.base}/issue/{key}/transitions")
    assert shown["expand"] == "transitions"
    assert "fields" not in shown["transitions"][0]
    assert [
        each["id"] for each in jira.get(f"{jira.base}/issue/{key}/transitions?transitionId=52")["transitions"]
    ] == ["52"]
    assert jira.get(f"{jira.base}/issue/{key}/transitions?transitionId=61")["transitions"] == []


def test_done_needs_a_resolution_and_closed_is_behind_done(jira):
    key = jira.create()["key"]
    go(jira, key, "11")
    answered = go(jira, key, "51", 400)
    assert answered["errors"] == {"resolution": "Resolution is required."}
    assert jira.fields(key)["status"]["name"] == "In Progress"
    go(jira, key, "51", fields={"resolution": {"name": "Fixed"}})
    shown = jira.fields(key)
    assert (shown["status"]["name"], shown["resolution"]["name"]) == ("Done", "Fixed")
    assert shown["resolutiondate"] is not None
    go(jira, key, "61")
    assert jira.fields(key)["status"]["name"] == "Closed"


def test_reopen_clears_the_resolution(jira):
    key = jira.create()["key"]
    jira.move(key, "11", "51", resolution={"id": "10001"})
    go(jira, key, "71")
    issue = jira.get(f"{jira.base}/issue/{key}?expand=changelog")
    assert issue["fields"]["resolution"] is None
    assert issue["fields"]["resolutiondate"] is None
    histories = issue["changelog"]["histories"]
    latest = histories[0] if jira.is_cloud else histories[-1]
    items = {item["field"]: item for item in latest["items"]}
    assert (items["status"]["fromString"], items["status"]["toString"]) == ("Done", "To Do")
    assert items["resolution"]["fromString"] == "Fixed"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "Missing 'transition' identifier"),
        ({"transition": {}}, "Missing 'transition' identifier"),
        ({"transition": {"id": "Done"}}, "'transition' identifier must be an integer"),
    ],
)
def test_the_transition_is_named_by_its_number(jira, body, message):
    key = jira.create()["key"]
    assert jira.post(f"{jira.base}/issue/{key}/transitions", body, 400)["errorMessages"] == [message]


def test_a_transition_that_is_not_open_is_refused(cloud, datacenter):
    key = cloud.create()["key"]
    for transition_id in ("61", "999"):
        message = go(cloud, key, transition_id, 400)["errorMessages"][0]
        assert message == f"Transition id '{transition_id}' is not valid for this issue."
    key = datacenter.create()["key"]
    assert "that is not valid for the current state" in go(datacenter, key, "61", 400)["errorMessages"][0]
    go(datacenter, key, "999", 500)


def test_fields_that_are_not_on_the_screen_are_refused(jira):
    key = jira.create()["key"]
    answered = go(jira, key, "11", 400, fields={"resolution": {"name": "Fixed"}})
    assert answered["errors"] == {
        "resolution": "Field 'resolution' cannot be set. It is not on the appropriate screen, or unknown."
    }
    answered = go(jira, key, "11", 400, update={"comment": [{"add": {"body": jira.text("Started")}}]})
    assert "comment" in answered["errors"]
    go(jira, key, "11")
    both = {"fields": {"resolution": {"name": "Done"}}, "update": {"resolution": [{"set": {"name": "Done"}}]}}
    assert "resolution" in go(jira, key, "51", 400, **both)["errors"]
    wrong = go(jira, key, "51", 400, fields={"resolution": {"name": "Nothing"}})
    assert wrong["errors"] == {"resolution": "Resolution name 'Nothing' is not valid"}


def test_a_comment_can_go_with_a_transition_that_has_a_screen(jira):
    key = jira.create()["key"]
    go(jira, key, "11")
    comment = {"comment": [{"add": {"body": jira.text("Fixed in 2.1")}}]}
    go(jira, key, "51", fields={"resolution": {"name": "Fixed"}}, update=comment)
    [shown] = jira.get(f"{jira.base}/issue/{key}/comment")["comments"]
    assert shown["body"] == jira.text("Fixed in 2.1")
    # A comment that is wrong stops the transition.
    go(jira, key, "71")
    go(jira, key, "11")
    broken = {"comment": [{"add": {"body": ""}}]}
    go(jira, key, "51", 400, fields={"resolution": {"name": "Fixed"}}, update=broken)
    assert jira.fields(key)["status"]["name"] == "In Progress"


def test_without_the_permission_nothing_is_open(jira):
    key = jira.create()["key"]
    assert open_ways(jira, key, seed.VIEWER) == []
    viewer = jira.as_(seed.VIEWER)
    viewer.post(f"{jira.base}/issue/{key}/transitions", {"transition": {"id": "11"}}, 400)


def test_workflows_differ_by_project_and_by_type(jira):
    incident = jira.create(project="OPS", customfield_10011={"value": "Major"})["key"]
    ways = {each["name"]: each for each in open_ways(jira, incident)}
    assert set(ways) == {"Investigate", "Cancel"}
    if jira.is_cloud:
        assert ways["Cancel"]["isGlobal"] is True
    story = jira.post(
        f"{jira.base}/issue",
        {"fields": {"project": {"id": "10000"}, "issuetype": {"id": "10003"}, "summary": "As a user"}},
        201,
    )["key"]
    go(jira, story, "11")
    # No screen on this way to Done.
    go(jira, story, "21")
    assert jira.fields(story)["status"]["name"] == "Done"


def test_names_of_statuses_can_be_in_another_language(jira):
    key = jira.create(project="DUK")["key"]
    shown = jira.fields(key)["status"]
    assert (shown["name"], shown["statusCategory"]["key"]) == ("Untuk Dikerjakan", "new")
    jira.move(key, "201", "221", resolution={"name": "Done"})
    assert jira.fields(key)["status"]["statusCategory"]["key"] == "done"


def test_a_status_can_be_renamed_by_an_administrator(jira):
    key = jira.create()["key"]
    jira.put("/_sandbox/statuses/10100", {"name": "Backlog"}, 200)
    shown = jira.fields(key)["status"]
    assert (shown["id"], shown["name"]) == ("10100", "Backlog")
