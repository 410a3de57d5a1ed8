"""Comments of the stand-in Jira: written, listed, changed, removed, and who sees them."""

import pytest

from escalation_bridge_sandbox.jira import seed

INTERNAL = {"key": "sd.public.comment", "value": {"internal": True}}


@pytest.fixture
def key(jira):
    return jira.create()["key"]


def write(jira, key, words="Hello", status=201, **more):
    return jira.post(f"{jira.base}/issue/{key}/comment", {"body": jira.text(words), **more}, status)


def test_a_comment_is_shown_as_it_was_written(jira, key):
    created = write(jira, key)
    assert created["body"] == jira.text("Hello")
    assert created["author"]["displayName"] == seed.BRIDGE.display_name
    assert created["updateAuthor"] == created["author"]
    assert created["created"] == created["updated"]
    assert created["self"].endswith(f"/issue/10000/comment/{created['id']}")
    assert jira.get(f"{jira.base}/issue/{key}/comment/{created['id']}") == created
    assert jira.fields(key)["comment"]["comments"] == [created]


def test_only_cloud_says_whether_customers_see_it(cloud, datacenter):
    assert write(cloud, cloud.create()["key"])["jsdPublic"] is True
    assert "jsdPublic" not in write(datacenter, datacenter.create()["key"])


def test_comments_are_listed_in_order_and_in_pages(jira, key):
    for words in ("One", "Two", "Three"):
        write(jira, key, words)
    path = f"{jira.base}/issue/{key}/comment"
    listed = jira.get(path)
    assert (listed["startAt"], listed["total"]) == (0, 3)
    assert [each["body"] for each in listed["comments"]] == [jira.text(w) for w in ("One", "Two", "Three")]
    latest = jira.get(f"{path}?orderBy=-created&maxResults=1")
    assert [each["body"] for each in latest["comments"]] == [jira.text("Three")]
    last = jira.get(f"{path}?startAt=2&maxResults=5&expand=renderedBody")
    assert last["comments"][0]["renderedBody"] == "<p>Three</p>"
    jira.get(f"{path}?orderBy=updated", 400)


@pytest.mark.parametrize("body", [None, "", "   "])
def test_an_empty_comment_is_refused(jira, key, body):
    wrong = jira.text(body) if jira.is_cloud and body and body.strip() else body
    path = f"{jira.base}/issue/{key}/comment"
    answered = jira.post(path, {"body": wrong}, 400)
    if wrong == "   " and jira.is_cloud:
        assert answered["errors"] == {"comment": "Comment body is not valid!"}
    else:
        assert answered["errors"] == {"comment": "Comment body can not be empty!"}


def test_v3_wants_documents(cloud):
    key = cloud.create()["key"]
    path = f"/rest/api/3/issue/{key}/comment"
    assert cloud.post(path, {"body": "text"}, 400)["errors"] == {"comment": "Comment body is not valid!"}
    broken = {"type": "doc", "version": 1, "content": [{"type": "text", "text": "x"}]}
    assert cloud.post(path, {"body": broken}, 400)["errorMessages"] == ["INVALID_INPUT"]
    created = cloud.post(f"/rest/api/2/issue/{key}/comment", {"body": "*bold*"}, 201)
    assert created["body"] == "*bold*"
    shown = cloud.get(f"{path}/{created['id']}")["body"]
    assert shown["content"][0]["content"][0]["marks"] == [{"type": "strong"}]


def test_a_comment_is_at_most_32767_characters_long(jira, key):
    write(jira, key, "x" * 32767)
    answered = write(jira, key, "x" * 32768, 400)
    assert answered["errors"] == {
        "comment": "The entered text is too long. It exceeds the allowed limit of 32,767 characters."
    }


def test_a_comment_can_be_for_a_role_or_a_group(jira, key):
    created = write(jira, key, visibility={"type": "role", "value": "Integrations"})
    assert created["visibility"]["value"] == "Integrations"
    for_users = write(jira, key, visibility={"type": "group", "value": "jira-users"})
    path = f"{jira.base}/issue/{key}/comment"
    developer = jira.as_(seed.DEVELOPER)
    assert [each["id"] for each in developer.get(path)["comments"]] == [for_users["id"]]
    developer.get(f"{path}/{created['id']}", 404)
    assert len(jira.get(path)["comments"]) == 2


@pytest.mark.parametrize(
    ("visibility", "field"),
    [
        ({"type": "role", "value": "Developers"}, "commentLevel"),
        ({"type": "role", "value": "No such role"}, "commentLevel"),
        ({"type": "group", "value": "no-such-group"}, "commentLevel"),
        ({"type": "team", "value": "x"}, "visibility"),
        ({"type": "role"}, "visibility"),
    ],
)
def test_a_visibility_that_the_author_does_not_have_is_refused(jira, key, visibility, field):
    assert field in write(jira, key, status=400, visibility=visibility)["errors"]


def test_a_comment_is_changed_by_its_author(jira, key):
    created = write(jira, key)
    path = f"{jira.base}/issue/{key}/comment/{created['id']}"
    jira.sandbox.clock.advance(60)
    changed = jira.put(path, {"body": jira.text("Changed")}, 200)
    assert changed["body"] == jira.text("Changed")
    assert changed["updated"] > changed["created"]
    assert jira.as_(seed.DEVELOPER).put(path, {"body": jira.text("Mine")}, 400)
    assert (
        jira.as_(seed.ADMIN).put(path, {"body": jira.text("All")}, 200)["updateAuthor"]["displayName"]
        == "Ayu Admin"
    )


def test_a_comment_is_removed_by_its_author(jira, key):
    created = write(jira, key)
    path = f"{jira.base}/issue/{key}/comment/{created['id']}"
    jira.as_(seed.DEVELOPER).delete(path, 400)
    jira.delete(path)
    jira.get(path, 404)
    jira.delete(path, 404)


def test_whoever_may_not_comment_is_refused(jira, key):
    write(jira.as_(seed.VIEWER), key, status=400)


def test_a_comment_moves_the_issue_up(jira, key):
    before = jira.fields(key)["updated"]
    jira.sandbox.clock.advance(60)
    write(jira, key)
    assert jira.fields(key)["updated"] > before


def test_properties_are_kept_with_the_comment(jira, key):
    created = write(jira, key, properties=[{"key": "escalation-bridge", "value": {"source": "zendesk"}}])
    path = f"{jira.base}/comment/{created['id']}/properties"
    assert jira.get(f"{path}/escalation-bridge") == {
        "key": "escalation-bridge",
        "value": {"source": "zendesk"},
    }
    jira.put(f"{path}/escalation-bridge", {"source": "jira"}, 200)
    jira.put(f"{path}/other", [1, 2], 201)
    assert [each["key"] for each in jira.get(path)["keys"]] == ["escalation-bridge", "other"]
    jira.delete(f"{path}/other")
    jira.delete(f"{path}/other", 404)
    expanded = jira.get(f"{jira.base}/issue/{key}/comment?expand=properties")["comments"][0]
    assert expanded["properties"] == [{"key": "escalation-bridge", "value": {"source": "jira"}}]
    jira.as_(seed.DEVELOPER).put(f"{path}/escalation-bridge", 1, 400)


@pytest.mark.parametrize(
    "properties", [{"key": "x"}, [{"value": 1}], [{"key": ""}], [{"key": "k" * 256}], ["x"]]
)
def test_broken_properties_are_refused(jira, key, properties):
    write(jira, key, status=400, properties=properties)


def test_in_a_plain_project_no_comment_is_internal(cloud):
    key = cloud.create()["key"]
    assert write(cloud, key, properties=[INTERNAL])["jsdPublic"] is True


def test_in_a_service_project_the_property_makes_a_comment_internal(jira):
    key = jira.create(project="HELP")["key"]
    for value in (True, "true"):
        created = write(jira, key, properties=[{"key": "sd.public.comment", "value": {"internal": value}}])
        assert created.get("jsdPublic") is (False if jira.is_cloud else None)
        shown = jira.get(f"/rest/servicedeskapi/request/{key}/comment/{created['id']}")
        assert shown["public"] is False
    assert write(jira, key).get("jsdPublic") is (True if jira.is_cloud else None)


def test_comments_of_an_unknown_issue_are_not_found(jira):
    jira.get(f"{jira.base}/issue/ENG-77/comment", 404)
    jira.post(f"{jira.base}/issue/ENG-77/comment", {"body": jira.text("x")}, 404)
    jira.get(f"{jira.base}/comment/123/properties", 404)


def test_a_comment_can_be_added_by_an_edit(jira, key):
    body = {"update": {"comment": [{"add": {"body": jira.text("By the way")}}]}}
    jira.put(f"{jira.base}/issue/{key}", body)
    assert len(jira.get(f"{jira.base}/issue/{key}/comment")["comments"]) == 1
