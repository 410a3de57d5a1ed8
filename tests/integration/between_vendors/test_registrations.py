"""Webhook registrations heal by themselves: the running bridge renews, repairs and makes again what ended, and says so."""

from contextlib import ExitStack, closing
from datetime import timedelta

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from escalation_bridge.bridge import Bridge
from escalation_bridge.domain.case.cases import Rules
from escalation_bridge.domain.tickets.tickets import Priority, Severity, TicketDraft
from escalation_bridge.engine.attention import lines_of_attention
from escalation_bridge.engine.registrations import Registrar
from escalation_bridge.plugged.extensions import Extensions
from escalation_bridge.plugged.helpdesk import Helpdesk
from escalation_bridge.plugin.connection import Connection
from escalation_bridge.plugin.settings import Resolved
from escalation_bridge.store.connections import reconciliations
from escalation_bridge.store.connections.registrations import load_registrations
from escalation_bridge.store.database.schema import deliveries
from escalation_bridge.store.webhooks.deliveries import DeliveryWriter
from escalation_bridge.text.rich_text import from_text
from escalation_bridge_freshdesk.plugin import FreshdeskPlugin
from escalation_bridge_freshdesk.settings import FreshdeskSettings
from escalation_bridge_jira.plugin import JiraPlugin
from escalation_bridge_jira.settings import JiraSettings
from escalation_bridge_sandbox.freshdesk import FreshdeskSandbox
from escalation_bridge_sandbox.freshdesk.state import seed as freshdesk_seed
from escalation_bridge_sandbox.jira import JiraSandbox
from escalation_bridge_sandbox.jira import seed as jira_seed
from escalation_bridge_sandbox.kernel.faults import Fault, FaultKind
from escalation_bridge_sandbox.kernel.server import start
from escalation_bridge_sandbox.zendesk import ZendeskSandbox
from escalation_bridge_sandbox.zendesk.state import seed as zendesk_seed
from escalation_bridge_webhooks.app import create_app
from escalation_bridge_webhooks.server import Server
from escalation_bridge_zendesk.plugin import ZendeskPlugin
from escalation_bridge_zendesk.settings import ZendeskSettings

SECRET = "a-secret-of-enough-length"
NAME = "desk"
DAY = 86400


@pytest.fixture(params=["sqlite", "postgresql"])
def database_kind(request):
    return request.param


def jira_app(url, clock):
    client = {
        "client_id": jira_seed.BRIDGE.name,
        "client_secret": SecretStr(jira_seed.oauth_secret(jira_seed.BRIDGE)),
        "server": url,
    }
    settings = JiraSettings(
        plugin="jira",
        deployment="cloud",
        url=url,
        oauth=client,
        cloud_id=jira_seed.CLOUD_ID,
        api_gateway=url,
        project="ENG",
        issue_type="Bug",
    )
    return JiraPlugin(Connection(NAME, settings, clock))


def jira_admin(url, clock):
    settings = JiraSettings(
        plugin="jira",
        deployment="cloud",
        url=url,
        email=jira_seed.BRIDGE.email,
        api_token=SecretStr(jira_seed.api_token(jira_seed.BRIDGE)),
        project="ENG",
        webhook_secrets=(SecretStr(SECRET),),
    )
    return JiraPlugin(Connection(NAME, settings, clock))


def zendesk(url, clock):
    oauth = {
        "client_id": zendesk_seed.OAUTH_CLIENT_ID,
        "client_secret": Resolved(zendesk_seed.OAUTH_CLIENT_SECRET),
    }
    settings = ZendeskSettings.model_validate(
        {
            "plugin": "zendesk",
            "url": url,
            "sign_in": {"oauth": oauth},
            "webhook_secrets": (SecretStr(SECRET),),
        }
    )
    return ZendeskPlugin(Connection(NAME, settings, clock))


def freshdesk(url, clock):
    settings = FreshdeskSettings.model_validate(
        {
            "plugin": "freshdesk",
            "url": url,
            "api_key": SecretStr(freshdesk_seed.ADMIN.api_key),
            "key_field": freshdesk_seed.FIELD_REFERENCE,
            "webhook_secrets": (SecretStr(SECRET),),
        }
    )
    return FreshdeskPlugin(Connection(NAME, settings, clock))


class Kept:
    """A connection whose registrations are looked after, on the stand-in's clock."""

    def __init__(self, stack, database, vendor, make):
        self.vendor = vendor
        running = stack.enter_context(start(vendor))
        self.plugin = make(running.url, vendor.clock.now)
        stack.callback(self.plugin.close)
        self.bridge = Bridge(
            id="0123456789abcdef",
            database=database,
            helpdesks={NAME: Helpdesk(NAME, self.plugin)},
            extensions=Extensions({}),
            rules=Rules((), {}),
            language="en",
            now=vendor.clock.now,
        )
        self.reached_at("http://127.0.0.1:9")

    def reached_at(self, public_url):
        self.callback = f"{public_url}/webhooks/{NAME}"
        self.registrar = Registrar(self.bridge, public_url)

    def pass_days(self, days):
        for _ in range(days):
            self.vendor.clock.advance(DAY)
            self.registrar.look_everywhere()

    def known(self):
        with self.bridge.database.read() as transaction:
            return load_registrations(transaction).get(NAME)

    def attention(self):
        with self.bridge.database.read() as transaction:
            return lines_of_attention(transaction, self.bridge.now())

    def registered(self):
        return [one for one in self.plugin.list_subscriptions() if one.url == self.callback and one.active]


@pytest.fixture
def kept(database):
    with ExitStack() as stack:
        yield lambda vendor, make: Kept(stack, database, vendor, make)


def test_webhooks_that_end_after_thirty_days_still_reach_the_receiver_three_months_later(kept):
    one = kept(JiraSandbox("cloud"), jira_app)
    with closing(DeliveryWriter(one.bridge.database)) as writer:
        server = Server(create_app(one.bridge, writer), "127.0.0.1", 0, largest_body=10_000_000)
        try:
            one.reached_at(f"http://127.0.0.1:{server.port}")
            one.plugin.subscribe_webhooks(one.callback, "unused")
            one.pass_days(95)
            (registration,) = one.registered()
            assert registration.expires_at - one.bridge.now() > timedelta(days=9)
            assert "was renewed until" in one.known().outcome
            assert one.attention() == ()  # nothing was lost, and nobody has to do anything
            draft = TicketDraft("Still heard", from_text("Words"), Priority.HIGH, Severity.STANDARD)
            made = one.plugin.create_ticket(draft, "eb-1")
            assert one.vendor.outbox.wait_idle(10)
        finally:
            server.stop()
    with one.bridge.database.read() as transaction:
        rows = list(transaction.execute(sa.select(deliveries)))
    assert rows
    # Proven by the app's token, which does not cover the body.
    assert all(made.ref.id.encode() in row.body and not row.body_is_proven for row in rows)


def test_what_was_never_asked_for_is_not_made(kept):
    one = kept(JiraSandbox("cloud"), jira_admin)
    one.pass_days(3)
    assert one.plugin.list_subscriptions() == ()
    assert one.attention() == ()


def deleted(one):
    if isinstance(one.plugin, ZendeskPlugin):
        for webhook in one.plugin.list_subscriptions():
            one.plugin._client.write("test", "DELETE", f"/webhooks/{webhook.id}")
    elif isinstance(one.plugin, FreshdeskPlugin):
        for rule in one.plugin.list_subscriptions():
            kind, _, number = rule.id.partition("/")
            one.plugin._client.delete_rule(int(kind), int(number))
    else:
        for webhook in one.plugin.list_subscriptions():
            one.plugin._desk("test").jira.call("DELETE", f"/rest/webhooks/1.0/webhook/{webhook.id}")


@pytest.mark.parametrize(
    ("vendor", "make", "count"),
    [
        (lambda: JiraSandbox("cloud"), jira_admin, 1),
        (FreshdeskSandbox, freshdesk, 2),
        (ZendeskSandbox, zendesk, 1),
    ],
    ids=["jira", "freshdesk", "zendesk"],
)
def test_one_that_was_deleted_is_there_again_the_next_day_and_said_so(vendor, make, count, kept):
    one = kept(vendor(), make)
    one.plugin.subscribe_webhooks(one.callback, SECRET)
    one.pass_days(1)
    deleted(one)
    assert one.registered() == []
    one.pass_days(1)
    assert len(one.registered()) == count
    assert "was missing and was made again" in one.known().outcome
    (line,) = one.attention()
    if make is zendesk:  # which chooses a secret of its own, that the receiver does not know
        assert "signing secret that is not configured" in line
        assert "escalation-bridge connect desk" in line
    else:
        assert line.startswith("desk: the webhook registration was missing and was made again")
    writes = len([e for e in one.vendor.journal.entries() if e.method == "POST" and "oauth" not in e.path])
    one.pass_days(2)
    again = len([e for e in one.vendor.journal.entries() if e.method == "POST" and "oauth" not in e.path])
    assert again == writes  # nothing is made twice


def test_what_reconciliation_missed_brings_a_look_before_the_day_is_over(kept):
    one = kept(JiraSandbox("cloud"), jira_admin)
    one.plugin.subscribe_webhooks(one.callback, SECRET)
    one.registrar.look_everywhere()
    deleted(one)
    one.vendor.clock.advance(1800)
    one.registrar.look_everywhere()
    assert one.registered() == []
    with one.bridge.database.write() as transaction:
        reconciliations.note_missed(transaction, NAME, one.bridge.now())
    one.registrar.look_everywhere()
    assert len(one.registered()) == 1
    requests = len(one.vendor.journal.entries())
    one.registrar.look_everywhere()
    assert len(one.vendor.journal.entries()) == requests


def test_a_look_that_failed_is_repeated_within_hours_and_says_why(kept):
    one = kept(JiraSandbox("cloud"), jira_admin)
    one.plugin.subscribe_webhooks(one.callback, SECRET)
    one.registrar.look_everywhere()
    number = one.vendor.faults.add(Fault(FaultKind.FORBIDDEN, path="webhook", times=-1))
    one.pass_days(1)
    (line,) = one.attention()
    assert "cannot be looked after" in line
    one.vendor.faults.remove(number)
    one.vendor.clock.advance(3601)
    one.registrar.look_everywhere()
    assert one.attention() == ()
