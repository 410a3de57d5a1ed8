"""What the tests of the Zendesk plugin share."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
import responses

from escalation_bridge.plugin.connection import Connection, utc_now
from escalation_bridge.plugin.settings import Resolved
from escalation_bridge_sandbox.kernel.server import RunningVendor, start
from escalation_bridge_sandbox.zendesk import ZendeskSandbox
from escalation_bridge_sandbox.zendesk.state import seed
from escalation_bridge_zendesk.plugin import ZendeskPlugin
from escalation_bridge_zendesk.settings import ZendeskSettings

URL = "https://acme.zendesk.com"
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

Json = dict[str, object]
MakePlugin = Callable[..., ZendeskPlugin]
Act = Callable[..., Any]


@pytest.fixture
def make_plugin() -> Iterator[MakePlugin]:
    """Makes plugins for a connection named "helpdesk"; keyword arguments are settings."""
    made: list[ZendeskPlugin] = []

    def make(now: Callable[[], datetime] = lambda: NOW, **settings: object) -> ZendeskPlugin:
        given = {
            "plugin": "zendesk",
            "url": URL,
            "sign_in": {"access_token": Resolved("token-1")},
            "webhook_secrets": [Resolved("secret-1")],
            **settings,
        }
        plugin = ZendeskPlugin(Connection("helpdesk", ZendeskSettings.model_validate(given), now))
        made.append(plugin)
        return plugin

    yield make
    for plugin in made:
        plugin.close()


@pytest.fixture
def plugin(make_plugin: MakePlugin) -> ZendeskPlugin:
    return make_plugin()


@pytest.fixture
def zendesk() -> Iterator[responses.RequestsMock]:
    """Zendesk at the wire: a request that no test expects fails."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as wire:
        yield wire


@pytest.fixture
def raw_ticket() -> Callable[..., Json]:
    """A ticket as REST answers it; keyword arguments are its members."""

    def make(**members: object) -> Json:
        return {
            "url": f"{URL}/api/v2/tickets/35.json",
            "id": 35,
            "external_id": None,
            "via": {"channel": "email", "source": {"from": {}, "to": {}, "rel": None}},
            "created_at": "2026-03-02T08:00:00Z",
            "updated_at": "2026-03-02T08:30:00Z",
            "type": "incident",
            "subject": "Printer on fire",
            "raw_subject": "Printer on fire",
            "description": "It burns.\n\nPlease help.",
            "priority": "normal",
            "status": "open",
            "requester_id": 701,
            "submitter_id": 701,
            "assignee_id": 501,
            "organization_id": 31,
            "group_id": 21,
            "is_public": True,
            "tags": ["printer"],
            "custom_fields": [{"id": 360001, "value": "B-7"}],
            "custom_status_id": None,
            "brand_id": 11,
            **members,
        }

    return make


@pytest.fixture
def beside() -> Json:
    """What `include=users,groups,organizations` puts beside a ticket."""
    return {
        "users": [
            {"id": 701, "name": "Sari", "email": "sari@customer.example", "role": "end-user", "locale": "id"},
            {"id": 501, "name": "Agent One", "email": "one@acme.example", "role": "agent", "locale": "en-US"},
        ],
        "groups": [{"id": 21, "name": "Support"}],
        "organizations": [{"id": 31, "name": "Customer Ltd"}],
    }


@pytest.fixture
def raw_comment() -> Callable[..., Json]:
    """A comment as the list of comments answers it."""

    def make(comment_id: int, **members: object) -> Json:
        return {
            "id": comment_id,
            "type": "Comment",
            "author_id": 501,
            "body": f"comment {comment_id}",
            "html_body": f'<div class="zd-comment" dir="auto"><p dir="auto">comment {comment_id}</p></div>',
            "plain_body": f"comment {comment_id}",
            "public": True,
            "attachments": [],
            "audit_id": comment_id - 1,
            "via": {"channel": "web", "source": {"from": {}, "to": {}, "rel": None}},
            "created_at": "2026-03-02T08:10:00Z",
            "metadata": {"system": {"client": "Mozilla", "ip_address": "192.0.2.7"}, "custom": {}},
            **members,
        }

    return make


@pytest.fixture(scope="module")
def running() -> Iterator[RunningVendor]:
    """A stand-in Zendesk over real HTTP."""
    with start(ZendeskSandbox()) as server:
        yield server


@pytest.fixture
def sandbox(running: RunningVendor) -> ZendeskSandbox:
    """The stand-in as it was at the start."""
    running.vendor.reset()
    assert isinstance(running.vendor, ZendeskSandbox)
    return running.vendor


@pytest.fixture
def connect(running: RunningVendor, sandbox: ZendeskSandbox) -> Iterator[MakePlugin]:
    """Makes plugins that speak to the stand-in; keyword arguments are settings."""
    made: list[ZendeskPlugin] = []

    def connect(**settings: object) -> ZendeskPlugin:
        given = {
            "plugin": "zendesk",
            "url": running.url,
            "sign_in": {
                "oauth": {
                    "client_id": seed.OAUTH_CLIENT_ID,
                    "client_secret": Resolved(seed.OAUTH_CLIENT_SECRET),
                }
            },
            "search_lag_seconds": 0,
            "timeouts": {"connect": 2, "read": 5},
            **settings,
        }
        plugin = ZendeskPlugin(Connection("helpdesk", ZendeskSettings.model_validate(given), utc_now))
        made.append(plugin)
        return plugin

    yield connect
    for plugin in made:
        plugin.close()


@pytest.fixture
def connected(connect: MakePlugin) -> ZendeskPlugin:
    """A plugin that speaks to the stand-in."""
    return connect()


@pytest.fixture
def impatient(connect: MakePlugin) -> ZendeskPlugin:
    """Waits a quarter of a second for an answer."""
    return connect(timeouts={"connect": 2, "read": 0.25})


@pytest.fixture
def act(running: RunningVendor) -> Act:
    """What an agent does by the API."""

    def act(method: str, path: str, as_user: str = seed.AGENT_SARI.email, **body: object) -> Any:
        response = requests.request(
            method,
            f"{running.url}/api/v2{path}",
            json=body or None,
            auth=(f"{as_user}/token", seed.API_TOKEN),
            timeout=5,
        )
        assert response.ok, response.text
        return response.json() if response.content else None

    return act


@pytest.fixture
def writes(running: RunningVendor, sandbox: ZendeskSandbox) -> Act:
    """What a customer does: returns the ticket's id."""

    def writes(**message: object) -> str:
        message = {"email": seed.CUSTOMER_DEWI.email, "body": "My order is lost.", **message}
        response = requests.post(f"{running.url}/_sandbox/inbound", json=message, timeout=5)
        assert response.ok, response.text
        return str(response.json()["ticket"]["id"])

    return writes
