"""Severity from the vendor's HTTP to the vendor's HTTP: labels in both tickets, and an agent's correction in an internal note."""

from dataclasses import replace
from types import MappingProxyType

import pytest

from escalation_bridge.config.triage import TriageSettings, rule_book
from escalation_bridge.domain.tickets.tickets import Severity
from escalation_bridge_sandbox.freshdesk.state import seed as freshdesk
from escalation_bridge_sandbox.zendesk.state import seed as zendesk

RINA = (freshdesk.AGENT_RINA.api_key, "X")
SARI = (f"{zendesk.AGENT_SARI.email}/token", zendesk.API_TOKEN)
PLAIN = {"subject": "Lost", "body": "My order is lost."}
LATER = "Help! The charger that you sent instead has just caught fire."
LABELS = {Severity.EMERGENCY: "gawat", Severity.STANDARD: "biasa"}


class AtZendesk:
    sender = MappingProxyType({"email": zendesk.CUSTOMER_DEWI.email})

    def __init__(self, pair):
        self.pair = pair

    def note(self, text):
        comment = {"body": text, "public": False}
        path = f"/api/v2/tickets/{self.pair.ticket}"
        self.pair.call("support", "PUT", path, auth=SARI, json={"ticket": {"comment": comment}})

    def private_notes(self):
        path = f"/api/v2/tickets/{self.pair.ticket}/comments"
        found = self.pair.call("support", "GET", path, auth=SARI)["comments"]
        return [each["body"] for each in found if not each["public"]]

    def tags(self):
        found = self.pair.call("support", "GET", f"/api/v2/tickets/{self.pair.ticket}", auth=SARI)
        return set(found["ticket"]["tags"])


class AtFreshdesk:
    sender = MappingProxyType({"from": {"email": freshdesk.CUSTOMER_SARI.email}})

    def __init__(self, pair):
        self.pair = pair

    def note(self, text):
        path = f"/api/v2/tickets/{self.pair.ticket}/notes"
        self.pair.call("support", "POST", path, auth=RINA, json={"body": text, "private": True})

    def private_notes(self):
        path = f"/api/v2/tickets/{self.pair.ticket}/conversations"
        found = self.pair.call("support", "GET", path, auth=RINA)
        return [each["body_text"] for each in found if each["private"]]

    def tags(self):
        return set(self.pair.call("support", "GET", f"/api/v2/tickets/{self.pair.ticket}", auth=RINA)["tags"])


@pytest.mark.parametrize(("vendor", "desk"), [("zendesk", AtZendesk), ("freshdesk", AtFreshdesk)])
def test_labels_follow_the_severity_and_an_agent_has_the_last_word(make_pair, vendor, desk):
    pair = make_pair(vendor, "jira")
    rules = replace(pair.bridge.rules, severity_labels=LABELS)
    pair = replace(pair, bridge=replace(pair.bridge, rules=rules, rule_book=rule_book(TriageSettings())))
    at = desk(pair)
    pair.inbound(**at.sender, **PLAIN)
    pair.hear()
    assert at.tags() & set(LABELS.values()) == {"biasa"}
    pair.later(minutes=61)
    pair.later(seconds=5)
    assert "biasa" in pair.linked().tags

    pair.call(
        "support",
        "POST",
        "/_sandbox/inbound",
        json={"ticket_id": int(pair.ticket), "body": LATER, **at.sender},
    )
    pair.hear()
    assert pair.view().classification.category == "safety"
    assert at.tags() & set(LABELS.values()) == {"gawat"}
    assert set(pair.linked().tags) & set(LABELS.values()) == {"gawat"}

    at.note("/bridge keparahan biasa hanya bercanda")
    pair.hear()
    assert any("the severity is now standard" in note for note in at.private_notes())
    assert at.tags() & set(LABELS.values()) == {"biasa"}
    assert set(pair.linked().tags) & set(LABELS.values()) == {"biasa"}
    assert any(
        "set the severity to standard (was emergency): hanya bercanda" in line for line in pair.timeline()
    )

    pair.call(
        "support",
        "POST",
        "/_sandbox/inbound",
        json={"ticket_id": int(pair.ticket), "body": LATER, **at.sender},
    )
    pair.hear()
    assert at.tags() & set(LABELS.values()) == {"biasa"}
