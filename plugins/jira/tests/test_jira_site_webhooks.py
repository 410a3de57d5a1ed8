"""Webhooks from the stand-ins to a listener on this machine: registered, delivered, proven, read."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from escalation_bridge.domain.tickets.tickets import CommentDraft, TicketChange, TicketDraft, Visibility
from escalation_bridge.errors import PermissionDenied, Rejected, VendorError, WebhookRefused
from escalation_bridge.plugin.webhooks import WebhookRequest
from escalation_bridge.text.rich_text import from_text
from escalation_bridge_jira.webhooks.subscriptions import EVENTS
from escalation_bridge_sandbox.jira import seed

Site = Any
KEY = "eb-0123456789abcdef0123"
SECRET = "a-secret-of-twenty-characters"


class Listener:
    """Takes webhooks and keeps them."""

    def __init__(self) -> None:
        self.requests: list[WebhookRequest] = []
        requests = self.requests

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                requests.append(WebhookRequest.make(body, dict(self.headers), received_at=datetime.now(UTC)))
                self.send_response(202)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/webhooks/jira-main"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    listener = Listener()
    yield listener
    listener.close()


def test_what_happens_arrives_signed_and_is_understood(
    site: Site, listener: Listener, draft: TicketDraft
) -> None:
    plugin = site.plugin()
    plugin.subscribe_webhooks(listener.url, SECRET)
    ticket = plugin.create_ticket(draft, KEY)
    ticket = plugin.update_ticket(ticket.ref.id, TicketChange(status="open"), ticket)
    plugin.add_comment(ticket.ref.id, CommentDraft(from_text("Hello"), Visibility.PRIVATE), "eb-1")
    site.call(
        seed.BRIDGE, "POST", f"/_sandbox/issues/{ticket.key}/move", {"project": "OPS", "issuetype": "Task"}
    )
    site.call(seed.ADMIN, "DELETE", f"/rest/api/2/issue/{ticket.ref.id}")
    assert site.sandbox.outbox.wait_idle(10)
    events = []
    for request in listener.requests:
        delivery = plugin.verify_webhook(request)
        assert (delivery.delivery_id is not None) == (site.deployment == "cloud")
        news = plugin.parse_webhook(replace(request, body_is_proven=delivery.covers_body))
        if news.hints:
            [hint] = news.hints
            assert hint.id == ticket.ref.id
            events.append((news.details["event"], news.details.get("moved")))
            if news.details["event"] == "jira:issue_deleted":
                assert hint.deleted
    assert {
        ("jira:issue_created", None),
        ("jira:issue_updated", None),
        ("comment_created", None),
        ("jira:issue_updated", f"{ticket.key} -> OPS-1"),
        ("jira:issue_deleted", None),
    } <= set(events)


def test_another_secret_is_refused(site: Site, listener: Listener, draft: TicketDraft) -> None:
    plugin = site.plugin()
    plugin.subscribe_webhooks(listener.url, "quite another secret")
    plugin.create_ticket(draft, KEY)
    assert site.sandbox.outbox.wait_idle(10)
    assert listener.requests
    with pytest.raises(WebhookRefused):
        plugin.verify_webhook(listener.requests[0])


def registered(site: Site) -> list[Any]:
    moved = site.deployment == "datacenter"
    path = "/rest/jira-webhook/1.0/webhooks" if moved else "/rest/webhooks/1.0/webhook"
    answer: list[Any] = site.call(seed.ADMIN, "GET", path)
    return answer


def test_registering_twice_makes_one_registration(site: Site) -> None:
    plugin = site.plugin(webhook_jql="project = ENG")
    first = plugin.subscribe_webhooks("http://127.0.0.1:9/webhooks/jira-main", SECRET)
    assert plugin.subscribe_webhooks("http://127.0.0.1:9/webhooks/jira-main", SECRET) == first
    assert plugin.list_subscriptions() == first
    [made] = registered(site)
    assert set(made["events"]) == set(EVENTS)
    assert made["filters"] == {"issue-related-events-section": "project = ENG"}
    assert SECRET not in str(made["name"])


@pytest.mark.parametrize(
    "change",
    [
        {"url": "http://127.0.0.1:9/elsewhere"},
        {"secret": "the-next-secret-of-many-letters"},
        {"jql": "project = OPS"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_changed_registration_replaces_the_old_one(change: dict[str, str], site: Site) -> None:
    [old] = site.plugin().subscribe_webhooks("http://127.0.0.1:9/webhooks/jira-main", SECRET)
    plugin = site.plugin(webhook_jql=change.get("jql"))
    [new] = plugin.subscribe_webhooks(
        change.get("url", "http://127.0.0.1:9/webhooks/jira-main"), change.get("secret", SECRET)
    )
    assert new.id != old.id
    assert plugin.list_subscriptions() == (new,)
    assert len(registered(site)) == 1


def test_others_registrations_are_left_alone(site: Site) -> None:
    plugin = site.plugin()
    plugin.subscribe_webhooks("http://127.0.0.1:9/webhooks/jira-main", SECRET)
    other = site.plugin()
    object.__setattr__(other.connection, "name", "jira-second")
    other.subscribe_webhooks("http://127.0.0.1:9/webhooks/jira-second", SECRET)
    assert len(registered(site)) == 2
    assert len(plugin.list_subscriptions()) == 1


def test_a_second_bridge_of_the_same_name_does_not_unhook_the_first(site: Site) -> None:
    first = site.plugin().subscribe_webhooks("http://127.0.0.1:9/webhooks/jira-main", SECRET)
    trial = site.plugin()
    second = trial.subscribe_webhooks("http://127.0.0.1:10/webhooks/jira-main", SECRET)
    assert {each["url"] for each in registered(site)} == {first[0].url, second[0].url}
    # Who asks is told of both.
    assert set(trial.list_subscriptions()) == {*first, *second}
    assert site.plugin().subscribe_webhooks("http://127.0.0.1:9/webhooks/jira-main", SECRET) == first
    assert len(registered(site)) == 2


def test_who_is_no_administrator_is_told(site: Site) -> None:
    with pytest.raises(VendorError) as problem:
        site.plugin(seed.DEVELOPER).subscribe_webhooks("http://127.0.0.1:9/webhooks/jira-main", SECRET)
    assert isinstance(problem.value, PermissionDenied)


def test_an_old_jira_that_does_not_sign_is_refused(make_site: Callable[..., Site]) -> None:
    site = make_site("datacenter", version="9.4.0")
    with pytest.raises(Rejected, match="does not sign webhooks"):
        site.plugin().subscribe_webhooks("http://127.0.0.1:9/webhooks/jira-main", SECRET)
    assert site.call(seed.ADMIN, "GET", "/rest/webhooks/1.0/webhook") == []
