"""A client that holds every answer against Atlassian's API description."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from escalation_bridge_sandbox.jira import JiraSandbox, seed
from escalation_bridge_sandbox.jira.model.people import Person
from escalation_bridge_sandbox.kernel.receiver import Receiver
from escalation_bridge_sandbox.kernel.server import RunningVendor, start

# Answers by what stands before Jira's resources, which the API description leaves out; and the 410 of the
# search that it still describes.
NOT_DESCRIBED = frozenset({405, 410, 413, 415, 429, 500, 504})


class Api:
    """Speaks to a running stand-in as one person. On Cloud v3 and the service desk, each answer is validated."""

    def __init__(self, running: RunningVendor, openapi: Any, person: Person | None = seed.BRIDGE) -> None:
        self.running = running
        self.openapi = openapi
        self.person = person

    def as_(self, person: Person | None) -> "Api":
        return Api(self.running, self.openapi, person)

    @property
    def sandbox(self) -> JiraSandbox:
        vendor = self.running.vendor
        assert isinstance(vendor, JiraSandbox)
        return vendor

    @property
    def is_cloud(self) -> bool:
        return self.sandbox.edition.is_cloud

    def call(
        self, method: str, path: str, body: Any = None, *, described: bool = True, **options: Any
    ) -> requests.Response:
        """Send a request. What a layer before Jira answers is not described."""
        headers = options.pop("headers", {})
        if self.person is not None and "Authorization" not in headers and "auth" not in options:
            if self.is_cloud:
                options["auth"] = (self.person.email, seed.api_token(self.person))
            else:
                headers = {**headers, "Authorization": f"Bearer {seed.personal_token(self.person)}"}
        if body is not None:
            options["json"] = body
        url = path if path.startswith("http") else self.running.url + path
        response = requests.request(method, url, headers=headers, timeout=5, allow_redirects=False, **options)
        if described and self.is_cloud and self.openapi is not None:
            self._validate(method, urlsplit(url), response)
        return response

    def _validate(self, method: str, url: Any, response: requests.Response) -> None:
        path = f"{url.path}?{url.query}" if url.query else url.path
        if response.status_code not in NOT_DESCRIBED and self.openapi.knows(method, path):
            is_json = response.headers.get("Content-Type", "").startswith("application/json")
            body = response.json() if is_json and response.content else None
            self.openapi.validate_response(method, path, response.status_code, body)

    def get(self, path: str, status: int = 200, **options: Any) -> Any:
        response = self.call("GET", path, **options)
        assert response.status_code == status, response.text
        return response.json() if response.content else None

    def post(self, path: str, body: Any, status: int) -> Any:
        response = self.call("POST", path, body)
        assert response.status_code == status, response.text
        return response.json() if response.content else None

    def put(self, path: str, body: Any, status: int = 204) -> Any:
        response = self.call("PUT", path, body)
        assert response.status_code == status, response.text
        return response.json() if response.content else None

    def delete(self, path: str, status: int = 204) -> Any:
        response = self.call("DELETE", path)
        assert response.status_code == status, response.text
        return response.json() if response.content else None

    @property
    def base(self) -> str:
        """The newest API of the edition."""
        return "/rest/api/3" if self.is_cloud else "/rest/api/2"

    def text(self, words: str) -> Any:
        """Rich text in the form of that API."""
        return document(words) if self.is_cloud else words

    def create(self, summary: str = "Payment fails", project: str = "ENG", **fields: Any) -> Any:
        types = {"ENG": "Bug", "OPS": "Incident", "DUK": "Tugas", "HELP": "Service Request"}
        body = {
            "project": {"key": project},
            "issuetype": {"name": types[project]},
            "summary": summary,
            **fields,
        }
        return self.post(f"{self.base}/issue", {"fields": body}, 201)

    def fields(self, key: str) -> Any:
        return self.get(f"{self.base}/issue/{key}")["fields"]

    def move(self, key: str, *transition_ids: str, **fields: Any) -> None:
        """Go through transitions; the fields go with the last one."""
        for each in transition_ids:
            body: dict[str, Any] = {"transition": {"id": each}}
            if fields and each == transition_ids[-1]:
                body["fields"] = fields
            self.post(f"{self.base}/issue/{key}/transitions", body, 204)


def document(*paragraphs: str) -> dict[str, Any]:
    return {
        "type": "doc",
        "version": 1,
        "content": [
            {"type": "paragraph", "content": [{"type": "text", "text": each}]} for each in paragraphs
        ],
    }


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Takes webhooks."""
    with Receiver() as each:
        yield each


@pytest.fixture
def make_jira(jira_openapi_if_there: Any) -> Iterator[Callable[..., Api]]:
    """Starts stand-ins with the given arguments and stops them after the test."""
    running: list[RunningVendor] = []

    def make(deployment: str = "cloud", **options: Any) -> Api:
        running.append(start(JiraSandbox(deployment, **options)))
        return Api(running[-1], jira_openapi_if_there)

    yield make
    for each in running:
        each.stop()


@pytest.fixture(scope="session")
def _served_cloud() -> Iterator[RunningVendor]:
    with start(JiraSandbox("cloud")) as running:
        yield running


@pytest.fixture(scope="session")
def _served_datacenter() -> Iterator[RunningVendor]:
    with start(JiraSandbox("datacenter")) as running:
        yield running


@pytest.fixture
def cloud(_served_cloud: RunningVendor, jira_openapi_if_there: Any) -> Api:
    """Jira Cloud, as the seed leaves it."""
    _served_cloud.vendor.reset()
    return Api(_served_cloud, jira_openapi_if_there)


@pytest.fixture
def datacenter(_served_datacenter: RunningVendor, jira_openapi_if_there: Any) -> Api:
    """Jira Data Center 10.3, as the seed leaves it."""
    _served_datacenter.vendor.reset()
    return Api(_served_datacenter, jira_openapi_if_there)


@pytest.fixture(params=["cloud", "datacenter"])
def jira(request: pytest.FixtureRequest) -> Api:
    """Both of them in turn."""
    api: Api = request.getfixturevalue(request.param)
    return api
