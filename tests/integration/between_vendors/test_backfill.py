"""Tickets that were open before the bridge are counted and taken in over HTTP, at every vendor's stand-in."""

import pytest

from escalation_bridge.domain.sla.policy import Metric, Targets
from escalation_bridge.engine.backfill import count, keep_place, take_in
from escalation_bridge.store.cases import case_lists, case_views
from escalation_bridge_sandbox.freshdesk.state import seed as freshdesk
from escalation_bridge_sandbox.jira import seed as jira
from escalation_bridge_sandbox.zendesk.state import seed as zendesk

POLICY = {"targets": Targets(default={Metric.RESOLUTION: 8 * 3600}), "ladder": ()}
OLD = 7


def zendesk_ticket(pair, number):
    return pair.inbound(email=zendesk.CUSTOMER_DEWI.email, subject=f"Old {number}", body="Still broken.")


def freshdesk_ticket(pair, number):
    sender = {"email": freshdesk.CUSTOMER_SARI.email}
    return pair.inbound(**{"from": sender}, subject=f"Old {number}", body="Still broken.")


def jira_issue(pair, number):
    fields = {"project": {"key": "ENG"}, "issuetype": {"name": "Bug"}, "summary": f"Old {number}"}
    login = (jira.DEVELOPER.email, jira.api_token(jira.DEVELOPER))
    return str(pair.call("support", "POST", "/rest/api/3/issue", auth=login, json={"fields": fields})["id"])


VENDORS = {
    "zendesk": (zendesk_ticket, "jira"),
    "freshdesk": (freshdesk_ticket, "jira"),
    "jira": (jira_issue, "freshdesk"),
}


@pytest.mark.parametrize("vendor", VENDORS)
def test_old_tickets_get_their_cases_and_no_second_one(make_pair, vendor):
    opens, other = VENDORS[vendor]
    pair = make_pair(vendor, other, policy=POLICY)
    tickets = {opens(pair, number) for number in range(OLD)}
    pair.later(minutes=5)  # every vendor's search knows them by then
    pair.call("support", "POST", "/_sandbox/clock", json={"advance_seconds": 300})
    desk = pair.bridge.helpdesks["support"]
    total = count(pair.bridge, desk)
    assert total is None or total >= OLD
    for opened in (OLD, 0):  # taken in once, whoever runs it again
        page = desk.open_tickets(None)
        before = number_of_cases(pair)
        while True:
            take_in(pair.bridge, "support", page, 600)
            keep_place(pair.bridge, "support", page, pair.bridge.now())
            if page.cursor is None:
                break
            page = desk.open_tickets(page.cursor)
        assert number_of_cases(pair) - before >= opened
    pair.later(minutes=5)
    with pair.bridge.database.read() as transaction:
        views = case_views.load_cases(transaction, case_lists.newest(transaction, 500)).values()
    known = {view.origin.id: view for view in views}
    assert len(known) == len(views), "two cases of one ticket"
    assert tickets <= known.keys()
    for ticket in tickets:
        assert [str(clock.metric) for clock in known[ticket].clocks] == ["resolution"]


def number_of_cases(pair):
    with pair.bridge.database.read() as transaction:
        return case_lists.count_cases(transaction)
