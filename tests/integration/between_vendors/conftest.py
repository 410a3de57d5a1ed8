"""The real plugins for Zendesk and Jira at their stand-ins over HTTP, and a bridge between them."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
import requests
from pydantic import SecretStr

from escalation_bridge.bridge import Bridge
from escalation_bridge.domain.case.cases import Rules
from escalation_bridge.domain.escalation.actions.escalate import Escalate
from escalation_bridge.domain.routes.routes import CommentRule, StatusMap, Take
from escalation_bridge.domain.routes.sides import Keep
from escalation_bridge.domain.sla.policy import Metric, Step, Targets
from escalation_bridge.domain.tickets.tickets import StatusKind, TicketRef, Visibility
from escalation_bridge.engine.worker import Worker
from escalation_bridge.messages.catalogue import history_line
from escalation_bridge.plugged.extensions import Extensions
from escalation_bridge.plugged.helpdesk import Helpdesk
from escalation_bridge.plugin.connection import Connection, utc_now
from escalation_bridge.plugin.settings import Resolved
from escalation_bridge.store.cases import case_tickets, case_views
from escalation_bridge.store.queue import wakes
from escalation_bridge.store.webhooks.deliveries import DeliveryWriter
from escalation_bridge_freshdesk.plugin import FreshdeskPlugin
from escalation_bridge_freshdesk.settings import FreshdeskSettings
from escalation_bridge_jira.plugin import JiraPlugin
from escalation_bridge_jira.settings import JiraSettings
from escalation_bridge_sandbox.freshdesk import FreshdeskSandbox
from escalation_bridge_sandbox.freshdesk.state import seed as freshdesk_seed
from escalation_bridge_sandbox.jira import JiraSandbox
from escalation_bridge_sandbox.jira import seed as jira_seed
from escalation_bridge_sandbox.kernel.server import RunningVendor, start
from escalation_bridge_sandbox.zendesk import ZendeskSandbox
from escalation_bridge_sandbox.zendesk.state import seed as zendesk_seed
from escalation_bridge_webhooks.app import create_app
from escalation_bridge_webhooks.server import Server
from escalation_bridge_zendesk.plugin import ZendeskPlugin
from escalation_bridge_zendesk.settings import ZendeskSettings

KEPT = StatusMap({kind.value: Keep.KEEP for kind in StatusKind})
Json = Any
WEBHOOK_SECRET = "a-secret-of-enough-length"
QUIET = {
    "linked": "engineering",
    "to_linked": KEPT,
    "to_origin": KEPT,
    "comments_to_linked": CommentRule(Take.PUBLIC, Visibility.PRIVATE),
    "origin_status": None,
    "tell_customer": False,
}


@pytest.fixture
def database_kind():
    return "sqlite"


@dataclass
class Desks:
    """Both stand-ins and a bridge between them, whose clock can be put forward."""

    bridge: Bridge
    zendesk: RunningVendor
    jira: RunningVendor
    ahead: dict[str, timedelta]
    issue: str = ""
    ticket: str = ""
    webhook_secret: str = WEBHOOK_SECRET
    worker: Worker = field(init=False)

    def __post_init__(self) -> None:
        self.worker = Worker(self.bridge)

    def hear(self, connection: str, ticket: str) -> None:
        """News of a ticket, and the work that it brings."""
        ref = TicketRef(connection, ticket)
        with self.bridge.database.write() as transaction:
            cases = case_tickets.cases_of(transaction, ref)
            cases = cases or [case_tickets.open_case(transaction, ref, self.bridge.now())]
            wakes.wake(transaction, cases[0], self.bridge.now(), "test")
            case_tickets.mark_stale(transaction, ref)
        self.worker.run_until_idle()

    def hear_both(self) -> None:
        """News of both tickets at once."""
        with self.bridge.database.write() as transaction:
            case_tickets.mark_stale(transaction, TicketRef("engineering", self.issue))
        self.hear("support", self.ticket)

    def later(self, **amount: float) -> None:
        self.ahead["by"] += timedelta(**amount)
        self.worker.run_until_idle()

    def agent(self, method: str, path: str, **more: Any) -> Json:
        """What an agent does in Zendesk."""
        login = (f"{zendesk_seed.AGENT_SARI.email}/token", zendesk_seed.API_TOKEN)
        url = f"{self.zendesk.url}/api/v2{path}"
        answer = requests.request(method, url, auth=login, timeout=10, **more)
        assert answer.ok, answer.text
        return answer.json()

    def developer(self, method: str, path: str, **more: Any) -> Json:
        """What a developer does in Jira."""
        login = (jira_seed.DEVELOPER.email, jira_seed.api_token(jira_seed.DEVELOPER))
        answer = requests.request(method, f"{self.jira.url}{path}", auth=login, timeout=10, **more)
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def customer_sends(self, *files: tuple[str, bytes]) -> None:
        tokens = [
            self.agent(
                "POST", f"/uploads?filename={name}", data=content, headers={"Content-Type": "text/plain"}
            )["upload"]["token"]
            for name, content in files
        ]
        comment = {"body": "See the file.", "public": True, "uploads": tokens}
        self.agent("PUT", f"/tickets/{self.ticket}", json={"ticket": {"comment": comment}})
        self.hear("support", self.ticket)

    def developer_sends(self, name: str, content: bytes) -> None:
        headers = {"X-Atlassian-Token": "no-check"}
        path = f"/rest/api/3/issue/{self.issue}"
        self.developer("POST", f"{path}/attachments", files={"file": (name, content)}, headers=headers)
        shown = {"type": "media", "attrs": {"type": "file", "id": "1", "collection": "", "alt": name}}
        words = {"type": "paragraph", "content": [{"type": "text", "text": "Try this."}]}
        group = {"type": "mediaGroup", "content": [shown]}
        document = {"type": "doc", "version": 1, "content": [words, group]}
        self.developer("POST", f"{path}/comment", json={"body": document})
        self.hear("engineering", self.issue)

    def at_zendesk(self) -> list[tuple[str, int, bool]]:
        comments = self.agent("GET", f"/tickets/{self.ticket}/comments")["comments"]
        return [(f["file_name"], f["size"], c["public"]) for c in comments for f in c["attachments"]]

    def at_jira(self) -> list[tuple[str, int]]:
        fields = self.developer("GET", f"/rest/api/2/issue/{self.issue}?fields=attachment")["fields"]
        return [(each["filename"], each["size"]) for each in fields["attachment"]]

    @contextmanager
    def receiving(self) -> Iterator[str]:
        """The real receiver, on a port of its own; the address under which vendors reach it."""
        with closing(DeliveryWriter(self.bridge.database)) as writer:
            server = Server(create_app(self.bridge, writer), "127.0.0.1", 0, largest_body=10_000_000)
            try:
                yield f"http://127.0.0.1:{server.port}/webhooks"
            finally:
                server.stop()

    def said_in_jira(self) -> str:
        comments = self.developer("GET", f"/rest/api/2/issue/{self.issue}/comment")["comments"]
        return "\n".join(each["body"] for each in comments)


def plugins(zendesk: RunningVendor, jira: RunningVendor, now: Callable[[], datetime]) -> dict[str, Any]:
    sign_in = {
        "oauth": {
            "client_id": zendesk_seed.OAUTH_CLIENT_ID,
            "client_secret": Resolved(zendesk_seed.OAUTH_CLIENT_SECRET),
        }
    }
    support = ZendeskSettings.model_validate({"plugin": "zendesk", "url": zendesk.url, "sign_in": sign_in})
    engineering = JiraSettings(
        plugin="jira",
        deployment="cloud",
        url=jira.url,
        project="ENG",
        issue_type="Bug",
        email=jira_seed.BRIDGE.email,
        api_token=SecretStr(jira_seed.api_token(jira_seed.BRIDGE)),
        webhook_secrets=(SecretStr(WEBHOOK_SECRET),),
    )
    return {
        "support": ZendeskPlugin(Connection("support", support, now)),
        "engineering": JiraPlugin(Connection("engineering", engineering, now)),
    }


@pytest.fixture
def make_desks(database, make_route, make_policy) -> Iterator[Callable[..., Desks]]:
    """Makes both, with a ticket that was handed on over a route with what is given.

    `prepare` is called with both stand-ins before anything happens there.
    """
    with ExitStack() as opened:
        yield lambda prepare=None, **route: opened.enter_context(
            _desks(database, make_route(**QUIET, **route), make_policy, prepare)
        )


@contextmanager
def _desks(database, route, make_policy, prepare=None) -> Iterator[Desks]:
    policy = make_policy(
        targets=Targets(default={Metric.FIRST_RESPONSE: 3600}),
        ladder=(Step("escalate", Metric.FIRST_RESPONSE, 100, 0, (Escalate("engineering"),)),),
    )
    ahead = {"by": timedelta()}

    def now() -> datetime:
        return utc_now() + ahead["by"]

    with start(ZendeskSandbox()) as zendesk, start(JiraSandbox("cloud")) as jira:
        if prepare is not None:
            prepare(zendesk, jira)
        connected = plugins(zendesk, jira, now)
        bridge = Bridge(
            id="0123456789abcdef",
            database=database,
            helpdesks={name: Helpdesk(name, plugin) for name, plugin in connected.items()},
            extensions=Extensions({}),
            rules=Rules((policy,), {route.name: route}),
            language="en",
            now=now,
        )
        desks = Desks(bridge, zendesk, jira, ahead)
        message = {"email": zendesk_seed.CUSTOMER_DEWI.email, "subject": "Lost", "body": "My order is lost."}
        made = requests.post(f"{zendesk.url}/_sandbox/inbound", json=message, timeout=10)
        desks.ticket = str(made.json()["ticket"]["id"])
        desks.hear("support", desks.ticket)
        desks.later(minutes=61)
        desks.issue = bridge_link(desks)
        yield desks
        for plugin in connected.values():
            plugin.close()


def bridge_link(desks: Desks) -> str:
    path = "/rest/api/2/search/jql"
    found = desks.developer("POST", path, json={"jql": "created >= -1d", "fields": ["summary"]})["issues"]
    (issue,) = found
    return str(issue["id"])


@dataclass
class Pair:
    """Any two stand-ins and a bridge between them; the customer's ticket is at `support`."""

    bridge: Bridge
    servers: dict[str, RunningVendor]
    ahead: dict[str, timedelta]
    ticket: str = ""
    worker: Worker = field(init=False)

    def __post_init__(self) -> None:
        self.worker = Worker(self.bridge)

    def call(self, side: str, method: str, path: str, *, auth: Any = None, **more: Any) -> Json:
        """Any request to one of the stand-ins."""
        answer = requests.request(method, f"{self.servers[side].url}{path}", auth=auth, timeout=10, **more)
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def inbound(self, **message: Any) -> str:
        """A customer writes; the ticket's id."""
        found = self.call("support", "POST", "/_sandbox/inbound", json=message)
        self.ticket = str(found.get("ticket_id") or found["ticket"]["id"])
        return self.ticket

    def hear(self, connection: str = "support", ticket: str | None = None) -> None:
        """News of a ticket, and the work that it brings."""
        ref = TicketRef(connection, ticket or self.ticket)
        with self.bridge.database.write() as transaction:
            cases = case_tickets.cases_of(transaction, ref)
            cases = cases or [case_tickets.open_case(transaction, ref, self.bridge.now())]
            wakes.wake(transaction, cases[0], self.bridge.now(), "test")
            case_tickets.mark_stale(transaction, ref)
        self.worker.run_until_idle()

    def later(self, **amount: float) -> None:
        self.ahead["by"] += timedelta(**amount)
        self.worker.run_until_idle()

    def view(self) -> Any:
        with self.bridge.database.read() as transaction:
            return case_views.load_case(transaction, 1)

    def clocks(self) -> dict[str, tuple[str, datetime | None]]:
        """The case's clocks by metric and cycle: state, and when done."""
        return {
            f"{clock.metric}:{clock.cycle}": (str(clock.state), clock.done_at) for clock in self.view().clocks
        }

    def timeline(self) -> list[str]:
        with self.bridge.database.read() as transaction:
            return [history_line(entry, "en") for entry in case_views.load_timeline(transaction, 1)]

    def linked(self) -> Any:
        """The linked ticket as the plugin reads it."""
        view = self.view()
        (link,) = view.links
        return self.bridge.helpdesks["engineering"].fetch_ticket(link.linked.id)


def _connected(name: str, kind: str, server: RunningVendor, **more: object) -> Any:
    match kind:
        case "zendesk":
            oauth = {
                "client_id": zendesk_seed.OAUTH_CLIENT_ID,
                "client_secret": Resolved(zendesk_seed.OAUTH_CLIENT_SECRET),
            }
            given = {"plugin": kind, "url": server.url, "sign_in": {"oauth": oauth}, **more}
            return ZendeskPlugin(Connection(name, ZendeskSettings.model_validate(given), utc_now))
        case "freshdesk":
            given = {
                "plugin": kind,
                "url": server.url,
                "api_key": Resolved(freshdesk_seed.BRIDGE.api_key),
                "webhook_secrets": [Resolved("a-secret-of-some-length")],
                "key_field": freshdesk_seed.FIELD_REFERENCE,
                **more,
            }
            return FreshdeskPlugin(Connection(name, FreshdeskSettings.model_validate(given), utc_now))
        case _:
            sign_in = {
                "email": jira_seed.BRIDGE.email,
                "api_token": SecretStr(jira_seed.api_token(jira_seed.BRIDGE)),
            }
            if kind == "datacenter":
                sign_in = {"personal_access_token": SecretStr(jira_seed.personal_token(jira_seed.BRIDGE))}
            given = {
                "plugin": "jira",
                "deployment": "datacenter" if kind == "datacenter" else "cloud",
                "url": server.url,
                "project": "ENG",
                "issue_type": "Bug",
                **sign_in,
                **more,
            }
            return JiraPlugin(Connection(name, JiraSettings.model_validate(given), utc_now))


_STAND_INS: dict[str, Callable[[], Any]] = {
    "zendesk": ZendeskSandbox,
    "freshdesk": FreshdeskSandbox,
    "jira": lambda: JiraSandbox("cloud"),
    "datacenter": lambda: JiraSandbox("datacenter"),
}


@pytest.fixture
def make_pair(database, make_route, make_policy) -> Iterator[Callable[..., Pair]]:
    """Makes a pair of stand-ins with a route from the first to the second, and no ticket yet.

    `settings` are those of the connection engineering; `policy` changes the policy, everything else the route.
    """
    with ExitStack() as opened:

        def make(
            origin: str,
            linked: str,
            *,
            settings: Json = None,
            policy: Json = None,
            origin_settings: Json = None,
            **route: Any,
        ) -> Pair:
            servers = {
                side: opened.enter_context(start(_STAND_INS[kind]()))
                for side, kind in (("support", origin), ("engineering", linked))
            }
            more = {"support": origin_settings or {}, "engineering": settings or {}}
            kinds = {"support": origin, "engineering": linked}
            connected = {
                side: _connected(side, kinds[side], server, **more[side]) for side, server in servers.items()
            }
            for plugin in connected.values():
                opened.callback(plugin.close)
            ahead = {"by": timedelta()}
            ladder = (Step("escalate", Metric.FIRST_RESPONSE, 100, 0, (Escalate("engineering"),)),)
            rules = make_policy(
                **{
                    "targets": Targets(default={Metric.FIRST_RESPONSE: 3600}),
                    "ladder": ladder,
                    **(policy or {}),
                }
            )
            made = make_route(**{**QUIET, **route})
            bridge = Bridge(
                id="0123456789abcdef",
                database=database,
                helpdesks={name: Helpdesk(name, plugin) for name, plugin in connected.items()},
                extensions=Extensions({}),
                rules=Rules((rules,), {made.name: made}),
                language="en",
                now=lambda: utc_now() + ahead["by"],
            )
            return Pair(bridge, servers, ahead)

        yield make
