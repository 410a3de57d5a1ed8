"""Refused credentials, from Jira's 401 to what the receiver's readiness answer and Zendesk's agents see, and to its end."""

import requests

from escalation_bridge_sandbox.kernel.faults import Fault, FaultKind
from escalation_bridge_sandbox.zendesk.state import seed as zendesk_seed


def attention(address):
    answer = requests.get(address.replace("/webhooks", "/readyz"), timeout=10)
    assert answer.status_code == 200
    return [line for line in answer.json()["attention"] if "credentials" in line]


def notes(desks, ticket):
    comments = desks.agent("GET", f"/tickets/{ticket}/comments")["comments"]
    found = [c for c in comments if "credentials" in c["plain_body"]]
    assert not any(comment["public"] for comment in found)
    return [comment["plain_body"] for comment in found]


def test_an_escalation_that_jira_refuses_is_told_in_zendesk_and_by_the_receiver(make_desks):
    desks = make_desks()
    with desks.receiving() as address:
        number = desks.jira.vendor.faults.add(Fault(FaultKind.UNAUTHORIZED, path="^/rest/", times=-1))
        message = {"email": zendesk_seed.CUSTOMER_DEWI.email, "subject": "Second", "body": "It burns."}
        made = requests.post(f"{desks.zendesk.url}/_sandbox/inbound", json=message, timeout=10).json()
        ticket = str(made["ticket"]["id"])
        assert attention(address) == []
        desks.hear("support", ticket)  # the bridge's clock is an hour ahead: it is to be escalated at once
        desks.later(minutes=2)
        (line,) = attention(address)
        assert line.startswith("engineering refuses the bridge's credentials since ")
        (note,) = notes(desks, ticket)
        assert "Until they are renewed" in note
        desks.jira.vendor.faults.remove(number)
        for _ in range(3):
            desks.later(minutes=2)
        assert attention(address) == []
        assert any("accepted again" in note for note in notes(desks, ticket))
