"""The stories whose requests are counted: who does what at which stand-in, and how the bridge between them is configured.

A story is one thing that people do, in some tickets at once, and all that the bridge does about it until nothing is left to do.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from escalation_bridge.config.loading import Configuration, load_configuration
from escalation_bridge.plugged.discovery import Catalogue
from escalation_bridge.plugged.helpdesk import Helpdesk
from escalation_bridge.plugin.connection import Connection
from escalation_bridge_sandbox.demo.people import FreshdeskPerson, JiraPerson, Person, ZendeskPerson
from escalation_bridge_sandbox.freshdesk import FreshdeskSandbox
from escalation_bridge_sandbox.freshdesk.limits import Plan
from escalation_bridge_sandbox.freshdesk.state import seed as freshdesk_seed
from escalation_bridge_sandbox.freshdesk.state.records import Status as FreshdeskStatus
from escalation_bridge_sandbox.jira import JiraSandbox
from escalation_bridge_sandbox.jira import seed as jira_seed
from escalation_bridge_sandbox.jira.limits import CloudLimits
from escalation_bridge_sandbox.kernel.clock import SandboxClock
from escalation_bridge_sandbox.kernel.journal import JournalEntry
from escalation_bridge_sandbox.kernel.vendor import Vendor
from escalation_bridge_sandbox.zendesk import Limits, ZendeskSandbox, ZendeskSettings
from escalation_bridge_sandbox.zendesk.state import seed as zendesk_seed

CONNECTIONS = {"support": "Zendesk", "shop": "Freshdesk", "engineering": "Jira"}
BRIDGE_USERS = {zendesk_seed.BRIDGE.email, freshdesk_seed.BRIDGE.email, jira_seed.BRIDGE.email}
JIRA_SECRET = "the-secret-of-the-counted-jira"
FRESHDESK_SECRET = "the-secret-of-the-counted-freshdesk"
ENDLESS = 10**9
"""No limit is met: it is counted what the bridge asks for, not how long it waits."""
LONG = 2000
"""So many comments has the long conversation."""

MAIL, WARNED, ESCALATED = "a customer's mail", "warned", "escalated"
LONG_AGO = 30 * 86400

CONFIGURATION = """
bridge:
  database: {database}
  listen: 127.0.0.1:{port}
  reconcile_minutes: 0
connections:
  support:
    plugin: zendesk
    url: {support}
    sign_in: {{oauth: {{client_id: escalation-bridge, client_secret: "${{ZENDESK_CLIENT_SECRET}}"}}}}
    webhook_secrets: ["${{ZENDESK_WEBHOOK_SECRET}}"]
  shop:
    plugin: freshdesk
    url: {shop}
    api_key: ${{FRESHDESK_API_KEY}}
    webhook_secrets: ["${{FRESHDESK_WEBHOOK_SECRET}}"]
    key_field: cf_external_reference
    link_field: cf_linked_issue
    status_kinds: {{With Engineering: waiting_third_party}}
  engineering:
    plugin: jira
    deployment: cloud
    url: {engineering}
    email: {jira_email}
    api_token: ${{JIRA_API_TOKEN}}
    webhook_secrets: ["${{JIRA_WEBHOOK_SECRET}}"]
    project: ENG
    issue_type: Bug
    transition_fields: {{Done: {{resolution: {{name: Done}}}}}}
policies:
  - name: support
    when: {{connection: [support]}}
    targets: &targets {{default: {{first_response: {target}s, resolution: 100h}}}}
    ladder:
      - &warn {{id: warn, metric: first_response, at: 80%, do: [{{note: sla_warning}}, {{priority: raise}}]}}
      - {{id: escalate, metric: first_response, at: due, do: [{{escalate: support-to-engineering}}]}}
  - name: shop
    when: {{connection: [shop]}}
    targets: *targets
    ladder:
      - *warn
      - {{id: escalate, metric: first_response, at: due, do: [{{escalate: shop-to-engineering}}]}}
routes:
  support-to-engineering:
    from: support
    to: engineering
    labels: [from-support]
    handed_on_status: On-hold
    tell_customer: true
    status:
      owner: origin
      to_linked:
        {{New: keep, Open: keep, Pending: Blocked, On-hold: keep, With engineering: keep, Solved: Closed, closed: keep}}
      to_origin: {{To Do: keep, In Progress: With engineering, Blocked: keep, In Review: keep, Done: open, Closed: keep}}
      reopen: {{linked_status: To Do}}
    comments: &comments
      to_linked: {{take: public, write: private}}
      to_origin: {{take: all, write: private}}
  shop-to-engineering:
    from: shop
    to: engineering
    labels: [from-shop]
    handed_on_status: Waiting on Third Party
    tell_customer: true
    status:
      owner: origin
      to_linked:
        Open: keep
        Pending: keep
        Waiting on Customer: Blocked
        Waiting on Third Party: keep
        With Engineering: keep
        Resolved: Closed
        Closed: keep
      to_origin: {{To Do: keep, In Progress: With Engineering, Blocked: keep, In Review: keep, Done: Open, Closed: keep}}
      reopen: {{linked_status: To Do}}
    comments: *comments
"""


# --- The stand-ins and their people ---------------------------------------------------------------------------------


def make_vendors(clock: SandboxClock | None = None) -> dict[str, Vendor]:
    """The three stand-ins, by connection, without limits on how often they may be asked."""
    limits = Limits(*([ENDLESS] * 9))
    freshdesk = FreshdeskSandbox(clock=clock)
    freshdesk._plan = Plan(ENDLESS)  # noqa: SLF001 - its plans are the documented ones, and each has a limit
    freshdesk.reset()
    return {
        "support": ZendeskSandbox(settings=ZendeskSettings(limits=limits), clock=clock),
        "shop": freshdesk,
        "engineering": JiraSandbox(
            "cloud", clock=clock, limits=CloudLimits(ENDLESS, ENDLESS, ((ENDLESS, 2),), ENDLESS)
        ),
    }


class Origin(Protocol):
    """What customers and agents do in the helpdesk where tickets begin."""

    def customer_writes(self, subject: str) -> str: ...

    def customer_replies(self, ticket: str) -> None: ...

    def agent_answers(self, ticket: str) -> None: ...

    def agent_notes(self, ticket: str, text: str) -> None: ...

    def waits_for_customer(self, ticket: str) -> None: ...

    def solves(self, ticket: str) -> None: ...


class AtZendesk:
    def __init__(self, url: str) -> None:
        self._agent = ZendeskPerson(url, (f"{zendesk_seed.AGENT_SARI.email}/token", zendesk_seed.API_TOKEN))
        self._customer = Person(url, None)

    def customer_writes(self, subject: str) -> str:
        mail = {"channel": "email", "email": zendesk_seed.CUSTOMER_DEWI.email, "subject": subject}
        made = self._customer.call("POST", "/_sandbox/inbound", json={**mail, "body": "We cannot pay."})
        return str(made["ticket"]["id"])

    def customer_replies(self, ticket: str) -> None:
        reply = {"channel": "email", "ticket_id": int(ticket), "body": "It is broken again."}
        self._customer.call(
            "POST", "/_sandbox/inbound", json={**reply, "email": zendesk_seed.CUSTOMER_DEWI.email}
        )

    def agent_answers(self, ticket: str) -> None:
        self._change(ticket, comment={"body": "We are looking into it.", "public": True})

    def agent_notes(self, ticket: str, text: str) -> None:
        self._change(ticket, comment={"body": text, "public": False})

    def waits_for_customer(self, ticket: str) -> None:
        self._change(ticket, status="pending")

    def solves(self, ticket: str) -> None:
        self._change(ticket, status="solved", assignee_id=zendesk_seed.AGENT_SARI.id)

    def _change(self, ticket: str, **change: object) -> None:
        self._agent.call("PUT", f"/api/v2/tickets/{ticket}.json", json={"ticket": change})


class AtFreshdesk:
    def __init__(self, url: str) -> None:
        self._agent = FreshdeskPerson(url, (freshdesk_seed.AGENT_RINA.api_key, freshdesk_seed.PASSWORD))
        self._customer = Person(url, None)

    def customer_writes(self, subject: str) -> str:
        sender = {"name": freshdesk_seed.CUSTOMER_SARI.name, "email": freshdesk_seed.CUSTOMER_SARI.email}
        mail = {"channel": "email", "from": sender, "subject": subject, "body": "We cannot pay."}
        return str(self._customer.call("POST", "/_sandbox/inbound", json=mail)["ticket_id"])

    def customer_replies(self, ticket: str) -> None:
        reply = {"ticket_id": int(ticket), "body": "It is broken again."}
        self._customer.call("POST", "/_sandbox/inbound", json=reply)

    def agent_answers(self, ticket: str) -> None:
        self._agent.reply(int(ticket), "We are looking into it.")

    def agent_notes(self, ticket: str, text: str) -> None:
        note = {"body": text, "private": True}
        self._agent.call("POST", f"/api/v2/tickets/{ticket}/notes", json=note)

    def waits_for_customer(self, ticket: str) -> None:
        self._agent.set_status(int(ticket), FreshdeskStatus.WAITING_ON_CUSTOMER)

    def solves(self, ticket: str) -> None:
        self._agent.set_status(int(ticket), FreshdeskStatus.RESOLVED)


@dataclass
class Desks:
    """The stand-ins, and what people do there.

    Attributes:
        vendors: By connection.
        origin: By connection.
    """

    vendors: Mapping[str, Vendor]
    origin: Mapping[str, Origin] = field(init=False)

    def __post_init__(self) -> None:
        self.origin = {
            "support": AtZendesk(self.vendors["support"].base_url),
            "shop": AtFreshdesk(self.vendors["shop"].base_url),
        }
        login = jira_seed.DEVELOPER.email, jira_seed.api_token(jira_seed.DEVELOPER)
        self.developer = JiraPerson(self.vendors["engineering"].base_url, login)

    def issue_of(self, subject: str) -> str | None:
        """The key of the issue that was created for a ticket with this subject."""
        jira = self.vendors["engineering"]
        assert isinstance(jira, JiraSandbox)
        with jira.lock:
            found = [issue.key for issue in jira.site.issues.values() if subject in issue.values["summary"]]
        assert len(found) < 2, f"{subject!r} became {found}"
        return found[0] if found else None


def secrets() -> dict[str, str]:
    """What the configuration takes from the environment; Zendesk's own secret only once it was subscribed to."""
    return {
        "ZENDESK_CLIENT_SECRET": zendesk_seed.OAUTH_CLIENT_SECRET,
        "ZENDESK_WEBHOOK_SECRET": "not-known-before-subscribing",
        "FRESHDESK_API_KEY": freshdesk_seed.BRIDGE.api_key,
        "FRESHDESK_WEBHOOK_SECRET": FRESHDESK_SECRET,
        "JIRA_API_TOKEN": jira_seed.api_token(jira_seed.BRIDGE),
        "JIRA_WEBHOOK_SECRET": JIRA_SECRET,
    }


def write_configuration(path: Path, desks: Desks, database: str, port: int, target: int) -> None:
    urls = {name: vendor.base_url for name, vendor in desks.vendors.items()}
    values = {"database": database, "port": port, "target": target, "jira_email": jira_seed.BRIDGE.email}
    path.write_text(CONFIGURATION.format(**urls, **values))


def subscribe(path: Path, catalogue: Catalogue, receiver: str) -> dict[str, str]:
    """Have the vendors call the receiver as `escalation-bridge connect` does; the secrets with the vendors' own."""
    known = secrets()
    # In Freshdesk administrators alone make rules.
    as_admin = {**known, "FRESHDESK_API_KEY": freshdesk_seed.ADMIN.api_key}
    configuration: Configuration = load_configuration(path, catalogue, as_admin)
    for name, settings in configuration.connections.items():
        plugin = catalogue.vendors()[settings.plugin](Connection(name, settings, lambda: datetime.now(UTC)))
        with closing(Helpdesk(name, plugin)) as helpdesk:
            secret = JIRA_SECRET if name == "engineering" else FRESHDESK_SECRET
            made = helpdesk.subscribe_webhooks(f"{receiver}/webhooks/{name}", secret)
            own = [each.secret for each in made if each.secret]
            if name == "support":
                known["ZENDESK_WEBHOOK_SECRET"] = own[0]
    return known


# --- Stories --------------------------------------------------------------------------------------------------------


@dataclass
class Case:
    """A customer's ticket and, once there is one, the issue."""

    subject: str
    ticket: str = ""
    issue: str = ""


@dataclass(frozen=True)
class Story:
    """Something that happens to some tickets, and what is to be seen of it at the end.

    Attributes:
        name: `zendesk: escalation`, say.
        act: What people do.
        until: What the clocks have to reach meanwhile, as a share of the target.
        seen: Whether the bridge did its part, for one ticket.
    """

    name: str
    act: Callable[[Case], None]
    until: float | None = None
    seen: Callable[[Case], object] = lambda _: True


def stories(desks: Desks, connection: str, *, warned_apart: bool = False) -> Iterator[Story]:
    """What happens to a ticket from its first mail on, in this order.

    Args:
        desks: Where.
        connection: Where the tickets begin.
        warned_apart: Stop once the warning is written, so that it is counted apart from the escalation.
    """
    origin, developer = desks.origin[connection], desks.developer
    here = CONNECTIONS[connection]

    def mail(case: Case) -> None:
        case.ticket = origin.customer_writes(case.subject)

    def nothing(_: Case) -> None:
        """Time passes."""

    def escalated(case: Case) -> bool:
        case.issue = desks.issue_of(case.subject) or ""
        return bool(case.issue)

    def moved(status: str, **fields: Any) -> Callable[[Case], None]:
        return lambda case: developer.move(case.issue, status, **fields)

    def shows(status: str) -> Callable[[Case], bool]:
        return lambda case: developer.status(case.issue) == status

    def on_origin(act: Callable[[str], None]) -> Callable[[Case], None]:
        return lambda case: act(case.ticket)

    yield Story(f"{here}: {MAIL}", mail)
    if warned_apart:
        yield Story(f"{here}: {WARNED}", nothing, until=0.8)
    yield Story(f"{here}: {ESCALATED}", nothing, until=1.0, seen=escalated)
    yield Story(f"Jira to {here}: a status", moved("In Progress"))
    yield Story(f"Jira to {here}: a comment", lambda case: developer.comment(case.issue, "Found it."))
    yield Story(
        f"{here} to Jira: a comment",
        on_origin(origin.agent_answers),
        seen=lambda case: len(developer.comments(case.issue)) == 2,
    )
    yield Story(f"{here} to Jira: a status", on_origin(origin.waits_for_customer), seen=shows("Blocked"))
    yield Story(f"Jira to {here}: a status again", moved("In Progress"))
    yield Story(f"Jira to {here}: done", moved("Done", resolution={"name": "Done"}))
    yield Story(f"{here}: solved", on_origin(origin.solves), seen=shows("Closed"))
    yield Story(f"{here}: reopened", on_origin(origin.customer_replies), seen=shows("To Do"))


def long_conversation(desks: Desks, connection: str, case: Case, comments: int) -> None:
    """Have agents write notes long ago that nobody was told of, so that the bridge hears of all of them with the next one.

    Long ago, for the newest ones are read again each time, as they may have been edited.
    """
    vendor = desks.vendors[connection]
    vendor.outbox.mood.drop = ENDLESS
    vendor.clock.advance(-LONG_AGO)
    for number in range(comments):
        desks.origin[connection].agent_notes(case.ticket, f"Note {number}")
    vendor.clock.advance(LONG_AGO)
    vendor.outbox.mood.drop = 0
    desks.origin[connection].agent_notes(case.ticket, "That was much.")


def one_more(desks: Desks, connection: str) -> Story:
    """One note more in a long conversation; it stays where it is, for routes pass public comments on."""
    note = "One more note."
    here = CONNECTIONS[connection]
    return Story(
        f"{here}: a note in a long conversation",
        lambda case: desks.origin[connection].agent_notes(case.ticket, note),
    )


# --- Counting -------------------------------------------------------------------------------------------------------

_IDS = re.compile(r"(?<=/)(?:\d+|[A-Z]+-\d+|eb-[0-9a-f]+)(?=[/.]|$)")
_VERSION = re.compile(r"^/rest/api/\d")


@dataclass(frozen=True, order=True)
class Request:
    """A kind of request: its method and path, with `{id}` where tickets, comments and the like are named."""

    vendor: str
    method: str
    path: str
    write: bool


def kind_of(vendor: str, entry: JournalEntry) -> Request:
    version = _VERSION.match(entry.path)
    start = version.end() if version else 0
    path = entry.path[:start] + _IDS.sub("{id}", entry.path[start:])
    return Request(vendor, entry.method, path.removesuffix(".json"), entry.write)


def asked(desks: Desks) -> Counter[Request]:
    """What the bridge asked for since the journals were last cleared."""
    return Counter(
        kind_of(CONNECTIONS[name], entry)
        for name, vendor in desks.vendors.items()
        for entry in vendor.journal.entries()
        if entry.user in BRIDGE_USERS or entry.path.startswith("/oauth/")
    )


def forget(desks: Desks) -> None:
    for vendor in desks.vendors.values():
        vendor.journal.clear()
