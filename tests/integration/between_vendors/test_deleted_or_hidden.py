"""A deleted issue is told from a hidden one: from Jira's signed webhook, over the receiver, to the note in the other ticket.

Jira answers a read of both alike. Only the webhook about the deletion knows, and its signature is not stored with it.
"""

import pytest
import requests

from escalation_bridge_sandbox.jira import seed as jira_seed


@pytest.fixture(params=["sqlite", "postgresql"])
def database_kind(request):
    return request.param


def by_admin(desks, method, path, **more):
    login = (jira_seed.ADMIN.email, jira_seed.api_token(jira_seed.ADMIN))
    answer = requests.request(method, f"{desks.jira.url}{path}", auth=login, timeout=10, **more)
    assert answer.ok, answer.text


def registered(desks, callback):
    webhook = {
        "name": "Bridge",
        "url": callback,
        "events": ["jira:issue_updated", "jira:issue_deleted"],
        "secret": desks.webhook_secret,
        "excludeBody": False,
    }
    by_admin(desks, "POST", "/rest/webhooks/1.0/webhook", json=webhook)


def notes(desks):
    comments = desks.agent("GET", f"/tickets/{desks.ticket}/comments")["comments"]
    return [comment["plain_body"] for comment in comments if not comment["public"]]


def test_a_deletion_that_jira_signed_is_told_as_one(make_desks):
    desks = make_desks()
    with desks.receiving() as address:
        registered(desks, f"{address}/engineering")
        by_admin(desks, "DELETE", f"/rest/api/3/issue/{desks.issue}")
        assert desks.jira.vendor.outbox.wait_idle(10)
    desks.worker.run_until_idle()
    (note,) = [note for note in notes(desks) if "can no longer be read" in note]
    assert "(deleted)" in note
    assert "permission" not in note


def test_an_issue_that_was_hidden_is_not_called_deleted(make_desks):
    desks = make_desks()
    with desks.receiving() as address:
        registered(desks, f"{address}/engineering")
        summary = {"fields": {"summary": "Now secret"}}
        by_admin(desks, "PUT", f"/rest/api/3/issue/{desks.issue}", json=summary)
        by_admin(desks, "PUT", f"/_sandbox/issues/{desks.issue}/security", json={"users": ["admin"]})
        assert desks.jira.vendor.outbox.wait_idle(10)
    desks.worker.run_until_idle()
    (note,) = [note for note in notes(desks) if "can no longer be read" in note]
    assert "deleted, or hidden" in note
    assert "ask an administrator to restore the permission" in note
