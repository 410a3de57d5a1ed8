"""Stand-in sites with a plugin connected to each."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NoReturn

import pytest
import requests
from pydantic import SecretStr

from escalation_bridge.domain.tickets.tickets import Priority, Severity, TicketDraft
from escalation_bridge.plugin import JsonPart
from escalation_bridge.plugin.connection import Connection
from escalation_bridge.text.rich_text import from_html
from escalation_bridge_jira.plugin import JiraPlugin
from escalation_bridge_jira.settings import JiraSettings
from escalation_bridge_jira.translation.mapping import Mapper
from escalation_bridge_sandbox.jira import JiraSandbox, seed
from escalation_bridge_sandbox.jira.model.people import Person
from escalation_bridge_sandbox.kernel.faults import Fault, FaultKind
from escalation_bridge_sandbox.kernel.server import RunningVendor, start

KEY = "eb-0123456789abcdef0123"
SECRET = "a-secret-of-twenty-characters"


def sign_in(deployment: str, person: Person) -> dict[str, object]:
    if deployment == "cloud":
        return {"email": person.email, "api_token": SecretStr(seed.api_token(person))}
    return {"personal_access_token": SecretStr(seed.personal_token(person))}


def settings_for(deployment: str, url: str, person: Person = seed.BRIDGE, **changes: Any) -> JiraSettings:
    return JiraSettings(
        **{
            "plugin": "jira",
            "deployment": deployment,
            "url": url,
            "project": "ENG",
            "issue_type": "Bug",
            "transition_fields": {"Done": {"resolution": {"name": "Done"}}},
            "webhook_secrets": (SecretStr(SECRET),),
            "timeouts": {"connect": 5, "read": 0.4},
            **sign_in(deployment, person),
            **changes,
        }
    )


@dataclass
class Site:
    """A stand-in, and the bridge's plugin for it."""

    deployment: str
    running: RunningVendor
    plugins: list[JiraPlugin] = field(default_factory=list)
    held_answers: int = 0

    def plugin(self, person: Person = seed.BRIDGE, **changes: Any) -> JiraPlugin:
        settings = settings_for(self.deployment, self.running.url, person, **changes)
        self.plugins.append(JiraPlugin(Connection("jira-main", settings)))
        return self.plugins[-1]

    @property
    def sandbox(self) -> JiraSandbox:
        assert isinstance(self.running.vendor, JiraSandbox)
        return self.running.vendor

    def fault(self, kind: Any, **details: Any) -> None:
        self.sandbox.faults.add(Fault(kind, **details))
        self.held_answers += kind is FaultKind.TIMEOUT_AFTER_WRITE

    def wait_for_held_answers(self) -> None:
        """Until the stand-in has given them, though nobody listens any more: the next test begins with an empty journal."""
        deadline = time.monotonic() + 10
        while self.held_answers > self._given() and time.monotonic() < deadline:
            time.sleep(0.01)

    def _given(self) -> int:
        entries = self.sandbox.journal.entries()
        return sum(entry.fault == FaultKind.TIMEOUT_AFTER_WRITE for entry in entries)

    def writes(self, method: str = "", path: str = "") -> list[Any]:
        """What the bridge wrote, as the stand-in saw it."""
        found = self.sandbox.journal.entries(writes=True)
        return [entry for entry in found if entry.method.startswith(method) and path in entry.path]

    def call(self, person: Person, method: str, path: str, body: object = None) -> Any:
        """What somebody else does, over HTTP."""
        if self.deployment == "cloud":
            auth: dict[str, Any] = {"auth": (person.email, seed.api_token(person))}
        else:
            auth = {"headers": {"Authorization": f"Bearer {seed.personal_token(person)}"}}
        response = requests.request(method, self.running.url + path, json=body, timeout=10, **auth)
        assert response.ok, response.text
        return response.json() if response.content else None

    def issues(self) -> list[Any]:
        """All issues, whoever made them."""
        path = "/rest/api/2/search" + ("/jql" if self.deployment == "cloud" else "")
        found: list[Any] = self.call(
            seed.ADMIN, "POST", path, {"jql": "created >= -1d", "fields": ["summary"]}
        )["issues"]
        return found

    def user(self, person: Person) -> str:
        return person.account_id if self.deployment == "cloud" else person.name

    def close(self) -> None:
        for plugin in self.plugins:
            plugin.close()
        self.running.stop()


@pytest.fixture
def description(request: pytest.FixtureRequest) -> Any | None:
    """Atlassian's API description; None where it is not on this machine, then requests are not held to it."""
    try:
        return request.getfixturevalue("jira_openapi")
    except pytest.skip.Exception:
        return None


@pytest.fixture(scope="session", params=["cloud", "datacenter"])
def _shared(request: pytest.FixtureRequest) -> Iterator[tuple[str, RunningVendor]]:
    running = start(JiraSandbox(request.param))
    yield request.param, running
    running.stop()


@pytest.fixture
def site(_shared: tuple[str, RunningVendor], description: Any | None) -> Iterator[Site]:
    """A site of each deployment, as it was on its first day. What it is asked must fit the API description."""
    deployment, running = _shared
    running.vendor.reset()
    site = Site(deployment, running)
    yield site
    for plugin in site.plugins:
        plugin.close()
    site.wait_for_held_answers()
    if description is None:
        return
    for entry in site.sandbox.journal.entries():
        if "/rest/api/2/" not in entry.path and description.knows(entry.method, entry.path):
            path = f"{entry.path}?{entry.query}" if entry.query else entry.path
            description.validate_request(entry.method, path, entry.body)


@pytest.fixture
def make_site() -> Iterator[Callable[..., Site]]:
    """A site of any deployment and version."""
    made: list[Site] = []

    def make(deployment: str, **options: Any) -> Site:
        made.append(Site(deployment, start(JiraSandbox(deployment, **options))))
        return made[-1]

    yield make
    for site in made:
        site.close()


@pytest.fixture
def draft() -> TicketDraft:
    return TicketDraft(
        summary="Payment fails with error 500",
        description=from_html(
            "<p>It <strong>fails</strong>:</p><ul><li>any browser</li></ul><pre>HTTP 500</pre>"
        ),
        priority=Priority.HIGH,
        severity=Severity.EMERGENCY,
        labels=("vip customer",),
    )


@pytest.fixture
def make_mapper() -> Callable[..., Mapper]:
    def make(deployment: str = "cloud", **changes: Any) -> Mapper:
        return Mapper("jira-main", settings_for(deployment, "https://acme.atlassian.net", **changes))

    return make


@pytest.fixture
def part() -> Callable[[object], JsonPart]:
    """A JSON document that fails the test where something needed is missing."""

    def fail(message: str) -> NoReturn:
        raise AssertionError(message)

    return lambda value: JsonPart(value, "", fail)


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 7, 1, 2, 15, tzinfo=UTC)
