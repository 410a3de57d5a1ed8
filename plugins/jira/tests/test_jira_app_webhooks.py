"""OAuth 2.0: tokens that the bridge fetches itself, and webhooks that belong to an app and end after 30 days."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from escalation_bridge.domain.tickets.tickets import TicketDraft
from escalation_bridge.errors import AuthenticationFailed, Rejected, UnreadableAnswer, WebhookRefused
from escalation_bridge.plugin.connection import Connection
from escalation_bridge.plugin.webhooks import WebhookRequest
from escalation_bridge_jira.plugin import JiraPlugin
from escalation_bridge_jira.webhooks.subscriptions import EVENTS
from escalation_bridge_sandbox.jira import seed
from escalation_bridge_sandbox.kernel.faults import FaultKind
from escalation_bridge_sandbox.kernel.receiver import Receiver

Site = Any
CALLBACK = "http://127.0.0.1:9/webhooks/jira-main"
SECRET = seed.oauth_secret(seed.BRIDGE)


@pytest.fixture
def site(make_site: Callable[..., Site], description: Any) -> Iterator[Site]:
    site = make_site("cloud")
    yield site
    for entry in site.sandbox.journal.entries():
        if description is not None and "/rest/api/3/" in entry.path:
            path = f"{entry.path}?{entry.query}" if entry.query else entry.path
            description.validate_request(entry.method, path, entry.body)


def app(site: Site, secret: str = SECRET, **changes: Any) -> JiraPlugin:
    client = {"client_id": seed.BRIDGE.name, "client_secret": SecretStr(secret), "server": site.running.url}
    settings = {
        "email": None,
        "api_token": None,
        "oauth": client,
        "cloud_id": seed.CLOUD_ID,
        "api_gateway": site.running.url,
        **changes,
    }
    plugin: JiraPlugin = site.plugin(**settings)
    # The stand-in's clock is the plugin's.
    connection = plugin.connection
    made = JiraPlugin(Connection(connection.name, connection.settings, site.sandbox.clock.now))
    site.plugins.append(made)
    return made


# --- tokens -------------------------------------------------------------------------------------------------------------


def fetched(site: Site) -> int:
    return sum(entry.path == "/oauth/token" for entry in site.sandbox.journal.entries())


def test_one_token_serves_until_it_ends(site: Site) -> None:
    plugin = app(site)
    assert plugin.check_connection().problems == ()
    plugin.describe_fields()
    assert fetched(site) == 1
    site.sandbox.clock.advance(3600)
    plugin.check_connection()
    assert fetched(site) == 2
    reads = [entry for entry in site.sandbox.journal.entries() if "/rest/" in entry.path]
    assert {entry.user for entry in reads} == {seed.BRIDGE.email}


def test_a_token_that_was_revoked_is_replaced_at_once(site: Site) -> None:
    plugin = app(site)
    plugin.check_connection()
    site.fault(FaultKind.UNAUTHORIZED, method="GET", path="/myself")
    assert plugin.check_connection().user_name == seed.BRIDGE.display_name
    assert fetched(site) == 2


def test_access_that_stays_refused_is_told(site: Site) -> None:
    plugin = app(site)
    site.fault(FaultKind.UNAUTHORIZED, method="GET", path="/serverInfo", times=-1)
    with pytest.raises(AuthenticationFailed):
        plugin.check_connection()


def test_a_wrong_secret_is_told_and_not_repeated(site: Site) -> None:
    with pytest.raises(AuthenticationFailed) as problem:
        app(site, "quite another secret").check_connection()
    assert "quite another" not in str(problem.value)
    assert fetched(site) == 1


def test_an_answer_without_a_token_is_unreadable(site: Site) -> None:
    site.fault(FaultKind.EMPTY_200, method="POST", path="/oauth/token")
    with pytest.raises(UnreadableAnswer, match="without a token"):
        app(site).check_connection()


# --- webhooks -----------------------------------------------------------------------------------------------------------


def test_one_webhook_is_made_and_kept(site: Site) -> None:
    plugin = app(site)
    [made] = plugin.subscribe_webhooks(CALLBACK, "unused")
    assert (made.url, made.active) == (CALLBACK, True)
    assert made.expires_at is not None
    assert plugin.subscribe_webhooks(CALLBACK, "unused") == plugin.list_subscriptions() == (made,)
    [stored] = site.sandbox.webhooks.webhooks.values()
    assert set(stored.events) == set(EVENTS)
    assert stored.jql == "project = ENG"


def test_it_is_prolonged_before_it_ends(site: Site) -> None:
    plugin = app(site)
    [made] = plugin.subscribe_webhooks(CALLBACK, "unused")
    site.sandbox.clock.advance(15 * 86400)
    [kept] = plugin.subscribe_webhooks(CALLBACK, "unused")
    assert kept.id == made.id
    assert kept.expires_at is not None
    assert kept.expires_at - site.sandbox.clock.now() > timedelta(days=29)


def test_an_end_as_a_text_is_read_too(site: Site) -> None:
    """The API description types a number, its examples show a text."""
    webhook = {"id": 7, "url": CALLBACK, "expirationDate": "2027-06-01T12:42:30.000+0000"}
    body = json.dumps({"values": [webhook], "isLast": True})
    site.fault(FaultKind.EMPTY_200, method="GET", path="/webhook$", body=body)
    [found] = app(site).list_subscriptions()
    assert found.expires_at == datetime(2027, 6, 1, 12, 42, 30, tzinfo=UTC)


def test_one_that_ended_is_replaced(site: Site) -> None:
    plugin = app(site)
    [made] = plugin.subscribe_webhooks(CALLBACK, "unused")
    site.sandbox.clock.advance(31 * 86400)
    assert [each.active for each in plugin.list_subscriptions()] == [False]
    [new] = plugin.subscribe_webhooks(CALLBACK, "unused")
    assert new.id != made.id
    assert plugin.list_subscriptions() == (new,)


def test_doubles_and_old_addresses_go_and_others_stay(site: Site) -> None:
    plugin = app(site)
    plugin.subscribe_webhooks("http://127.0.0.1:9/old/webhooks/jira-main", "unused")
    other = app(site)
    object.__setattr__(other.connection, "name", "jira-second")
    other.subscribe_webhooks("http://127.0.0.1:9/webhooks/jira-second", "unused")
    [kept] = plugin.subscribe_webhooks(CALLBACK, "unused")
    assert plugin.list_subscriptions() == (kept,)
    assert len(other.list_subscriptions()) == 1


def test_a_second_bridge_of_the_same_name_does_not_unhook_the_first(site: Site) -> None:
    first = app(site).subscribe_webhooks(CALLBACK, "unused")
    trial = app(site)
    second = trial.subscribe_webhooks("http://127.0.0.1:10/webhooks/jira-main", "unused")
    assert set(trial.list_subscriptions()) == {*first, *second}
    assert app(site).subscribe_webhooks(CALLBACK, "unused") == first


def test_an_app_that_has_another_url_already_is_told(site: Site) -> None:
    """The API description allows a single URL for each app, and does not say how Jira refuses a second one."""
    app(site).subscribe_webhooks(CALLBACK, "unused")
    refusal = {"webhookRegistrationResult": [{"errors": ["Only a single URL per app is allowed"]}]}
    site.fault(FaultKind.EMPTY_200, method="POST", path="/webhook$", body=json.dumps(refusal))
    with pytest.raises(Rejected, match=r"call http://127.0.0.1:9/webhooks/jira-main, .* an app of its own"):
        app(site).subscribe_webhooks("http://127.0.0.1:10/webhooks/jira-main", "unused")


def test_a_filter_that_jira_does_not_take_is_told(site: Site) -> None:
    with pytest.raises(Rejected, match="labels is unsupported"):
        app(site, webhook_jql="labels = x").subscribe_webhooks(CALLBACK, "unused")
    with pytest.raises(Rejected, match="need a filter"):
        app(site, project=None).subscribe_webhooks(CALLBACK, "unused")


def test_they_are_proven_by_a_token(site: Site, draft: TicketDraft) -> None:
    plugin = app(site)
    with Receiver() as receiver:
        plugin.subscribe_webhooks(f"{receiver.url}/webhooks/jira-main", "unused")
        ticket = plugin.create_ticket(draft, "eb-1")
        site.call(seed.ADMIN, "DELETE", f"/rest/api/2/issue/{ticket.ref.id}")
        created, deleted = receiver.wait_for(2)

    def request(delivery: Any, **changes: str) -> WebhookRequest:
        headers = {**dict(delivery.headers), **changes}
        return WebhookRequest.make(delivery.body, headers, received_at=site.sandbox.clock.now())

    plugin.verify_webhook(request(created))
    [hint] = plugin.parse_webhook(request(created)).hints
    assert hint.id == ticket.ref.id
    # The token does not cover the body, so what the body says of a deletion is not believed.
    assert not plugin.verify_webhook(request(deleted)).covers_body
    [hint] = plugin.parse_webhook(request(deleted)).hints
    assert not hint.deleted
    token = request(created).headers["authorization"]
    head, claims, signature = token.split(".")
    for forged in (
        "",
        "Bearer ",
        token[:-2],
        f"{head}.{claims}",
        f"{head}.{claims[:-2]}.{signature}",
        f"Bearer eyJhbGciOiJub25lIn0.{claims}.",
        "Basic " + token.removeprefix("Bearer "),
    ):
        with pytest.raises(WebhookRefused):
            plugin.verify_webhook(request(created, Authorization=forged, authorization=forged))
    late = WebhookRequest.make(
        created.body, dict(created.headers), received_at=datetime.now(UTC) + timedelta(hours=1)
    )
    with pytest.raises(WebhookRefused):
        plugin.verify_webhook(late)
    with pytest.raises(WebhookRefused):
        site.plugin().verify_webhook(request(created))  # no app's secret is configured there
