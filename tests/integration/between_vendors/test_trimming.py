"""What customers say below hyphens, headers and quotes arrives; what the case has already is left out, with a link to all of it."""

import re

import pytest

from escalation_bridge.domain.escalation.actions.escalate import Escalate
from escalation_bridge.domain.sla.policy import Metric, Step, Targets
from escalation_bridge_sandbox.freshdesk.state import seed as freshdesk_seed
from escalation_bridge_sandbox.jira import seed as jira_seed
from escalation_bridge_sandbox.zendesk.state import seed as zendesk_seed

RESOLUTION = {
    "targets": Targets(default={Metric.RESOLUTION: 3600}),
    "ladder": (Step("escalate", Metric.RESOLUTION, 100, 0, (Escalate("engineering"),)),),
}
QUESTIONS = "Which version do you use?\nWhich browser is it?"
HYPHENS = "Steps:\n--\n1. open the shop\n2. pay by card\n3. error 502"
HEADERS = (
    "The mail below is never delivered, see the headers:\nFrom: shop@x.example\nTo: me@y.example\nSubject: Order 17\n"
    "Date: Mon, 2 Mar 2026 16:02\nReceived: from mx1 (spf=fail)\n\nPlease tell me why the SPF check fails."
)
REMARKS = (
    "See my remarks below.\n\nFrom: Support <s@x.example>\nSent: Monday, 2 March 2026 16:02\nTo: Customer\n"
    "Subject: RE: Error\n\nWhich version do you use?\n[Customer] 4.2\nWhich browser is it?\n[Customer] Firefox"
)
HISTORY = (
    "It is version 4.2.\n\nOn Mon, 2 Mar 2026 at 16:02, Support <s@x.example> wrote:\n\n"
    "> Which version do you use?\n> Which browser is it?"
)


class Zendesk:
    agent = (f"{zendesk_seed.AGENT_SARI.email}/token", zendesk_seed.API_TOKEN)
    page = "/agent/tickets/"

    def opens(self, pair):
        pair.inbound(email=zendesk_seed.CUSTOMER_DEWI.email, subject="Error", body="I see an error.")

    def asks(self, pair):
        comment = {"body": QUESTIONS, "public": True}
        path = f"/api/v2/tickets/{pair.ticket}"
        pair.call("support", "PUT", path, auth=self.agent, json={"ticket": {"comment": comment}})

    def answers(self, pair, mail):
        pair.inbound(ticket_id=int(pair.ticket), body=mail)


class Freshdesk:
    agent = (freshdesk_seed.AGENT_RINA.api_key, "X")
    page = "/a/tickets/"

    def opens(self, pair):
        sender = {"email": freshdesk_seed.CUSTOMER_SARI.email}
        pair.inbound(**{"from": sender, "subject": "Error", "body": "I see an error."})

    def asks(self, pair):
        body = {"body": QUESTIONS.replace("\n", "<br>")}
        pair.call("support", "POST", f"/api/v2/tickets/{pair.ticket}/reply", auth=self.agent, json=body)

    def answers(self, pair, mail):
        pair.inbound(ticket_id=int(pair.ticket), body=mail)


@pytest.fixture(params=[Zendesk, Freshdesk], ids=["zendesk", "freshdesk"])
def desk(request):
    return request.param()


@pytest.fixture
def carried(make_pair, desk):
    """What Jira has of a mail that a customer writes in a ticket that was handed on, in which agents have asked something."""

    def carry(mail):
        pair = make_pair(type(desk).__name__.lower(), "jira", policy=RESOLUTION)
        desk.opens(pair)
        desk.asks(pair)
        pair.hear()
        pair.later(minutes=61)
        (link,) = pair.view().links
        desk.answers(pair, mail)
        pair.hear()
        login = (jira_seed.DEVELOPER.email, jira_seed.api_token(jira_seed.DEVELOPER))
        path = f"/rest/api/2/issue/{link.linked.id}/comment"
        return pair.call("engineering", "GET", path, auth=login)["comments"][-1]["body"], pair.ticket

    return carry


def words(text):
    return " ".join(re.findall(r"\w+", text))


@pytest.mark.parametrize("mail", [HYPHENS, HEADERS, REMARKS], ids=["hyphens", "headers", "remarks"])
def test_a_customers_words_arrive_all_of_them_and_in_their_order(carried, mail):
    said, _ = carried(mail)
    assert words(mail) in words(said)
    assert "left out" not in said


def test_history_that_the_case_has_is_left_out_and_all_of_it_is_a_click_away(carried, desk):
    said, ticket = carried(HISTORY)
    assert "It is version 4.2" in said
    assert "Which browser" not in said
    assert f"{desk.page}{ticket}" in said
    assert "signature" not in said
