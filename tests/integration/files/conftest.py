"""A linked case whose route lets files go along."""

import pytest
from structlog.testing import capture_logs

from bridge_helpers.passed_files import LIMIT
from escalation_bridge.domain.routes.routes import FileRule


@pytest.fixture
def database_kind():
    return "sqlite"


@pytest.fixture(autouse=True)
def logs():
    with capture_logs() as entries:
        yield entries


@pytest.fixture
def make_linked(make_scene, make_route):
    """A case that was handed on, over a route that lets files go along."""

    def make(describe=(), **route):
        chosen = make_route(**{"files": FileRule(LIMIT, (".exe",)), **route})
        scene = make_scene(routes=(chosen,))
        files = [scene.support.shelf.put(*each) for each in describe]
        ticket = scene.support.customer_writes("Printer on fire", "It burns.", files=files)
        scene.news(scene.support, ticket)
        scene.run(minutes=61)
        (issue,) = scene.dev.tickets
        scene.clock.advance(minutes=1)
        return scene, ticket, issue

    return make
