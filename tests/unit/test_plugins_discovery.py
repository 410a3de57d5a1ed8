"""Finding plugins: each on its own, from distributions that are really installed somewhere."""

import itertools
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from textwrap import dedent

import pytest

from escalation_bridge.errors import PluginError
from escalation_bridge.plugged.discovery import BLOCK_VARIABLE, Catalogue, PluginState, discover

_NUMBERS = itertools.count()

HEAD = """
from escalation_bridge.plugin.connection import HelpdeskPlugin
from escalation_bridge.plugin.hooks import EscalationHooks, HelpdeskHooks, hookimpl
from escalation_bridge.plugin.settings import ConnectionSettings

class Desk(HelpdeskPlugin[ConnectionSettings]):
    vendor = "tracker"
    title = "Tracker"
    settings = ConnectionSettings
"""


class Place:
    """A folder with distributions, as pip leaves them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def install(
        self, code: str, *names: str, distribution: str = "desk-tracker", version: str = "1.2"
    ) -> None:
        """Install a distribution whose module has this code, and offers its class `Plugin` under these names."""
        module = f"installed_for_a_test_{next(_NUMBERS)}"
        (self.folder / f"{module}.py").write_text(HEAD + dedent(code))
        info = self.folder / f"{distribution.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n")
        lines = [f"{name} = {module}:Plugin" for name in names or ("tracker",)]
        (info / "entry_points.txt").write_text("\n".join(["[escalation_bridge]", *lines, ""]))

    def discover(self, *blocked: str) -> Catalogue:
        found = metadata.distributions(path=[str(self.folder)])
        return discover(blocked, [entry for distribution in found for entry in distribution.entry_points])


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.syspath_prepend(tmp_path)
    return Place(tmp_path)


@pytest.fixture
def problem(place: Place) -> Callable[[str], str]:
    """Why a plugin of this code is not used, or nothing."""

    def find(code: str) -> str:
        place.install(code)
        plugin = place.discover().plugins["tracker"]
        assert (plugin.state is PluginState.BROKEN) == bool(plugin.problem)
        return plugin.problem

    return find


def test_the_shipped_plugins_are_ready():
    shipped = {name: p for name, p in discover().plugins.items() if p.distribution == "escalation-bridge"}
    assert sorted(shipped) == ["freshdesk", "jira", "zendesk"]
    for name, plugin in shipped.items():
        assert plugin.state is PluginState.READY, plugin.problem
        assert plugin.kind == "helpdesk"
        assert plugin.cls is not None
        assert plugin.cls.vendor == name
        # What the main job needs.
        assert set(plugin.hooks) >= {
            *("check_connection", "verify_webhook", "parse_webhook", "fetch_ticket", "fetch_comments"),
            *("find_ticket", "create_ticket", "update_ticket", "add_comment", "link_ticket"),
        }


def test_a_strangers_plugin_is_told_with_where_it_is_from_and_what_it_can_do(place):
    place.install(
        """
        class Plugin(Desk):
            @hookimpl
            def fetch_ticket(self, ticket_id): ...
            @hookimpl
            def check_connection(self): ...
            def helper(self): ...
        """
    )
    plugin = place.discover().plugins["tracker"]
    assert (plugin.name, plugin.distribution, plugin.version) == ("tracker", "desk-tracker", "1.2")
    assert (plugin.state, plugin.kind, plugin.problem) == (PluginState.READY, "helpdesk", "")
    assert plugin.hooks == ("check_connection", "fetch_ticket")  # in the order of the contract


def test_an_extension_is_told_apart_from_a_helpdesk(place):
    place.install(
        """
        class Plugin(EscalationHooks):
            @hookimpl
            def notify(self, to, message): ...
        """
    )
    catalogue = place.discover()
    assert catalogue.plugins["tracker"].kind == "extension"
    assert catalogue.plugins["tracker"].hooks == ("notify",)
    assert list(catalogue.extensions()) == ["tracker"]
    assert not catalogue.vendors()


def test_plugins_are_sorted_by_name(place):
    place.install("class Plugin(Desk): ...", "whale", "ant", "lion")
    assert list(place.discover().plugins) == ["ant", "lion", "whale"]


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("import nowhere_to_be_found", "ModuleNotFoundError"),
        ("raise OSError('no disk')", "OSError('no disk')"),
        ("def (", "SyntaxError"),
        ("import sys; sys.exit('bye')", "SystemExit('bye')"),
        ("Plugging = 1", "has no attribute 'Plugin'"),
    ],
)
def test_one_that_cannot_be_imported_is_named_and_skipped(place, code, told):
    place.install(code, "broken")
    place.install("class Plugin(Desk): ...", "whole", distribution="other")
    catalogue = place.discover()
    broken = catalogue.plugins["broken"]
    assert broken.state is PluginState.BROKEN
    assert broken.problem.startswith("cannot be imported")
    assert told in broken.problem
    assert (broken.kind, broken.hooks, broken.cls) == ("?", (), None)
    assert list(catalogue.vendors()) == ["whole"]


# --- blocking -------------------------------------------------------------------------------------------------------


def test_a_plugin_that_the_configuration_blocks_is_not_even_imported(place):
    place.install("raise AssertionError('imported')", "bad")
    plugin = place.discover("bad").plugins["bad"]
    assert plugin.state is PluginState.BLOCKED
    assert plugin.problem == "blocked by the configuration or the environment"


def test_the_environment_blocks_more(place, monkeypatch):
    place.install("class Plugin(Desk): ...", "ant", "lion", "whale")
    monkeypatch.setenv(BLOCK_VARIABLE, " lion ,, whale,nobody ")
    assert list(place.discover("ant").vendors()) == []
    assert list(place.discover().vendors()) == ["ant"]


# --- one name, two distributions ------------------------------------------------------------------------------------


@pytest.mark.parametrize("blocked", [(), ("tracker",)])
def test_two_plugins_of_one_name_are_refused_naming_both_distributions(place, blocked):
    place.install("class Plugin(Desk): ...", distribution="desk-one", version="1.0")
    place.install("class Plugin(Desk): ...", distribution="desk-two", version="2.0")
    with pytest.raises(PluginError) as refused:
        place.discover(*blocked)
    text = str(refused.value)
    assert "'tracker'" in text
    assert "desk-one 1.0" in text
    assert "desk-two 2.0" in text
    assert "uninstall" in text


def test_a_strangers_plugin_cannot_take_a_shipped_name(place):
    place.install("class Plugin(Desk): ...", "jira", distribution="desk-jira")
    shipped = metadata.entry_points(group="escalation_bridge")
    own = [e for d in metadata.distributions(path=[str(place.folder)]) for e in d.entry_points]
    with pytest.raises(PluginError) as refused:
        discover((), [*shipped, *own])
    assert "desk-jira 1.2" in str(refused.value)
    assert "of escalation-bridge " in str(refused.value)


# --- the contract ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "code",
    [
        "Plugin = 7",
        "def Plugin(): ...",
        "class Plugin: ...",
        "Plugin = Desk.__new__(Desk)",
        "class Plugin(HelpdeskHooks): ...",
    ],
)
def test_what_is_of_neither_kind_is_told_so(problem, code):
    assert problem(code) == "is neither a HelpdeskPlugin nor an EscalationHooks class"


def test_one_class_is_of_one_kind(problem):
    assert "both" in problem("class Plugin(Desk, EscalationHooks): ...")


@pytest.mark.parametrize(
    ("attribute", "told"),
    [
        ("vendor", "vendor: must be a text"),
        ("title", "title: must be a text"),
        ("settings", "settings: must be a class that derives from ConnectionSettings"),
    ],
)
def test_a_helpdesk_says_what_it_is(problem, attribute, told):
    assert told in problem(f"class Plugin(Desk): {attribute} = None")


def test_a_helpdesk_that_says_nothing_is_told_everything_at_once(problem):
    told = problem("class Plugin(HelpdeskPlugin): ...")
    assert all(attribute in told for attribute in ("vendor", "title", "settings"))


def test_a_method_that_is_no_hook_is_told_with_the_nearest_one(problem):
    told = problem(
        """
        class Plugin(Desk):
            @hookimpl
            def create_tickets(self, draft, key): ...
        """
    )
    assert told == "marks create_tickets, which is no hook; did you mean create_ticket?"


def test_a_hook_of_the_other_kind_is_no_hook(problem):
    assert "marks notify, which is no hook" in problem(
        """
        class Plugin(Desk):
            @hookimpl
            def notify(self, to): ...
        """
    )


def test_an_argument_that_the_hook_does_not_have_is_told(problem):
    told = problem(
        """
        class Plugin(Desk):
            @hookimpl
            def create_ticket(self, draft, colour, key): ...
        """
    )
    assert told == "create_ticket takes colour, which the hook does not have; it has draft, key"


@pytest.mark.parametrize("parameters", ["draft, key=None", "draft, *, key", "draft, *, key=None"])
def test_an_argument_that_would_never_be_passed_is_told(problem, parameters):
    told = problem(
        f"""
        class Plugin(Desk):
            @hookimpl
            def create_ticket(self, {parameters}): ...
        """
    )
    assert told == "create_ticket would never be given key: write it without a default, before any *"


def test_an_implementation_may_take_fewer_arguments(problem):
    assert not problem(
        """
        class Plugin(Desk):
            @hookimpl
            def create_ticket(self, draft): ...
            @hookimpl
            def find_ticket(self): ...
        """
    )


def test_a_forgotten_mark_is_told(problem):
    told = problem(
        """
        class Plugin(Desk):
            def fetch_ticket(self, ticket_id): ...
        """
    )
    assert told == "defines fetch_ticket without @hookimpl, so nobody would call it"


def test_a_mark_in_a_base_class_serves_its_own_method_alone(problem):
    told = problem(
        """
        class Base(Desk):
            @hookimpl
            def fetch_ticket(self, ticket_id): ...

        class Plugin(Base):
            def fetch_ticket(self, ticket_id): ...
        """
    )
    assert "fetch_ticket without @hookimpl" in told


def test_an_extension_answers_and_does_not_wrap(problem):
    told = problem(
        """
        class Plugin(EscalationHooks):
            @hookimpl(wrapper=True)
            def notify(self, to):
                return (yield)
        """
    )
    assert told == "wraps notify; extensions answer, they do not wrap"


def test_one_that_cannot_even_be_looked_at_is_skipped_like_one_that_cannot_be_imported(place):
    place.install(
        """
        class Trap:
            def __get__(self, instance, owner):
                raise RuntimeError("do not look")

        class Plugin(Desk):
            trap = Trap()
        """,
        "odd",
    )
    place.install("class Plugin(Desk): ...", "whole", distribution="other")
    catalogue = place.discover()
    assert catalogue.plugins["odd"].problem == "cannot be imported: RuntimeError('do not look')"
    assert list(catalogue.vendors()) == ["whole"]


def test_all_mistakes_are_told_at_once(problem):
    told = problem(
        """
        class Plugin(Desk):
            title = 3
            def fetch_ticket(self, ticket_id): ...
            @hookimpl
            def create_ticket(self, colour): ...
        """
    )
    assert told.count("; ") >= 2
    assert all(word in told for word in ("title", "fetch_ticket", "colour"))
