"""Driving a running stand-in over HTTP, as one of its agents and as its customers: for tests, demos and trying out."""

from typing import Any, Self

import requests

from escalation_bridge_sandbox.freshdesk.state import seed

TIMEOUT = 30.0
SAMPLE_TICKET: dict[str, Any] = {
    "subject": "Cannot log in",
    "description": "Since this morning",
    "status": 2,
    "priority": 1,
    "email": seed.CUSTOMER_SARI.email,
}


class DriverError(Exception):
    """The stand-in refused what the driver asked for; the message has its answer."""


class FreshdeskDriver:
    """Speaks to a stand-in with an agent's key. Also a context manager."""

    def __init__(self, url: str, api_key: str = seed.BRIDGE.api_key) -> None:
        self.url = url
        self._auth = (api_key, seed.PASSWORD)
        self._session = requests.Session()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def ask(self, method: str, path: str, *, key: str | None = None, **kwargs: Any) -> requests.Response:
        """A request to the API, whatever the answer. `key` is another agent's; an empty one is none."""
        auth = self._auth if key is None else (key, seed.PASSWORD)
        return self._session.request(
            method, f"{self.url}/api/v2{path}", auth=auth if auth[0] else None, timeout=TIMEOUT, **kwargs
        )

    def control(self, method: str, path: str, body: object = None) -> requests.Response:
        """A request to the stand-in's own endpoints, whatever the answer."""
        return self._session.request(method, f"{self.url}/_sandbox{path}", json=body, timeout=TIMEOUT)

    def get(self, path: str, **params: object) -> Any:
        return _json(self.ask("GET", path, params=params))

    def create_ticket(self, **changes: object) -> dict[str, Any]:
        """A ticket through the API: the sample, with changes."""
        ticket: dict[str, Any] = _json(self.ask("POST", "/tickets", json={**SAMPLE_TICKET, **changes}))
        return ticket

    def update_ticket(self, number: int, **changes: object) -> dict[str, Any]:
        ticket: dict[str, Any] = _json(self.ask("PUT", f"/tickets/{number}", json=changes))
        return ticket

    def view_ticket(self, number: int, include: str = "stats") -> dict[str, Any]:
        ticket: dict[str, Any] = self.get(f"/tickets/{number}", include=include)
        return ticket

    def reply(self, number: int, body: str, **more: object) -> dict[str, Any]:
        """An agent's answer, which the customer gets by mail."""
        entry: dict[str, Any] = _json(
            self.ask("POST", f"/tickets/{number}/reply", json={"body": body, **more})
        )
        return entry

    def add_note(self, number: int, body: str, *, private: bool = True) -> dict[str, Any]:
        entry: dict[str, Any] = _json(
            self.ask("POST", f"/tickets/{number}/notes", json={"body": body, "private": private})
        )
        return entry

    def customer_writes(self, message: dict[str, Any]) -> int:
        """A customer's message, a new ticket or (with `ticket_id`) an answer; the ticket that it went to."""
        number: int = _json(self.control("POST", "/inbound", message))["ticket_id"]
        return number

    def add_rule(self, rule: dict[str, Any]) -> dict[str, Any]:
        """An automation rule, as an admin makes one."""
        made: dict[str, Any] = _json(self.control("POST", "/rules", rule))
        return made

    def id_of(self, kind: str, name: str) -> int:
        """The id of one of the agents, contacts, groups or companies.

        Raises:
            LookupError: There is none of that name.
        """
        for record in _json(self.control("GET", "/people"))[kind]:
            if record["name"] == name:
                number: int = record["id"]
                return number
        raise LookupError(f"no {name} among the {kind}")


def _json(response: requests.Response) -> Any:
    if not response.ok:
        raise DriverError(f"{response.request.method} {response.url}: {response.status_code} {response.text}")
    return response.json() if response.content else None
