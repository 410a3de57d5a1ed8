"""A Plainlist account as its API answers, and the plugin behind the bridge's own face."""

import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import responses

# So that the tests run without installing the example first.
sys.path.insert(0, str(Path(__file__).parents[1] / "src"))

from escalation_bridge.plugged.helpdesk import Helpdesk
from escalation_bridge.plugin.connection import Connection
from escalation_bridge.plugin.settings import Resolved
from escalation_bridge_plainlist.plugin import PlainlistPlugin
from escalation_bridge_plainlist.settings import PlainlistSettings

URL = "https://acme.plainlist.example"
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
CUSTOMER = {"id": "c-1", "name": "Sari", "email": "sari@example.com"}
BRIDGE = {"id": "u-1", "name": "Bridge", "staff": True}


@pytest.fixture
def make_settings() -> Callable[..., PlainlistSettings]:
    def make(**changes: object) -> PlainlistSettings:
        # A secret only comes by reference, so that none stands in a file: `Resolved` is what came that way.
        values = {"plugin": "plainlist", "url": URL, "token": Resolved("the-token"), **changes}
        return PlainlistSettings.model_validate(values)

    return make


@pytest.fixture
def desk(make_settings: Callable[..., PlainlistSettings]) -> Iterator[Helpdesk]:
    settings = make_settings(states={"parked": "waiting_third_party"})
    desk = Helpdesk("tasks", PlainlistPlugin(Connection("tasks", settings, lambda: NOW)))
    yield desk
    desk.close()


@pytest.fixture
def now() -> datetime:
    return NOW


class Api:
    """What the vendor answers; `responses` stands where the network would be."""

    def __init__(self, wire: responses.RequestsMock) -> None:
        self._wire = wire

    def answers(self, method: str, path: str, json: object = None, **more: Any) -> responses.BaseResponse:
        return self._wire.add(method, URL + path, json=json, **more)

    def states(self) -> None:
        words = {"todo": "To do", "doing": "Doing", "asked": "Asked", "parked": "Parked", "done": "Done"}
        self.answers("GET", "/api/states", {"states": [{"id": i, "name": n} for i, n in words.items()]})

    @staticmethod
    def ticket(**changes: object) -> dict[str, object]:
        return {
            "id": 7,
            "url": f"{URL}/t/7",
            "title": "Lost parcel",
            "text": "Where is it?\n\nOrder <17>.",
            "state": {"id": "todo", "name": "To do"},
            "priority": "normal",
            "tags": ["parcel"],
            "author": CUSTOMER,
            "created": "2026-03-02T15:30:00+07:00",
            "changed": "2026-03-02T08:45:00Z",
            "revision": 3,
            "key": None,
            **changes,
        }

    @staticmethod
    def comment(**changes: object) -> dict[str, object]:
        return {
            "id": 12,
            "text": "We look into it.",
            "author": BRIDGE,
            "created": "2026-03-02T09:00:00Z",
            "internal": True,
            "key": None,
            **changes,
        }


@pytest.fixture
def api() -> Iterator[Api]:
    """Every answer that is registered has to be asked for."""
    with responses.RequestsMock(assert_all_requests_are_fired=True) as wire:
        yield Api(wire)
