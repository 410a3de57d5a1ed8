"""Files between the real plugins for Zendesk and Jira, at their stand-ins over HTTP."""

import pytest

from escalation_bridge.domain.routes import FileRule

LOG = b"line one\nline two\n" * 10_000
DIFF = b"--- a\n+++ b\n"


@pytest.fixture
def desks(make_desks):
    return make_desks(files=FileRule(1024 * 1024, (".exe",)))


def test_files_go_both_ways_between_zendesk_and_jira_and_do_not_come_back(desks):
    desks.customer_sends(("app.log", LOG), ("again.log", LOG), ("setup.exe", b"MZ"))
    assert desks.at_jira() == [("app.log", len(LOG))]
    assert "setup.exe" in desks.said_in_jira()
    assert "was not passed on" in desks.said_in_jira()
    desks.developer_sends("fix.diff", DIFF)
    assert desks.at_zendesk()[3:] == [("fix.diff", len(DIFF), False)]
    for _ in range(2):
        desks.hear("support", desks.ticket)
        desks.hear("engineering", desks.issue)
        desks.later(minutes=10)
    assert len(desks.at_zendesk()) == 4
    assert len(desks.at_jira()) == 2
