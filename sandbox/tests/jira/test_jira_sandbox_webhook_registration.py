"""Registering webhooks at the stand-in Jira, as each edition takes and refuses it."""

import pytest

from bridge_helpers.jira_webhooks import CLASSIC, MOVED, SECRET, hook, path_of, register
from escalation_bridge_sandbox.jira import seed
from escalation_bridge_sandbox.jira.webhooks.delivery import signature_of


def test_the_published_signature():
    expected = "sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9"
    assert signature_of(SECRET, b"Hello World!") == expected


def test_registering_on_cloud(cloud, receiver):
    created = register(cloud, hook(receiver), jql="project = ENG")
    assert created["isSigned"] is True
    assert created["self"] == f"{cloud.running.url}{CLASSIC}/1"
    assert created["filters"] == {"issue-related-events-section": "project = ENG"}
    assert (created["enabled"], created["excludeBody"]) == (True, False)
    assert created["lastUpdatedUser"] == seed.BRIDGE.account_id
    assert "secret" not in created
    assert cloud.get(CLASSIC) == [created]
    changed = cloud.put(f"{CLASSIC}/1", {"enabled": False, "name": "other"}, 200)
    assert (changed["enabled"], changed["name"], changed["isSigned"]) == (False, "other", True)
    cloud.delete(f"{CLASSIC}/1")
    cloud.get(f"{CLASSIC}/1", 404)
    cloud.get(MOVED, 404)


def test_registering_on_datacenter_10(datacenter, receiver):
    created = register(datacenter, hook(receiver))
    assert (created["id"], created["active"], created["scopeType"]) == (1, True, "global")
    assert created["configuration"] == {"EXCLUDE_BODY": "false"}
    assert datacenter.get(f"{MOVED}/1") == created
    assert datacenter.put(f"{MOVED}/1", {"active": False}, 200)["active"] is False
    datacenter.delete(f"{MOVED}/1")
    assert datacenter.get(MOVED) == []
    datacenter.get(CLASSIC, 404)


def test_datacenter_9_has_the_old_place_and_no_secrets(make_jira, receiver):
    jira = make_jira("datacenter", version="9.12.15")
    created = register(jira, hook(receiver))
    assert "isSigned" not in created
    jira.get(MOVED, 404)
    jira.create()
    [delivery] = receiver.wait_for(1)
    assert "x-hub-signature" not in delivery.headers


def test_a_secret_in_the_wrong_place_is_ignored_by_datacenter_10(datacenter, receiver):
    register(datacenter, hook(receiver), configuration={"EXCLUDE_BODY": "false"}, secret=SECRET)
    datacenter.create()
    [delivery] = receiver.wait_for(1)
    assert "x-hub-signature" not in delivery.headers


@pytest.mark.parametrize(
    "change",
    [
        {"url": ""},
        {"url": "ftp://example.com"},
        {"name": None},
        {"events": ["jira:issue_exploded"]},
        {"events": [1]},
        {"events": "jira:issue_created"},
        {"filters": {"issue-related-events-section": "project = NOPE"}},
        {"filters": {"issue-related-events-section": "project ="}},
        {"filters": "project = ENG"},
    ],
)
def test_a_broken_registration_is_refused(jira, change):
    register(jira, "http://127.0.0.1:9/hook", 400, **change)
    assert jira.get(path_of(jira)) == []


def test_registering_is_for_administrators(jira):
    for person, status in ((seed.DEVELOPER, 403), (None, 401)):
        register(jira.as_(person), "http://127.0.0.1:9/hook", status)
        jira.as_(person).get(path_of(jira), status)


def test_dynamic_webhooks_are_for_apps(cloud):
    cloud.get("/rest/api/3/webhook", 403)
    cloud.post("/rest/api/3/webhook", {"url": "http://127.0.0.1:9", "webhooks": []}, 403)
    cloud.get("/rest/api/3/webhook/failed", 403)
