"""Everything that the story needs: three helpdesks, their people, a bridge between them, and webhooks set up by admins."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from escalation_bridge_sandbox.demo.people import (
    FreshdeskCustomer,
    FreshdeskPerson,
    JiraPerson,
    Person,
    ZendeskCustomer,
    ZendeskPerson,
)
from escalation_bridge_sandbox.demo.processes import BridgeProcesses, free_port
from escalation_bridge_sandbox.freshdesk import FreshdeskSandbox
from escalation_bridge_sandbox.freshdesk.state import seed as freshdesk_seed
from escalation_bridge_sandbox.jira import JiraSandbox
from escalation_bridge_sandbox.jira import seed as jira_seed
from escalation_bridge_sandbox.jira.model.people import Person as JiraAccount
from escalation_bridge_sandbox.kernel.server import RunningVendor, start
from escalation_bridge_sandbox.zendesk import ZendeskSandbox
from escalation_bridge_sandbox.zendesk.state import seed as zendesk_seed

TARGET_SECONDS = 6
FRESHDESK_SECRET = "demo-freshdesk-webhook-secret"  # noqa: S105 - of the demo's own stand-in
JIRA_SECRET = "demo-jira-webhook-secret"  # noqa: S105 - of the demo's own stand-in
_SEARCH_LAG_SECONDS = 0.5
_FRESHDESK_HEADER = "X-Escalation-Bridge-Secret"
_ZENDESK_EVENTS = ("created", "comment_added", "status_changed", "custom_status_changed", "priority_changed")
_JIRA_EVENTS = (
    "jira:issue_created",
    "jira:issue_updated",
    "jira:issue_deleted",
    "comment_created",
    "comment_updated",
)


@dataclass
class Scene:
    """Who and what is on stage."""

    zendesk: RunningVendor
    jira: RunningVendor
    jira_site: JiraSandbox
    freshdesk: RunningVendor
    bridge: BridgeProcesses
    support: ZendeskPerson
    developer: JiraPerson
    shop: FreshdeskPerson
    customers: ZendeskCustomer
    shoppers: FreshdeskCustomer

    def vendors(self) -> dict[str, RunningVendor]:
        """The three helpdesks by name."""
        return {"Zendesk": self.zendesk, "Jira": self.jira, "Freshdesk": self.freshdesk}

    def unruly_deliveries(self) -> None:
        """From now on every webhook is delivered twice, and some out of order."""
        for running in self.vendors().values():
            running.vendor.outbox.mood.duplicate = 2
            running.vendor.outbox.mood.shuffle = True


@contextmanager
def set_up(folder: Path | None = None) -> Iterator[Scene]:
    """Put the scene up, and take it down at the end."""
    with ExitStack() as stack:
        home = folder or Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="escalation-bridge-demo-"))
        )
        home.mkdir(parents=True, exist_ok=True)
        zendesk = stack.enter_context(start(ZendeskSandbox()))
        jira_site = JiraSandbox(deployment="cloud", search_lag=_SEARCH_LAG_SECONDS)
        jira = stack.enter_context(start(jira_site))
        freshdesk = stack.enter_context(start(FreshdeskSandbox()))
        port = free_port()
        receiver = f"http://127.0.0.1:{port}/webhooks"
        secrets = {
            "ZENDESK_CLIENT_SECRET": zendesk_seed.OAUTH_CLIENT_SECRET,
            "ZENDESK_WEBHOOK_SECRET": _zendesk_webhook(zendesk.url, f"{receiver}/support"),
            "FRESHDESK_API_KEY": freshdesk_seed.BRIDGE.api_key,
            "FRESHDESK_WEBHOOK_SECRET": FRESHDESK_SECRET,
            "JIRA_API_TOKEN": jira_seed.api_token(jira_seed.BRIDGE),
            "JIRA_WEBHOOK_SECRET": JIRA_SECRET,
        }
        _freshdesk_rules(freshdesk.url, f"{receiver}/shop")
        _jira_webhook(jira.url, f"{receiver}/engineering")
        _write_configuration(home, zendesk, jira, freshdesk, port)
        bridge = BridgeProcesses(home, secrets, port)
        stack.callback(bridge.stop)
        scene = Scene(
            zendesk=zendesk,
            jira=jira,
            jira_site=jira_site,
            freshdesk=freshdesk,
            bridge=bridge,
            support=ZendeskPerson(zendesk.url, _zendesk_login(zendesk_seed.AGENT_SARI.email)),
            developer=JiraPerson(jira.url, _jira_login(jira_seed.DEVELOPER)),
            shop=FreshdeskPerson(freshdesk.url, (freshdesk_seed.AGENT_RINA.api_key, freshdesk_seed.PASSWORD)),
            customers=ZendeskCustomer(zendesk.url, None),
            shoppers=FreshdeskCustomer(freshdesk.url, None),
        )
        for person in (scene.support, scene.developer, scene.shop, scene.customers, scene.shoppers):
            stack.callback(person.leave)
        yield scene


def _jira_login(person: JiraAccount) -> tuple[str, str]:
    return person.email, jira_seed.api_token(person)


def _zendesk_login(email: str) -> tuple[str, str]:
    return f"{email}/token", zendesk_seed.API_TOKEN


def _zendesk_webhook(url: str, receiver: str) -> str:
    """An admin creates the webhook; Zendesk makes the secret."""
    admin = ZendeskPerson(url, _zendesk_login(zendesk_seed.ADMIN.email))
    webhook = {
        "name": "Escalation Bridge",
        "status": "active",
        "endpoint": receiver,
        "http_method": "POST",
        "request_format": "json",
        "subscriptions": [f"zen:event-type:ticket.{event}" for event in _ZENDESK_EVENTS],
    }
    created = admin.call("POST", "/api/v2/webhooks", json={"webhook": webhook})["webhook"]
    secret = admin.call("GET", f"/api/v2/webhooks/{created['id']}/signing_secret")["signing_secret"]["secret"]
    admin.leave()
    return str(secret)


def _jira_webhook(url: str, receiver: str) -> None:
    admin = JiraPerson(url, _jira_login(jira_seed.ADMIN))
    body = {
        "name": "Escalation Bridge",
        "url": receiver,
        "events": list(_JIRA_EVENTS),
        "filters": {"issue-related-events-section": "project = ENG"},
        "excludeBody": False,
        "secret": JIRA_SECRET,
    }
    admin.call("POST", "/rest/webhooks/1.0/webhook", json=body)
    admin.leave()


def _freshdesk_rules(url: str, receiver: str) -> None:
    """An admin makes two automation rules by hand; Freshdesk has no API for them."""
    admin = Person(url, None)
    webhook: dict[str, Any] = {
        "method": "POST",
        "url": receiver,
        "headers": {_FRESHDESK_HEADER: FRESHDESK_SECRET},
        "encoding": "json",
        "content": {"simple": ["triggered_event", "ticket_id", "ticket_status", "ticket_priority"]},
    }
    rules = (
        {"name": "Tell the bridge of new tickets", "on": "ticket_created", "webhook": webhook},
        {
            "name": "Tell the bridge of changes",
            "on": "ticket_updated",
            "events": [{"field": "status"}, {"field": "priority"}, {"note": "any"}, {"reply": "any"}],
            "webhook": webhook,
        },
    )
    for rule in rules:
        admin.call("POST", "/_sandbox/rules", json=rule)
    admin.leave()


def _write_configuration(
    home: Path, zendesk: RunningVendor, jira: RunningVendor, freshdesk: RunningVendor, port: int
) -> None:
    template = resources.files(__package__).joinpath("bridge.yaml.template").read_text(encoding="utf-8")
    text = template.format(
        receiver_port=port,
        zendesk_url=zendesk.url,
        jira_url=jira.url,
        freshdesk_url=freshdesk.url,
        jira_email=jira_seed.BRIDGE.email,
        target=TARGET_SECONDS,
        agent_email=zendesk_seed.AGENT_SARI.email,
        biller_email=zendesk_seed.AGENT_BUDI.email,
    )
    (home / "bridge.yaml").write_text(text, encoding="utf-8")
