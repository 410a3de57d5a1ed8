"""A configuration with its accounts, as `escalation-bridge config check` sees them."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from escalation_bridge.cli.main import main
from escalation_bridge_sandbox.freshdesk import FreshdeskSandbox
from escalation_bridge_sandbox.freshdesk.state import seed as freshdesk
from escalation_bridge_sandbox.jira import JiraSandbox
from escalation_bridge_sandbox.jira import seed as jira
from escalation_bridge_sandbox.kernel.server import start

SECRETS = {
    "FRESHDESK_API_KEY": freshdesk.BRIDGE.api_key,
    "FRESHDESK_WEBHOOK_SECRET": "a-freshdesk-secret-of-enough-length",
    "JIRA_API_TOKEN": jira.api_token(jira.BRIDGE),
    "JIRA_WEBHOOK_SECRET": "a-jira-secret-of-enough-length",
}
CONFIGURATION = """\
connections:
  shop:
    plugin: freshdesk
    url: {freshdesk}
    api_key: ${{FRESHDESK_API_KEY}}
    webhook_secrets: ["${{FRESHDESK_WEBHOOK_SECRET}}"]
    key_field: {key_field}
    status_kinds: {{With Engineering: waiting_third_party}}
  engineering:
    plugin: jira
    deployment: cloud
    url: {jira}
    email: {email}
    api_token: ${{JIRA_API_TOKEN}}
    webhook_secrets: ["${{JIRA_WEBHOOK_SECRET}}"]
    project: ENG
policies:
  - name: all
    when: {{group: [Escalations], status: [Open]}}
    targets:
      default: {{first_response: 1h}}
    ladder:
      - {{id: on, metric: first_response, at: due, do: [{{escalate: shop-to-engineering}}]}}
routes:
  shop-to-engineering:
    from: shop
    to: engineering
    create: {{project: ENG}}
    handed_on_status: With Engineering
    fields:
      severity: {{field: customfield_10011, values: {{emergency: Critical, standard: Minor}}}}
      custom:
        - {{origin: {root_cause}, linked: customfield_10010, convert: choice, values: {causes}, label: Root cause}}
        - {{origin: cf_affected_orders, linked: customfield_10013, convert: number, label: Orders}}
    status:
      to_linked: {{open: keep, waiting_customer: keep, waiting_third_party: keep, solved: Closed, closed: keep}}
      to_origin: {{To Do: keep, In Progress: With Engineering, Blocked: keep, In Review: keep, Done: Open, Closed: keep}}
"""
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def text() -> Iterator[str]:
    with start(JiraSandbox("cloud")) as tracker, start(FreshdeskSandbox()) as desk:
        yield CONFIGURATION.format(
            freshdesk=desk.url,
            jira=tracker.url,
            key_field=freshdesk.FIELD_REFERENCE,
            root_cause=freshdesk.FIELD_ROOT_CAUSE,
            causes="{Product defect: A, Configuration: B, User error: C, Third party: D}",
            email=jira.BRIDGE.email,
        )


@pytest.fixture
def check(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Run:
    monkeypatch.setattr(sys.modules[main.__module__], "set_up_logs", lambda _level: None)
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)

    def check(*arguments: str, **changes: str) -> tuple[int, str, str]:
        changed = text
        for old, new in changes.items():
            assert old in changed
            changed = changed.replace(old, new)
        file = tmp_path / "bridge.yaml"
        file.write_text(changed)
        monkeypatch.setattr(
            sys, "argv", ["escalation-bridge", "config", "check", "--config", str(file), *arguments]
        )
        status = 0
        try:
            main()
        except SystemExit as end:
            status = int(end.code or 0)
        told = capfd.readouterr()
        assert not any(secret in told.out + told.err for secret in SECRETS.values())
        assert "Traceback" not in told.err
        return status, told.out, told.err.replace(str(file), "bridge.yaml")

    return check
