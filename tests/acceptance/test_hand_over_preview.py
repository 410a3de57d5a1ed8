"""`escalation-bridge hand-over preview`: what a team would read, from a real ticket, and nothing is written."""

import json
import sys
from pathlib import Path

import pytest
import requests

from escalation_bridge.cli.main import main
from escalation_bridge_sandbox.freshdesk import FreshdeskSandbox
from escalation_bridge_sandbox.freshdesk.state import seed as freshdesk
from escalation_bridge_sandbox.jira import JiraSandbox
from escalation_bridge_sandbox.jira import seed as jira
from escalation_bridge_sandbox.kernel.server import start

CONFIGURATION = """
bridge: {{database: "sqlite:///bridge.db"}}
connections:
  shop: {{plugin: freshdesk, url: "{freshdesk}", api_key: "${{FRESHDESK_KEY}}", webhook_secrets: ["${{HOOK}}"], key_field: {key}}}
  engineering:
    {{plugin: jira, deployment: cloud, url: "{jira}", email: {email}, api_token: "${{JIRA_TOKEN}}", webhook_secrets: ["${{HOOK}}"], project: ENG}}
policies:
  - name: all
    targets: {{default: {{resolution: 8h}}}}
    ladder: [{{id: go, metric: resolution, at: due, do: [{{escalate: {{to: developers}}}}]}}]
routes:
  shop-to-engineering:
    from: shop
    to: engineering
    create: {{project: ENG, issue_type: Bug}}
    status:
      to_linked: {{open: keep, waiting_customer: keep, waiting_third_party: keep, solved: Closed, closed: keep}}
      to_origin: {{To Do: keep, In Progress: keep, Blocked: keep, In Review: keep, Done: Open, Closed: keep}}
    package: {{fields: {{cf_impact: Impact}}, internal_notes: 1}}
teams:
  developers: {{title: Developers, routes: [shop-to-engineering], requires: [summary, tried]}}
  billing: {{places: [{{connection: shop, group: Billing}}]}}
escalation: {{last_resort: billing}}
customer_value: {{"Toko Maju": {{Tier: Gold}}}}
texts: {{package_note: {{id: "<p>Khusus tim.</p>{{{{ package }}}}"}}}}
"""


@pytest.fixture
def preview(tmp_path, monkeypatch, capfd):
    monkeypatch.setattr(sys.modules[main.__module__], "set_up_logs", lambda _level: None)
    monkeypatch.setenv("FRESHDESK_KEY", freshdesk.BRIDGE.api_key)
    monkeypatch.setenv("JIRA_TOKEN", jira.api_token(jira.BRIDGE))
    monkeypatch.setenv("HOOK", "a-secret-of-enough-length")
    desk, tracker = FreshdeskSandbox(), JiraSandbox("cloud")
    with start(desk) as shop, start(tracker) as engineering:
        text = CONFIGURATION.format(
            freshdesk=shop.url, jira=engineering.url, key=freshdesk.FIELD_REFERENCE, email=jira.BRIDGE.email
        )
        file = tmp_path / "bridge.yaml"
        file.write_text(text)
        sender = {"email": freshdesk.CUSTOMER_SARI.email}
        message = {"from": sender, "subject": "Lost", "body": "My order is lost."}
        made = requests.post(f"{shop.url}/_sandbox/inbound", json=message, timeout=10).json()
        number = str(made.get("ticket_id") or made["ticket"]["id"])
        note = {"body": "She called twice.", "private": True}
        rina = (freshdesk.AGENT_RINA.api_key, "X")
        requests.post(f"{shop.url}/api/v2/tickets/{number}/notes", json=note, auth=rina, timeout=10)

        def run(*arguments, ticket=number):
            desk.journal.clear()
            tracker.journal.clear()
            command = ["hand-over", "preview", "shop", ticket, "--config", str(file), *arguments]
            monkeypatch.setattr(sys, "argv", ["escalation-bridge", *command])
            status = 0
            try:
                main()
            except SystemExit as end:
                status = int(end.code or 0)
            assert not any(each.write for each in (*desk.journal.entries(), *tracker.journal.entries()))
            assert not Path(tmp_path / "bridge.db").exists()
            shown = capfd.readouterr()
            return status, shown.out, shown.err

        yield run


def test_both_texts_of_a_linked_ticket_and_what_is_missing(preview):
    status, out, _ = preview("--route", "shop-to-engineering", "--summary", "orders vanish", "--by", "Rina")
    assert status == 0
    described, _, note = out.partition("=== Internal note")
    assert "=== Linked ticket: [#1] Lost" in described
    assert "My order is lost." in described
    assert "She called twice." not in described
    for part in ("Hand-over by Rina", "orders vanish", "Tier: Gold", "She called twice."):
        assert part in note
    assert note.rstrip().endswith("The team also needs: what was tried")


def test_in_another_language_with_own_texts_for_programs(preview):
    status, out, _ = preview("--team", "developers", "--language", "id", "--json")
    found = json.loads(out[out.index("{\n") :])
    assert status == 0
    assert "Sisa waktu" in found["description"]["text"]
    assert found["note"]["text"].startswith("Khusus tim.")
    assert found["missing"] == ["summary", "tried"]


def test_a_team_in_the_same_helpdesk(preview):
    _, out, _ = preview("--team", "billing")
    assert "Linked ticket" not in out
    assert "Time left" in out


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("--route", "nowhere"), "no route 'nowhere' begins at shop; known: shop-to-engineering"),
        (("--team", "nobody"), "there is no team 'nobody'; known: developers, billing"),
        ((), "--route or --team is needed"),
        (("--team", "billing", "--language", "de"), "there are no texts in 'de'; available: en, id"),
    ],
)
def test_what_is_not_there_is_named(preview, arguments, problem):
    status, _, err = preview(*arguments)
    assert status != 0
    assert problem in " ".join(err.replace("│", " ").split())


def test_a_ticket_that_is_not_there_is_named(preview):
    status, _, err = preview("--team", "billing", ticket="4711")
    assert status == 1
    assert "shop has no ticket '4711'" in err
