"""Automatic replies, surveys and rules' replies are nobody's words: they start, answer and end no clock."""

import json

import pytest

from escalation_bridge.domain.sla.policy import Metric, Targets
from escalation_bridge_sandbox.freshdesk.state import seed as freshdesk

NEXT = {"targets": Targets(default={Metric.FIRST_RESPONSE: 3600, Metric.NEXT_RESPONSE: 3600})}
SARI = freshdesk.CUSTOMER_SARI.email
RINA = (freshdesk.AGENT_RINA.api_key, "X")


def opened_at_freshdesk(make_pair, linked="zendesk", **route):
    pair = make_pair("freshdesk", linked, policy=NEXT, **route)
    pair.inbound(**{"from": {"email": SARI}, "subject": "Lost", "body": "My order is lost."})
    pair.hear()
    return pair


def agent_replies(pair, text="We look into it."):
    pair.call("support", "POST", f"/api/v2/tickets/{pair.ticket}/reply", auth=RINA, json={"body": text})
    pair.hear()


def customer_writes(pair, **message):
    pair.call("support", "POST", "/_sandbox/inbound", json={"ticket_id": int(pair.ticket), **message})
    pair.hear()


def said_in(pair):
    view = pair.view()
    (link,) = view.links
    comments = pair.bridge.helpdesks["engineering"].fetch_comments(link.linked.id, None)
    return "\n".join(comment.body.text for comment in comments)


@pytest.mark.parametrize(
    "message",
    [
        {"body": "I am out of office until Monday.", "auto_response": True},
        {"body": "Extremely satisfied", "kind": "survey"},
        {"body": "Biasa saja", "kind": "survey"},
    ],
    ids=str,
)
def test_a_robot_at_freshdesk_starts_no_clock(make_pair, message):
    pair = opened_at_freshdesk(make_pair)
    agent_replies(pair)
    assert set(pair.clocks()) == {"first_response:1"}
    customer_writes(pair, **message)
    assert set(pair.clocks()) == {"first_response:1"}
    customer_writes(pair, body="It is still lost.")
    assert set(pair.clocks()) == {"first_response:1", "next_response:1"}


def test_a_rule_at_freshdesk_answers_nobody(make_pair):
    pair = opened_at_freshdesk(make_pair)
    told = {"ticket_id": int(pair.ticket), "body": "Thank you, we received your request."}
    pair.call("support", "POST", "/_sandbox/automation", json=told)
    pair.hear()
    assert pair.clocks()["first_response:1"] == ("running", None)
    agent_replies(pair)
    assert pair.clocks()["first_response:1"][0] == "done"


def test_an_automatic_reply_is_carried_over_as_one_and_a_survey_not_at_all(make_pair):
    pair = opened_at_freshdesk(make_pair)
    pair.later(minutes=61)
    customer_writes(pair, body="I am out of office.", auto_response=True)
    customer_writes(pair, body="Extremely satisfied", kind="survey")
    customer_writes(pair, body="It is still lost.")
    said = said_in(pair)
    assert "I am out of office." in said
    assert said.count("sent automatically, not by a person") == 1
    assert "It is still lost." in said
    assert "Extremely satisfied" not in said


def test_an_automatic_reply_at_zendesk(make_pair):
    pair = make_pair("zendesk", "jira", policy=NEXT)
    pair.inbound(email="tono@example.com", name="Tono", body="My order is lost.")
    pair.hear()
    pair.later(minutes=61)
    for text, automatic in (("Saya sedang cuti.", True), ("Masih belum datang.", False)):
        message = {"ticket_id": int(pair.ticket), "body": text, "automatic": automatic}
        pair.call("support", "POST", "/_sandbox/inbound", json=message)
        pair.hear()
    said = said_in(pair)
    assert said.count("sent automatically, not by a person") == 1
    assert said.index("Saya sedang cuti.") < said.index("sent automatically") < said.index("Masih belum")


CC = ["boss@customer.example", "Legal <legal@customer.example>"]


def replies(pair):
    path = f"/api/v2/tickets/{pair.ticket}/conversations"
    listed = pair.call("support", "GET", path, auth=RINA)
    return [(each["body_text"], each["cc_emails"]) for each in listed if not each["private"]]


def opened_with_copies(make_pair, **route):
    pair = make_pair("freshdesk", "zendesk", **{"tell_customer": True, **route})
    message = {
        "from": {"email": SARI},
        "subject": "Lost",
        "body": "Lost.",
        "cc_emails": [*CC, freshdesk.SUPPORT_EMAIL],
    }
    pair.inbound(**message)
    pair.hear()
    return pair


def test_people_on_cc_get_the_public_reply_too(make_pair):
    pair = opened_with_copies(make_pair)
    pair.later(minutes=61)
    ((text, copies),) = replies(pair)
    assert "specialist" in text
    assert copies == ["boss@customer.example", "legal@customer.example"]


def test_who_was_taken_off_cc_does_not(make_pair):
    pair = opened_with_copies(make_pair)
    body = {"body": "Only you two.", "cc_emails": ["boss@customer.example"]}
    pair.call("support", "POST", f"/api/v2/tickets/{pair.ticket}/reply", auth=RINA, json=body)
    pair.later(minutes=61)
    assert all(copies in ([], ["boss@customer.example"]) for _, copies in replies(pair))


def test_an_address_on_cc_that_is_refused_keeps_nobody_else_from_the_reply(make_pair):
    pair = opened_with_copies(make_pair)
    refused = [{"field": "cc_emails", "message": "It should contain valid emails", "code": "invalid_value"}]
    answer = json.dumps({"description": "Validation failed", "errors": refused})
    fault = {"kind": "server_error", "method": "POST", "path": "/reply$", "status": 400, "body": answer}
    pair.call("support", "POST", "/_sandbox/faults", json=fault)
    pair.later(minutes=61)
    ((text, copies),) = replies(pair)
    assert "specialist" in text
    assert copies == []
