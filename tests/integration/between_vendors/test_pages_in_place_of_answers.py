"""A maintenance page, a login page, a proxy's page in place of the API's answer: an outage, after which all is made up for, once."""

import pytest
import requests

from escalation_bridge.domain.case.write_records import IntentState
from escalation_bridge.store.cases import case_views
from escalation_bridge_sandbox.kernel.faults import Fault, FaultKind
from escalation_bridge_sandbox.zendesk.state import seed as zendesk_seed

TROUBLES = {
    "maintenance, 200": Fault(FaultKind.HTML_LOGIN_PAGE, path="^/rest/", times=-1),
    "firewall, 403": Fault(FaultKind.HTML_LOGIN_PAGE, path="^/rest/", times=-1, status=403),
    "another server, 404": Fault(FaultKind.HTML_LOGIN_PAGE, path="^/rest/", times=-1, status=404),
    "cut off": Fault(FaultKind.EMPTY_200, path="^/rest/", times=-1, body='{"id": "1'),
    "nothing, 200": Fault(FaultKind.EMPTY_200, path="^/rest/", times=-1, body=""),
}


def issues(desks):
    found = desks.developer(
        "POST", "/rest/api/2/search/jql", json={"jql": "created >= -1d", "fields": ["summary"]}
    )["issues"]
    return [each["fields"]["summary"] for each in found]


@pytest.mark.parametrize("trouble", TROUBLES)
def test_no_escalation_and_no_comment_is_given_up_for_a_page(trouble, make_desks):
    desks = make_desks()
    number = desks.jira.vendor.faults.add(TROUBLES[trouble])
    message = {"email": zendesk_seed.CUSTOMER_DEWI.email, "subject": "Second", "body": "It burns."}
    made = requests.post(f"{desks.zendesk.url}/_sandbox/inbound", json=message, timeout=10).json()
    desks.hear("support", str(made["ticket"]["id"]))
    comment = {"body": "Any news?", "public": True}
    desks.agent("PUT", f"/tickets/{desks.ticket}", json={"ticket": {"comment": comment}})
    desks.hear("support", desks.ticket)
    desks.later(minutes=61)
    for _ in range(12):
        desks.later(minutes=2)
    desks.jira.vendor.faults.remove(number)
    assert len(issues(desks)) == 1
    for _ in range(4):
        desks.later(minutes=6)
    assert sum("Second" in summary for summary in issues(desks)) == 1
    assert desks.said_in_jira().count("Any news?") == 1
    with desks.bridge.database.read() as transaction:
        views = case_views.load_cases(transaction, [1, 2]).values()
    assert not any(view.gone for view in views)
    assert not [key for view in views for key, one in view.intents.items() if one.state is IntentState.FAILED]
