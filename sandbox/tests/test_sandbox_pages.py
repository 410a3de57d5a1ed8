"""What is not there is told so, and links to tickets lead to pages that people can read."""

import re

import pytest
import requests

from escalation_bridge_sandbox.freshdesk import FreshdeskSandbox
from escalation_bridge_sandbox.freshdesk.state import seed as freshdesk_seed
from escalation_bridge_sandbox.jira import JiraSandbox
from escalation_bridge_sandbox.jira import seed as jira_seed
from escalation_bridge_sandbox.kernel.server import start
from escalation_bridge_sandbox.zendesk import ZendeskSandbox
from escalation_bridge_sandbox.zendesk.state import seed as zendesk_seed

LEFT_OUT = [
    ("GET", "/rest/api/{v}/issue/ENG-1/watchers"),
    ("POST", "/rest/api/{v}/issue/ENG-1/watchers"),
    ("GET", "/rest/api/{v}/issue/ENG-1/votes"),
    ("POST", "/rest/api/{v}/issue/ENG-1/worklog"),
    ("POST", "/rest/api/{v}/issue/bulk"),
    ("PUT", "/rest/api/{v}/issue/archive"),
    ("GET", "/rest/api/{v}/issue/picker"),
    ("GET", "/rest/api/{v}/role"),
    ("GET", "/rest/api/{v}/project/ENG/securitylevel"),
    ("GET", "/rest/api/{v}/project/ENG/components"),
    ("GET", "/rest/api/{v}/project/ENG/versions"),
    ("POST", "/rest/api/{v}/component"),
    ("GET", "/rest/api/{v}/group/member"),
    ("GET", "/rest/api/{v}/groups/picker"),
    ("POST", "/rest/api/{v}/project"),
    ("GET", "/rest/api/{v}/filter/search"),
    ("GET", "/rest/agile/1.0/board"),
]


@pytest.mark.parametrize(("deployment", "version"), [("cloud", "3"), ("cloud", "2"), ("datacenter", "2")])
def test_what_jira_has_and_the_stand_in_has_not_is_a_501(deployment, version):
    with start(JiraSandbox(deployment)) as running:
        for method, path in LEFT_OUT:
            answer = requests.request(method, running.url + path.format(v=version), json={}, timeout=10)
            assert answer.status_code == 501, (method, path)
            assert answer.json()["errorMessages"]
        for path in ("/rest/api/2/nonsense", "/nonsense"):
            assert requests.get(running.url + path, timeout=10).status_code == 404


@pytest.mark.parametrize("deployment", ["cloud", "datacenter"])
def test_what_is_there_is_never_a_501(deployment):
    sandbox = JiraSandbox(deployment)
    client = sandbox.app.test_client()
    for rule in sandbox.app.url_map.iter_rules():
        if rule.rule.startswith("/rest/") and "GET" in (rule.methods or ()):
            path = re.sub(r"<[^>]+>", "1", rule.rule)
            assert client.get(path).status_code != 501, path


def test_an_issue_has_a_page():
    login = (jira_seed.BRIDGE.email, jira_seed.api_token(jira_seed.BRIDGE))
    fields = {
        "project": {"key": "ENG"},
        "issuetype": {"name": "Bug"},
        "summary": "<b>It</b> burns",
        "description": "since <i>noon</i>",
    }
    with start(JiraSandbox("cloud")) as running:
        requests.post(f"{running.url}/rest/api/2/issue", json={"fields": fields}, auth=login, timeout=10)
        requests.post(
            f"{running.url}/rest/api/2/issue/ENG-1/comment", json={"body": "On it."}, auth=login, timeout=10
        )
        page = requests.get(f"{running.url}/browse/ENG-1", timeout=10)
        assert requests.get(f"{running.url}/browse/ENG-2", timeout=10).status_code == 404
    check(page, "ENG-1 &lt;b&gt;It&lt;/b&gt; burns", "since &lt;i&gt;noon", "On it.", "To Do")


def test_a_zendesk_ticket_has_a_page():
    message = {
        "email": zendesk_seed.CUSTOMER_DEWI.email,
        "subject": "<b>Lost</b>",
        "body": "My order is lost.",
    }
    with start(ZendeskSandbox()) as running:
        made = requests.post(f"{running.url}/_sandbox/inbound", json=message, timeout=10).json()["ticket"]
        page = requests.get(f"{running.url}/agent/tickets/{made['id']}", timeout=10)
        assert requests.get(f"{running.url}/agent/tickets/999999", timeout=10).status_code == 404
    check(page, "&lt;b&gt;Lost", "My order is lost.")


def test_a_freshdesk_ticket_has_a_page():
    message = {
        "from": {"email": freshdesk_seed.CUSTOMER_SARI.email},
        "subject": "<b>Lost</b>",
        "body": "My order is lost.",
    }
    with start(FreshdeskSandbox()) as running:
        made = requests.post(f"{running.url}/_sandbox/inbound", json=message, timeout=10)
        assert made.ok, made.text
        page = requests.get(f"{running.url}/a/tickets/{_number(made.json())}", timeout=10)
        assert requests.get(f"{running.url}/a/tickets/999999", timeout=10).status_code == 404
    check(page, "&lt;b&gt;Lost", "My order is lost.")


def _number(answer):
    return answer.get("ticket_id") or answer.get("ticket", answer)["id"]


def check(page, *words):
    assert page.status_code == 200
    assert page.headers["Content-Type"].startswith("text/html")
    for word in words:
        assert word in page.text
