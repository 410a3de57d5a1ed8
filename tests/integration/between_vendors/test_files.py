"""Files between the real plugins for Zendesk and Jira, at their stand-ins over HTTP."""

import base64

import pytest
import requests

from escalation_bridge.domain.routes.routes import FileRule

LOG = b"line one\nline two\n" * 10_000
DIFF = b"--- a\n+++ b\n"


@pytest.fixture
def desks(make_desks):
    return make_desks(files=FileRule(1024 * 1024, (".exe",)))


def test_files_go_both_ways_between_zendesk_and_jira_and_do_not_come_back(desks):
    desks.customer_sends(("app.log", LOG), ("again.log", LOG), ("setup.exe", b"MZ"))
    assert desks.at_jira() == [("app.log", len(LOG))]
    assert "setup.exe" in desks.said_in_jira()
    assert "An attachment of" in desks.said_in_jira()
    desks.developer_sends("fix.diff", DIFF)
    assert desks.at_zendesk()[3:] == [("fix.diff", len(DIFF), False)]
    for _ in range(2):
        desks.hear("support", desks.ticket)
        desks.hear("engineering", desks.issue)
        desks.later(minutes=10)
    assert len(desks.at_zendesk()) == 4
    assert len(desks.at_jira()) == 2


def test_a_pasted_screenshot_arrives_as_a_file_and_is_named_where_it_stood(desks):
    picture = {
        "name": "image001.png",
        "content_base64": base64.b64encode(b"PNG" * 100).decode(),
        "content_type": "image/png",
    }
    html = '<p>It shows <img src="cid:image001.png"> since noon.</p>'
    message = {"ticket_id": int(desks.ticket), "html_body": html, "attachments": [picture]}
    answer = requests.post(f"{desks.zendesk.url}/_sandbox/inbound", json=message, timeout=10)
    assert answer.ok, answer.text
    desks.hear("support", desks.ticket)
    ((name, size),) = desks.at_jira()
    assert size == 300
    assert name.startswith("image001-")
    assert name in desks.said_in_jira()
    assert "attachments/token" not in desks.said_in_jira()
