"""Links, remote links, properties and attachments of the stand-in Jira."""

from urllib.parse import quote

import pytest

from escalation_bridge_sandbox.jira import seed

GLOBAL_ID = "system=zendesk&id=35436"
REMOTE = {
    "globalId": GLOBAL_ID,
    "application": {"type": "com.zendesk", "name": "Zendesk"},
    "relationship": "escalated from",
    "object": {
        "url": "https://desk.example/agent/tickets/35436",
        "title": "Ticket 35436",
        "summary": "Payment fails",
        "icon": {"url16x16": "https://desk.example/icon.png", "title": "Zendesk"},
        "status": {"resolved": False, "icon": {"url16x16": "https://desk.example/open.png", "title": "Open"}},
    },
}


@pytest.fixture
def key(jira):
    return jira.create()["key"]


def link(jira, inward, outward, status=201, name="Blocks", **more):
    body = {"type": {"name": name}, "inwardIssue": {"key": inward}, "outwardIssue": {"key": outward}, **more}
    return jira.post(f"{jira.base}/issueLink", body, status)


def test_linked_issues_show_each_other(jira, key):
    other = jira.create("Other")["key"]
    assert link(jira, key, other) is None
    [shown] = jira.fields(key)["issuelinks"]
    assert (shown["type"]["outward"], shown["outwardIssue"]["key"]) == ("blocks", other)
    [shown_there] = jira.fields(other)["issuelinks"]
    assert shown_there["inwardIssue"]["key"] == key
    whole = jira.get(f"{jira.base}/issueLink/{shown['id']}")
    assert (whole["inwardIssue"]["key"], whole["outwardIssue"]["key"]) == (key, other)
    # A second time is no error and no second link.
    link(jira, key, other)
    assert len(jira.fields(key)["issuelinks"]) == 1
    jira.delete(f"{jira.base}/issueLink/{shown['id']}")
    assert jira.fields(key)["issuelinks"] == []
    jira.get(f"{jira.base}/issueLink/{shown['id']}", 404)


def test_a_link_can_bring_a_comment(jira, key):
    other = jira.create("Other")["key"]
    link(jira, key, other, comment={"body": jira.text("Linked")})
    assert len(jira.get(f"{jira.base}/issue/{other}/comment")["comments"]) == 1
    link(jira, other, key, 400, comment={"body": ""})
    assert len(jira.fields(key)["issuelinks"]) == 1


def test_a_link_needs_a_type_and_two_issues(jira, key):
    link(jira, key, "ENG-77", 404)
    link(jira, key, key, 400)
    link(jira, key, jira.create()["key"], 404, name="Nothing")
    jira.post(f"{jira.base}/issueLink", {"type": {"name": "Blocks"}, "inwardIssue": {"key": key}}, 400)


def test_an_edit_can_link(jira, key):
    other = jira.create("Other")["key"]
    add = {"type": {"name": "Duplicate"}, "outwardIssue": {"key": other}}
    jira.put(f"{jira.base}/issue/{key}", {"update": {"issuelinks": [{"add": add}]}})
    assert jira.fields(key)["issuelinks"][0]["outwardIssue"]["key"] == other


def test_link_types_are_listed(jira):
    names = [each["name"] for each in jira.get(f"{jira.base}/issueLinkType")["issueLinkTypes"]]
    assert names == ["Blocks", "Cloners", "Duplicate", "Relates"]
    assert jira.get(f"{jira.base}/issueLinkType/10002")["inward"] == "is duplicated by"
    jira.get(f"{jira.base}/issueLinkType/7", 404)


def test_a_remote_link_is_made_once_and_then_replaced(jira, key):
    path = f"{jira.base}/issue/{key}/remotelink"
    created = jira.post(path, REMOTE, 201 if jira.is_cloud else 200)
    changed = {
        "globalId": GLOBAL_ID,
        "object": {"url": "https://desk.example/2", "title": "Solved", "status": {"resolved": True}},
    }
    assert jira.post(path, changed, 200)["id"] == created["id"]
    [shown] = jira.get(path)
    assert shown["object"] == changed["object"]
    # What was not sent this time is gone.
    assert shown["application"] == {}
    assert "relationship" not in shown


def test_a_remote_link_is_found_by_its_global_id(jira, key):
    path = f"{jira.base}/issue/{key}/remotelink"
    created = jira.post(path, REMOTE, 201 if jira.is_cloud else 200)
    assert jira.get(f"{path}?globalId={quote(GLOBAL_ID, safe='')}")["object"]["title"] == "Ticket 35436"
    assert jira.get(f"{path}/{created['id']}")["globalId"] == GLOBAL_ID
    # Not escaped, the id ends at its ampersand.
    jira.get(f"{path}?globalId=system=zendesk", 404)
    jira.put(f"{path}/{created['id']}", {"object": {"url": "https://desk.example", "title": "Put"}})
    jira.get(f"{path}?globalId={quote(GLOBAL_ID, safe='')}", 404)
    jira.delete(f"{path}/{created['id']}")
    assert jira.get(path) == []


def test_a_remote_link_is_deleted_by_its_global_id(jira, key):
    path = f"{jira.base}/issue/{key}/remotelink"
    jira.post(path, REMOTE, 201 if jira.is_cloud else 200)
    jira.delete(path, 400)
    jira.delete(f"{path}?globalId={quote(GLOBAL_ID, safe='')}")
    jira.delete(f"{path}?globalId={quote(GLOBAL_ID, safe='')}", 404)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"object": None}, "object"),
        ({"object": {"title": "x"}}, "url"),
        ({"object": {"url": "https://desk.example"}}, "title"),
        ({"globalId": "x" * 256}, "globalId"),
        ({"globalId": 7}, "globalId"),
        ({"application": "Zendesk"}, "application"),
        ({"relationship": 1}, "relationship"),
    ],
)
def test_a_broken_remote_link_is_refused(jira, key, change, field):
    answered = jira.post(f"{jira.base}/issue/{key}/remotelink", {**REMOTE, **change}, 400)
    assert field in answered["errors"]


def test_linking_is_for_those_who_may(jira, key):
    viewer = jira.as_(seed.VIEWER)
    assert viewer.call("POST", f"{jira.base}/issue/{key}/remotelink", REMOTE).status_code == 403
    link(viewer, key, jira.create()["key"], 404)


def test_properties_of_an_issue(jira, key):
    path = f"{jira.base}/issue/{key}/properties"
    before = jira.fields(key)["updated"]
    jira.put(f"{path}/escalation-bridge", {"key": "case-1"}, 201)
    jira.put(f"{path}/escalation-bridge", {"key": "case-2"}, 200)
    assert jira.get(f"{path}/escalation-bridge") == {"key": "escalation-bridge", "value": {"key": "case-2"}}
    assert [each["key"] for each in jira.get(path)["keys"]] == ["escalation-bridge"]
    assert jira.fields(key)["updated"] == before
    assert "properties" not in jira.get(f"{jira.base}/issue/{key}")
    jira.delete(f"{path}/escalation-bridge")
    jira.get(f"{path}/escalation-bridge", 404)
    jira.put(f"{path}/{'k' * 256}", 1, 400)
    jira.put(f"{path}/long", "x" * 32767, 400)
    jira.put(f"{path}/long", "x" * 32766, 201)
    jira.as_(seed.VIEWER).put(f"{path}/mine", 1, 403)


def upload(jira, key, name="log.txt", content=b"hello", field="file", headers=None):
    return jira.call(
        "POST",
        f"{jira.base}/issue/{key}/attachments",
        files=[(field, (name, content, "text/plain"))],
        headers={"X-Atlassian-Token": "no-check"} if headers is None else headers,
    )


def test_a_file_is_attached_and_downloaded(jira, key):
    answered = upload(jira, key)
    assert answered.status_code == 200
    [attached] = answered.json()
    assert (attached["filename"], attached["size"], attached["mimeType"]) == ("log.txt", 5, "text/plain")
    assert jira.fields(key)["attachment"] == [attached]
    downloaded = jira.call("GET", attached["content"])
    if jira.is_cloud:
        assert downloaded.status_code == 303
        assert jira.call("GET", attached["content"] + "?redirect=false").content == b"hello"
        ranged = jira.call("GET", attached["content"] + "?redirect=false", headers={"Range": "bytes=1-2"})
        assert (ranged.status_code, ranged.content) == (206, b"el")
        downloaded = jira.call("GET", downloaded.headers["Location"])
    assert downloaded.content == b"hello"
    metadata = jira.get(f"{jira.base}/attachment/{attached['id']}")
    assert metadata["id"] == (int(attached["id"]) if jira.is_cloud else attached["id"])
    jira.as_(seed.DEVELOPER).delete(f"{jira.base}/attachment/{attached['id']}", 403)
    jira.delete(f"{jira.base}/attachment/{attached['id']}")
    jira.get(f"{jira.base}/attachment/{attached['id']}", 404)
    assert jira.call("GET", attached["content"]).status_code == 404


def test_an_upload_needs_the_header_and_the_right_field(jira, key):
    refused = upload(jira, key, headers={})
    assert (refused.status_code, refused.text) == (403, "XSRF check failed")
    elsewhere = upload(jira, key, field="attachment")
    assert (elsewhere.status_code, elsewhere.json()) == (200, [])
    headers = {"X-Atlassian-Token": "no-check"}
    path = f"{jira.base}/issue/{key}/attachments"
    assert jira.call("POST", path, {"file": "x"}, headers=headers).status_code == 415
    assert upload(jira, "ENG-77").status_code == 404
    assert upload(jira.as_(seed.VIEWER), key).status_code == 403


def test_too_large_and_too_many_are_refused(make_jira):
    jira = make_jira(attachment_limit=10)
    key = jira.create()["key"]
    assert upload(jira, key, content=b"x" * 11).status_code == 413
    many = [("file", (f"{n}.txt", b"x", "text/plain")) for n in range(61)]
    headers = {"X-Atlassian-Token": "no-check"}
    answered = jira.call("POST", f"{jira.base}/issue/{key}/attachments", files=many, headers=headers)
    assert answered.status_code == 413
    assert jira.fields(key)["attachment"] == []
