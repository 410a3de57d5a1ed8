"""Webhooks of the stand-in Jira: signed, sent and tried again as each edition does it."""

import hashlib
import hmac
import json

import pytest

from bridge_helpers.jira_webhooks import SECRET, hook, path_of, register
from escalation_bridge_sandbox.jira import seed
from escalation_bridge_sandbox.jira.edition import edition_of
from escalation_bridge_sandbox.jira.webhooks.delivery import rules_for, signature_of
from escalation_bridge_sandbox.kernel.receiver import Answer


def bodies(deliveries):
    return [json.loads(each.body) for each in deliveries]


def by_event(deliveries):
    return {body["webhookEvent"]: body for body in bodies(deliveries)}


def test_created_on_cloud(cloud, receiver):
    register(cloud, hook(receiver))
    issue = cloud.create(description=cloud.text("Hello"), labels=["case-1"])
    [delivery] = receiver.wait_for(1)
    body = json.loads(delivery.body)
    assert list(body) == ["timestamp", "webhookEvent", "issue_event_type_name", "user", "issue"]
    assert (body["webhookEvent"], body["issue_event_type_name"]) == ("jira:issue_created", "issue_created")
    assert body["issue"]["id"] == issue["id"]
    assert "/rest/api/2/" in body["issue"]["self"]
    # The v2 form: wiki markup, not a document.
    assert body["issue"]["fields"]["description"] == "Hello"
    assert "comment" not in body["issue"]["fields"]
    assert body["user"]["accountId"] == seed.BRIDGE.account_id
    assert "emailAddress" not in body["user"]
    assert "changelog" not in body
    signature = "sha256=" + hmac.new(SECRET.encode(), delivery.body, hashlib.sha256).hexdigest()
    assert delivery.headers["x-hub-signature"] == signature
    assert delivery.headers["x-atlassian-webhook-flow"] == "Primary"
    assert delivery.headers["x-atlassian-webhook-identifier"].isdigit()
    assert "x-atlassian-webhook-retry" not in delivery.headers
    assert delivery.headers["user-agent"] == "Atlassian Webhook HTTP Client"
    assert delivery.headers["content-type"] == "application/json; charset=UTF-8"


def test_created_on_datacenter(datacenter, receiver):
    register(datacenter, hook(receiver))
    datacenter.create()
    [delivery] = receiver.wait_for(1)
    body = json.loads(delivery.body)
    assert (body["user"]["name"], body["user"]["emailAddress"]) == ("bridge", seed.BRIDGE.email)
    assert body["issue"]["fields"]["comment"]["total"] == 0
    assert delivery.headers["x-hub-signature"] == signature_of(SECRET, delivery.body)
    assert not [name for name in delivery.headers if name.startswith("x-atlassian")]


PERSON = {"self", "avatarUrls", "displayName", "active", "timeZone"}
ON_CLOUD, ON_DATACENTER = {"accountId", "accountType"}, {"name", "key", "emailAddress"}


def test_the_parts_have_the_recorded_shapes(jira, receiver):
    """As webhooks of real sites have them, transcribed from recordings."""
    register(jira, hook(receiver))
    key = jira.create()["key"]
    comment_on(jira, key)
    events = by_event(receiver.wait_for(2 if jira.is_cloud else 3))
    person = PERSON | (ON_CLOUD if jira.is_cloud else ON_DATACENTER)
    comment = events["comment_created"]["comment"]
    fields = events["jira:issue_created"]["issue"]["fields"]
    assert set(events["jira:issue_created"]["user"]) == person
    assert set(comment["author"]) == set(fields["reporter"]) == person
    parts = {"self", "id", "author", "body", "updateAuthor", "created", "updated"}
    assert set(comment) == (parts | {"jsdPublic"} if jira.is_cloud else parts)
    status = {"self", "description", "iconUrl", "name", "id", "statusCategory"}
    assert set(fields["status"]) == status
    assert set(fields["status"]["statusCategory"]) == {"self", "id", "key", "colorName", "name"}
    assert set(fields["priority"]) == {"self", "iconUrl", "name", "id"}
    issue_type = {"self", "id", "description", "iconUrl", "name", "subtask", "avatarId"}
    assert set(fields["issuetype"]) == issue_type
    project = {"self", "id", "key", "name", "projectTypeKey", "avatarUrls"}
    assert set(fields["project"]) == (project | {"simplified"} if jira.is_cloud else project)
    assert set(events["jira:issue_created"]["issue"]) == {"id", "self", "key", "fields"}


def test_a_transition_tells_of_status_and_resolution(jira, receiver):
    key = jira.create()["key"]
    jira.move(key, "11")
    register(jira, hook(receiver))
    jira.move(key, "51", resolution={"name": "Fixed"})
    [body] = bodies(receiver.wait_for(1))
    assert (body["webhookEvent"], body["issue_event_type_name"]) == ("jira:issue_updated", "issue_resolved")
    items = body["changelog"]["items"]
    expected = ["resolution", "status"] if jira.is_cloud else ["status", "resolution"]
    assert [item["field"] for item in items] == expected
    status = next(item for item in items if item["field"] == "status")
    assert (status["from"], status["to"]) == ("3", "10103")
    assert (status["fromString"], status["toString"]) == ("In Progress", "Done")
    assert status.get("fieldId") == ("status" if jira.is_cloud else None)
    resolution = next(item for item in items if item["field"] == "resolution")
    assert (resolution["from"], resolution["fromString"]) == (None, None)


@pytest.mark.parametrize(
    ("change", "type_name", "field"),
    [
        ({"labels": ["x"]}, "issue_updated", "labels"),
        ({"assignee": "budi"}, "issue_assigned", "assignee"),
    ],
)
def test_edits_have_types_of_their_own(jira, receiver, change, type_name, field):
    key = jira.create()["key"]
    register(jira, hook(receiver))
    if field == "assignee":
        person = seed.DEVELOPER
        change = {
            "assignee": {"accountId": person.account_id} if jira.is_cloud else {"name": person.name},
        }
    jira.put(f"{jira.base}/issue/{key}", {"fields": change})
    [body] = bodies(receiver.wait_for(1))
    assert body["issue_event_type_name"] == type_name
    assert [item["field"] for item in body["changelog"]["items"]] == [field]


def test_what_changes_nothing_is_not_told(jira, receiver):
    key = jira.create(labels=["x"])["key"]
    register(jira, hook(receiver))
    jira.put(f"{jira.base}/issue/{key}", {"fields": {"labels": ["x"]}})
    jira.put(f"{jira.base}/issue/{key}/properties/p", 1, 201)
    jira.put(f"{jira.base}/issue/{key}", {"fields": {"labels": ["y"]}})
    assert jira.sandbox.outbox.wait_idle(5)
    assert len(receiver.deliveries()) == 1


def comment_on(jira, key, words="Hello", **more):
    return jira.post(f"{jira.base}/issue/{key}/comment", {"body": jira.text(words), **more}, 201)


def test_a_comment_on_cloud_brings_six_fields_of_its_issue(cloud, receiver):
    key = cloud.create()["key"]
    register(cloud, hook(receiver))
    comment = comment_on(cloud, key)
    [body] = bodies(receiver.wait_for(1))
    assert list(body) == ["timestamp", "webhookEvent", "comment", "issue"]
    assert body["webhookEvent"] == "comment_created"
    assert set(body["issue"]["fields"]) == {
        "summary",
        "issuetype",
        "project",
        "assignee",
        "priority",
        "status",
    }
    assert (body["comment"]["id"], body["comment"]["body"]) == (comment["id"], "Hello")
    assert body["comment"]["jsdPublic"] is True
    assert body["comment"]["self"].endswith(
        f"/rest/api/2/issue/{body['issue']['id']}/comment/{comment['id']}"
    )
    cloud.put(f"{cloud.base}/issue/{key}/comment/{comment['id']}", {"body": cloud.text("Changed")}, 200)
    cloud.delete(f"{cloud.base}/issue/{key}/comment/{comment['id']}")
    assert cloud.sandbox.outbox.wait_idle(5)
    events = by_event(receiver.wait_for(3))
    assert set(events) == {"comment_created", "comment_updated", "comment_deleted"}
    assert events["comment_updated"]["comment"]["body"] == "Changed"
    assert events["comment_deleted"]["issue"]["key"] == key


def test_an_internal_comment_says_so_on_cloud(cloud, receiver):
    key = cloud.create(project="HELP")["key"]
    register(cloud, hook(receiver))
    comment_on(cloud, key, properties=[{"key": "sd.public.comment", "value": {"internal": True}}])
    [body] = bodies(receiver.wait_for(1))
    assert body["comment"]["jsdPublic"] is False


def test_a_comment_on_datacenter_comes_twice(datacenter, receiver):
    key = datacenter.create()["key"]
    register(datacenter, hook(receiver))
    comment = comment_on(datacenter, key)
    events = by_event(receiver.wait_for(2))
    # One without the issue, one with it.
    created = events["comment_created"]
    assert list(created) == ["timestamp", "webhookEvent", "comment"]
    assert "jsdPublic" not in created["comment"]
    updated = events["jira:issue_updated"]
    assert updated["issue_event_type_name"] == "issue_commented"
    assert updated["comment"]["id"] == comment["id"]
    assert updated["issue"]["fields"]["comment"]["total"] == 1
    assert "changelog" not in updated


def test_changed_and_removed_comments_on_datacenter(datacenter, receiver):
    key = datacenter.create()["key"]
    comment = comment_on(datacenter, key)
    register(datacenter, hook(receiver))
    path = f"{datacenter.base}/issue/{key}/comment/{comment['id']}"
    datacenter.put(path, {"body": "Changed"}, 200)
    events = by_event(receiver.wait_for(2))
    assert events["comment_updated"]["user"]["name"] == "bridge"
    assert events["jira:issue_updated"]["issue_event_type_name"] == "issue_comment_edited"
    receiver.clear()
    datacenter.delete(path)
    events = by_event(receiver.wait_for(2))
    assert events["comment_deleted"]["comment"]["body"] == "Changed"
    assert events["jira:issue_updated"]["issue_event_type_name"] == "issue_comment_deleted"
    assert "comment" not in events["jira:issue_updated"]


def test_a_comment_with_a_transition(jira, receiver):
    key = jira.create()["key"]
    jira.move(key, "11")
    register(jira, hook(receiver))
    body = {
        "transition": {"id": "51"},
        "fields": {"resolution": {"name": "Fixed"}},
        "update": {"comment": [{"add": {"body": jira.text("Done in 2.1")}}]},
    }
    jira.post(f"{jira.base}/issue/{key}/transitions", body, 204)
    events = by_event(receiver.wait_for(2))
    assert set(events) == {"comment_created", "jira:issue_updated"}
    assert ("comment" in events["jira:issue_updated"]) is not jira.is_cloud


def test_deleted(jira, receiver):
    key = jira.create()["key"]
    register(jira, hook(receiver), jql="project = ENG")
    jira.as_(seed.ADMIN).delete(f"{jira.base}/issue/{key}")
    [body] = bodies(receiver.wait_for(1))
    assert (body["webhookEvent"], body["issue"]["key"]) == ("jira:issue_deleted", key)
    assert "issue_event_type_name" not in body
    assert body["user"]["displayName"] == seed.ADMIN.display_name


def test_moved(jira, receiver):
    issue = jira.create()
    register(jira, hook(receiver))
    jira.post(f"/_sandbox/issues/{issue['key']}/move", {"project": "DUK", "user": "budi"}, 200)
    [body] = bodies(receiver.wait_for(1))
    assert (body["webhookEvent"], body["issue_event_type_name"]) == ("jira:issue_updated", "issue_moved")
    items = {item["field"]: item for item in body["changelog"]["items"]}
    key = items["Key"]
    assert (key["from"], key["fromString"], key["to"], key["toString"]) == (None, "ENG-1", None, "DUK-1")
    assert (items["project"]["from"], items["project"]["to"]) == ("10000", "10002")
    assert (body["issue"]["id"], body["issue"]["key"]) == (issue["id"], "DUK-1")


def test_links_are_told_to_those_who_ask(jira, receiver):
    first, second = jira.create(), jira.create()
    register(jira, hook(receiver), events=["issuelink_created"])
    body = {
        "type": {"name": "Blocks"},
        "inwardIssue": {"key": first["key"]},
        "outwardIssue": {"key": second["key"]},
    }
    jira.post(f"{jira.base}/issueLink", body, 201)
    [told] = bodies(receiver.wait_for(1))
    assert told["issueLink"]["sourceIssueId"] == int(first["id"])


def test_the_filter_decides(jira, receiver):
    register(jira, hook(receiver), jql="project = ENG AND labels = case-1")
    jira.create(project="DUK", labels=["case-1"])
    jira.create()
    key = jira.create(labels=["case-1"])["key"]
    assert jira.sandbox.outbox.wait_idle(5)
    assert [body["issue"]["key"] for body in bodies(receiver.deliveries())] == [key]


def test_events_and_switches_decide(jira, receiver):
    register(jira, hook(receiver), events=["jira:issue_updated"])
    key = jira.create()["key"]
    jira.put(f"{jira.base}/issue/{key}", {"fields": {"summary": "Changed"}})
    name = "active" if jira.sandbox.edition.has_moved_webhooks else "enabled"
    jira.put(f"{path_of(jira)}/1", {name: False}, 200)
    jira.put(f"{jira.base}/issue/{key}", {"fields": {"summary": "Again"}})
    assert jira.sandbox.outbox.wait_idle(5)
    assert len(receiver.deliveries()) == 1


def test_the_body_can_be_left_out(jira, receiver):
    if jira.sandbox.edition.has_moved_webhooks:
        register(jira, hook(receiver), configuration={"EXCLUDE_BODY": "true"})
    else:
        register(jira, hook(receiver), excludeBody=True)
    jira.create()
    [delivery] = receiver.wait_for(1)
    assert delivery.body == b""


def test_the_url_can_have_variables(jira, receiver):
    sign = "{issue.key}" if jira.sandbox.edition.has_moved_webhooks else "${issue.key}"
    register(jira, f"{hook(receiver)}/{sign}")
    key = jira.create()["key"]
    [delivery] = receiver.wait_for(1)
    assert delivery.path == f"/hook/{key}"


def test_cloud_tries_again_under_the_same_identifier(cloud, receiver):
    cloud.put("/_sandbox/webhooks", {"retry_speed": 0}, 200)
    register(cloud, hook(receiver))
    receiver.answers.extend([Answer(503), Answer(429), Answer(200)])
    cloud.create()
    deliveries = receiver.wait_for(3)
    assert cloud.sandbox.outbox.wait_idle(5)
    assert len({each.headers["x-atlassian-webhook-identifier"] for each in deliveries}) == 1
    assert [each.headers.get("x-atlassian-webhook-retry") for each in deliveries] == [None, "1", "2"]
    assert len({each.headers["x-hub-signature"] for each in deliveries}) == 1


@pytest.mark.parametrize("status", [400, 401, 404, 302])
def test_cloud_does_not_repeat_what_was_refused(cloud, receiver, status):
    cloud.put("/_sandbox/webhooks", {"retry_speed": 0}, 200)
    register(cloud, hook(receiver))
    receiver.answers.append(Answer(status))
    cloud.create()
    receiver.wait_for(1)
    assert cloud.sandbox.outbox.wait_idle(5)
    assert len(receiver.deliveries()) == 1


def test_cloud_gives_up_after_five_retries_and_datacenter_after_the_first(jira, receiver):
    jira.put("/_sandbox/webhooks", {"retry_speed": 0}, 200)
    register(jira, hook(receiver))
    receiver.answers.extend([Answer(500)] * 10)
    jira.create()
    receiver.wait_for(6 if jira.is_cloud else 1)
    assert jira.sandbox.outbox.wait_idle(5)
    assert len(receiver.deliveries()) == (6 if jira.is_cloud else 1)


def test_after_half_an_hour_of_failures_cloud_tries_once_only(cloud, receiver):
    cloud.put("/_sandbox/webhooks", {"retry_speed": 0}, 200)
    register(cloud, hook(receiver))
    receiver.answers.extend([Answer(500)] * 7)
    cloud.create()
    receiver.wait_for(6)
    assert cloud.sandbox.outbox.wait_idle(5)
    cloud.sandbox.clock.advance(31 * 60)
    cloud.create()
    receiver.wait_for(7)
    assert cloud.sandbox.outbox.wait_idle(5)
    # The receiver is well again, and with the next success all is as before.
    cloud.create()
    receiver.wait_for(8)
    assert cloud.sandbox.outbox.wait_idle(5)
    attempts = cloud.sandbox.outbox.attempts()
    assert len(attempts) == 8
    rules = rules_for(edition_of("cloud"), hook(receiver), attempts, cloud.sandbox.clock.now())
    assert len(rules.delays) == 5


def test_webhooks_stay_on_this_machine(cloud):
    register(cloud, "http://bridge.example/hook")
    cloud.create()
    assert cloud.sandbox.outbox.wait_idle(5)
    [attempt] = cloud.sandbox.outbox.attempts()
    assert attempt.error.startswith("not sent")


def test_a_reset_forgets_the_webhooks(jira, receiver):
    register(jira, hook(receiver))
    jira.create()
    jira.post("/_sandbox/reset", {}, 204)
    assert jira.get(path_of(jira)) == []
    jira.get(f"{jira.base}/issue/ENG-1", 404)


def test_an_apps_webhook_lives_thirty_days_and_is_the_apps_alone(cloud, receiver):
    headers = {"Authorization": f"Bearer {seed.oauth_token(seed.BRIDGE)}"}
    path = f"/ex/jira/{seed.CLOUD_ID}/rest/api/3/webhook"
    wanted = {"events": ["jira:issue_created"], "jqlFilter": "project = ENG"}
    unsupported = {"events": ["board_created"], "jqlFilter": "labels > 3"}
    body = {"url": hook(receiver), "webhooks": [wanted, unsupported]}
    made, refused = cloud.call("POST", path, body, headers=headers).json()["webhookRegistrationResult"]
    assert refused["errors"] == [
        "The event board_created is unsupported",
        "The clause labels is unsupported",
        "The operator > is unsupported",
    ]
    assert cloud.get(path_of(cloud)) == []  # an administrator sees only the site's
    cloud.create()
    [delivery] = receiver.wait_for(1)
    assert "x-hub-signature" not in delivery.headers
    assert delivery.headers["authorization"].startswith("Bearer ")
    cloud.sandbox.clock.advance(29 * 86400)
    ids = {"webhookIds": [made["createdWebhookId"], 4711]}
    assert cloud.call("GET", path, headers=headers).json()["total"] == 1
    cloud.call("PUT", f"{path}/refresh", ids, headers=headers)
    cloud.sandbox.clock.advance(29 * 86400)
    cloud.create()
    assert len(receiver.wait_for(2)) == 2
    cloud.sandbox.clock.advance(2 * 86400)
    cloud.create()
    assert cloud.sandbox.outbox.wait_idle(5)
    assert len(receiver.wait_for(2)) == 2
    assert cloud.call("DELETE", path, ids, headers=headers).status_code == 202
    assert cloud.call("GET", path, headers=headers).json()["values"] == []
